// SPDX-License-Identifier: MIT
#include "execute/dataset_streams.h"

#include "zfs/failure.h"
#include "zfs/receiver.h"

namespace czb {
namespace {

// The dataset's full name at the target.
std::string target_of(const DatasetPlan& plan) { return receiving_argv(plan.steps.front()).value().back(); }

}  // namespace

DatasetStreams::DatasetStreams(const std::vector<DatasetPlan>& plans, StepRunner& runner, Host& source, Host& target,
                               const StreamLimits& limits, ActionReport& report)
    : runner_(runner),
      source_(source),
      target_(target),
      limits_(limits),
      report_(report),
      progress_("to " + target.peer()) {
  for (const DatasetPlan& plan : plans) {
    if (plan.steps.empty()) continue;
    by_name_[plan.relative] = chains_.size();
    chains_.push_back({&plan});
  }
}

void DatasetStreams::run(unsigned parallel) {
  if (runner_.dry_run()) {
    for (Chain& chain : chains_)
      for (; chain.next < chain.plan->steps.size(); ++chain.next) request_of(chain);
    return;
  }
  started_ = std::chrono::steady_clock::now();
  if (!chains_.empty()) run_streams(parallel, *this);
  seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  progress_.end();
}

bool DatasetStreams::is_done(const std::string& relative) const {
  const auto found = by_name_.find(relative);
  return found != by_name_.end() && chains_[found->second].state == State::done;
}

std::map<std::string, std::uint64_t> DatasetStreams::bytes_by_dataset() const {
  std::map<std::string, std::uint64_t> result;
  for (const Chain& chain : chains_) result[chain.plan->relative] = chain.bytes;
  return result;
}

StreamRequest DatasetStreams::request_of(const Chain& chain) {
  return runner_.announce(chain.plan->steps[chain.next], source_, target_, limits_, report_);
}

// Where something that it builds on has failed, it fails with it.
bool DatasetStreams::may_start(Chain& chain) {
  for (const std::string& name : chain.plan->after) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) continue;
    const State state = chains_[found->second].state;
    if (state == State::failed) {
      chain.state = State::failed;
      const StreamFailure& cause = failures_[name];
      failures_[chain.plan->relative] = {
          ExitCode::failed,
          target_of(*chain.plan) + " waits: it builds on " + target_of(*chains_[found->second].plan) + ", which failed",
          cause.may_pass, true};
      return false;
    }
    if (state != State::done) return false;
  }
  return true;
}

std::optional<StreamTask> DatasetStreams::next() {
  if (connection_lost_) return std::nullopt;
  for (std::size_t id = 0; id < chains_.size(); ++id) {
    Chain& chain = chains_[id];
    if (chain.state != State::waiting || !may_start(chain)) continue;
    chain.state = State::running;
    return StreamTask{id, request_of(chain)};
  }
  return std::nullopt;
}

void DatasetStreams::ended(std::size_t id, StreamResult result) {
  Chain& chain = chains_[id];
  tell_from_ssh(result.sender);
  chain.bytes += result.bytes;
  bytes_ += result.bytes;
  const Step& step = chain.plan->steps[chain.next];
  const CommandLine receiving = receiving_argv(step).value();
  if (std::string alarm = alarm_in(result.receiver.err.raw()); !alarm.empty()) alarms_.push_back(std::move(alarm));
  if (stream_ok(result)) {
    for (std::string& note : property_notes(target_.peer(), receiving, result)) notes_.push_back(std::move(note));
    if (std::string warning = new_keys_warning(target_.peer(), result); !warning.empty())
      warnings_.push_back(std::move(warning));
    chain.state = ++chain.next == chain.plan->steps.size() ? State::done : State::waiting;
    return;
  }
  const Error error = stream_error(source_.peer(), target_.peer(), result, argv_of(step), receiving);
  chain.state = State::failed;
  failures_[chain.plan->relative] = {error.code(), error.what(), may_pass(result)};
  connection_lost_ |= error.code() == ExitCode::unreachable;
}

void DatasetStreams::progress(const StreamsProgress& progress) {
  StreamProgress sum;
  sum.bytes = progress.ended_bytes;
  sum.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  for (const auto& running : progress.running) sum.bytes += running.progress.bytes;
  // One alone knows what it will come to.
  if (progress.running.size() == 1) sum.sender_error = progress.running.front().progress.sender_error;
  std::string what;
  for (const auto& running : progress.running) {
    const std::string& relative = chains_[running.id].plan->relative;
    what += (what.empty() ? "" : ", ") + (relative.empty() ? std::string("the root") : relative);
  }
  progress_.rename(what + " to " + target_.peer());
  progress_.show(sum);
}

}  // namespace czb
