// SPDX-License-Identifier: MIT
// The listing that stream_rules.h compares a stream with.
#include <algorithm>
#include <array>
#include <charconv>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/stream_rules.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

[[noreturn]] void misunderstood(std::string_view line) {
  throw Error(ExitCode::failed, "could not understand this line of zfs list: " + visible(line));
}

std::uint64_t guid_of(std::string_view word, std::string_view line) {
  std::uint64_t guid = 0;
  const auto [stopped, error] = std::from_chars(word.data(), word.data() + word.size(), guid);
  if (error != std::errc() || stopped != word.data() + word.size()) misunderstood(line);
  return guid;
}

}  // namespace

CommandLine present_command(const std::string& dataset) {
  return {"zfs", "list", "-H", "-p", "-r", "-t", "filesystem,volume,snapshot", "-o", "name,guid,origin", dataset};
}

PresentTree parse_present(std::string_view listing, const std::string& dataset) {
  PresentTree tree;
  while (!listing.empty()) {
    const std::string_view line = listing.substr(0, listing.find('\n'));
    listing.remove_prefix(std::min(listing.size(), line.size() + 1));
    std::array<std::string_view, 3> words;
    std::string_view rest = line;
    for (std::string_view& word : words) {
      word = rest.substr(0, rest.find('\t'));
      rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    }
    const std::string_view name = words[0];
    const std::size_t separator = name.find('@');
    const std::optional<std::string> relative = relative_name(std::string(name.substr(0, separator)), dataset);
    if (!relative || words[2].empty() || !rest.empty()) misunderstood(line);
    PresentDataset& present = tree[*relative];
    if (separator != std::string_view::npos)
      present.snapshots.emplace(guid_of(words[1], line), name.substr(separator + 1));
    else if (words[2] != "-")
      present.origin = words[2];
  }
  return tree;
}

}  // namespace czb::receiver
