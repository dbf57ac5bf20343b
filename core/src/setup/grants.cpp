// SPDX-License-Identifier: MIT
#include "setup/grants.h"

#include "setup/lines.h"

namespace czb::setup {

const char* to_string(Mode mode) {
  switch (mode) {
    case Mode::append_only:
      return "append-only";
    case Mode::mirror:
      return "mirror";
    case Mode::pull:
      return "pull";
  }
  return "unknown";
}

std::vector<std::string> needed_permissions(Mode mode) {
  if (mode == Mode::pull) return {"send", "hold"};
  std::vector<std::string> permissions = {"canmount", "create",  "mount",   "mountpoint",
                                          "readonly", "receive", "userprop"};
  if (mode == Mode::mirror) permissions.emplace_back("destroy");
  return permissions;
}

std::vector<std::string> allow_command(const std::string& user, const std::vector<std::string>& permissions,
                                       const std::string& dataset) {
  std::string list;
  for (const std::string& permission : permissions) list += (list.empty() ? "" : ",") + permission;
  return {"zfs", "allow", "-u", user, list, dataset};
}

std::vector<std::string> show_allowed_command(const std::string& dataset) { return {"zfs", "allow", dataset}; }

// ---- Permissions on offsite ------------------------------------------
// Local+Descendent permissions:
//         user cyber-zfs-backup create,mount,receive
std::set<std::string> granted(std::string_view printed, const std::string& user) {
  std::set<std::string> permissions;
  bool counts = false;
  for (const std::string_view line : lines_of(printed)) {
    if (line.empty()) continue;
    if (line.front() != ' ' && line.front() != '\t') {
      counts = trimmed(line) == "Local+Descendent permissions:";
      continue;
    }
    const auto words = words_of(line);
    if (!counts || words.size() != 3 || words[0] != "user" || words[1] != user) continue;
    std::string_view list = words[2];
    while (!list.empty()) {
      const std::size_t comma = list.find(',');
      permissions.emplace(list.substr(0, comma));
      list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    }
  }
  return permissions;
}

std::vector<std::string> missing_permissions(const std::vector<std::string>& needed,
                                             const std::set<std::string>& granted) {
  std::vector<std::string> missing;
  for (const std::string& permission : needed)
    if (granted.count(permission) == 0) missing.push_back(permission);
  return missing;
}

}  // namespace czb::setup
