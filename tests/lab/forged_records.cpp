// SPDX-License-Identifier: MIT
#include "forged_records.h"

#include <stdexcept>

#include "receiver/stream/fletcher4.h"

namespace czb::lab {
namespace {

using receiver::RecordType;

}  // namespace

Records records_of(const std::string& stream) {
  Records records;
  for (std::size_t at = 0; at < stream.size();) {
    Record record;
    record.header = stream.substr(at, receiver::record_bytes);
    at += receiver::record_bytes;
    std::size_t size = 0;
    if (records.empty()) {
      size = receiver::parse_begin(record.header).payload;
    } else {
      record.type = receiver::record_type(record.header);
      size = receiver::payload_bytes(record.header);
    }
    record.payload = stream.substr(at, size);
    at += size;
    records.push_back(record);
  }
  return records;
}

std::string stream_of(Records records) {
  constexpr std::size_t sum_bytes = sizeof(receiver::Fletcher4);
  constexpr std::size_t sum_at = receiver::record_bytes - sum_bytes;
  receiver::Fletcher4 sum = {};
  std::string stream;
  for (Record& record : records) {
    if (record.type == RecordType::end) record.put(8, sum);
    sum = receiver::fletcher4(std::string_view(record.header).substr(0, sum_at), sum);
    if (record.type != RecordType::begin) record.put(sum_at, sum);
    sum = receiver::fletcher4(std::string_view(record.header).substr(sum_at), sum);
    sum = receiver::fletcher4(record.payload, sum);
    stream += record.header + record.payload;
  }
  return stream;
}

Record made(RecordType type, std::uint64_t first, std::uint64_t second, std::uint64_t third) {
  Record record;
  record.type = type;
  record.header = std::string(receiver::record_bytes, '\0');
  return record.put(0, static_cast<std::uint32_t>(type)).put(8, first).put(16, second).put(24, third);
}

Record& find(Records& records, RecordType type, std::uint64_t object) {
  for (Record& record : records)
    if (record.type == type && record.object() == object) return record;
  throw std::runtime_error("no such record");
}
void erase(Records& records, RecordType type, std::uint64_t object) {
  find(records, type, object);
  std::erase_if(records, [&](const Record& record) { return record.type == type && record.object() == object; });
}
void before_end(Records& records, const Record& record) { records.insert(records.end() - 1, record); }

std::string ForgedRecordsTest::sent(const Words& send) const { return zfs(Words{"send"} + send); }

Result ForgedRecordsTest::send_bytes(const std::string& stream, const std::string& dataset) const {
  return receive(receiving(dataset), stream);
}

void ForgedRecordsTest::give_up(const std::string& dataset) const {
  if (!exists(dataset) || property("receive_resume_token", dataset) == "-") return;
  EXPECT_THAT(receive(started_for({"zfs", "receive", "-A", dataset})), Exits(ok));
}

void ForgedRecordsTest::expect_harmless(const Records& genuine, const std::vector<ChangedRecords>& forgeries,
                                        const std::string& dataset) const {
  const std::string before = state_of({"offsite"});
  for (const ChangedRecords& forgery : forgeries) {
    Records forged = genuine;
    forgery.change(forged);
    EXPECT_THAT(send_bytes(stream_of(forged), dataset), Exits(refused_by_receiver, {"invalid stream ("}))
        << dataset << ", " << forgery.what;
    std::string after = state_of({"offsite"});
    if (after != before) {
      give_up(dataset);
      after = state_of({"offsite"});
    }
    EXPECT_EQ(after, before) << dataset << ", " << forgery.what;
  }
}

void ForgedRecordsTest::expect_sound_pool() {
  succeed({"zpool", "scrub", "-w", "offsite"});
  EXPECT_THAT(succeed({"zpool", "status", "offsite"}), ::testing::HasSubstr("errors: No known data errors"));
}

}  // namespace czb::lab
