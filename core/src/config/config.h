// SPDX-License-Identifier: MIT
// The configuration as values: what the YAML file or the seed command line said, defaults filled in.
// Plugin options stay as they were written; the plugin registry converts them by the plugin's table.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "config/action.h"
#include "config/selection.h"
#include "zfs/commands.h"

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

// What happens where the target went its own way: it was written to, or has snapshots of its own after the newest
// common one.
enum class OnDivergence {
  abort,     // that dataset is kept back; a person looks
  rollback,  // the target's own changes are given up
};

// What happens to datasets of the target that the source has no more.
enum class OnSourceGone { keep, destroy };

// How what is not encrypted at the source lies at the target.
enum class AtRest {
  as_sent,  // in clear, whatever is above it there
  encrypt,  // encrypted by the dataset above it there
};

struct TargetConfig {
  std::string name;     // [a-z0-9][a-z0-9._-]*, at most 64 bytes: part of a ZFS property's name
  std::string dataset;  // at the target
  PluginChoice transport;
  Mirror mirror = Mirror::exact;
  bool initial_full = false;  // `initial: full`: a first full send needs no --force-non-incremental
  unsigned destroy_limit_percent = 25;
  OnDivergence on_divergence = OnDivergence::abort;
  OnSourceGone on_source_gone = OnSourceGone::keep;
  AtRest at_rest = AtRest::as_sent;
  unsigned parallel = 1;                    // datasets that are sent at once where they go one by one
  unsigned retries = 3;                     // after failures that may pass by themselves
  std::chrono::seconds retry_pause{10};     // before the first of them; it doubles each time
  std::chrono::seconds idle_timeout{1800};  // a stream that does not move for so long is ended
  std::chrono::seconds command_timeout{3600};
  std::uint64_t bandwidth_limit = 0;  // bytes per second; 0: none
  std::uint64_t buffer = 0;           // bytes of memory between sender and receiver; 0: the pipes only
  std::vector<std::string> others;    // who else works on the same dataset, as words: "job b" (config/overlap.h)
  // Properties that a receive sets (`-o name=value`), or takes from the parent (`-x name`) where the
  // value is absent.
  ReceivedProperties properties = default_properties();

  static ReceivedProperties default_properties() {
    return {{"canmount", "noauto"}, {"mountpoint", "none"}, {"readonly", "on"}};
  }
};

struct JobConfig {
  std::string name;
  std::string dataset;                                                       // the root of the source tree
  PluginChoice transport{"local", "the default transport of a source", {}};  // how the source is reached
  std::chrono::seconds command_timeout{3600};                                // of its commands
  std::set<Action> actions = all_actions();                                  // what runs may do with it
  Selection selection;
  PluginChoice naming;
  PluginChoice retention;
  unsigned destroy_limit_percent = 25;  // more than this share of a dataset's snapshots: refused
  std::vector<TargetConfig> targets;
  Origin origin;
  std::vector<std::string> others;  // who else works on the same dataset, as words: "job b" (config/overlap.h)

  // It expires what it has not taken: somebody else's snapshots, which arrive here. They are judged with more suspicion
  // (plan/expire.h), and under the receiver's locks.
  bool expires_received() const { return actions.count(Action::expire) != 0 && actions.count(Action::snapshot) == 0; }
};

struct Config {
  std::string source;  // the file, or "the command line"
  std::vector<JobConfig> jobs;
  std::set<std::string> target_names = {};  // of all jobs of the file, those that are left out of a run included
};

}  // namespace czb
