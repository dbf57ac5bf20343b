// SPDX-License-Identifier: MIT
// What a run did, or in a dry run would do. Values for the report.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "error.h"
#include "plan/judge.h"
#include "plan/push.h"
#include "plan/spared.h"
#include "plan/step.h"
#include "zfs/receiver.h"

namespace czb {

// A step, where it runs, and as a line that can be pasted into a shell on this machine.
struct PlannedStep {
  Step step;
  std::string peer;            // where argv_of(step) runs
  std::string receiving_peer;  // of a stream
  std::string command_line;    // of a stream: "send | receive"
};

// One action of a job: its steps and what it found.
struct ActionReport {
  std::vector<PlannedStep> steps;
  std::vector<Spared> spared;         // snapshots that were to go and stay
  std::vector<Judged> verdicts;       // the retention plugin's, when asked for
  std::vector<std::string> refusals;  // why something was not done
  std::vector<std::string> notes;
  std::vector<std::string> warnings;  // nothing failed for good, but somebody should look
  std::vector<std::string> errors;
  ExitCode code = ExitCode::ok;

  void fail(ExitCode with, const std::string& message) {
    code = worse_of(code, with);
    (with == ExitCode::refused || with == ExitCode::needs_person ? refusals : errors).push_back(message);
  }
};

// What became of one dataset in a push.
struct DatasetOutcome {
  Outcome outcome = Outcome::up_to_date;
  std::string why;          // it was kept back, healed, or failed
  std::uint64_t bytes = 0;  // of its own streams; one stream of the whole tree is counted in TargetReport alone
};

struct TargetReport {
  std::string name;
  std::string dataset;
  std::string peer;
  ActionReport push;
  std::map<std::string, DatasetOutcome> outcomes;  // by relative name
  std::vector<std::string> alarms;                 // of its restricted receiver: what was there is not as it was
  unsigned retries = 0;                            // after failures that passed
  std::uint64_t sent_bytes = 0;
  double seconds = 0;
  std::size_t destroyed = 0;  // snapshots deleted at the target
  bool observed = false;      // the four below are known
  std::size_t datasets = 0;   // what the target now holds
  std::size_t snapshots = 0;
  std::string newest;
  std::optional<ReceiverMode> receiver;  // the restricted receiver there
  bool agrees = false;                   // verified by guid: it holds all that the source holds
  std::size_t extras = 0;                // and so many that the source lacks: spared, refused, or kept by `mirror`
};

struct JobReport {
  std::string name;
  std::string dataset;
  bool dry_run = false;
  std::optional<ActionReport> snapshot;
  std::string snapshot_name;  // taken, or to be taken
  std::optional<ActionReport> expire;
  std::size_t expired = 0;
  std::vector<TargetReport> targets;
  ActionReport general;  // what concerns no single action

  ExitCode code() const;
};

}  // namespace czb
