// SPDX-License-Identifier: MIT
// libFuzzer: any bytes as a stream, and as a listing of what is there, are read or refused; nothing is read outside of
// them; where a stream is taken, it makes no difference in which pieces it comes; what was read is written so that it
// is read as the same; and what zfs gets for its head, and in the package that sets encryption roots, is always our own
// encoding of values. Corpus: corpus/stream_head.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/keys/encryption_roots.h"
#include "receiver/stream/decompress.h"
#include "receiver/stream/key_data.h"
#include "receiver/stream/lz4.h"
#include "receiver/stream/lzjb.h"
#include "receiver/stream/micro_zap.h"
#include "receiver/stream/nvlist.h"
#include "receiver/stream/stream_scan.h"
#include "receiver/stream/written_head.h"
#include "zfs/inventory.h"

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

// Parse, encode, parse is the identity, and there is one encoding of what was read.
void require_written_again(std::string_view bytes) {
  const NvList list = parse_nvlist(bytes);
  const std::string written = encode_nvlist(list);
  const NvList again = parse_nvlist(written);
  require(again == list);
  require(encode_nvlist(again) == written);
}

// The head of a package that zfs gets: encoding what is read of it gives it again, byte for byte.
void require_own_encoding(std::string_view written, const StreamHead& again) {
  const std::string& top = again.begin.dataset;
  require(package_records(top + "@" + again.begin.snapshot, again.begin.features,
                          again.package ? encode_package(*again.package, top) : "") +
              again.last_record ==
          written);
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
  require_own_encoding(written, again);
  require(again.package.has_value() == head.package.has_value());
  if (!again.package) return;
  require(*again.package == what_comes(*head.package, head.begin.dataset, present, rules, left_out));
  require(!again.package->raw && !again.package->from);
  const std::string& top = head.begin.dataset;
  require(parse_package(encode_package(*head.package, top), top) == *head.package);
}

// An entry of our own package tells a dataset by the guid of one snapshot that it has here, and nothing of others.
void require_names_what_is_here(const NvPair& entry, const std::string& top, const PresentTree& present) {
  std::optional<std::string> relative;
  for (const NvPair& part : entry.list) {
    require(part.name != "origin");
    if (part.name == "name") relative = relative_name(std::string(part.text), top);
    if (part.name == "parentfromsnap") require(part.number == 0);
    if (part.name == "snaps")
      require(relative && part.list.size() == 1 &&
              present.at(*relative).snapshots.count(part.list.front().number) == 1);
  }
}

// The package that sets encryption roots. Our reader of packages would not take it: it misses parents that stay as they
// are.
void require_own_roots(const Package& package, const PresentTree& present) {
  const std::string dataset = "offsite/zippy";
  constexpr std::size_t longest_name = 255;
  if (dataset.size() + 1 + package.to.size() > longest_name) return;  // no snapshot here has such a name
  const auto top = present.find("");
  std::string stream;
  try {
    const auto changes = root_changes(package, dataset, present, {}, [](const std::string&, bool) { return true; });
    if (changes.empty() || top == present.end()) return;
    stream = root_changes_stream(changes, dataset, top->second, package.to);
  } catch (const Error&) {
    return;  // another dataset has a copy, or the top's snapshot is not here
  }
  const std::string_view bytes = stream;
  const std::string payload(bytes.substr(record_bytes, parse_begin(bytes.substr(0, record_bytes)).payload));
  const std::string records = package_records(dataset + "@" + package.to, 0, payload);
  require(bytes.substr(0, records.size()) == records);
  const NvList list = parse_nvlist(payload);
  require(encode_nvlist(list) == payload);
  for (const NvPair& pair : list) {
    require(pair.name == "tosnap" || pair.name == "raw" || pair.name == "fss");
    for (const NvPair& entry : pair.list) require_names_what_is_here(entry, dataset, present);
  }
  const BeginRecord first = parse_begin(bytes.substr(records.size(), record_bytes));
  require(first.to_guid == first.from_guid && top->second.snapshots.count(first.to_guid) == 1);
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
  const std::optional<std::string> older = decompress_lzjb(stream, 1024);
  require(!older || older->size() == 1024);
  for (const std::uint8_t compression : {std::uint8_t{5}, std::uint8_t{14}}) {
    const std::optional<std::string> other = decompress(compression, stream, 1024);
    require(!other || other->size() == 1024);
  }
  std::optional<StreamHead> head;
  try {
    head = head_of(stream);
  } catch (const Refused&) {
    return 0;
  } catch (const StreamTooShort&) {
    return 0;
  }
  require_own_head(*head, facts.present);
  if (head->package) require_own_roots(*head->package, facts.present);
  const std::string_view rest = std::string_view(stream).substr(head->bytes);
  const std::string whole = scanned(*head, rest, facts, rest.size() + 1);
  require(scanned(*head, rest, facts, 1) == whole);
  require(scanned(*head, rest, facts, 313) == whole);
  return 0;
}
