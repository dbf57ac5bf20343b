// SPDX-License-Identifier: MIT
// The records of a dataset's stream, held to those that zfs send writes (dmu_send.c), in its order: objects by their
// numbers, each before what is of it, and its blocks by their places. The kernel takes more, and much of that ends it,
// or reaches other datasets (docs/adr/0018).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "receiver/stream/object_shape.h"
#include "receiver/stream/stream_form.h"
#include "receiver/stream/stream_record.h"

namespace czb::receiver {

class DatasetRecords {
 public:
  explicit DatasetRecords(const BeginRecord& begin) : form_(form_of(begin)) {}

  // The payload behind the beginning of a raw stream. Throws Refused.
  static void beginning(std::string_view payload);

  // A record, in the order in which they come; true: content() is to get its payload, which is no larger than
  // `largest_content`. Throws Refused.
  bool record(RecordType type, std::string_view record);
  void content(std::string_view payload) const;
  static constexpr std::size_t largest_content = 16384;  // DNODE_MAX_SIZE

 private:
  // One that the stream has told of.
  struct Told {
    ObjectRecord object;
    bool has_spilled = false;
  };

  bool object(const ObjectRecord& object);
  void free_objects(const FreeObjectsRecord& freed);
  void free(const FreeRecord& freed);
  void write(const WriteRecord& write);
  void embedded(const EmbeddedRecord& embedded);
  void spill(const SpillRecord& spill);
  void range(const ObjectRangeRecord& range);

  Told& told(std::uint64_t number);
  // That the block of this object comes behind all that came.
  void in_order(std::uint64_t object, std::uint64_t offset) const;
  void check_place(const ObjectRecord& object, std::uint64_t offset, std::uint64_t bytes) const;
  bool is_compression(std::uint8_t compression) const;

  StreamForm form_;
  std::deque<Told> told_;               // the last ones, by their numbers
  std::uint64_t next_object_ = 0;       // the least that may come
  std::optional<std::uint64_t> range_;  // of a raw stream: the first of the block of objects that comes
  // Behind the last block that came.
  std::uint64_t data_object_ = 0;
  std::uint64_t data_offset_ = 0;
};

}  // namespace czb::receiver
