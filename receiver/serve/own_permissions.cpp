// SPDX-License-Identifier: MIT
#include "receiver/serve/own_permissions.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/host/zfs_process.h"
#include "zfs/inventory.h"
#include "zfs/permissions.h"

namespace czb::receiver {
namespace {

std::vector<std::string> own_groups() {
  std::vector<gid_t> ids(static_cast<std::size_t>(std::max(0, getgroups(0, nullptr))));
  ids.resize(static_cast<std::size_t>(std::max(0, getgroups(static_cast<int>(ids.size()), ids.data()))));
  ids.push_back(getegid());
  std::vector<std::string> names;
  for (const gid_t id : ids)
    if (const group* found = getgrgid(id)) names.emplace_back(found->gr_name);
  return names;
}

// What `zfs allow` says of the root, or of the nearest dataset above it while it is not there.
std::string allowed(const Options& options) {
  for (std::string dataset = options.root;;) {
    const Output output = run_zfs(options.zfs, {"zfs", "allow", dataset});
    if (output.status == 0) return output.out;
    const std::optional<std::string> parent = parent_of(dataset);
    if (!parent || parent->empty()) throw Error(ExitCode::failed, "zfs allow " + dataset + ": " + visible(output.err));
    dataset = *parent;
  }
}

std::string missing_of(const Permissions& needed, const std::string& said, const std::string& root) {
  // These go for snapshots.
  static const std::set<std::string> of_snapshots = {"destroy", "send", "hold"};
  std::string text;
  for (const std::string& each : needed) {
    const std::string on = root + (of_snapshots.count(each) != 0 ? "@snapshot" : "");
    if (!missing_permissions(said, on, own_user_name(), own_groups(), {each}).empty())
      text += (text.empty() ? "" : ",") + each;
  }
  return text.empty() ? "-" : text;
}

}  // namespace

std::string own_user_name() {
  const passwd* user = getpwuid(geteuid());
  return user == nullptr ? std::to_string(geteuid()) : visible(user->pw_name);
}

OwnPermissions missing_own_permissions(const Options& options) {
  if (geteuid() == 0) return {"-", "-", "-", true};
  const RolePermissions role = role_permissions(role_of(options.mode));
  Permissions added;
  std::ranges::set_difference(role_permissions(role_of(options.mode), true).permissions, role.permissions,
                              std::back_inserter(added));
  try {
    const std::string said = allowed(options);
    return {missing_of(role.permissions, said, options.root), missing_of(role.source_properties, said, options.root),
            missing_of(added, said, options.root), missing_of({"send"}, said, options.root) == "-"};
  } catch (const Error&) {
    return {"?", "?", "?", false};
  }
}

}  // namespace czb::receiver
