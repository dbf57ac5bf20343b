// SPDX-License-Identifier: MIT
// libFuzzer: any bytes as a stream, and as a listing of what is there, are read or refused; nothing is read outside of
// them; and where a stream is taken, it makes no difference in which pieces it comes. Corpus: corpus/stream_head.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/key_data.h"
#include "receiver/nvlist.h"
#include "receiver/stream_scan.h"

namespace {

using namespace czb;
using namespace czb::receiver;

void require(bool holds) {
  if (!holds) std::abort();
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
  for (const auto read_alone : {+[](std::string_view bytes) { parse_nvlist(bytes); },
                                +[](std::string_view bytes) { key_data_fingerprint(bytes); }}) {
    try {
      read_alone(stream);
    } catch (const Refused&) {
      // Nothing but this may be thrown.
    }
  }
  std::optional<StreamHead> head;
  std::size_t read = 0;
  try {
    head = read_head([&](std::size_t count) {
      const std::string piece = stream.substr(std::min(read, stream.size()), count);
      read += piece.size();
      return piece;
    });
  } catch (const Refused&) {
    return 0;
  } catch (const StreamTooShort&) {
    return 0;
  }
  require(head->bytes == stream.substr(0, head->bytes.size()));
  const std::string_view rest = std::string_view(stream).substr(head->bytes.size());
  const std::string whole = scanned(*head, rest, facts, rest.size() + 1);
  require(scanned(*head, rest, facts, 1) == whole);
  require(scanned(*head, rest, facts, 313) == whole);
  return 0;
}
