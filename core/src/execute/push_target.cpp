// SPDX-License-Identifier: MIT
#include "execute/push_target.h"

#include <algorithm>

#include "execute/missing_place.h"
#include "execute/pause.h"
#include "log/log.h"
#include "plan/encryption.h"
#include "plan/old_bookmarks.h"
#include "plan/predict.h"
#include "plan/received_properties.h"
#include "plan/record.h"
#include "plan/verify.h"
#include "report/progress.h"
#include "zfs/failure.h"

namespace czb {
namespace {

constexpr int max_rounds = 8;
constexpr std::chrono::seconds longest_pause(600);

// What fails each time until somebody has changed something is kept back.
LeftAlone left_after(const StreamFailure& failure) {
  return {failure.text, failure.code == ExitCode::needs_person ? failure.code : ExitCode::failed};
}

}  // namespace

PushTarget::PushTarget(const TargetConfig& config, std::shared_ptr<Transport> transport)
    : config_(config), host_(std::move(transport), config.command_timeout) {
  report_.name = config.name;
  report_.dataset = config.dataset;
  report_.peer = host_.peer();
  limits_.idle_limit = config.idle_timeout;
  limits_.ending_limit = config.idle_timeout;
  limits_.buffer_bytes = config.buffer;
  if (config.bandwidth_limit > 0) limits_.rate = std::make_shared<RateLimit>(config.bandwidth_limit);
}

void PushTarget::begin_connecting() {
  try {
    host_.open();
  } catch (const Error& error) {
    report_.push.fail(error.code(), error.what());
  }
}

void PushTarget::observe(Host& source) {
  if (report_.push.code != ExitCode::ok) return;
  try {
    look_again(source);
  } catch (const Error& error) {
    report_.push.fail(error.code(), error.what());
  }
}

void PushTarget::look_again(Host& source) {
  Inventory seen = host_.observe(config_.dataset, {}, true);
  for (auto& [relative, dataset] : seen.datasets)
    if (!dataset.resume_token.empty()) dataset.partial = source.read_token(dataset.resume_token);
  inventory_ = std::move(seen);
}

void PushTarget::push(const PushRequest& request, StepRunner& runner) {
  if (!inventory_) return;
  options_.allow_full = request.force_non_incremental || config_.initial_full;
  if (!inventory_->exists() && options_.allow_full) foresee_names(request);
  std::chrono::seconds pause = config_.retry_pause;
  for (int rounds = 0;;) {
    RoundEnd end = RoundEnd::done;
    try {
      end = push_round(request, runner);
      if (end == RoundEnd::again) {
        if (++rounds == max_rounds) return fail_for_good();
        request.observe_source();
      }
    } catch (const Error& error) {
      tree_failure_ = StreamFailure{error.code(), error.what(), may_pass(error)};
      remember_first_failure();
      if (!tree_failure_->may_pass) return fail_for_good();
      end = RoundEnd::after_pause;
    }
    if (end == RoundEnd::done) return;
    while (end == RoundEnd::after_pause) {
      if (report_.retries == config_.retries) return fail_for_good();
      ++report_.retries;
      const std::string why = tree_failure_ ? tree_failure_->text : failures_.begin()->second.text;
      log_warning("target {}: {}\nTried again in {} (retry {} of {})", config_.name, why,
                  human_seconds(static_cast<double>(pause.count())), report_.retries, config_.retries);
      pause_for(pause);
      pause = std::min(2 * pause, longest_pause);
      try {
        reconnect(request);
        end = RoundEnd::again;
      } catch (const Error& error) {
        tree_failure_ = StreamFailure{error.code(), error.what(), may_pass(error)};
        if (!tree_failure_->may_pass) return fail_for_good();
      }
    }
  }
}

// Once in a backup's life, before the stream that brings the source's properties for the first time.
void PushTarget::foresee_names(const PushRequest& request) {
  if (!inventory_->own_names || request.source.receiver) return;
  try {
    std::set<std::string> names = request.source_host.user_property_names(request.source.root);
    for (const auto& [name, value] : config_.properties)
      if (!value) names.erase(name);
    const std::string note = kept_names_note(names, *inventory_->own_names);
    if (!note.empty()) lasting_notes_.push_back(note);
  } catch (const Error& error) {
    log_verbose("which user properties the source has could not be learnt: {}", error.what());
  }
}

// Another try may end in other words, which hide the cause.
void PushTarget::remember_first_failure() {
  if (!first_failure_.empty()) return;
  if (tree_failure_ && !tree_failure_->may_be_empty)
    first_failure_ = tree_failure_->text;
  else if (!failures_.empty())
    first_failure_ = failures_.begin()->second.text;
}

// What the last failures were, as the run's result.
void PushTarget::fail_for_good() {
  if (tree_failure_) report_.push.fail(tree_failure_->code, tree_failure_->text);
  for (const auto& [relative, failure] : failures_) {
    report_.push.fail(failure.code, failure.text);
    report_.outcomes[relative] = {Outcome::failed, failure.text, 0};
  }
  if (report_.push.code == ExitCode::ok)
    report_.push.fail(ExitCode::failed, "the sides still do not agree after " + std::to_string(max_rounds) + " rounds");
  report_.agrees = false;
}

void PushTarget::reconnect(const PushRequest& request) {
  bool lost = tree_failure_ && tree_failure_->code == ExitCode::unreachable;
  for (const auto& [relative, failure] : failures_) lost |= failure.code == ExitCode::unreachable;
  if (lost) {
    host_.reopen();
    request.source_host.reopen();
  }
  request.observe_source();
  look_again(request.source_host);
}

PushTarget::RoundEnd PushTarget::push_round(const PushRequest& request, StepRunner& runner) {
  ActionReport& report = report_.push;
  report.notes = lasting_notes_;  // the others are of a round: it replaces the one before
  report.warnings = lasting_warnings_;
  report.refusals.clear();
  report.errors.clear();
  report.spared.clear();
  report.code = ExitCode::ok;
  failures_.clear();
  tree_failure_.reset();

  if (!inventory_->exists()) {
    const bool was_pushed = was_pushed_to(request.source, config_.name);
    if (const std::optional<Error> missing = missing_place(host_, config_.dataset, was_pushed)) {
      report.fail(missing->code(), missing->what());
      return RoundEnd::done;
    }
    look_at_place(request.source);
  }

  Preparation preparation = plan_preparation(request.source, *inventory_, config_, request.force_destroy_lots,
                                             options_.left_alone, rename_singly_);
  for (const std::string& refusal : preparation.refusals) report.fail(ExitCode::refused, refusal);
  options_.left_alone.insert(preparation.blocked.begin(), preparation.blocked.end());
  if (!prepare(preparation, runner)) {
    look_again(request.source_host);
    return RoundEnd::again;
  }
  options_.allow_full |= preparation.full_was_begun;
  if (preparation.target) inventory_ = std::move(preparation.target);

  const PushPlan plan = plan_push(request.source, *inventory_, config_, options_);
  report.notes.insert(report.notes.end(), plan.notes.begin(), plan.notes.end());
  report.warnings.insert(report.warnings.end(), plan.warnings.begin(), plan.warnings.end());
  for (const std::string& warning : plan.at_rest) warn_for_good(warning);
  if (plan.code != ExitCode::ok) {
    for (const std::string& sentence : plan.refusal) report.fail(plan.code, sentence);
    return RoundEnd::done;
  }
  for (const std::string& sentence : plan.refusal) report.fail(ExitCode::needs_person, sentence);
  for (const std::string& sentence : plan.errors) report.fail(ExitCode::failed, sentence);
  for (const auto& [relative, left] : options_.left_alone)
    if (request.source.find(relative) != nullptr) report.fail(left.code, left.why);
  return perform(request, runner, plan, !preparation.steps.empty());
}

// Once in a backup's life. Where it cannot be asked (a receiver of before this question refuses it), 'at-rest: encrypt'
// is refused, and of a backup that goes as it is nothing is said of how it will lie.
void PushTarget::look_at_place(const Inventory& source) {
  const std::size_t slash = config_.dataset.rfind('/');
  if (slash == std::string::npos || inventory_->place || !is_in_clear(source, "")) return;
  try {
    inventory_->place = host_.place(config_.dataset.substr(0, slash));
  } catch (const Error& error) {
    if (error.code() == ExitCode::unreachable) throw;
    log_verbose("whether the target's place is encrypted could not be learnt: {}", error.what());
  }
}

// False when a step failed: what is there then has to be looked at.
bool PushTarget::prepare(const Preparation& preparation, StepRunner& runner) {
  bool well = true;
  for (const PreparationStep& each : preparation.steps) {
    if (options_.left_alone.count(each.relative) != 0) continue;
    report_.push.notes.push_back(config_.dataset + (each.relative.empty() ? "" : "/" + each.relative) + ": " +
                                 each.why);
    try {
      runner.perform(each.step, host_, report_.push);
      if (const auto* destroy = std::get_if<DestroySnapshots>(&each.step)) report_.destroyed += destroy->count;
    } catch (const Error& error) {
      // A snapshot that is in use may be so for days, and concerns its dataset alone.
      const auto* rename = std::get_if<RenameSnapshot>(&each.step);
      const bool of_snapshots = rename != nullptr || std::holds_alternative<DestroySnapshots>(each.step);
      if (may_pass(error) && !(of_snapshots && error.code() == ExitCode::failed)) throw;
      if (rename != nullptr && rename->recursive) {
        rename_singly_ = true;
        return false;
      }
      options_.left_alone[each.relative] = left_after({error.code(), error.what()});
      well = false;
    }
  }
  for (const PreparationStep& each : preparation.steps) prepared_[each.relative] = each.why;
  return well;
}

// A restricted receiver holds what a raw stream says of keys against all of its root, and serves no other meanwhile.
unsigned PushTarget::at_once(const PushPlan& plan, const Inventory& source) const {
  const auto brings_keys = [&](const DatasetPlan& dataset) {
    const Dataset* here = source.find(dataset.relative);
    return (!dataset.steps.empty() || !dataset.then.empty()) && here != nullptr && !here->encryption_root.empty();
  };
  const bool one_by_one = inventory_->receiver && std::any_of(plan.datasets.begin(), plan.datasets.end(), brings_keys);
  return one_by_one ? 1 : config_.parallel;
}

PushTarget::RoundEnd PushTarget::perform(const PushRequest& request, StepRunner& runner, const PushPlan& plan,
                                         bool prepared) {
  const std::uint64_t before = fingerprint(*inventory_);
  std::map<std::string, std::size_t> counted;
  for (const auto& [relative, dataset] : inventory_->datasets) counted[relative] = dataset.snapshots.size();
  DatasetStreams streams(plan.datasets, runner, request.source_host, host_, limits_, report_.push);
  std::vector<DatasetPlan> after_the_tree = plan.datasets;
  for (DatasetPlan& dataset : after_the_tree) dataset.steps = dataset.then;
  DatasetStreams rest(after_the_tree, runner, request.source_host, host_, limits_, report_.push);
  const bool sends = streams.any() || plan.send || rest.any();
  record(record_before(request.source, *inventory_, config_.name, plan), request, runner);
  run_streams_of(streams, at_once(plan, request.source));
  if (plan.send && failures_.empty()) send_tree(*plan.send, request, runner);
  if (failures_.empty() && !tree_failure_) run_streams_of(rest, at_once(plan, request.source));

  // What goes is planned from what is there after the streams: what they bring may bear the same names, and a recursive
  // destroy would reach it. After a failure only a new listing can tell.
  const bool well = failures_.empty() && !tree_failure_;
  MirrorPlan mirror_plan;
  if (well) {
    predict(plan, request.source, *inventory_);
    mirror_plan =
        plan_mirror(request.source, *inventory_, config_, request.naming, request.force_destroy_lots, &counted);
  }
  const std::size_t destroyed_before = report_.destroyed;
  bool lost = tree_failure_ && tree_failure_->code == ExitCode::unreachable;
  for (const auto& [relative, failure] : failures_) lost |= failure.code == ExitCode::unreachable;
  if (well) mirror(mirror_plan, runner);
  const bool changed = prepared || sends || report_.destroyed != destroyed_before || !mirror_plan.steps.empty();
  if (runner.dry_run()) {
    for (const DatasetPlan& dataset : plan.datasets) note_outcome(dataset);
    const Verification foreseen =
        verify(request.source, *inventory_, plan.datasets, config_.mirror, request.naming, mirror_plan);
    for (const Disagreement& each : foreseen.disagreements) report_.push.fail(ExitCode::failed, each.text);
    if (!foreseen.disagreements.empty()) return RoundEnd::done;
    if (report_.push.code == ExitCode::ok) destroy_gone(request, runner);
    record_what_is_there(request, runner);
    return RoundEnd::done;
  }
  if (changed) {
    if (lost) {
      for (const DatasetPlan& dataset : plan.datasets)
        if (streams.is_done(dataset.relative)) note_outcome(dataset);
      return RoundEnd::after_pause;
    }
    look_again(request.source_host);
  }
  const Verification verified =
      verify(request.source, *inventory_, plan.datasets, config_.mirror, request.naming, mirror_plan);
  report_.extras = verified.extras;
  const RoundEnd end =
      judge_round(request.source, plan, verified.disagreements, changed && fingerprint(*inventory_) != before);
  if (end == RoundEnd::done && plan.unfinished && changed) return RoundEnd::again;
  if (end == RoundEnd::done && verified.disagreements.empty() && astray_again(request.source)) return RoundEnd::again;
  if (end == RoundEnd::done && verified.disagreements.empty()) {
    // Not before all that the source has is known to be there: a dataset may only have moved.
    if (report_.agrees) destroy_gone(request, runner);
    record_what_is_there(request, runner);
  }
  return end;
}

void PushTarget::run_streams_of(DatasetStreams& streams, unsigned parallel) {
  streams.run(parallel);
  failures_ = streams.failures();
  remember(streams.notes());
  for (const std::string& warning : streams.warnings()) warn_for_good(warning);
  for (const std::string& alarm : streams.alarms()) raise(alarm);
  report_.sent_bytes += streams.bytes();
  report_.seconds += streams.seconds();
  for (const auto& [relative, bytes] : streams.bytes_by_dataset()) sent_bytes_[relative] += bytes;
}

// Encryption roots that this round has led astray, and that another can put right.
bool PushTarget::astray_again(const Inventory& source) {
  if (roots_were_repaired_ || astray_encryption_roots(source, *inventory_).empty()) return false;
  const PushPlan next = plan_push(source, *inventory_, config_, options_);
  roots_were_repaired_ = next.send.has_value();
  return roots_were_repaired_;
}

PushTarget::RoundEnd PushTarget::judge_round(const Inventory& source, const PushPlan& plan,
                                             const std::vector<Disagreement>& disagreements, bool moved) {
  std::map<std::string, std::string> open;  // dataset → what is wrong
  for (const Disagreement& each : disagreements) open.emplace(each.relative, each.text);
  bool left_alone = false;
  for (const DatasetPlan& dataset : plan.datasets) {
    if (open.count(dataset.relative) == 0) note_outcome(dataset);
    left_alone |= dataset.code != ExitCode::ok;
  }
  report_.agrees = open.empty() && !left_alone;
  if (open.empty()) {
    // It said that it failed, and yet all is there: zfs does so where only a property or a mount went wrong.
    if (tree_failure_ && tree_failure_->may_be_empty && astray_encryption_roots(source, *inventory_).empty())
      log_verbose("all arrived, and all is as it should be, though a command failed: {}", tree_failure_->text);
    else if (tree_failure_)
      report_.push.warnings.push_back("all arrived, though a command failed: " + tree_failure_->text);
    for (const auto& [relative, failure] : failures_)
      report_.push.warnings.push_back("all arrived, though a command failed: " + failure.text);
    failures_.clear();
    tree_failure_.reset();
    return RoundEnd::done;
  }
  remember_first_failure();
  bool passes = tree_failure_ && tree_failure_->may_pass;
  for (const auto& [relative, failure] : failures_) passes |= failure.may_pass;
  if (passes) return RoundEnd::after_pause;
  if (tree_failure_ && !moved) {  // then each by itself: one of them is at fault
    options_.allow_tree = false;
    options_.tree_failure = tree_failure_->text;
  }
  const bool new_failures = !failures_.empty() || tree_failure_;
  for (const auto& [relative, failure] : failures_) {
    if (lacks_origin(failure.text) && options_.in_full.insert(relative).second) continue;
    // Where another has failed, the next plan knows: a clone goes in full, what is below it waits.
    if (!failure.of_another) options_.left_alone[relative] = left_after(failure);
  }
  if (new_failures || moved) return RoundEnd::again;
  for (const Disagreement& each : disagreements) {
    report_.push.fail(ExitCode::failed, each.text);
    DatasetOutcome& outcome = report_.outcomes[each.relative];
    outcome.outcome = Outcome::failed;
    outcome.why = each.text;
  }
  return RoundEnd::done;
}

// What an earlier round did to it is not forgotten when a later one finds nothing to do.
void PushTarget::note_outcome(const DatasetPlan& plan) {
  DatasetOutcome& outcome = report_.outcomes[plan.relative];
  const bool is_news = plan.outcome != Outcome::up_to_date;
  if (is_news) {
    outcome.outcome = plan.outcome;
    outcome.why = plan.why;
  }
  const auto prepared = prepared_.find(plan.relative);
  if (prepared == prepared_.end() || plan.code != ExitCode::ok) return;
  outcome.outcome = Outcome::healed;
  outcome.why = prepared->second;
}

void PushTarget::send_tree(const SendTree& step, const PushRequest& request, StepRunner& runner) {
  const StreamRequest streaming = runner.announce(step, request.source_host, host_, limits_, report_.push);
  if (runner.dry_run()) return;
  Progress progress(step.source_root + " to " + host_.peer());
  const StreamResult result = stream(streaming, [&](const StreamProgress& now) { progress.show(now); });
  progress.end();
  report_.sent_bytes += result.bytes;
  report_.seconds += result.seconds;
  if (const std::string alarm = alarm_in(result.receiver.err.raw()); !alarm.empty()) raise(alarm);
  if (stream_ok(result)) {
    remember(property_notes(host_.peer(), streaming.to_argv, result));
    if (const std::string warning = new_keys_warning(host_.peer(), result); !warning.empty()) warn_for_good(warning);
    return;
  }
  const Error error =
      stream_error(request.source_host.peer(), host_.peer(), result, streaming.from_argv, streaming.to_argv);
  tree_failure_ = StreamFailure{error.code(), error.what(), may_pass(result), false, ends_for_nothing(result)};
}

void PushTarget::remember(const std::vector<std::string>& notes) {
  for (std::vector<std::string>* each : {&lasting_notes_, &report_.push.notes})
    each->insert(each->end(), notes.begin(), notes.end());
}

void PushTarget::warn_for_good(const std::string& warning) {
  if (std::find(lasting_warnings_.begin(), lasting_warnings_.end(), warning) != lasting_warnings_.end()) return;
  lasting_warnings_.push_back(warning);
  report_.push.warnings.push_back(warning);
}

// At once, for whoever looks; and at the end, whatever the rounds that follow come to.
void PushTarget::raise(const std::string& alarm) {
  log_error("target {}: ALARM of the receiver on {}: {}", config_.name, host_.peer(), alarm);
  report_.alarms.push_back(alarm);
}

void PushTarget::mirror(MirrorPlan& plan, StepRunner& runner) {
  report_.push.spared = plan.spared;
  for (const std::string& refusal : plan.refusals) report_.push.fail(ExitCode::refused, refusal);
  const StepRunner::Destroyed destroyed = runner.perform_destroys(plan.steps, host_, *inventory_, report_.push);
  report_.destroyed += destroyed.count;
  plan.refused.insert(destroyed.refused.begin(), destroyed.refused.end());
  plan.spared.insert(plan.spared.end(), destroyed.spared.begin(), destroyed.spared.end());
}

void PushTarget::destroy_gone(const PushRequest& request, StepRunner& runner) {
  const GonePlan plan = plan_gone(request.source, *inventory_, config_, request.force_destroy_lots);
  for (const Spared& spared : plan.spared) report_.push.spared.push_back(spared);
  for (const std::string& refusal : plan.refusals) report_.push.fail(ExitCode::refused, refusal);
  const std::set<std::string> others = other_backups_in(plan);
  std::vector<std::string> staying;
  for (const std::vector<Step>& steps : plan.datasets) {
    const std::string& name = std::get<DestroyDataset>(steps.back()).dataset;
    const auto is_below_it = [&](const std::string& other) { return is_below(other, name); };
    if (std::any_of(staying.begin(), staying.end(), is_below_it)) continue;
    const auto is_in = [&](const std::string& other) { return name == other || is_below(name, other); };
    if (std::any_of(others.begin(), others.end(), is_in)) continue;
    if (!destroy_gone_dataset(steps, runner)) staying.push_back(name);
  }
}

// The topmost of the datasets that would go and have, or hold, a record of a push of their own: a backup of something
// else was put there. Each is reported.
std::set<std::string> PushTarget::other_backups_in(const GonePlan& plan) {
  std::set<std::string> tops;
  for (auto steps = plan.datasets.rbegin(); steps != plan.datasets.rend(); ++steps) {  // parents first
    const std::string& name = std::get<DestroyDataset>(steps->back()).dataset;
    if (std::none_of(tops.begin(), tops.end(), [&](const std::string& top) { return is_below(name, top); }))
      tops.insert(name);
  }
  std::set<std::string> others;
  for (const std::string& top : tops) {
    try {
      const std::set<std::string> names = host_.user_property_names(top);
      const auto record = names.lower_bound(base_property(""));
      if (record == names.end() || record->rfind(base_property(""), 0) != 0) continue;
      report_.push.spared.push_back({top, "a backup of something else lies in it (" + *record + " is set there)"});
    } catch (const Error& error) {
      report_.push.fail(error.code(), error.what());
    }
    others.insert(top);
  }
  return others;
}

// False: it stays, as a whole where one of its snapshots does.
bool PushTarget::destroy_gone_dataset(const std::vector<Step>& steps, StepRunner& runner) {
  try {
    for (const Step& step : steps) {
      if (const auto* destroy = std::get_if<DestroySnapshots>(&step)) {
        if (!runner.destroy_all_or_none(*destroy, host_, *inventory_, report_.push)) return false;
        report_.destroyed += destroy->count;
        report_.extras -= std::min(report_.extras, destroy->count);
      } else {
        runner.perform(step, host_, report_.push);
        predict(std::get<DestroyDataset>(step), *inventory_);
      }
    }
    return true;
  } catch (const Error& error) {
    report_.push.fail(error.code(), error.what());
    return false;
  }
}

// What has arrived stays as it is, whether that could be written down or not.
void PushTarget::record(const std::optional<RecordBase>& step, const PushRequest& request, StepRunner& runner) {
  if (!step || !allows_record(request.source.receiver)) return;
  try {
    runner.record(*step, request.source_host, request.source, report_.push);
    predict(*step, request.source);
  } catch (const Error& error) {
    if (error.code() == ExitCode::unreachable) throw;
    record_failure_ = error.what();
  }
}

void PushTarget::record_what_is_there(const PushRequest& request, StepRunner& runner) {
  record_failure_.reset();
  record(record_after(request.source, *inventory_, config_.name), request, runner);
  if (record_failure_ || !allows_record(request.source.receiver)) return;
  for (const DestroyBookmark& old : plan_old_bookmarks(request.source, config_.name)) {
    try {
      runner.perform(old, request.source_host, report_.push);
      predict(old, request.source);
    } catch (const Error& error) {
      if (error.code() == ExitCode::unreachable) throw;
      report_.push.notes.push_back("an old bookmark stays: " + std::string(error.what()));
      return;
    }
  }
}

TargetReport PushTarget::report() const {
  TargetReport report = report_;
  if (!report.alarms.empty()) report.push.code = worse_of(report.push.code, ExitCode::failed);
  if (record_failure_)
    report.push.fail(ExitCode::failed,
                     "what the target has could not be recorded at the source, so nothing but the "
                     "policy protects its base there while it is away: " +
                         *record_failure_);
  const auto is_told = [&](const std::vector<std::string>& texts) {
    return std::find(texts.begin(), texts.end(), first_failure_) != texts.end();
  };
  if (!report.agrees && report.push.code != ExitCode::ok && !first_failure_.empty() && !is_told(report.push.errors) &&
      !is_told(report.push.refusals))
    report.push.errors.push_back("it began with this: " + first_failure_);
  for (auto& [relative, outcome] : report.outcomes)
    if (const auto sent = sent_bytes_.find(relative); sent != sent_bytes_.end()) outcome.bytes = sent->second;
  if (inventory_) {
    report.observed = true;
    report.datasets = inventory_->datasets.size();
    report.snapshots = inventory_->snapshot_count();
    report.receiver = inventory_->receiver;
    if (const Dataset* root = inventory_->find(""); root != nullptr && root->newest() != nullptr)
      report.newest = root->newest()->name;
  }
  return report;
}

}  // namespace czb
