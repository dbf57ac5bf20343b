// SPDX-License-Identifier: MIT
#include "receiver/stream/stream_scan.h"

#include <algorithm>
#include <utility>

#include "receiver/answer.h"
#include "receiver/stream/key_data.h"

namespace czb::receiver {

StreamScan::StreamScan(const StreamHead& head, StreamRules rules, OnKey on_key)
    : rules_(std::move(rules)), on_key_(std::move(on_key)), compound_(head.begin.compound) {
  if (head.first)
    take_begin(*head.first);
  else
    rules_.end();
}

void StreamScan::feed(std::string_view bytes) {
  while (!bytes.empty() && !at_end()) {
    if (payload_ > 0) {
      take_payload(bytes);
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
  // zfs may not have seen the end (StreamRules::first_record), and nobody has looked at what follows.
  if (!bytes.empty()) throw Refused("invalid stream (it goes on behind its end)");
}

void StreamScan::take_payload(std::string_view& bytes) {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(payload_, bytes.size()));
  if (beginning_comes_ || content_comes_ || looked_into_) kept_ += bytes.substr(0, taken);
  payload_ -= taken;
  bytes.remove_prefix(taken);
  if (payload_ == 0) payload_came();
}

void StreamScan::payload_came() {
  if (std::exchange(beginning_comes_, false)) {
    records_->beginning(kept_);
    if (is_raw_) on_key_(place_, kept_);
    if (kind_.wants_beginning()) kind_.beginning(kept_);
  }
  if (std::exchange(content_comes_, false)) kind_.content(kept_);
  if (std::exchange(looked_into_, false)) records_->content(kept_);
  kept_.clear();
}

void StreamScan::take_begin(const BeginRecord& begin) {
  place_ = rules_.begin(begin);
  kind_ = StreamKind(begin);
  records_.emplace(begin);
  payload_ = begin.payload;
  state_ = State::first;
  is_raw_ = (begin.features & feature_raw) != 0;
  beginning_comes_ = records_->has_beginning();
  kept_.clear();
  const std::string bytes = std::to_string(payload_) + " bytes)";
  if (!beginning_comes_ && payload_ != 0)
    throw Refused("invalid stream (it is neither raw nor a rest, and begins with " + bytes);
  if (beginning_comes_ && (payload_ == 0 || payload_ > largest_key_payload))
    throw Refused("invalid stream (" +
                  std::string(is_raw_ ? "it is raw, and its key data have " : "a rest, and what it begins with has ") +
                  bytes);
}

void StreamScan::take_record(std::string_view record) {
  if (state_ == State::between) {
    if (is_end(record)) {
      rules_.end();
      state_ = State::end;
    } else {
      take_begin(parse_begin(record));
    }
    return;
  }
  const RecordType type = record_type(record);
  payload_ = payload_bytes(record);
  if (state_ == State::first) rules_.first_record(type, payload_);
  state_ = State::records;
  content_comes_ = kind_.record(type, record);
  looked_into_ = records_->record(type, record);
  if (type == RecordType::end) state_ = compound_ ? State::between : State::end;
}

}  // namespace czb::receiver
