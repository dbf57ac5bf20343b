// SPDX-License-Identifier: MIT
// The listing that stream_rules.h compares a stream with.
#include <algorithm>
#include <array>
#include <charconv>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/stream/stream_rules.h"
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

// `separator`: where the name has its "@".
bool is_type(std::string_view word, std::size_t separator) {
  if (separator != std::string_view::npos) return word == "snapshot";
  return word == "filesystem" || word == "volume";
}

}  // namespace

CommandLine present_command(const std::string& dataset, bool recursive) {
  CommandLine command = {"zfs", "list", "-H", "-p"};
  if (recursive)
    command.emplace_back("-r");
  else
    command.insert(command.end(), {"-d", "1"});
  command.insert(command.end(),
                 {"-t", "filesystem,volume,snapshot", "-o", "name,guid,origin,encryptionroot,type", dataset});
  return command;
}

PresentTree parse_present(std::string_view listing, const std::string& dataset) {
  PresentParser parser(dataset);
  parser.feed(listing);
  return parser.take();
}

void PresentParser::feed(std::string_view piece) {
  for (std::size_t end = 0; (end = piece.find('\n')) != std::string_view::npos; piece.remove_prefix(end + 1)) {
    if (partial_.empty()) {
      take_line(piece.substr(0, end));
      continue;
    }
    partial_ += piece.substr(0, end);
    take_line(partial_);
    partial_.clear();
  }
  partial_ += piece;
}

PresentTree PresentParser::take() {
  if (!partial_.empty()) take_line(partial_);
  partial_.clear();
  return std::move(tree_);
}

void PresentParser::take_line(std::string_view line) {
  std::array<std::string_view, 5> words;
  std::string_view rest = line;
  for (std::string_view& word : words) {
    word = rest.substr(0, rest.find('\t'));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  }
  const std::string_view name = words[0];
  const std::size_t separator = name.find('@');
  const std::optional<std::string> relative = relative_name(std::string(name.substr(0, separator)), dataset_);
  if (!relative || words[2].empty() || words[3].empty() || !rest.empty() || !is_type(words[4], separator))
    misunderstood(line);
  PresentDataset& present = tree_[*relative];
  if (separator != std::string_view::npos) {
    present.snapshots.emplace(guid_of(words[1], line), name.substr(separator + 1));
    return;
  }
  present.guid = guid_of(words[1], line);
  present.is_volume = words[4] == "volume";
  if (words[2] != "-") present.origin = words[2];
  if (words[3] != "-") present.encryption_root = words[3];
}

PresentTree part_of(const PresentTree& tree, const std::string& root, const std::string& dataset) {
  PresentTree part;
  for (const auto& [relative, present] : tree)
    if (const auto name = relative_name(relative.empty() ? root : root + "/" + relative, dataset))
      part.emplace(*name, present);
  return part;
}

}  // namespace czb::receiver
