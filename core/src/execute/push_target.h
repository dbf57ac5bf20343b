// SPDX-License-Identifier: MIT
// One target of a job in one run: its session, what it holds, and bringing it into agreement.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/config.h"
#include "cyber-zfs-backup/naming.h"
#include "execute/step_runner.h"
#include "plan/mirror.h"
#include "report/job_report.h"
#include "zfs/host.h"

namespace czb {

struct PushRequest {
  Inventory& source;  // RecordBase is predicted into it
  Host& source_host;
  Naming& naming;
  bool force_non_incremental = false;
  bool force_destroy_lots = false;
};

class PushTarget {
 public:
  PushTarget(const TargetConfig& config, std::shared_ptr<Transport> transport);

  // Begins the session; does not wait. Failures of this and the next are kept for the report.
  void begin_connecting();
  void observe();

  // Plans, performs and verifies, at most max_rounds times, until the sides agree by guid.
  void push(const PushRequest& request, StepRunner& runner);

  const std::string& name() const { return config_.name; }
  const Inventory* inventory() const { return inventory_ ? &*inventory_ : nullptr; }  // null: not observed
  TargetReport report() const;

 private:
  // One round. True when the sides agree, or nothing more can be done.
  bool push_round(const PushRequest& request, StepRunner& runner);
  void send(const SendTree& step, const PushRequest& request, StepRunner& runner);
  void refuse_missing_parent();
  void record(const std::string& snapshot, const PushRequest& request, StepRunner& runner);

  const TargetConfig& config_;
  Host host_;
  std::optional<Inventory> inventory_;
  TargetReport report_;
};

}  // namespace czb
