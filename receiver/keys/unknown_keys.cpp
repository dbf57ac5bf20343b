// SPDX-License-Identifier: MIT
#include "receiver/keys/unknown_keys.h"

#include <sys/stat.h>

#include <sstream>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/host/state_file.h"
#include "receiver/host/zfs_process.h"
#include "zfs/inventory.h"

namespace czb::receiver {

std::size_t count_unknown_keys(const std::string& zfs, const std::string& root, const std::string& state) {
  const Output output =
      run_zfs(zfs, {"zfs", "list", "-H", "-r", "-t", "filesystem,volume", "-o", "name,encryptionroot", root});
  if (output.status != 0 && says_missing(output, root)) return 0;
  if (output.status != 0) throw Error(ExitCode::failed, "could not list " + root + ": " + visible(output.err));
  check_tells_all(output, "zfs list " + root);
  std::size_t count = 0;
  std::istringstream lines(output.out);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos || !relative_name(line.substr(tab + 1), root)) continue;
    struct stat status = {};
    if (lstat(state_file_path(state, line.substr(0, tab), "key").c_str(), &status) != 0) ++count;
  }
  return count;
}

}  // namespace czb::receiver
