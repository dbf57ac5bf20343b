// SPDX-License-Identifier: MIT
// The records of a dataset's stream, held to those that zfs send writes (dmu_send.c), in its order: objects by their
// numbers, each before what is of it, and its blocks by their places. The kernel takes more, and much of that ends it,
// or reaches other datasets (docs/adr/0018).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

#include "receiver/stream/beginning.h"
#include "receiver/stream/object_shape.h"
#include "receiver/stream/stream_form.h"
#include "receiver/stream/stream_record.h"

namespace czb::receiver {

class DatasetRecords {
 public:
  explicit DatasetRecords(const BeginRecord& begin) : form_(form_of(begin)) {}

  // Whether data come behind the beginning; those. Throws Refused.
  bool has_beginning() const { return form_.is_raw || form_.is_rest; }
  void beginning(std::string_view payload) const { check_beginning(payload, form_); }

  // A record, in the order in which they come; true: content() is to get its payload. Throws Refused.
  bool record(RecordType type, std::string_view record);
  void content(std::string_view payload);

 private:
  // One that the stream has told of.
  struct Told {
    ObjectRecord object;
    bool has_spilled = false;
    std::uint64_t end = ~std::uint64_t{0};  // from which on it was freed, or has nothing
  };

  struct Tried {
    std::uint8_t compression = 0;
    std::size_t bytes = 0;
    std::size_t compressed = 0;
  };

  bool object(const ObjectRecord& object);
  void free_objects(const FreeObjectsRecord& freed);
  void free(const FreeRecord& freed);
  bool write(const WriteRecord& write);
  bool embedded(const EmbeddedRecord& embedded);
  void spill(const SpillRecord& spill);
  void range(const ObjectRangeRecord& range);

  Told& told(std::uint64_t number);
  // That what is at this place of this object comes behind all that came.
  void in_order(std::uint64_t object, std::uint64_t offset) const;
  void check_place(const Told& told, std::uint64_t offset, std::uint64_t bytes) const;
  // Blocks of more than 128 KiB, of a stream that may not have such.
  bool comes_in_pieces(const ObjectRecord& object) const;
  bool is_compression(std::uint8_t compression) const;

  StreamForm form_;
  std::deque<Told> told_;               // the last ones, by their numbers
  std::uint64_t next_object_ = 0;       // the least that may come
  std::optional<std::uint64_t> range_;  // of a raw stream: the first of the block of objects that comes
  // The block that comes, whose payload is to be looked into.
  std::optional<Tried> tried_;
  // Behind the last block that came, or was freed.
  std::uint64_t data_object_ = 0;
  std::uint64_t data_offset_ = 0;
};

}  // namespace czb::receiver
