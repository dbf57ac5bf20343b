// SPDX-License-Identifier: MIT
// What the tests with faults share: a job whose links are those of transport-fault, and what must be true once it has
// been run again without faults.
#pragma once

#include "lab.h"

namespace czb::lab {

// A plugin as YAML: `local`, or transport-fault with options.
struct Link {
  std::string yaml = "local";
};
Link faulty(const std::string& options);

struct Links {
  Link source;
  Link target;
};

class FaultLabTest : public LabTest {
 protected:
  // A run of the whole job with these links, as LabTest::backup otherwise.
  Words command(int day, const Links& links, const Words& arguments = {}) const;
  Result backup_through(int day, const Links& links, const Words& arguments = {}) const;

  // At most two runs without faults, on the days after; then the source and the target agree. Returns the last day.
  int expect_agreement_after(int day);
  // The target has exactly the source's snapshots, by guid, of every dataset that the source has; and each dataset that
  // only the target has is one of `dropped`, unchanged, or has no snapshot: what a stream with a damaged name left.
  ::testing::AssertionResult agree() const;

  // Every process of a run that was killed or cut has ended.
  static void expect_no_process_left();

  // Datasets that the source had and the target still has: relative name → "NAME GUID" of the snapshots.
  Tree dropped;

  // An append-only receiver may keep what the source had once: agree() is told of it, before and after each change.
  void remember() const;

  // In the job's YAML.
  int retries = 3;      // of the target
  Words fault_options;  // further keys of the target
  Words job_options;    // further keys of the job

 private:
  Link target_link(const Link& asked) const;
};

// The lines of transport-fault's log that are commands.
Words commands_in(const std::string& log);
// Whether the fault has happened.
bool has_struck(const std::string& log);

}  // namespace czb::lab
