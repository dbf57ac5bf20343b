// SPDX-License-Identifier: MIT
#include "plan/received_properties.h"

#include <algorithm>
#include <array>
#include <string_view>

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

bool is_left_out(const std::string& name, const std::optional<std::string>& value,
                 const std::optional<ReceiverMode>& receiver) {
  return receiver && value && name.find(':') != std::string::npos;
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

}  // namespace czb
