// SPDX-License-Identifier: MIT
#include "receiver/stream_head.h"

#include "receiver/answer.h"

namespace czb::receiver {
namespace {

[[noreturn]] void invalid(const std::string& why) { throw Refused("invalid stream (" + why + ")"); }

class HeadReader {
 public:
  explicit HeadReader(const std::function<std::string(std::size_t)>& read) : read_(read) {}

  // Where it lies in head.bytes.
  std::size_t take(StreamHead& head, std::size_t count) {
    const std::size_t begin = head.bytes.size();
    head.bytes += read_(count);
    if (head.bytes.size() - begin != count)
      throw StreamTooShort("cannot receive: failed to read from stream: it ended after " +
                           std::to_string(head.bytes.size()) + " bytes, before any data");
    return begin;
  }

  std::string_view record(StreamHead& head) {
    const std::size_t begin = take(head, record_bytes);
    return std::string_view(head.bytes).substr(begin);
  }

 private:
  const std::function<std::string(std::size_t)>& read_;
};

}  // namespace

StreamHead read_head(const std::function<std::string(std::size_t)>& read) {
  StreamHead head;
  HeadReader reader(read);
  head.begin = parse_begin(reader.record(head));
  if (!head.begin.compound) {
    head.first = head.begin;
    return head;
  }

  if (head.begin.payload > largest_package)
    throw Refused("the stream's header, which lists all snapshots, has " + std::to_string(head.begin.payload) +
                  " bytes, and at most " + std::to_string(largest_package) + " are taken");
  if (head.begin.payload > 0) {
    const std::size_t payload = reader.take(head, head.begin.payload);
    head.package = parse_package(std::string_view(head.bytes).substr(payload), head.begin.dataset);
    if (head.package->to != head.begin.snapshot) invalid("its header names two snapshots");
  }
  if (record_type(reader.record(head), head.begin.swapped) != RecordType::end) invalid("its header has no end");

  const std::string_view next = reader.record(head);
  if (is_end(next)) return head;
  head.first = parse_begin(next);
  if (head.first->compound) invalid("a stream of several within another");
  return head;
}

}  // namespace czb::receiver
