// SPDX-License-Identifier: MIT
// Streams of volumes. The kernel ends at the next listing where a volume has no size, so what a forged stream would do
// to a plain zfs receive is not tried; but each is made of a genuine one, with right checksums, and what is changed in
// the same way without harm is received by zfs alone.
#include "forged_records.h"
#include "receiver_lab.h"
#include "volume.h"

namespace czb::lab {
namespace {

using receiver::RecordType;

// What lies in object 2.
std::string& block_of(Records& records) { return find(records, RecordType::write, 2).payload; }

constexpr std::size_t entry = 64;  // where its entry "size" begins, and how long one is
constexpr std::size_t entry_name = entry + 14;

// Of a stream with both objects, and object 2's block.
std::vector<ChangedRecords> forgeries_of_the_size() {
  return {
      {"no size", [](Records& r) { block_of(r).replace(entry, entry, entry, '\0'); }},
      {"another name", [](Records& r) { block_of(r)[entry_name + 3] = 'f'; }},
      {"two sizes", [](Records& r) { block_of(r).replace(2 * entry, entry, block_of(r).substr(entry, entry)); }},
      {"a name without an end", [](Records& r) { block_of(r).replace(entry_name, 50, 50, 's'); }},
      {"size 0", [](Records& r) { block_of(r).replace(entry, 8, 8, '\0'); }},
      {"names looked up otherwise", [](Records& r) { block_of(r)[16] = 1; }},
      {"a block of the large kind",
       [](Records& r) {
         block_of(r)[0] = 1;
         const std::uint64_t magic = 0x2F52AB2ABULL;
         std::memcpy(block_of(r).data() + 8, &magic, sizeof magic);
       }},
      {"no block", [](Records& r) { block_of(r).assign(512, '\0'); }},
      {"of another type", [](Records& r) { find(r, RecordType::object, 2).put<std::uint32_t>(16, 22); }},
      {"of another size", [](Records& r) { find(r, RecordType::object, 2).put<std::uint32_t>(24, 1024); }},
      {"object 1 of two places", [](Records& r) { find(r, RecordType::object, 1).put<std::uint8_t>(34, 2); }},
      {"freed objects", [](Records& r) { before_end(r, made(RecordType::free_objects, 2, 1)); }},
      {"all objects freed", [](Records& r) { before_end(r, made(RecordType::free_objects, 0, 32)); }},
      {"a freed block", [](Records& r) { before_end(r, made(RecordType::free, 2, 0, 512)); }},
      {"written twice",
       [](Records& r) {
         Record again = find(r, RecordType::write, 2);
         again.payload.assign(512, '\0');
         before_end(r, again);
       }},
  };
}

class ReceiverVolumeTest : public ForgedRecordsTest {
 protected:
  // A tree with the volumes "v" and, encrypted, "e", of which there are snapshots 1, empty, and 2; and a root.
  void make_volumes() {
    make_tree();
    zfs({"create", "-V", "8M", source + "/v"});
    zfs(Words{"create", "-V", "8M"} + encrypted() + Words{source + "/e"});
    zfs({"create", "-o", "mountpoint=none", target});
    zfs({"snapshot", target + "@mine"});
    restrict_to();
    take_snapshot(1);
    for (const std::string name : {"/v", "/e"}) write_volume(source + name, 0, noise(3, std::size_t{1} << 19));
    take_snapshot(2);
  }

  // Among all that this host has.
  static void expect_listed(const std::string& volume, const std::string& size) {
    EXPECT_THAT(lines_of(zfs({"list", "-H", "-p", "-r", "-t", "all", "-o", "name,volsize", "offsite"})),
                ::testing::Contains(volume + "\t" + size));
  }
  // Of a stream that is cut there; the token of what has come.
  std::string receive_beginning(const std::string& stream, std::size_t bytes, const std::string& dataset) const {
    send_bytes(stream.substr(0, bytes), dataset);
    return property("receive_resume_token", dataset);
  }
};

TEST_F(ReceiverVolumeTest, GenuineStreamsOfAnyKindArrive) {
  make_volumes();
  zfs({"set", "com.example:owner=somebody", source + "/v"});
  const auto at = [&](const std::string& name, int day) { return source + name + "@" + noon(day); };
  const std::vector<std::pair<std::string, Words>> kinds = {{"/v", {}},     {"/v", {"-L", "-c", "-e"}},
                                                            {"/v", {"-w"}}, {"/v", {"-w", "-p"}},
                                                            {"/e", {"-w"}}, {"/e", {"-w", "-p"}}};
  zfs({"set", "volsize=32M", source + "/v"});
  zfs({"set", "volsize=32M", source + "/e"});
  take_snapshot(3);
  zfs({"set", "volsize=1M", source + "/v"});
  zfs({"set", "volsize=1M", source + "/e"});
  take_snapshot(4);
  take_snapshot(5);
  const std::map<int, std::string> sizes = {
      {1, "8388608"}, {2, "8388608"}, {3, "33554432"}, {4, "1048576"}, {5, "1048576"}};
  int number = 0;
  for (const auto& [name, flags] : kinds) {
    const std::string there = target + "/" + std::to_string(++number);
    for (const auto& [day, size] : sizes) {
      const Words base = day == 1 ? Words{} : Words{"-i", at(name, day - 1)};
      EXPECT_THAT(push_by_hand(flags + base + Words{at(name, day)}, there), Exits(ok));
      expect_listed(there, size);
    }
    EXPECT_EQ(property("guid", there + "@" + noon(5)), property("guid", at(name, 5)));
    EXPECT_THAT(push_by_hand(flags + Words{at(name, 2)}, there + "full"), Exits(ok));
    expect_listed(there + "full", "8388608");
    if (name == "/e") continue;  // its key is not here
    EXPECT_EQ(read_volume_snapshot(there + "full@" + noon(2)), read_volume_snapshot(at(name, 2))) << there;
  }
}

TEST_F(ReceiverVolumeTest, InterruptedOnesAreFinished) {
  make_volumes();
  for (const std::string name : {"/v", "/e"}) {
    const std::string snapshot = source + name + "@" + noon(2);
    const std::string whole = sent({"-w", snapshot});
    // In its data; and behind its size, where nothing but the end is left.
    for (const std::size_t bytes : {whole.size() / 2, whole.size() - receiver::record_bytes}) {
      const std::string there = target + name;
      const std::string token = receive_beginning(whole, bytes, there);
      ASSERT_NE(token, "-") << bytes;
      EXPECT_THAT(push_by_hand({"-t", token}, there), Exits(ok));
      expect_listed(there, "8388608");
      EXPECT_EQ(property("guid", there + "@" + noon(2)), property("guid", snapshot));
      zfs({"destroy", "-r", there});
    }
    // An increment's.
    const std::string there = target + name;
    ASSERT_THAT(push_by_hand({"-w", source + name + "@" + noon(1)}, there), Exits(ok));
    const std::string token = receive_beginning(sent({"-w", "-i", "@" + noon(1), snapshot}), whole.size() / 2, there);
    ASSERT_NE(token, "-");
    EXPECT_THAT(push_by_hand({"-t", token}, there), Exits(ok));
    expect_listed(there, "8388608");
  }
}

// What shows that the streams below are refused for what is in them, and not by their checksums.
TEST_F(ReceiverVolumeTest, WhatIsChangedWithoutHarmIsReceived) {
  make_volumes();
  const std::string genuine = sent({source + "/v@" + noon(2)});
  ASSERT_TRUE(stream_of(records_of(genuine)) == genuine);
  Records changed = records_of(genuine);
  const std::uint64_t size = std::uint64_t{16} << 20;
  std::memcpy(block_of(changed).data() + entry, &size, sizeof size);
  EXPECT_THAT(send_bytes(stream_of(changed), target + "/v"), Exits(ok));
  expect_listed(target + "/v", "16777216");
  EXPECT_THAT(receive(plainly(target + "/plain"), stream_of(changed)), Exits(ok));
  expect_listed(target + "/plain", "16777216");
}

TEST_F(ReceiverVolumeTest, AVolumeWithoutASizeIsRefused) {
  make_volumes();
  const std::string there = target + "/v";
  const Records genuine = records_of(sent({source + "/v@" + noon(2)}));
  std::vector<ChangedRecords> forgeries = forgeries_of_the_size();
  forgeries.push_back({"no write of it", [](Records& r) { erase(r, RecordType::write, 2); }});
  forgeries.push_back({"no object 1", [](Records& r) {
                         erase(r, RecordType::object, 1);
                         erase(r, RecordType::write, 1);
                         erase(r, RecordType::free, 1);
                       }});
  expect_harmless(genuine, forgeries, there);
  const Records embedded = records_of(sent({"-e", "-c", source + "/v@" + noon(2)}));
  expect_harmless(embedded,
                  {{"embedded",
                    [](Records& r) {
                      std::string& compressed = find(r, RecordType::write_embedded, 2).payload;
                      compressed.replace(compressed.find("size"), 4, "sizf");
                    }}},
                  there);
  ASSERT_THAT(send_bytes(stream_of(embedded), there), Exits(ok));
  expect_listed(there, "8388608");
}

TEST_F(ReceiverVolumeTest, AnIncrementTakesNoSizeAway) {
  make_volumes();
  zfs({"set", "volsize=32M", source + "/v"});
  zfs({"set", "volsize=32M", source + "/e"});
  take_snapshot(3);
  for (const std::string name : {"/v", "/e"}) {
    const bool raw = name == "/e";
    const std::string there = target + name;
    const Words flags = raw ? Words{"-w"} : Words{};
    ASSERT_THAT(push_by_hand(flags + Words{source + name + "@" + noon(2)}, there), Exits(ok));
    const Records genuine = records_of(sent(flags + Words{"-i", "@" + noon(2), source + name + "@" + noon(3)}));
    std::vector<ChangedRecords> forgeries = forgeries_of_the_size();
    if (raw) {
      forgeries.push_back({"other indirect blocks", [](Records& r) {
                             find(r, RecordType::object, 2).put<std::uint8_t>(48, 14);
                             erase(r, RecordType::write, 2);
                           }});
      forgeries.push_back(
          {"in the other byte order", [](Records& r) { find(r, RecordType::write, 2).put<std::uint8_t>(49, 2); }});
    }
    expect_harmless(genuine, forgeries, there);
    ASSERT_THAT(send_bytes(stream_of(genuine), there), Exits(ok));
    expect_listed(there, "33554432");
  }
}

// The first session brings all that is asked for, the second one ends it.
TEST_F(ReceiverVolumeTest, TheRestOfAVolumeTakesNoSizeAway) {
  make_volumes();
  const std::string there = target + "/v";
  const std::string snapshot = source + "/v@" + noon(2);
  const std::string whole = sent({snapshot});
  const std::string before = state_of({"offsite"});
  for (const std::size_t bytes : {whole.size() / 2, whole.size() - receiver::record_bytes}) {
    const Records rest = records_of(sent({"-t", receive_beginning(whole, bytes, there)}));
    std::vector<ChangedRecords> forgeries = {
        {"nothing", [](Records& r) { r.erase(r.begin() + 1, r.end() - 1); }},
        {"no write of it", [](Records& r) { erase(r, RecordType::write, 2); }},
        {"no size", [](Records& r) { block_of(r).replace(entry, entry, entry, '\0'); }},
        {"freed objects", [](Records& r) { before_end(r, made(RecordType::free_objects, 1, 2)); }},
    };
    for (const ChangedRecords& forgery : forgeries) {
      Records forged = rest;
      forgery.change(forged);
      EXPECT_THAT(send_bytes(stream_of(forged), there), Exits(refused_by_receiver)) << forgery.what;
      zfs({"list", "-r", "-t", "all", "offsite"});
      give_up(there);
      EXPECT_EQ(state_of({"offsite"}), before) << forgery.what;
      send_bytes(whole.substr(0, bytes), there);
    }
    give_up(there);
  }
}

// The kernel makes a clone of its origin's kind: a file system's stream would write another object 2 into a volume.
TEST_F(ReceiverVolumeTest, ACloneOfAVolumeIsNoFileSystem) {
  make_volumes();
  ASSERT_THAT(push_by_hand({source + "/v@" + noon(2)}, target + "/v"), Exits(ok));
  Records forged = records_of(sent({source + "@" + noon(2)}));
  const std::uint64_t origin = std::stoull(property("guid", target + "/v@" + noon(2)));
  forged[0].put<std::uint64_t>(48, origin).put<std::uint32_t>(36, 1);
  const std::string before = state_of({"offsite"});
  EXPECT_THAT(send_bytes(stream_of(forged), target + "/clone"),
              Exits(refused_by_receiver, {"not of the kind of its origin"}));
  zfs({"list", "-r", "-t", "all", "offsite"});
  EXPECT_EQ(state_of({"offsite"}), before);
}

}  // namespace
}  // namespace czb::lab
