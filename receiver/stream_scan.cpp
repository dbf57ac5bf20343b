// SPDX-License-Identifier: MIT
#include "receiver/stream_scan.h"

#include <algorithm>
#include <utility>

namespace czb::receiver {

StreamScan::StreamScan(const StreamHead& head, StreamRules rules)
    : rules_(std::move(rules)), compound_(head.begin.compound), swapped_(head.begin.swapped) {
  if (head.first) take_begin(*head.first);
}

void StreamScan::feed(std::string_view bytes) {
  while (!bytes.empty() && !at_end()) {
    if (payload_ > 0) {
      const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(payload_, bytes.size()));
      payload_ -= skipped;
      bytes.remove_prefix(skipped);
      continue;
    }
    if (partial_.empty() && bytes.size() >= record_bytes) {
      take_record(bytes.substr(0, record_bytes));
      bytes.remove_prefix(record_bytes);
      continue;
    }
    const std::size_t missing = std::min(record_bytes - partial_.size(), bytes.size());
    partial_ += bytes.substr(0, missing);
    bytes.remove_prefix(missing);
    if (partial_.size() < record_bytes) continue;
    take_record(partial_);
    partial_.clear();
  }
}

void StreamScan::take_begin(const BeginRecord& begin) {
  rules_.begin(begin);
  swapped_ = begin.swapped;
  payload_ = begin.payload;
  state_ = State::first;
}

void StreamScan::take_record(std::string_view record) {
  if (state_ == State::between) {
    if (is_end(record))
      state_ = State::end;
    else
      take_begin(parse_begin(record));
    return;
  }
  const RecordType type = record_type(record, swapped_);
  payload_ = payload_bytes(record, swapped_);
  if (state_ == State::first) rules_.first_record(payload_);
  state_ = State::records;
  if (type == RecordType::end) state_ = compound_ ? State::between : State::end;
}

}  // namespace czb::receiver
