// SPDX-License-Identifier: MIT
// A step: one thing that a run does, as a value. Printable as text, as JSON (report/) and as argv.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "zfs/commands.h"

namespace czb {

enum class Side { source, target };

// One atomic snapshot of the source: of the whole tree, or of exactly these datasets.
struct TakeSnapshot {
  std::string root;
  std::string name;
  std::vector<std::string> datasets;  // full names; empty: the root and all its descendants
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
  ReceivedProperties properties;
  bool skip_missing = false;  // datasets that lack `to` are left out, with all below them
  StreamForm form = StreamForm::raw;
};

// One stream of one dataset.
struct SendDataset {
  std::string source;  // full names
  std::string target;
  SendFrom from = SendFrom::nothing;
  std::string base;  // see SendFrom
  std::string to;
  ReceivedProperties properties;
  StreamForm form = StreamForm::raw;
};

// The rest of an interrupted stream.
struct ResumeSend {
  std::string source;
  std::string target;
  std::string token;
  std::string to;  // the snapshot that it finishes
};

// Gives up what was partially received. After an interrupted first receive that is the whole dataset.
struct AbortReceive {
  std::string target;
};

// At the target, what the source did: a rename, a promotion.
struct RenameDataset {
  std::string from;
  std::string to;
};
struct RenameSnapshot {
  std::string dataset;  // full name
  std::string from;     // the parts after '@'
  std::string to;
  bool recursive = false;  // and of each descendant that has it
};
struct PromoteDataset {
  std::string dataset;
};

// Gives up what was written at the target since its newest snapshot (on-divergence: rollback).
struct RollBack {
  std::string dataset;
  std::string snapshot;
};

// A dataset of the target that has no snapshots any more (on-source-gone: destroy).
struct DestroyDataset {
  std::string dataset;
};

// Write down on the source what a target has of it or may have soon, and bookmark of every dataset the newest snapshot
// that it has or may have.
struct RecordBase {
  std::string root;
  std::string target;  // its name
  TargetRecord record;
  std::string snapshot;  // the part after '@'
  // Of datasets that have another newest one that the target may have soon: the full name and the part after '@'.
  std::vector<std::pair<std::string, std::string>> own = {};

  std::string property() const { return base_property(target); }
  std::string value() const { return record_value(root, record); }
  std::string bookmark() const { return base_bookmark_prefix(target) + snapshot; }
};

// One of our bookmarks that no target continues from any more.
struct DestroyBookmark {
  std::string dataset;
  std::string bookmark;
};

using Step =
    std::variant<TakeSnapshot, DestroySnapshots, SendTree, SendDataset, ResumeSend, AbortReceive, RenameDataset,
                 RenameSnapshot, PromoteDataset, RollBack, DestroyDataset, RecordBase, DestroyBookmark>;

// The command at the source, or at the target for a step there (side_of). A stream's other half is
// receiving_argv.
CommandLine argv_of(const Step& step);

// The receiving command of a SendTree, SendDataset or ResumeSend; nothing for any other step.
std::optional<CommandLine> receiving_argv(const Step& step);

// "snapshot", "destroy", "send", "resume", "abort", "rename", "promote", "rollback", "record".
const char* verb_of(const Step& step);

// Where argv_of runs.
Side side_of(const Step& step);

}  // namespace czb
