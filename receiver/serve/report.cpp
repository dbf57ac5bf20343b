// SPDX-License-Identifier: MIT
#include "receiver/serve/report.h"

#include <ctime>
#include <utility>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/host/root_space.h"
#include "receiver/host/zfs_process.h"
#include "receiver/keys/unknown_keys.h"
#include "receiver/serve/own_permissions.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

std::string first_line(const std::string& text) { return visible(text.substr(0, text.find('\n'))); }

// One line that a command says.
std::string learnt(const std::string& file, const CommandLine& command) {
  try {
    const Output output = run_zfs(file, command);
    const std::string line = output.status == 0 ? first_line(output.out) : "";
    return line.empty() ? "?" : line;
  } catch (const Error&) {
    return "?";
  }
}

// Of the root, or of the nearest dataset above it while it is not there.
std::string available(const Options& options) {
  for (std::string dataset = options.root; !dataset.empty(); dataset = parent_of(dataset).value_or("")) {
    std::string bytes = learnt(options.zfs, {"zfs", "get", "-H", "-p", "-o", "value", "available", dataset});
    if (bytes != "?") return bytes;
  }
  return "?";
}

std::string or_dash(std::uint64_t number) { return number == 0 ? "-" : std::to_string(number); }

// The least of the quotas that bound the root: its own, or --quota where it has none, and those above it.
std::string space_bound(const Options& options) {
  std::uint64_t least = 0;
  bool unknown = false;
  const auto take = [&](std::uint64_t quota) {
    if (quota != 0 && (least == 0 || quota < least)) least = quota;
  };
  for (std::string dataset = options.root; !dataset.empty(); dataset = parent_of(dataset).value_or("")) {
    try {
      const std::uint64_t own = root_space(options.zfs, dataset).quota;
      take(own == 0 && dataset == options.root ? options.quota : own);
    } catch (const Error&) {
      unknown = true;
    }
  }
  return least == 0 && unknown ? "?" : or_dash(least);
}

// "-": nothing is received here.
std::string unknown_keys(const Options& options, const OwnPermissions& own) {
  if (options.mode == Mode::pull) return "-";
  try {
    return own.may_send ? "0" : std::to_string(count_unknown_keys(options.zfs, options.root, options.state));
  } catch (const Error&) {
    return "?";
  }
}

}  // namespace

std::string report(const Options& options) {
  const std::string pool = options.root.substr(0, options.root.find('/'));
  const OwnPermissions own = missing_own_permissions(options);
  const std::pair<const char*, std::string> lines[] = {
      {"version", CZB_VERSION},
      {"mode", to_string(options.mode)},
      {"root", options.root},
      {"zfs-version", learnt(options.zfs, {"zfs", "version"})},
      {"zpool-health", learnt(zpool_beside(options.zfs), {"zpool", "list", "-H", "-o", "health", pool})},
      {"available", available(options)},
      {"time", std::to_string(std::time(nullptr))},
      {"user", own_user_name()},
      {"keep-newest", std::to_string(options.keep_newest)},
      {"destroy-limit", std::to_string(options.destroy_limit)},
      {"max-stream", or_dash(options.max_stream)},
      {"quota", options.unbounded ? "none" : or_dash(options.quota)},
      {"space-bound", space_bound(options)},
      {"user-properties", to_text(options.own_names)},
      {"missing-permissions", own.missing},
      {"missing-property-permissions", own.missing_properties},
      {"missing-permissions-for-encrypted", own.missing_encrypted},
      {"unknown-keys", unknown_keys(options, own)},
  };
  std::string text;
  for (const auto& [key, value] : lines) text += std::string(key) + "\t" + value + "\n";
  return text;
}

}  // namespace czb::receiver
