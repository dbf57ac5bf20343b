// SPDX-License-Identifier: MIT
// Brings datasets up one by one, several at once: each by its own steps, in their order, parents first. One that fails
// does no harm to its siblings.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "execute/step_runner.h"
#include "plan/push.h"
#include "process/streams.h"
#include "report/progress.h"

namespace czb {

// How a dataset's steps, or the stream of the whole tree, ended badly.
struct StreamFailure {
  ExitCode code = ExitCode::failed;
  std::string text;
  bool may_pass = false;      // worth another try
  bool of_another = false;    // it was not tried: what it builds on has failed
  bool may_be_empty = false;  // see ends_for_nothing (zfs/failure.h)
};

class DatasetStreams final : public StreamFeed {
 public:
  DatasetStreams(const std::vector<DatasetPlan>& plans, StepRunner& runner, Host& source, Host& target,
                 const StreamLimits& limits, ActionReport& report);

  // Runs all steps, at most `parallel` at once. Throws Interrupted.
  void run(unsigned parallel);

  bool any() const { return !chains_.empty(); }
  bool is_done(const std::string& relative) const;
  std::uint64_t bytes() const { return bytes_; }
  double seconds() const { return seconds_; }
  const std::map<std::string, StreamFailure>& failures() const { return failures_; }  // by relative name
  // Of streams that went well, but for properties.
  const std::vector<std::string>& notes() const { return notes_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  // What the target's receiver found to be no longer as it was, of any stream.
  const std::vector<std::string>& alarms() const { return alarms_; }
  // Bytes of the datasets that had steps.
  std::map<std::string, std::uint64_t> bytes_by_dataset() const;

 private:
  enum class State { waiting, running, done, failed };
  struct Chain {
    const DatasetPlan* plan = nullptr;
    std::size_t next = 0;
    State state = State::waiting;
    std::uint64_t bytes = 0;
  };

  std::optional<StreamTask> next() override;
  void ended(std::size_t id, StreamResult result) override;
  void progress(const StreamsProgress& progress) override;

  bool may_start(Chain& chain);
  StreamRequest request_of(const Chain& chain);

  StepRunner& runner_;
  Host& source_;
  Host& target_;
  const StreamLimits& limits_;
  ActionReport& report_;
  std::vector<Chain> chains_;
  std::map<std::string, std::size_t> by_name_;
  std::map<std::string, StreamFailure> failures_;
  std::vector<std::string> notes_;
  std::vector<std::string> warnings_;
  std::vector<std::string> alarms_;
  std::uint64_t bytes_ = 0;
  double seconds_ = 0;
  bool connection_lost_ = false;
  Progress progress_;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace czb
