// SPDX-License-Identifier: MIT
// What earlier runs have left: the age of the last snapshot and of the last push, and interrupted receives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cyber-zfs-backup/naming.h"
#include "doctor/finding.h"
#include "doctor/side.h"

namespace czb::doctor {

// The job as far as these checks look at it.
struct History {
  std::string run_command;   // "cyber-zfs-backup --job home"
  Naming* naming = nullptr;  // null: its plugin is refused, and no snapshot's time is known
  std::int64_t now = 0;
  bool is_running = false;  // another run holds the job's lock
};

struct OwnSnapshot {
  const Snapshot* snapshot = nullptr;
  std::int64_t time = 0;  // from its name
};

// The latest by its name's time of those that the naming plugin reads.
std::optional<OwnSnapshot> newest_own(const Dataset& dataset, Naming& naming);

// `last-run`: the source root's newest own snapshot. Pure.
void judge_last_run(const Side& source, const History& history, Findings& findings);

// `last-push`: the newest snapshot that both roots have, and how old that is. Pure.
void judge_last_push(const Side& source, const Side& target, const History& history, Findings& findings);

// The source is asked what each interrupted receive at the target stands for: Dataset::partial.
void read_resume_tokens(Side& source, Side& target, const History& history);

// `resume-token`: each of them. Pure.
void check_resume_tokens(const Side& source, const Side& target, const History& history, Findings& findings);

}  // namespace czb::doctor
