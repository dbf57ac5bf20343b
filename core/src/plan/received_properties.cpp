// SPDX-License-Identifier: MIT
#include "plan/received_properties.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "text/visible.h"

namespace czb {
namespace {

// zfsprops(7): native properties that volumes do not have.
constexpr std::array<std::string_view, 28> filesystem_only = {"aclinherit",
                                                              "aclmode",
                                                              "acltype",
                                                              "atime",
                                                              "canmount",
                                                              "casesensitivity",
                                                              "devices",
                                                              "dnodesize",
                                                              "exec",
                                                              "filesystem_limit",
                                                              "mountpoint",
                                                              "nbmand",
                                                              "normalization",
                                                              "overlay",
                                                              "quota",
                                                              "recordsize",
                                                              "refquota",
                                                              "relatime",
                                                              "setuid",
                                                              "sharenfs",
                                                              "sharesmb",
                                                              "snapdir",
                                                              "special_small_blocks",
                                                              "utf8only",
                                                              "version",
                                                              "vscan",
                                                              "xattr",
                                                              "zoned"};

// Those that a child does not inherit.
constexpr std::array<std::string_view, 14> not_inherited = {
    "canmount",    "casesensitivity", "filesystem_limit", "normalization", "quota",        "refquota", "refreservation",
    "reservation", "snapshot_limit",  "utf8only",         "version",       "volblocksize", "volsize",  "keylocation"};

template <std::size_t count>
bool is_among(const std::array<std::string_view, count>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The first few of them, and how many more there are.
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most_told = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most_told); ++i)
    text += (i == 0 ? "" : ", ") + visible(names[i], 80);
  return names.size() > most_told ? text + " and " + std::to_string(names.size() - most_told) + " more" : text;
}

bool is_left_out(const std::string& name, const std::optional<std::string>& value,
                 const std::optional<ReceiverMode>& receiver) {
  return receiver && value && is_user_property(name);
}

}  // namespace

ReceivedProperties properties_for(const ReceivedProperties& configured, DatasetKind kind, bool is_root) {
  ReceivedProperties result;
  for (const auto& [name, value] : configured) {
    if (kind == DatasetKind::volume && is_among(filesystem_only, name)) continue;
    if (is_root)
      result[name] = value;
    else if (!is_among(not_inherited, name))
      result[name] = std::nullopt;
  }
  return result;
}

ReceivedProperties askable_properties(const ReceivedProperties& configured,
                                      const std::optional<ReceiverMode>& receiver) {
  ReceivedProperties result;
  for (const auto& [name, value] : configured)
    if (!is_left_out(name, value, receiver)) result.emplace(name, value);
  return result;
}

std::vector<std::string> left_out_properties(const ReceivedProperties& configured,
                                             const std::optional<ReceiverMode>& receiver) {
  std::vector<std::string> names;
  for (const auto& [name, value] : configured)
    if (is_left_out(name, value, receiver)) names.push_back(name);
  return names;
}

std::string kept_names_note(const std::set<std::string>& properties, const OwnNames& own) {
  const std::string base = base_property("");
  const std::string_view ours = std::string_view(base).substr(0, base.find(':') + 1);
  std::vector<std::string> renamed;
  std::vector<std::string> too_long;
  for (const std::string& name : properties) {
    if (name.rfind(ours, 0) == 0) continue;
    const std::optional<std::string> kept = kept_name(name, own);
    if (!kept)
      too_long.push_back(name);
    else if (*kept != name)
      renamed.push_back(name);
  }
  std::string note;
  if (!renamed.empty())
    note = "the target's receiver keeps user properties whose values are one printable line as " +
           std::string(kept_name_prefix) +
           "NAME, which no program there obeys and a restore brings back: " + some_of(renamed);
  if (!too_long.empty())
    note += (note.empty() ? "the target's receiver leaves out" : "; it leaves out") +
            std::string(" user properties whose names become too long: ") + some_of(too_long);
  return note;
}

}  // namespace czb
