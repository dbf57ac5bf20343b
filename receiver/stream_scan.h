// SPDX-License-Identifier: MIT
// Follows a stream record by record, as zfs receive does, and puts each dataset's beginning to the rules before zfs
// sees it. What lies between is not looked at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "receiver/stream_rules.h"

namespace czb::receiver {

class StreamScan {
 public:
  // Behind `head`, whose last record, the first dataset's beginning, it puts to the rules. Throws Refused.
  StreamScan(const StreamHead& head, StreamRules rules);

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

  StreamRules rules_;
  bool compound_;
  bool swapped_;  // of the dataset's stream that comes now
  State state_ = State::end;
  std::string partial_;        // the beginning of a record
  std::uint64_t payload_ = 0;  // bytes still to come before the next record
};

}  // namespace czb::receiver
