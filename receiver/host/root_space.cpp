// SPDX-License-Identifier: MIT
#include "receiver/host/root_space.h"

#include <charconv>
#include <sstream>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/host/zfs_process.h"

namespace czb::receiver {
namespace {

// "-" and "none" are 0 here.
std::uint64_t number_in(const std::string& value) {
  std::uint64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

}  // namespace

RootSpace root_space(const std::string& zfs, const std::string& root) {
  const Output output = run_zfs(zfs, {"zfs", "get", "-H", "-p", "-o", "property,value", "type,used,quota", root});
  if (output.status != 0 && says_missing(output, root)) return {};
  if (output.status != 0)
    throw Error(ExitCode::failed, "could not learn what " + root + " uses: " + visible(output.err));
  check_tells_all(output, "zfs get " + root);
  RootSpace space;
  space.exists = true;
  std::istringstream lines(output.out);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    const std::string name = line.substr(0, tab);
    const std::string value = line.substr(tab + 1);
    if (name == "type") space.is_volume = value == "volume";
    if (name == "used") space.used = number_in(value);
    if (name == "quota") space.quota = number_in(value);
  }
  return space;
}

RootSpace settled_root_space(const std::string& zfs, const std::string& root) {
  try {
    // Needs no permission. Without it, what the last seconds brought is not counted yet.
    run_zfs(zpool_beside(zfs), {"zpool", "sync", root.substr(0, root.find('/'))});
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
  }
  return root_space(zfs, root);
}

std::string zpool_beside(const std::string& zfs) { return zfs.substr(0, zfs.rfind('/') + 1) + "zpool"; }

}  // namespace czb::receiver
