// SPDX-License-Identifier: MIT
// libFuzzer: any bytes as a stream, and as a listing of what is there, are read or refused; nothing is read outside of
// them; where a stream is taken, it makes no difference in which pieces it comes; and what zfs gets for its head is
// always our own encoding of values. Corpus: corpus/stream_head.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/stream/key_data.h"
#include "receiver/stream/lz4.h"
#include "receiver/stream/micro_zap.h"
#include "receiver/stream/nvlist.h"
#include "receiver/stream/stream_scan.h"
#include "receiver/stream/written_head.h"

namespace {

using namespace czb;
using namespace czb::receiver;

void require(bool holds) {
  if (!holds) std::abort();
}

StreamHead head_of(std::string_view stream) {
  return read_head([&](std::size_t count) {
    const std::string piece(stream.substr(0, count));
    stream.remove_prefix(piece.size());
    return piece;
  });
}

// A list, or a package, that is read is written so that it is read again as the same.
void require_written_again(std::string_view bytes) {
  const std::string written = encode_nvlist(parse_nvlist(bytes));
  require(encode_nvlist(parse_nvlist(written)) == written);
}

void require_own_head(const StreamHead& head, const PresentTree& present) {
  LeftOut left_out;
  const PropertyRules rules = {{"site:"}, {}};
  const std::string written = head_for_zfs(head, present, rules, left_out);
  require(left_out.text().size() < 2000);
  if (!head.begin.compound) {
    require(written == head.last_record);
    return;
  }
  const StreamHead again = head_of(written);
  require(again.bytes == written.size() && again.last_record == head.last_record);
  require(again.package.has_value() == head.package.has_value());
  if (!again.package) return;
  require(*again.package == what_comes(*head.package, head.begin.dataset, present, rules, left_out));
  require(!again.package->raw && !again.package->from);
  const std::string& top = head.begin.dataset;
  require(parse_package(encode_package(*head.package, top), top) == *head.package);
}

// How it ended: refused, or at its end or not.
std::string scanned(const StreamHead& head, std::string_view rest, const StreamFacts& facts, std::size_t piece) {
  try {
    StreamScan scan(head, StreamRules("offsite/zippy", head, facts),
                    [](const StreamPlace&, std::string_view payload) { key_data_fingerprint(payload); });
    for (; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size()))) scan.feed(rest.substr(0, piece));
    return scan.at_end() ? "end" : "cut";
  } catch (const Refused& refused) {
    return refused.what();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Up to a NUL: what is there. Then the stream.
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = std::min(input.find('\0'), size);
  StreamFacts facts;
  facts.parent_exists = true;
  try {
    facts.present = parse_present(input.substr(0, middle), "offsite/zippy");
  } catch (const Error&) {
    // As if nothing were there.
  }
  const std::string stream(input.substr(std::min(size, middle + 1)));
  for (const auto read_alone : {+[](std::string_view bytes) { require_written_again(bytes); },
                                +[](std::string_view bytes) { key_data_fingerprint(bytes); }}) {
    try {
      read_alone(stream);
    } catch (const Refused&) {
      // Nothing but this may be thrown.
    }
  }
  for (const bool swapped : {false, true}) parse_micro_zap(stream, swapped);
  const std::optional<std::string> block = decompress_lz4(stream, 512);
  require(!block || block->size() == 512);
  std::optional<StreamHead> head;
  try {
    head = head_of(stream);
  } catch (const Refused&) {
    return 0;
  } catch (const StreamTooShort&) {
    return 0;
  }
  require_own_head(*head, facts.present);
  const std::string_view rest = std::string_view(stream).substr(head->bytes);
  const std::string whole = scanned(*head, rest, facts, rest.size() + 1);
  require(scanned(*head, rest, facts, 1) == whole);
  require(scanned(*head, rest, facts, 313) == whole);
  return 0;
}
