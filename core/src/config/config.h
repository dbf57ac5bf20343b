// SPDX-License-Identifier: MIT
// The configuration as values: what the YAML file or the seed command line said, defaults filled in.
// Plugin options stay as they were written; the plugin registry converts them by the plugin's table.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace czb {

// Where a value was written, for error messages: "/etc/x/config.yaml:12:7" or "option --ssh-config".
using Origin = std::string;

// One plugin option as written. A YAML scalar is a string here; a YAML sequence of scalars a list.
struct RawOption {
  std::string name;
  std::variant<std::string, std::vector<std::string>> value;
  Origin name_origin;
  Origin value_origin;
};

// Which plugin, with which options.
struct PluginChoice {
  std::string id;
  Origin origin;
  std::vector<RawOption> options;
};

// What is deleted at the target (docs/architecture.md, rule 1).
enum class Mirror {
  exact,  // every snapshot that the source lacks and that is older than the newest common one
  ours,   // the same, but only those whose name the naming plugin parses
  off,    // nothing
};

struct TargetConfig {
  std::string name;     // [a-z0-9][a-z0-9._-]*, at most 64 bytes: part of a ZFS property's name
  std::string dataset;  // at the target
  PluginChoice transport;
  Mirror mirror = Mirror::exact;
  bool initial_full = false;  // `initial: full`: a first full send needs no --force-non-incremental
  unsigned destroy_limit_percent = 25;
  // Properties that a receive sets (`-o name=value`), or takes from the parent (`-x name`) where the
  // value is absent.
  std::map<std::string, std::optional<std::string>> properties = default_properties();

  static std::map<std::string, std::optional<std::string>> default_properties() {
    return {{"canmount", "noauto"}, {"mountpoint", "none"}, {"readonly", "on"}};
  }
};

struct JobConfig {
  std::string name;
  std::string dataset;  // the root of the source tree
  PluginChoice naming;
  PluginChoice retention;
  unsigned destroy_limit_percent = 25;  // more than this share of a dataset's snapshots: refused
  std::vector<TargetConfig> targets;
  Origin origin;
};

struct Config {
  std::string source;  // the file, or "the command line"
  std::vector<JobConfig> jobs;
};

}  // namespace czb
