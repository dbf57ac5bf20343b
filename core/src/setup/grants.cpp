// SPDX-License-Identifier: MIT
#include "setup/grants.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>

#include "setup/lines.h"

namespace czb::setup {
namespace {

// What whoever creates a dataset there is given for it: of the dataset that `zfs allow` was asked about and of those
// above it, for all of them count (dsl_deleg_set_create_perms).
//
//   Create time permissions:
//           destroy,hold
std::set<std::string> create_time_permissions(std::string_view allowed) {
  std::set<std::string> permissions;
  bool counts = false;
  for (const std::string_view line : lines_of(allowed)) {
    if (line.empty()) continue;
    if (line.front() != ' ' && line.front() != '\t') {
      counts = line == "Create time permissions:";
      continue;
    }
    if (!counts) continue;
    std::string_view list = trimmed(line);
    while (!list.empty()) {
      const std::size_t comma = list.find(',');
      permissions.emplace(list.substr(0, comma));
      list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    }
  }
  return permissions;
}

using Version = std::array<int, 3>;

// zfs-2.3.2-2~bpo12+2
// zfs-kmod-2.3.2-2~bpo12+2
std::optional<Version> version_in(std::string_view line) {
  const std::size_t digits = line.find_first_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  Version version = {};
  const char* at = line.data() + digits;
  const char* const end = line.data() + line.size();
  for (int& part : version) {
    const auto [stopped, error] = std::from_chars(at, end, part);
    if (error != std::errc()) break;
    at = stopped != end && *stopped == '.' ? stopped + 1 : end;
  }
  return version;
}

}  // namespace

bool knows_append(const std::string& versions) {
  constexpr Version first_with_it = {2, 3, 2};
  const auto lines = lines_of(versions);
  return !lines.empty() && std::all_of(lines.begin(), lines.end(), [&](std::string_view line) {
    const auto version = version_in(line);
    return version && *version >= first_with_it;
  });
}

bool stops_at_misfits(const std::string& versions) {
  constexpr Version first_that_does = {2, 2, 0};
  const auto lines = lines_of(versions);
  return std::none_of(lines.begin(), lines.end(), [&](std::string_view line) {
    const auto version = version_in(line);
    return version && *version < first_that_does;
  });
}

bool is_granted(const std::string& allowed, const std::string& dataset, const std::string& user,
                const std::vector<std::string>& groups, const RolePermissions& grants) {
  // For the dataset itself and for those below it: what is granted for one of them alone does not do.
  for (const std::string& each : {dataset, dataset + "/below"})
    for (const Permissions& needed : {grants.permissions, grants.source_properties})
      if (!missing_permissions(allowed, each, user, groups, needed).empty()) return false;
  const std::set<std::string> created = create_time_permissions(allowed);
  return std::includes(created.begin(), created.end(), grants.create_time.begin(), grants.create_time.end());
}

}  // namespace czb::setup
