// SPDX-License-Identifier: MIT
// Follows a stream record by record, as zfs receive does, and puts each dataset's beginning to the rules before zfs
// sees it. What lies between is held to what zfs send writes (dataset_records.h) in a stream of its kind
// (stream_kind.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "receiver/stream/dataset_records.h"
#include "receiver/stream/stream_kind.h"
#include "receiver/stream/stream_rules.h"

namespace czb::receiver {

class StreamScan {
 public:
  // Told of each raw stream of a dataset, with the payload behind its beginning, before the last byte of that goes on.
  // Throws what it likes.
  using OnKey = std::function<void(const StreamPlace& place, std::string_view payload)>;

  // Behind `head`, whose last record, the first dataset's beginning, it puts to the rules. Throws Refused.
  StreamScan(const StreamHead& head, StreamRules rules, OnKey on_key);

  // The next bytes, in pieces of any size. Throws Refused: then none of this piece may go on.
  void feed(std::string_view bytes);

  // Whether the stream has come to its end. More would not be read by zfs receive.
  bool at_end() const { return state_ == State::end; }

 private:
  enum class State {
    first,    // the next record is the first behind a dataset's beginning
    records,  // … one of its others
    between,  // … the next dataset's beginning, or the end of all
    end,
  };

  void take_record(std::string_view record);
  void take_begin(const BeginRecord& begin);
  void take_payload(std::string_view& bytes);
  void payload_came();

  StreamRules rules_;
  OnKey on_key_;
  bool compound_;
  // Of the dataset's stream that comes now.
  StreamKind kind_;
  std::optional<DatasetRecords> records_;
  State state_ = State::end;
  std::string partial_;        // the beginning of a record
  std::uint64_t payload_ = 0;  // bytes still to come before the next record
  StreamPlace place_;
  bool is_raw_ = false;
  bool beginning_comes_ = false;  // what is behind its beginning
  bool content_comes_ = false;    // … what its kind wants to know of a record
  bool looked_into_ = false;      // … what is to be held to what zfs send writes
  std::string kept_;              // what has come of these
};

}  // namespace czb::receiver
