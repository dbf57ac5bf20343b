// SPDX-License-Identifier: MIT
#include "doctor/next_push_checks.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "plan/at_rest.h"
#include "plan/mirror.h"
#include "plan/obstacle_text.h"
#include "plan/predict.h"
#include "plan/prepare.h"
#include "plan/push.h"
#include "plan/verify.h"

namespace czb::doctor {
namespace {

constexpr char check[] = "next-push";
constexpr std::size_t most_told = 3;

std::string some_of(const std::vector<std::string>& sentences) {
  std::string text;
  for (std::size_t i = 0; i < std::min(sentences.size(), most_told); ++i) text += (i == 0 ? "" : "; ") + sentences[i];
  if (sentences.size() > most_told) text += "; and " + std::to_string(sentences.size() - most_told) + " more";
  return text;
}

// A push of this moment (execute/push_target.h), without its steps.
class NextPush {
 public:
  NextPush(const Side& source, const Side& target, const History& history, Findings& findings)
      : source_(*source.inventory),
        target_(*target.inventory),
        config_(*target.target_config),
        takes_snapshots_(source.takes_snapshots),
        history_(history),
        findings_(findings) {}

  void judge() {
    options_.allow_full = true;
    prepare();
    tell_obstacles();
    PushPlan plan = plan_push(source_, target_, config_, options_);
    // The check at-rest tells that.
    const bool is_refused_at_rest = !view_at_rest(source_, target_, config_).refusal.empty();
    if (plan.code == ExitCode::failed && !is_refused_at_rest) plan.errors = plan.refusal;
    tell_what_waits(plan.errors);
    if (plan.code == ExitCode::ok) foresee(plan);
    tell_writing();
    if (!findings_.has(check)) findings_.ok(check, "nothing is in its way");
  }

 private:
  void fail(const std::vector<std::string>& sentences, const std::string& remedy) {
    if (!sentences.empty()) findings_.failed(check, some_of(sentences), remedy);
  }

  void prepare() {
    Preparation preparation = plan_preparation(source_, target_, config_, false, {});
    fail_by_guard(preparation.refusals);
    std::vector<std::string> blocked;
    for (const auto& [relative, left] : preparation.blocked) blocked.push_back(left.why);
    fail(blocked, "A run says the same: " + by_hand());
    options_.left_alone = preparation.blocked;
    if (preparation.target) target_ = std::move(*preparation.target);
  }

  // A guard's sentence says itself what to do.
  void fail_by_guard(const std::vector<std::string>& refusals) {
    for (std::size_t i = 0; i < std::min(refusals.size(), most_told); ++i)
      findings_.failed(check,
                       "a guard would refuse to destroy so many snapshots of the target at once" +
                           (refusals.size() > most_told ? ", and so in " + std::to_string(refusals.size()) + " datasets"
                                                        : std::string()),
                       refusals[i]);
  }

  void tell_obstacles() {
    for (const Obstacle obstacle : obstacles) {
      std::vector<std::string> sentences;
      for (const auto& [relative, here] : source_.datasets) {
        if (options_.left_alone.count(relative) != 0) continue;
        const Position position = position_of(source_, target_, relative);
        if (position.obstacle == obstacle)
          sentences.push_back(sentence_on(position, source_.full_name(relative), target_.full_name(relative)));
      }
      if (!sentences.empty())
        findings_.failed(check, "nothing can be sent there: " + some_of(sentences), advice_on(obstacle));
    }
  }

  void tell_what_waits(const std::vector<std::string>& errors) {
    fail(errors, takes_snapshots_
                     ? "Take one of the whole tree: " + history_.run_command + " --action snapshot push"
                     : "They go as soon as what they wait for has a snapshot: this job takes none, so see what does.");
  }

  void foresee(const PushPlan& plan) {
    if (history_.naming == nullptr) return;
    std::map<std::string, std::size_t> counted;
    for (const auto& [relative, dataset] : target_.datasets) counted[relative] = dataset.snapshots.size();
    const Inventory before = target_;
    predict(plan, source_, target_);
    const MirrorPlan mirror = plan_mirror(source_, target_, config_, *history_.naming, false, &counted);
    fail_by_guard(mirror.refusals);
    for (const DestroySnapshots& step : mirror.steps) predict(step, target_);
    if (!plan.unfinished) {
      std::vector<std::string> missing;
      for (const Disagreement& each :
           verify(source_, target_, plan.datasets, config_.mirror, *history_.naming, mirror).disagreements)
        missing.push_back(each.text);
      if (!missing.empty())
        findings_.failed(check, "the sides will not agree after it: " + some_of(missing),
                         "What is newer still arrives, but each push ends with status 1. See who did that at the "
                         "target (`zpool history` there). What is missing there may be the only copy at the source: do "
                         "not destroy it for this, it expires in its time.");
    }
    target_ = before;
  }

  // With nothing to send it is no obstacle yet.
  void tell_writing() {
    std::vector<std::string> written;
    for (const auto& [relative, here] : source_.datasets) {
      const Dataset* const there = target_.find(relative);
      if (there == nullptr || there->written == 0 || there->snapshots.empty()) continue;
      if (options_.left_alone.count(relative) != 0) continue;
      if (position_of(source_, target_, relative).obstacle != Obstacle::none) continue;
      if (config_.on_divergence == OnDivergence::rollback && allows_changes(target_.receiver)) continue;
      written.push_back(target_.full_name(relative) + " was written to since @" + there->newest()->name);
    }
    if (!written.empty())
      findings_.warning(check, some_of(written) + ": the next snapshot could not be sent to it",
                        advice_on(Obstacle::modified));
  }

  std::string by_hand() const { return history_.run_command + " --action push --dry-run --verbose"; }

  const Inventory& source_;
  Inventory target_;
  const TargetConfig& config_;
  const bool takes_snapshots_;
  const History& history_;
  Findings& findings_;
  PushOptions options_;
};

}  // namespace

void judge_next_push(const Side& source, const Side& target, const History& history, Findings& findings) {
  if (!source.inventory || !source.inventory->exists() || !target.inventory)
    return findings.skipped(check, "not both sides could be listed");
  if (!target.inventory->exists()) return findings.skipped(check, "there is no backup yet");
  if (!source.pushes) return findings.skipped(check, "this job pushes nothing");
  if (history.is_running) return findings.skipped(check, "another run is at work just now");
  NextPush(source, target, history, findings).judge();
}

}  // namespace czb::doctor
