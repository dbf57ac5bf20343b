// SPDX-License-Identifier: MIT
// Two models of ZFS (tests/model), the source's and the target's, with a job between them that the real planner and
// executor run; and what happens to them: work and accidents at the source, and runs that go well or are cut anywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <set>
#include <string>

#include "config/config.h"
#include "execute/run_job.h"
#include "model/model_transport.h"

namespace czb::test {

// The job's dataset, and the target's.
inline const std::string root_here = "zippy/t";
inline const std::string root_there = "offsite/t";

// Any numbers will do: each is taken modulo what there is to choose from.
struct Happening {
  unsigned what;
  unsigned where;
  unsigned which;
};

void showValue(const Happening& happening, std::ostream& out);

struct ConvergeWorld {
  std::shared_ptr<model::ZfsModel> here;
  std::shared_ptr<model::ZfsModel> there;
  JobConfig job;
  std::int64_t now = 100;
  std::string receiver;  // the mode of a restricted one at the target; empty: none
  bool meddled = false;  // somebody changed the target, or took away what a push needs

  // The pools, and root_here without a snapshot. An odd seed: the channel program of the tool is not permitted.
  ConvergeWorld(unsigned seed, bool encrypted);

  // A command at the source, its words without `zfs`. What is not possible just does not happen.
  void zfs(const model::Words& words) const;

  // The source's, root_here first.
  model::Words datasets() const;

  // A run of the job, one second later unless dry; faults prepares its two transports.
  JobReport run(const std::function<void(model::ModelTransport& source, model::ModelTransport& target)>& faults,
                bool dry = false, std::set<Action> actions = {Action::snapshot, Action::push},
                std::shared_ptr<Retention> retention = {});  // none: all is kept
  JobReport run_well();
  JobReport run_badly(const Happening& happening);  // with a fault somewhere

  // Destroyed and made again under the same name, the one case that only a person can decide here.
  bool has_namesakes() const;

  void happen(const Happening& happening);  // work, or a mishap (accidents.h)
  void settle() const;                      // no snapshot is in use any more
};

using Guids = std::set<std::uint64_t>;
Guids guids_below(const model::ZfsModel& zfs, const std::string& root);  // of snapshots
std::string told(const JobReport& report);

bool has_snapshot(const model::DatasetState& state, std::uint64_t guid);
bool has_bookmark(const model::DatasetState& state, std::uint64_t guid);

// After any history. To be called in a property.
ConvergeWorld any_converge_world(const std::string& receiver = "");

}  // namespace czb::test
