// SPDX-License-Identifier: MIT
#include "libzfs/key_files.h"

#include "receiver/host/state_file.h"

namespace czb::libzfs {

std::string key_file_path(const std::string& dataset) {
  return receiver::state_file_path(state_folder, dataset, "key");
}

std::string fingerprint_of(std::uint64_t key) {
  constexpr std::size_t size = 64;
  const std::string digits = std::to_string(key);
  return std::string(size - digits.size(), '0') + digits;
}

KeyFiles key_files_of(const Pool& pool, const std::string& top) {
  KeyFiles files;
  for (const Dataset& dataset : pool.datasets) {
    if (dataset.key == 0 || (dataset.name != top && !is_below(dataset.name, top))) continue;
    const bool is_root = pool.is_own_root(dataset);
    const Dataset* const above = dataset.name == top ? nullptr : pool.find(parent_of(dataset.name));
    const bool inherits = !is_root && above != nullptr && above->key != 0;
    files[key_file_path(dataset.name)] = dataset.name + "\t" + fingerprint_of(pool.keys.at(dataset.key).content) +
                                         "\t" + (is_root ? "root" : "child") + "\t" + wrapping + "\t" +
                                         (inherits ? fingerprint_of(pool.keys.at(above->key).content) : "-") + "\n";
  }
  return files;
}

}  // namespace czb::libzfs
