// SPDX-License-Identifier: MIT
#include "execute/push_target.h"

#include "log/log.h"
#include "plan/predict.h"
#include "plan/push.h"
#include "plan/verify.h"
#include "report/progress.h"
#include "zfs/failure.h"

namespace czb {
namespace {

constexpr int max_rounds = 2;

}  // namespace

PushTarget::PushTarget(const TargetConfig& config, std::shared_ptr<Transport> transport)
    : config_(config), host_(std::move(transport)) {
  report_.name = config.name;
  report_.dataset = config.dataset;
  report_.peer = host_.peer();
}

void PushTarget::begin_connecting() {
  try {
    host_.open();
  } catch (const Error& error) {
    report_.push.fail(error.code(), error.what());
  }
}

void PushTarget::observe() {
  if (report_.push.code != ExitCode::ok) return;
  try {
    inventory_ = host_.observe(config_.dataset, {});
  } catch (const Error& error) {
    report_.push.fail(error.code(), error.what());
  }
}

void PushTarget::push(const PushRequest& request, StepRunner& runner) {
  if (!inventory_) return;
  try {
    for (int round = 0; round < max_rounds; ++round)
      if (push_round(request, runner)) return;
    report_.push.fail(ExitCode::failed, "the sides still do not agree after " + std::to_string(max_rounds) + " rounds");
  } catch (const Error& error) {
    report_.push.fail(error.code(), error.what());
  }
}

bool PushTarget::push_round(const PushRequest& request, StepRunner& runner) {
  const PushPlan plan =
      plan_push(request.source, *inventory_, config_, request.force_non_incremental || config_.initial_full);
  report_.push.notes = plan.notes;  // of this round: it replaces the one before
  report_.push.refusals.clear();
  for (const std::string& sentence : plan.refusal) report_.push.fail(plan.code, sentence);
  if (plan.code != ExitCode::ok) return true;
  const MirrorPlan mirror =
      plan_mirror(request.source, *inventory_, config_, request.naming, request.force_destroy_lots);

  if (plan.send) send(*plan.send, request, runner);
  report_.push.spared = mirror.spared;
  for (const std::string& refusal : mirror.refusals) report_.push.fail(ExitCode::refused, refusal);
  report_.destroyed += runner.perform_destroys(mirror.steps, host_, *inventory_, report_.push);

  const bool changed = plan.send || !mirror.steps.empty();
  if (changed && !runner.dry_run()) inventory_ = host_.observe(config_.dataset, {});
  if (!runner.dry_run()) {
    Verification verified = verify(request.source, *inventory_, plan.to, config_.mirror, request.naming, mirror);
    std::vector<std::string>& problems = verified.disagreements;
    report_.extras = verified.extras;
    report_.agrees = problems.empty();
    if (!problems.empty()) {
      if (report_.push.errors.empty() && changed) return false;  // plan again from what is there now
      for (const std::string& problem : problems) report_.push.fail(ExitCode::failed, problem);
      return true;
    }
  }
  record(plan.to, request, runner);
  return true;
}

void PushTarget::send(const SendTree& step, const PushRequest& request, StepRunner& runner) {
  if (!step.base) refuse_missing_parent();
  Progress progress(step.source_root + " to " + host_.peer());
  const StreamResult result = runner.perform(
      step, request.source_host, host_, [&](const StreamProgress& now) { progress.show(now); }, report_.push);
  progress.end();
  if (runner.dry_run()) {
    predict(step, request.source, *inventory_);
    return;
  }
  report_.sent_bytes += result.bytes;
  report_.seconds += result.seconds;
  if (!stream_ok(result)) throw stream_error(request.source_host.peer(), host_.peer(), result);
}

// zfs receive makes the last component only.
void PushTarget::refuse_missing_parent() {
  const std::size_t slash = config_.dataset.rfind('/');
  if (slash == std::string::npos)
    throw Error(ExitCode::failed, "the pool " + config_.dataset + " does not exist on " + host_.peer() +
                                      ", so nothing was sent. Make it there (zpool create).");
  const std::string parent = config_.dataset.substr(0, slash);
  if (!host_.exists(parent))
    throw Error(ExitCode::failed,
                "the dataset " + parent + ", which is to hold the backup " + config_.dataset + ", does not exist on " +
                    host_.peer() + ", so nothing was sent. Make it there (" +
                    (parent.find('/') == std::string::npos ? "zpool create " + parent + " …"
                                                           : "zfs create -p -o mountpoint=none " + parent) +
                    ").");
}

void PushTarget::record(const std::string& snapshot, const PushRequest& request, StepRunner& runner) {
  const RecordBase step{request.source.root, base_property(config_.name), snapshot};
  if (recorded_base(request.source.datasets.at("").user_properties, config_.name, step.root) == snapshot) return;
  runner.perform(step, request.source_host, report_.push);
  predict(step, request.source);
}

TargetReport PushTarget::report() const {
  TargetReport report = report_;
  if (inventory_) {
    report.observed = true;
    report.datasets = inventory_->datasets.size();
    report.snapshots = inventory_->snapshot_count();
    if (const Dataset* root = inventory_->find(""); root != nullptr && root->newest() != nullptr)
      report.newest = root->newest()->name;
  }
  return report;
}

}  // namespace czb
