// SPDX-License-Identifier: MIT
#include "setup/grants.h"

#include "zfs/permissions.h"

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
  switch (mode) {
    case Mode::append_only:
      return role_permissions(ZfsRole::append_only);
    case Mode::mirror:
      return role_permissions(ZfsRole::mirror);
    case Mode::pull:
      return role_permissions(ZfsRole::pull);
  }
  return {};
}

std::vector<std::string> allow_command(const std::string& zfs, const std::string& user,
                                       const std::vector<std::string>& permissions, const std::string& dataset) {
  std::string list;
  for (const std::string& permission : permissions) list += (list.empty() ? "" : ",") + permission;
  return {zfs, "allow", "-u", user, list, dataset};
}

}  // namespace czb::setup
