// SPDX-License-Identifier: MIT
#include "receiver/host/leftovers.h"

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <sstream>
#include <utility>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/host/present_listing.h"
#include "receiver/host/state_file.h"
#include "receiver/host/zfs_process.h"

namespace czb::receiver {
namespace {

// The datasets of the root, by one command: none where the root itself is not there.
std::set<std::string> present_names(const Options& options) {
  // Not long: the receive may have failed because the pool does not answer.
  const Output output = run_zfs(options.zfs, list_names_command(options.root), most_listed, std::chrono::seconds(60));
  if (says_missing(output, options.root)) return {};
  if (output.status != 0) throw Error(ExitCode::failed, visible(output.err));
  check_tells_all(output, "zfs list " + options.root);
  std::istringstream lines(output.out);
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);) names.insert(line);
  return names;
}

}  // namespace

Leftovers::Leftovers(const Options& options, std::string locked, DatasetLock& lock)
    : options_(options), locked_(std::move(locked)), lock_(lock) {}

Leftovers::~Leftovers() {
  if (well_) return;
  try {
    remove();
  } catch (const std::exception&) {  // they stay, which harms nobody's backup
  }
}

// The key files first: they are the lock's.
void Leftovers::remove() const {
  const std::set<std::string> present = present_names(options_);
  for (const std::string& dataset : absent(options_.zfs, keyed_))
    if (present.count(dataset) == 0) unlink(state_file_path(options_.state, dataset, "key").c_str());
  if (present.count(locked_) == 0) lock_.forget();
}

}  // namespace czb::receiver
