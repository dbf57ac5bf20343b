// SPDX-License-Identifier: MIT
// Streams of file systems whose first object would end the kernel as soon as somebody asks for all properties, or sends
// it on. What that does to a plain zfs receive is not tried; but each is made of a genuine stream, with right
// checksums, and what is changed in the same way without harm is received by zfs alone.
#include "forged_records.h"

namespace czb::lab {
namespace {

using receiver::RecordType;

constexpr std::size_t entry = 64;
constexpr std::size_t entry_name = 14;

// What lies in object 1.
std::string& block_of(Records& records) { return find(records, RecordType::write, 1).payload; }

class ReceiverFileSystemTest : public ForgedRecordsTest {
 protected:
  // A file system with some files, of which there are snapshots 1 and 2; and a root.
  void make_file_systems() {
    make_tree({"f"});
    zfs(Words{"create"} + encrypted() + Words{source + "/e"});
    zfs({"create", "-o", "mountpoint=none", target});
    zfs({"snapshot", target + "@mine"});
    restrict_to();
    take_snapshot(1);
    write("f", "data", noise(3, std::size_t{1} << 18));
    take_snapshot(2);
  }

  void expect_answers(const std::string& dataset) const {
    zfs({"get", "-r", "all", dataset});
    EXPECT_EQ(property("version", dataset), "5");
  }
};

TEST_F(ReceiverFileSystemTest, GenuineStreamsOfAnyKindArrive) {
  make_tree({}, {"-o", "normalization=formD", "-o", "casesensitivity=insensitive"});
  zfs({"create", "-o", "dnodesize=auto", "-o", "xattr=sa", "-o", "acltype=posix", source + "/new"});
  zfs(Words{"create"} + encrypted() + Words{source + "/e"});
  restrict_to();
  take_snapshot(1);
  zfs({"set", "userquota@root=1G", source + "/new"});  // one more name in it
  write("new", "data", noise(3, std::size_t{1} << 18));
  take_snapshot(2);
  ASSERT_THAT(push_by_hand({"-p", source + "@" + noon(1)}, target), Exits(ok));
  int number = 0;
  for (const std::string name : {"", "/new", "/e"})
    for (const Words& flags : {Words{}, Words{"-L", "-c", "-e"}, Words{"-w"}, Words{"-w", "-p"}}) {
      if (name == "/e" && (flags.empty() || flags.front() != "-w")) continue;
      const std::string there = target + "/" + std::to_string(++number);
      EXPECT_THAT(push_by_hand(flags + Words{source + name + "@" + noon(1)}, there), Exits(ok));
      EXPECT_THAT(push_by_hand(flags + Words{"-i", "@" + noon(1), source + name + "@" + noon(2)}, there), Exits(ok));
      EXPECT_EQ(property("guid", there + "@" + noon(2)), property("guid", source + name + "@" + noon(2)));
      expect_answers(there);
    }
}

TEST_F(ReceiverFileSystemTest, WhatIsChangedWithoutHarmIsReceived) {
  make_file_systems();
  Records changed = records_of(sent({source + "/f@" + noon(2)}));
  std::string& block = block_of(changed);
  block.replace(block.find("utf8only"), 8, "utf8onlx");
  EXPECT_THAT(send_bytes(stream_of(changed), target + "/f"), Exits(ok));
  expect_answers(target + "/f");
  EXPECT_THAT(receive(plainly(target + "/plain"), stream_of(changed)), Exits(ok));
  expect_answers(target + "/plain");
}

TEST_F(ReceiverFileSystemTest, NamesThatAreAlikeAreRefused) {
  make_file_systems();
  const std::vector<ChangedRecords> forgeries = {
      {"a name twice",
       [](Records& r) {
         std::string& block = block_of(r);
         block.replace(block.size() - entry, entry, block.substr(entry, entry));
       }},
      {"a name without an end", [](Records& r) { block_of(r).replace(entry + entry_name, 50, 50, 's'); }},
      {"names looked up otherwise", [](Records& r) { block_of(r)[16] = 1; }},
      {"a block of the large kind", [](Records& r) { block_of(r)[0] = 1; }},
      {"a part of it freed", [](Records& r) { before_end(r, made(RecordType::free, 1, entry + entry_name, 4)); }},
      {"all of it freed", [](Records& r) { before_end(r, made(RecordType::free_objects, 0, 32)); }},
      {"of another size", [](Records& r) { find(r, RecordType::object, 1).put<std::uint32_t>(24, 2048); }},
      {"written again, in part",
       [](Records& r) {
         Record again = find(r, RecordType::write, 1);
         again.put<std::uint64_t>(24, 512).put<std::uint64_t>(32, 512);
         again.payload.resize(512);
         before_end(r, again);
       }},
  };
  for (const std::string name : {"/f", "/e"}) {
    const Words flags = name == "/e" ? Words{"-w"} : Words{};
    const Records genuine = records_of(sent(flags + Words{source + name + "@" + noon(1)}));
    expect_harmless(genuine, forgeries, target + name);
    ASSERT_THAT(send_bytes(stream_of(genuine), target + name), Exits(ok));
    expect_answers(target + name);
  }
}

}  // namespace
}  // namespace czb::lab
