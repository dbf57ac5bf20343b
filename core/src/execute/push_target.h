// SPDX-License-Identifier: MIT
// One target of a job in one run: its session, what it holds, and bringing it into agreement.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "cyber-zfs-backup/naming.h"
#include "execute/dataset_streams.h"
#include "execute/step_runner.h"
#include "plan/gone.h"
#include "plan/mirror.h"
#include "plan/prepare.h"
#include "plan/push.h"
#include "plan/verify.h"
#include "report/job_report.h"
#include "zfs/host.h"

namespace czb {

struct PushRequest {
  Inventory& source;  // RecordBase is predicted into it
  Host& source_host;
  Naming& naming;
  bool force_non_incremental = false;
  bool force_destroy_lots = false;
  std::function<void()> observe_source;  // brings `source` up to date; after failures
};

class PushTarget {
 public:
  PushTarget(const TargetConfig& config, std::shared_ptr<Transport> transport);

  // Begins the session; does not wait. Failures of this and the next are kept for the report.
  void begin_connecting();
  // `source`: asked what a resume token stands for.
  void observe(Host& source);

  // Rounds of plan, perform, observe and verify, until the sides agree by guid, or nothing more can be done: a failure
  // that may pass is tried again after a pause, one that moved something is planned anew from what is there then, and
  // what fails for good is left alone while the rest goes on.
  void push(const PushRequest& request, StepRunner& runner);

  const std::string& name() const { return config_.name; }
  const Inventory* inventory() const { return inventory_ ? &*inventory_ : nullptr; }  // null: not observed
  TargetReport report() const;

 private:
  enum class RoundEnd { done, again, after_pause };

  void foresee_names(const PushRequest& request);
  RoundEnd push_round(const PushRequest& request, StepRunner& runner);
  RoundEnd perform(const PushRequest& request, StepRunner& runner, const PushPlan& plan, bool prepared);
  unsigned at_once(const PushPlan& plan, const Inventory& source) const;
  void run_streams_of(DatasetStreams& streams, unsigned parallel);
  void look_at_place(const Inventory& source);
  bool prepare(const Preparation& preparation, StepRunner& runner);
  void send_tree(const SendTree& step, const PushRequest& request, StepRunner& runner);
  void remember(const std::vector<std::string>& notes);
  void warn_for_good(const std::string& warning);
  void raise(const std::string& alarm);
  void mirror(MirrorPlan& plan, StepRunner& runner);  // adds to plan.refused what a restricted receiver protects
  void destroy_gone(const PushRequest& request, StepRunner& runner);
  std::set<std::string> other_backups_in(const GonePlan& plan);
  bool destroy_gone_dataset(const std::vector<Step>& steps, StepRunner& runner);
  RoundEnd judge_round(const Inventory& source, const PushPlan& plan, const std::vector<Disagreement>& disagreements,
                       bool moved);
  bool astray_again(const Inventory& source);
  void remember_first_failure();
  void fail_for_good();
  void reconnect(const PushRequest& request);
  void look_again(Host& source);
  void record(const std::optional<RecordBase>& step, const PushRequest& request, StepRunner& runner);
  void record_what_is_there(const PushRequest& request, StepRunner& runner);
  void note_outcome(const DatasetPlan& plan);

  const TargetConfig& config_;
  Host host_;
  StreamLimits limits_;
  std::optional<Inventory> inventory_;
  TargetReport report_;
  PushOptions options_;                              // what was learnt in this run
  std::vector<std::string> lasting_notes_;           // of all rounds
  std::vector<std::string> lasting_warnings_;        // the same
  std::map<std::string, StreamFailure> failures_;    // of this round, by relative name
  std::optional<StreamFailure> tree_failure_;        // of this round, or of what concerns no single dataset
  std::optional<std::string> record_failure_;        // of the run
  std::string first_failure_;                        // of the run; empty: none
  std::map<std::string, std::string> prepared_;      // datasets that plan_preparation had something for, and why
  std::map<std::string, std::uint64_t> sent_bytes_;  // of single datasets
  bool rename_singly_ = false;                       // snapshots: in the whole tree at once it failed
  bool roots_were_repaired_ = false;
};

}  // namespace czb
