// SPDX-License-Identifier: MIT
// Inventories in one line each, and plugins that do exactly what a test wants.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cyber-zfs-backup/naming.h"
#include "cyber-zfs-backup/retention.h"
#include "plan/spared.h"
#include "plan/step.h"
#include "zfs/inventory.h"

namespace czb::test {

// The number that a name such as "t7" ends in; 0 without one.
inline std::uint64_t number_in(std::string_view name) {
  std::uint64_t number = 0;
  name.remove_prefix(std::min(name.find_first_of("0123456789"), name.size()));
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

// The same on every side: so snapshots of equal names are common ones.
inline std::uint64_t usual_guid(const std::string& relative, const std::string& name) {
  return std::hash<std::string>{}(relative + "@" + name) | 1U;
}

// NAME[=GUID][+hold][+clone]: "t3", "x3=77", "t3+hold". createtxg is ten times the number in the name.
inline Snapshot snapshot_of(const std::string& relative, std::string word) {
  Snapshot snapshot;
  if (const std::size_t plus = word.find('+'); plus != std::string::npos) {
    snapshot.holds = word.find("+hold") != std::string::npos ? 1 : 0;
    snapshot.has_clones = word.find("+clone") != std::string::npos;
    word.resize(plus);
  }
  const std::size_t equals = word.find('=');
  snapshot.name = word.substr(0, equals);
  snapshot.guid = equals == std::string::npos ? usual_guid(relative, word) : number_in(word.substr(equals));
  snapshot.createtxg = 10 * number_in(snapshot.name);
  return snapshot;
}

// Tree("tank/home").dataset("", "t1 t2").dataset("a", "t2") is an Inventory.
class Tree {
 public:
  explicit Tree(std::string root) { inventory_.root = std::move(root); }

  // `words`: snapshots as above, oldest first.
  Tree& dataset(const std::string& relative, const std::string& words = "", std::uint64_t createtxg = 1) {
    Dataset dataset;
    dataset.guid = usual_guid(relative, "");
    dataset.createtxg = createtxg;
    std::istringstream list(words);
    for (std::string word; list >> word;) dataset.snapshots.push_back(snapshot_of(relative, word));
    inventory_.datasets[relative] = std::move(dataset);
    return *this;
  }

  Tree& resume_token(const std::string& relative, const std::string& token) {
    inventory_.datasets.at(relative).resume_token = token;
    return *this;
  }

  // Received in part: the stream from the snapshot `from` (empty: in full) to `to`, and why the source cannot go on.
  Tree& partial(const std::string& relative, const std::string& from, const std::string& to,
                const std::string& problem = "") {
    PartialReceive partial;
    partial.to = "tank@" + to;
    partial.to_guid = snapshot_of(relative, to).guid;
    partial.from_guid = from.empty() ? 0 : snapshot_of(relative, from).guid;
    partial.raw = true;
    partial.problem = problem;
    Dataset& dataset = inventory_.datasets.at(relative);
    dataset.resume_token = "1-" + to;
    dataset.partial = partial;
    return *this;
  }

  // `words`: snapshots as above, which need not be there any more. Each bookmark is called as its snapshot.
  Tree& bookmarks(const std::string& relative, const std::string& words) {
    std::istringstream list(words);
    for (std::string word; list >> word;) {
      const Snapshot of = snapshot_of(relative, word);
      inventory_.datasets.at(relative).bookmarks.push_back({of.name, of.guid, of.createtxg});
    }
    return *this;
  }

  Tree& origin(const std::string& relative, const std::string& snapshot) {
    inventory_.datasets.at(relative).origin = snapshot;
    return *this;
  }

  Tree& encrypted(const std::string& relative, const std::string& encryption_root) {
    inventory_.datasets.at(relative).encryption_root = encryption_root;
    return *this;
  }

  Tree& written(const std::string& relative, std::uint64_t bytes) {
    inventory_.datasets.at(relative).written = bytes;
    return *this;
  }

  Tree& volume(const std::string& relative) {
    inventory_.datasets.at(relative).kind = DatasetKind::volume;
    return *this;
  }

  Tree& left_out(const std::string& relative) {
    inventory_.excluded.insert(inventory_.datasets.extract(relative));
    return *this;
  }

  operator Inventory() const { return inventory_; }  // NOLINT(google-explicit-constructor)

 private:
  Inventory inventory_;
};

using Names = std::set<std::string>;  // full names of snapshots

inline Names all_snapshots(const Inventory& inventory) {
  Names names;
  for (const auto& [relative, dataset] : inventory.datasets)
    for (const Snapshot& s : dataset.snapshots) names.insert(inventory.full_name(relative) + "@" + s.name);
  return names;
}

// What ZFS would destroy; written anew, so that plan/predict.h has something to agree with.
// It knows nothing of what a job leaves out.
inline Names destroyed_by(const std::vector<DestroySnapshots>& steps, const Inventory& inventory) {
  Names gone;
  for (const DestroySnapshots& step : steps)
    for (const auto* datasets : {&inventory.datasets, &inventory.excluded})
      for (const auto& [relative, dataset] : *datasets) {
        const std::string name = inventory.full_name(relative);
        if (name != step.dataset() && !(step.recursive && name.rfind(step.dataset() + "/", 0) == 0)) continue;
        for (const std::string& wanted : step.names)
          if (dataset.find_by_name(wanted) != nullptr) gone.insert(name + "@" + wanted);
      }
  return gone;
}

inline std::size_t counted_by(const std::vector<DestroySnapshots>& steps) {
  std::size_t count = 0;
  for (const DestroySnapshots& step : steps) count += step.count;
  return count;
}

// "zfs destroy -r tank@t1,t2", to compare at a glance.
inline std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

inline std::vector<std::string> commands_of(const std::vector<DestroySnapshots>& steps) {
  std::vector<std::string> lines;
  for (const DestroySnapshots& step : steps) lines.push_back(joined(argv_of(step)));
  return lines;
}

inline std::vector<std::string> commands_of(const std::vector<Step>& steps) {
  std::vector<std::string> lines;
  for (const Step& step : steps) lines.push_back(joined(argv_of(step)));
  return lines;
}

inline std::string reason_for(const std::vector<Spared>& spared, const std::string& snapshot) {
  for (const Spared& entry : spared)
    if (entry.snapshot == snapshot) return entry.why;
  return "(not spared)";
}

// "t7" is ours and was taken at second 7; any other name is foreign.
class NumberNaming final : public Naming {
 public:
  Status format(std::int64_t time, TextSink& name, TextSink&) noexcept override {
    name.write("t" + std::to_string(time));
    return Status::ok;
  }
  bool parse(std::string_view name, std::int64_t& time) noexcept override {
    if (name.size() < 2 || name[0] != 't' || name.find_first_not_of("0123456789", 1) != std::string_view::npos)
      return false;
    time = static_cast<std::int64_t>(number_in(name));
    return true;
  }
};

// Expires the snapshots of these names, keeps all others.
class ExpireNamed final : public Retention {
 public:
  explicit ExpireNamed(std::set<std::string> names) : names_(std::move(names)) {}
  Status judge(const SnapshotView* snapshots, std::uint64_t count, std::int64_t, VerdictSink& verdicts,
               TextSink&) noexcept override {
    for (std::uint64_t i = 0; i < count; ++i) {
      const bool goes = names_.empty() || names_.count(std::string(snapshots[i].name)) != 0;
      verdicts.verdict(i, goes ? Decision::expire : Decision::keep, goes ? "named" : "not named");
    }
    return Status::ok;
  }

 private:
  std::set<std::string> names_;  // none: all expire
};

// Answers as the test says, right or wrong.
class ScriptedRetention final : public Retention {
 public:
  using Script = std::function<Status(std::uint64_t count, VerdictSink& verdicts, TextSink& error)>;
  explicit ScriptedRetention(Script script) : script_(std::move(script)) {}
  Status judge(const SnapshotView*, std::uint64_t count, std::int64_t, VerdictSink& verdicts,
               TextSink& error) noexcept override {
    return script_(count, verdicts, error);
  }

 private:
  Script script_;
};

}  // namespace czb::test
