// SPDX-License-Identifier: MIT
// Streams of single datasets, taken apart, changed, and put together again with right checksums.
#pragma once

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "receiver/stream/stream_record.h"
#include "receiver_key.h"
#include "receiver_lab.h"

namespace czb::lab {

// A record with its payload; of the stream of a single dataset, without a package.
struct Record {
  receiver::RecordType type = receiver::RecordType::begin;
  std::string header;
  std::string payload;

  template <typename Number>
  Record& put(std::size_t offset, Number value) {
    std::memcpy(header.data() + offset, &value, sizeof value);
    return *this;
  }
  std::uint64_t object() const {
    std::uint64_t number = 0;
    std::memcpy(&number, header.data() + 8, sizeof number);
    return number;
  }
};
using Records = std::vector<Record>;

// Of a stream without a package.
Records records_of(const std::string& stream);
// With the checksums that zfs receive wants (dmu_send.c, dump_record).
std::string stream_of(Records records);

Record made(receiver::RecordType type, std::uint64_t first, std::uint64_t second, std::uint64_t third = 0);

// The one of this type that is of this object.
Record& find(Records& records, receiver::RecordType type, std::uint64_t object);
void erase(Records& records, receiver::RecordType type, std::uint64_t object);
void before_end(Records& records, const Record& record);

struct ChangedRecords {
  std::string what;
  std::function<void(Records&)> change;
};

class ForgedRecordsTest : public ReceiverLabTest {
 protected:
  // For a key that sshd is not asked for.
  ReceiverKey key() const;
  // What zfs send writes.
  std::string sent(const Words& send) const;
  Result send_bytes(const std::string& stream, const std::string& dataset) const;
  void give_up(const std::string& dataset) const;
  // Each of these changes of a genuine stream is refused, and this host tells of all it has; nothing of it is another.
  void expect_harmless(const Records& genuine, const std::vector<ChangedRecords>& forgeries,
                       const std::string& dataset) const;
  // Of all that has come, each block can be read.
  static void expect_sound_pool();
};

}  // namespace czb::lab
