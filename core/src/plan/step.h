// SPDX-License-Identifier: MIT
// A step: one thing that a run does, as a value. Printable as text, as JSON (report/) and as argv.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "zfs/commands.h"

namespace czb {

enum class Side { source, target };

// One atomic recursive snapshot of the source.
struct TakeSnapshot {
  std::string root;
  std::string name;
};

// One `zfs destroy` process: these snapshots, by name, of one dataset; `recursive`: and of every
// descendant that has them, all of which are planned to go.
struct DestroySnapshots {
  Side side = Side::source;
  std::string root;      // the tree's root on that side
  std::string relative;  // the dataset, by its name below the root
  std::vector<std::string> names;
  bool recursive = false;
  std::size_t count = 0;  // snapshots that go, descendants' included

  std::string dataset() const { return relative.empty() ? root : root + "/" + relative; }
};

// One replication stream of the whole tree.
struct SendTree {
  std::string source_root;
  std::string target_root;
  std::optional<std::string> base;  // absent: in full
  std::string to;
  std::map<std::string, std::optional<std::string>> properties;  // see TargetConfig
};

// Write down on the source which snapshot a target shares with it.
struct RecordBase {
  std::string root;
  std::string property;
  std::string snapshot;  // the part after '@'

  std::string value() const { return root + "@" + snapshot; }
};

using Step = std::variant<TakeSnapshot, DestroySnapshots, SendTree, RecordBase>;

// The command at the source, or at the target for a DestroySnapshots there. A SendTree's other half
// is receiving_argv.
CommandLine argv_of(const Step& step);
CommandLine receiving_argv(const SendTree& step);

// "snapshot", "destroy", "send", "record".
const char* verb_of(const Step& step);

// Where argv_of runs.
Side side_of(const Step& step);

}  // namespace czb
