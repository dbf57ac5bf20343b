// SPDX-License-Identifier: MIT
// Records of a dataset's stream that zfs send does not write, in genuine streams with right checksums: the receiver
// refuses each, and nothing here is another. What most of them do to a plain zfs receive frees other datasets' blocks
// or ends the kernel, and is not tried; but the streams as they were are received.
#include <filesystem>

#include "forged_records.h"

namespace czb::lab {
namespace {

using receiver::RecordType;

// Offsets in struct dmu_replay_record.
namespace at {
constexpr std::size_t object_type = 16;
constexpr std::size_t bonus_type = 20;
constexpr std::size_t block_size = 24;
constexpr std::size_t bonus_bytes = 28;
constexpr std::size_t checksum = 32;
constexpr std::size_t slots = 34;
constexpr std::size_t flags = 35;
constexpr std::size_t indirect_shift = 48;
constexpr std::size_t levels = 49;
constexpr std::size_t write_type = 16;
constexpr std::size_t write_offset = 24;
constexpr std::size_t write_flags = 49;
constexpr std::size_t range_flags = 68;
constexpr std::size_t embedded_size = 52;
constexpr std::size_t write_compression = 50;
constexpr std::size_t write_compressed = 96;
}  // namespace at

constexpr std::uint32_t type_file = 19;

std::uint32_t type_of(const Record& record) {
  std::uint32_t type = 0;
  std::memcpy(&type, record.header.data() + at::object_type, sizeof type);
  return type;
}

// The last file's.
Record& a_file(Records& records) {
  for (auto record = records.rbegin(); record != records.rend(); ++record)
    if (record->type == RecordType::object && type_of(*record) == type_file) return *record;
  throw std::runtime_error("no file");
}
Record& a_block(Records& records) { return find(records, RecordType::write, a_file(records).object()); }

class ReceiverRecordsTest : public ForgedRecordsTest {
 protected:
  void make_sources() {
    make_tree({"f"});
    zfs(Words{"create"} + encrypted() + Words{source + "/e"});
    zfs({"create", "-o", "mountpoint=none", target});
    zfs({"snapshot", target + "@mine"});
    restrict_to();
    for (int day = 1; day <= 2; ++day) {
      for (const std::string name : {"f", "e"}) write(name, "data", noise(static_cast<unsigned>(day), 300000));
      take_snapshot(day);
    }
  }
  void expect_refused(const Records& genuine, const std::vector<ChangedRecords>& forgeries,
                      const std::string& dataset) const {
    expect_harmless(genuine, forgeries, dataset);
    EXPECT_THAT(send_bytes(stream_of(genuine), dataset), Exits(ok));
  }
};

const std::vector<ChangedRecords> of_any = {
    {"an object of dnodes", [](Records& r) { a_file(r).put<std::uint32_t>(at::object_type, 10); }},
    {"an object of object sets", [](Records& r) { a_file(r).put<std::uint32_t>(at::object_type, 11); }},
    {"a bonus of dnodes", [](Records& r) { a_file(r).put<std::uint32_t>(at::bonus_type, 10); }},
    {"a bonus longer than its slots",
     [](Records& r) {
       a_file(r).put<std::uint32_t>(at::bonus_bytes, 12000);
       a_file(r).payload.resize(12000);
     }},
    {"a checksum of its own", [](Records& r) { a_file(r).put<std::uint8_t>(at::checksum, 9); }},
    {"too many slots", [](Records& r) { a_file(r).put<std::uint8_t>(at::slots, 255); }},
    {"a spill block below no attributes",
     [](Records& r) {
       a_file(r).put<std::uint32_t>(at::bonus_type, 0).put<std::uint32_t>(at::bonus_bytes, 0);
       a_file(r).put<std::uint8_t>(at::flags, receiver::object_has_spill).payload.clear();
     }},
    {"a file without a bonus",
     [](Records& r) {
       a_file(r).put<std::uint32_t>(at::bonus_type, 0).put<std::uint32_t>(at::bonus_bytes, 0).payload.clear();
     }},
    {"a file with the bonus of a table of users",
     [](Records& r) {
       a_file(r).put<std::uint32_t>(at::bonus_type, 36).put<std::uint32_t>(at::bonus_bytes, 8).payload.resize(8);
     }},
    {"two slots in a dataset of single ones", [](Records& r) { a_file(r).put<std::uint8_t>(at::slots, 2); }},
    {"an odd block size", [](Records& r) { a_file(r).put<std::uint32_t>(at::block_size, 1000); }},
    {"the accounts' object", [](Records& r) { a_file(r).put<std::uint64_t>(8, ~std::uint64_t{0}); }},
    {"a block of dnodes", [](Records& r) { a_block(r).put<std::uint32_t>(at::write_type, 10); }},
    {"a block of an object that was not told of",
     [](Records& r) { a_block(r).put<std::uint64_t>(8, a_file(r).object() + 1); }},
    {"a block at an odd place", [](Records& r) { a_block(r).put<std::uint64_t>(at::write_offset, 100); }},
    {"a block that is compressed to nothing",
     [](Records& r) {
       a_block(r).put<std::uint8_t>(at::write_compression, 15).put<std::uint64_t>(at::write_compressed, 0);
       a_block(r).payload.clear();
     }},
    {"all that is freed of an object behind the last",
     [](Records& r) { before_end(r, made(RecordType::free, ~std::uint64_t{0}, 0, ~std::uint64_t{0})); }},
    {"objects freed that came",
     [](Records& r) { before_end(r, made(RecordType::free_objects, a_file(r).object(), 1)); }},
    {"a block twice",
     [](Records& r) {
       const Record again = a_block(r);
       before_end(r, again);
     }},
};

TEST_F(ReceiverRecordsTest, WhatAFileSystemDoesNotHaveIsRefused) {
  make_sources();
  std::vector<ChangedRecords> forgeries = of_any;
  forgeries.push_back({"attributes without their mark", [](Records& r) { a_file(r).payload[0] ^= 1; }});
  // Of what a redacted stream begins with.
  forgeries.push_back({"data behind its beginning", [](Records& r) {
                         r.front().payload = std::string("\0\1\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 16);
                         r.front().put(4, static_cast<std::uint32_t>(r.front().payload.size()));
                       }});
  forgeries.push_back({"a part of a block freed before it is written", [](Records& r) {
                         const Record part = made(RecordType::free, a_file(r).object(), 0, 100);
                         const Record& block = a_block(r);
                         r.insert(r.begin() + (&block - r.data()), part);
                       }});
  expect_refused(records_of(sent({source + "/f@" + noon(1)})), forgeries, target + "/f");
  forgeries.erase(forgeries.begin(), forgeries.end() - 4);
  expect_refused(records_of(sent({"-i", "@" + noon(1), source + "/f@" + noon(2)})), forgeries, target + "/f");
  expect_sound_pool();
}

TEST_F(ReceiverRecordsTest, WhatARawFileSystemDoesNotHaveIsRefused) {
  make_sources();
  std::vector<ChangedRecords> forgeries = of_any;
  forgeries.push_back({"no levels", [](Records& r) { a_file(r).put<std::uint8_t>(at::levels, 0); }});
  forgeries.push_back(
      {"other indirect blocks", [](Records& r) { a_file(r).put<std::uint8_t>(at::indirect_shift, 14); }});
  forgeries.push_back({"more than a key behind its beginning", [](Records& r) {
                         std::string& payload = r.front().payload;
                         payload.replace(payload.find("to_ivset_guid"), 13, "to_other_guid");
                       }});
  forgeries.push_back({"a metadnode of other blocks", [](Records& r) {
                         std::string& payload = r.front().payload;
                         const std::size_t name = payload.find("mdn_blksz");
                         const std::size_t value = payload.find(std::string("\x00\x40\x00\x00", 4), name);
                         payload[value + 1] = 2;
                       }});
  // Each of them a plain zfs receive takes; a listing, a send or the end of the dataset then ends the kernel, or space
  // is lost for ever.
  forgeries.push_back({"a block of the other byte order",
                       [](Records& r) { a_block(r).put<std::uint8_t>(at::write_flags, receiver::write_is_swapped); }});
  forgeries.push_back({"an object of the other byte order",
                       [](Records& r) { a_file(r).put<std::uint8_t>(at::flags, receiver::object_is_swapped); }});
  forgeries.push_back({"objects of the other byte order", [](Records& r) {
                         for (Record& each : r)
                           if (each.type == RecordType::object_range)
                             each.put<std::uint8_t>(at::range_flags, receiver::object_is_swapped);
                       }});
  expect_refused(records_of(sent({"-w", source + "/e@" + noon(1)})), forgeries, target + "/e");
  forgeries.erase(forgeries.begin(), forgeries.end() - 7);
  expect_refused(records_of(sent({"-w", "-i", "@" + noon(1), source + "/e@" + noon(2)})), forgeries, target + "/e");
}

// The size of a volume, in LZ4 that ends with a match: the kernel does not read it, and tells of nothing beside that
// volume any more.
void end_with_a_match(Records& records) {
  Record& size = find(records, RecordType::write_embedded, 2);
  std::string& payload = size.payload;
  const std::size_t whole = 4 + static_cast<unsigned char>(payload.at(3));
  constexpr std::size_t last = 5;  // literals, behind their token
  const std::size_t length = whole - last - 2;
  if (payload.compare(whole - last - 1, last + 1, std::string("\x50\0\0\0\0\0", last + 1)) != 0)
    throw std::runtime_error("another end than is known");
  payload[length] = static_cast<char>(payload[length] + static_cast<char>(last));
  payload[length + 1] = '\0';
  payload[3] = static_cast<char>(payload[3] - static_cast<char>(last));
  payload.resize(whole - last);
  size.put(at::embedded_size, static_cast<std::uint32_t>(payload.size()));
  payload.resize((payload.size() + 7) / 8 * 8);
}

// What is forged here can neither be listed nor destroyed: it goes with its pool.
class PoolOfItsOwn {
 public:
  explicit PoolOfItsOwn(std::string file) : file_(std::move(file)) {
    succeed({"truncate", "-s", "256M", file_});
    succeed({"zpool", "create", "-o", "cachefile=none", "-m", "none", "hidden", file_});
  }
  ~PoolOfItsOwn() {
    run({"zpool", "destroy", "-f", "hidden"});
    std::filesystem::remove(file_);
  }
  PoolOfItsOwn(const PoolOfItsOwn&) = delete;
  PoolOfItsOwn& operator=(const PoolOfItsOwn&) = delete;

 private:
  std::string file_;
};

TEST_F(ReceiverRecordsTest, WhatIsHiddenFromListingsIsNotTakenForNew) {
  const PoolOfItsOwn pool("/tmp/hidden.img");
  target = "hidden/backup";
  make_sources();
  zfs({"create", "-V", "8M", source + "/v"});
  take_snapshot(3);
  ASSERT_THAT(send_bytes(sent({"-w", "-p", source + "/e@" + noon(1)}), target + "/old"), Exits(ok));
  const Records genuine = records_of(sent({"-e", source + "/v@" + noon(3)}));
  expect_refused(genuine, {{"a size that the kernel does not read", end_with_a_match}}, target + "/v");
  write_file(folder + "/attackers", std::string(32, 'a'));
  zfs({"change-key", "-o", "keyformat=raw", "-o", "keylocation=file://" + folder + "/attackers", source + "/e"});
  take_snapshot(4);
  const std::string other_key = sent({"-w", "-p", "-i", "@" + noon(1), source + "/e@" + noon(4)});
  EXPECT_THAT(send_bytes(other_key, target + "/old"),
              Exits(refused_by_receiver, {"another key for " + target + "/old"}));

  // By whoever is root here, or from before there was this receiver.
  Records forged = genuine;
  end_with_a_match(forged);
  for (const std::string name : {"1", "2", "3", "4", "5", "6"}) {
    EXPECT_THAT(receive(plainly(target + "/n" + name), stream_of(forged)), Exits(ok)) << "the control";
    EXPECT_THAT(send_bytes(other_key, target + "/old"), Exits(failed, {"does not tell of all that is here"}));
  }
  const Result listing = run({"zfs", "list", "-H", "-r", "-o", "name,encryptionroot", target});
  EXPECT_THAT(listing.err, ::testing::HasSubstr("cannot iterate filesystems")) << "the control";
  zfs({"load-key", "-n", "-L", "file://" + folder + "/key", target + "/old"});
}

}  // namespace
}  // namespace czb::lab
