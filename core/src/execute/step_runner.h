// SPDX-License-Identifier: MIT
// Carries out steps, one command each; in a dry run writes them down only.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/spared.h"
#include "plan/step.h"
#include "process/stream.h"
#include "report/job_report.h"
#include "zfs/host.h"

namespace czb {

class StepRunner {
 public:
  explicit StepRunner(bool dry_run) : dry_run_(dry_run) {}
  bool dry_run() const { return dry_run_; }

  // Adds the step to `report`, says so, and runs its one command on `host`. Throws Error when it fails.
  void perform(const Step& step, Host& host, ActionReport& report);

  // The same for a step that is a stream: what is to be run. In a dry run that is for nobody.
  StreamRequest announce(const Step& step, Host& source, Host& target, const StreamLimits& limits,
                         ActionReport& report);

  struct Destroyed {
    std::size_t count = 0;          // snapshots that are gone
    std::set<std::string> refused;  // relative names of the datasets that a restricted receiver protects
    std::vector<Spared> spared;     // what ZFS would not destroy
  };
  // Runs each of the steps. What ZFS does not destroy is spared and the rest of its step tried without it; a step that
  // fails otherwise is reported. The others still go. Takes what is gone out of `inventory`.
  Destroyed perform_destroys(const std::vector<DestroySnapshots>& steps, Host& host, Inventory& inventory,
                             ActionReport& report);

  // The same for snapshots that go together or not at all: false where ZFS would not destroy one of them, which is
  // reported as spared. Throws Error when it fails otherwise.
  bool destroy_all_or_none(const DestroySnapshots& step, Host& host, Inventory& inventory, ActionReport& report);

  // A target's base: with a channel program where that is allowed (root), else with a process for each dataset of the
  // source.
  void record(const RecordBase& step, Host& host, const Inventory& source, ActionReport& report);

 private:
  // As perform; nothing where it went well. Throws Error where there is no connection.
  std::optional<Host::Failure> failure_of(const Step& step, Host& host, ActionReport& report);

  bool dry_run_;
  std::set<std::string> bookmarked_;  // where no program could do it: the root and the bookmark's name
};

}  // namespace czb
