// SPDX-License-Identifier: MIT
#include "restricted.h"

#include <algorithm>

namespace czb::lab {
namespace {

const std::string guest_tools = CZB_GUEST_TOOLS;

ZfsRole role_of(const Words& options) {
  const auto mode = std::find(options.begin(), options.end(), "--mode");
  if (mode == options.end() || std::next(mode) == options.end()) return ZfsRole::append_only;
  if (*std::next(mode) == "mirror") return ZfsRole::mirror;
  return *std::next(mode) == "pull" ? ZfsRole::pull : ZfsRole::append_only;
}

std::string joined(const Permissions& permissions) {
  std::string list;
  for (const std::string& each : permissions) list += (list.empty() ? "" : ",") + each;
  return list;
}

}  // namespace

void ensure_system_user() {
  static const bool made = (succeed({guest_tools + "/setup-user", system_user}), true);
  static_cast<void>(made);
}

void allow(const Permissions& permissions, const std::string& dataset) {
  ensure_system_user();
  if (!permissions.empty()) zfs({"allow", "-u", system_user, joined(permissions), dataset});
}

void allow(ZfsRole role, const std::string& dataset) {
  const RolePermissions given = role_permissions(role, true);
  allow(given.permissions, dataset);
  allow(given.source_properties, dataset);
  if (!given.create_time.empty()) zfs({"allow", "-c", joined(given.create_time), dataset});
}

void unallow(const std::string& dataset) {
  ensure_system_user();
  // They fail where nothing was allowed.
  run({"zfs", "unallow", "-u", system_user, dataset});
  run({"zfs", "unallow", "-c", dataset});
}

Words non_root(const Words& command) {
  ensure_system_user();
  return Words{"setpriv", "--reuid",   system_user,
               "--regid", system_user, "--clear-groups",
               "--",      "env",       "HOME=/var/lib/cyber-zfs-backup"} +
         command;
}

std::string restricted_ssh_config(const std::string& root, const Words& options) {
  static int number = 0;
  ensure_system_user();
  const std::string folder = "/var/lib/lab-ssh/" + std::to_string(++number);
  succeed(Words{guest_tools + "/setup-receiver", folder, system_user, CZB_RECEIVER, "--root", root} + options);
  succeed({"chown", "-R", system_user + ":", folder});
  allow(role_of(options), root.substr(0, root.rfind('/')));
  return folder + "/ssh_config";
}

}  // namespace czb::lab
