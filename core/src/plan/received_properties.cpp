// SPDX-License-Identifier: MIT
#include "plan/received_properties.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "text/visible.h"
#include "zfs/settable.h"

namespace czb {
namespace {

// zfsprops(7): native properties that volumes do not have, and those that only they have; with the short names that zfs
// takes as well.
constexpr std::array<std::string_view, 33> filesystem_only = {"aclinherit",
                                                              "aclmode",
                                                              "acltype",
                                                              "atime",
                                                              "canmount",
                                                              "casesensitivity",
                                                              "devices",
                                                              "direct",
                                                              "dnodesize",
                                                              "exec",
                                                              "filesystem_limit",
                                                              "fslimit",
                                                              "longname",
                                                              "mlslabel",
                                                              "mountpoint",
                                                              "nbmand",
                                                              "normalization",
                                                              "overlay",
                                                              "quota",
                                                              "recordsize",
                                                              "recsize",
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

constexpr std::array<std::string_view, 1> volume_only = {"volthreading"};

// Those that a child does not inherit (in OpenZFS's zfs_prop.c, PROP_DEFAULT).
constexpr std::array<std::string_view, 19> not_inherited = {
    "canmount",    "context",     "defcontext",     "filesystem_limit", "fscontext",   "fslimit",        "keyformat",
    "keylocation", "pbkdf2iters", "quota",          "refquota",         "refreserv",   "refreservation", "reserv",
    "reservation", "rootcontext", "snapshot_limit", "sslimit",          "volthreading"};

// zfs tells their values of every dataset, set or not, which zfs receive takes for set.
constexpr std::array<std::string_view, 6> limits_of_space = {"quota",          "refquota", "refreserv",
                                                             "refreservation", "reserv",   "reservation"};

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
  return receiver && value && (is_user_property(name) || !may_be_set(name, *value));
}

}  // namespace

ReceivedProperties properties_for(const ReceivedProperties& configured, DatasetKind kind, bool is_root) {
  ReceivedProperties result;
  for (const auto& [name, value] : configured) {
    if (kind == DatasetKind::volume ? is_among(filesystem_only, name) : is_among(volume_only, name)) continue;
    if (is_root)
      result[name] = value;
    else if (!value || !is_among(not_inherited, name))
      result[name] = std::nullopt;
  }
  return result;
}

bool holds_only_one_by_one(const ReceivedProperties& configured, const std::optional<ReceiverMode>& receiver) {
  return !receiver && std::any_of(configured.begin(), configured.end(), [](const auto& each) {
    return !each.second && is_among(limits_of_space, each.first);
  });
}

ReceivedProperties held_one_by_one(ReceivedProperties properties, const std::optional<ReceiverMode>& receiver) {
  if (receiver) return properties;
  for (auto& [name, value] : properties)
    if (!value && is_among(limits_of_space, name)) value = "none";
  return properties;
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
    if (is_left_out(name, value, receiver)) names.push_back(is_user_property(name) ? name : name + "=" + *value);
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
