// SPDX-License-Identifier: MIT
#include "receiver/stream/stream_head.h"

#include "receiver/answer.h"

namespace czb::receiver {
namespace {

[[noreturn]] void invalid(const std::string& why) { throw Refused("invalid stream (" + why + ")"); }

class HeadReader {
 public:
  explicit HeadReader(const std::function<std::string(std::size_t)>& read) : read_(read) {}

  std::string take(StreamHead& head, std::size_t count) const {
    std::string taken = read_(count);
    head.bytes += taken.size();
    if (taken.size() != count)
      throw StreamTooShort("cannot receive: failed to read from stream: it ended after " + std::to_string(head.bytes) +
                           " bytes, before any data");
    return taken;
  }

 private:
  const std::function<std::string(std::size_t)>& read_;
};

}  // namespace

StreamHead read_head(const std::function<std::string(std::size_t)>& read) {
  StreamHead head;
  const HeadReader reader(read);
  head.last_record = reader.take(head, record_bytes);
  head.begin = parse_begin(head.last_record);
  if (!head.begin.compound) {
    head.first = head.begin;
    return head;
  }

  if (head.begin.payload > largest_package)
    throw Refused("the stream's header, which lists all snapshots, has " + std::to_string(head.begin.payload) +
                  " bytes, and at most " + std::to_string(largest_package) + " are taken");
  if (head.begin.payload > 0) {
    head.package = parse_package(reader.take(head, head.begin.payload), head.begin.dataset);
    if (head.package->to != head.begin.snapshot) invalid("its header names two snapshots");
  }
  if (record_type(reader.take(head, record_bytes)) != RecordType::end) invalid("its header has no end");

  head.last_record = reader.take(head, record_bytes);
  if (is_end(head.last_record)) return head;
  head.first = parse_begin(head.last_record);
  if (head.first->compound) invalid("a stream of several within another");
  return head;
}

}  // namespace czb::receiver
