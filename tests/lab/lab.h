// SPDX-License-Identifier: MIT
// What the tests on real ZFS are written with: two pools made once, in them a tree and its backup for each test, the
// program, and ways to compare what there is before and after. What goes wrong in a helper is thrown, which GoogleTest
// reports as the test's failure.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "process.h"
#include "through_receiver.h"

namespace czb::lab {

// The program's exit codes, as the manual promises them.
enum Exit : int { ok = 0, failed = 1, usage = 2, needs_person = 3, unreachable = 4, refused = 5, busy = 6 };

// EXPECT_THAT(result, Exits(failed, {"text", "another"})): both texts are somewhere in what it said.
MATCHER_P2(ExitsSaying, status, texts,
           "exits with " + std::to_string(status) + " and says " + ::testing::PrintToString(texts)) {
  const std::string said = arg.text();
  for (const std::string& text : texts)
    if (said.find(text) == std::string::npos) {
      *result_listener << "'" << text << "' was not said";
      return false;
    }
  return arg.status == status;
}
inline auto Exits(int status, const Words& texts = {}) { return ExitsSaying(status, texts); }

// The pools zippy (mounted at /zippy) and offsite (not mounted), empty. And it is noon, so that no test sees the end of
// a day: a receiver that mirrors counts what it destroys in one.
class Pools final : public ::testing::Environment {
 public:
  void SetUp() override;
};

// Whether the loaded module is of this series ("2.1"): for what versions do differently.
bool openzfs_is(const std::string& series);

// `zfs` with these arguments; its standard output.
std::string zfs(const Words& arguments);
bool exists(const std::string& dataset);
// With `zfs get -H -o value`.
std::string property(const std::string& name, const std::string& dataset);
// name → value of one property in a whole tree, snapshots left out.
std::map<std::string, std::string> property_of_tree(const std::string& name, const std::string& root);

// Empty where the root does not exist.
Tree tree_of(const std::string& root);
// Relative name → names of its snapshots, oldest first.
Tree snapshots_of(const std::string& root);
// Both trees have the same datasets, and these exactly the same snapshots, by guid.
void expect_mirror(const std::string& source_root, const std::string& target_root);

// All there is to know of these trees, as text: every dataset and snapshot with every property, its source and its
// received value, but for those that ZFS changes by itself.
std::string state_of(const Words& roots);

// Bytes that do not compress, others for each number.
std::string noise(unsigned number, std::size_t size = std::size_t{1} << 20);

// A file of a snapshot, read through a clone that is gone afterwards.
std::string file_of(const std::string& snapshot, const std::string& file);

// `zfs send` with these arguments, cut after so many bytes, into this command.
void cut_stream(const Words& send, std::size_t bytes, const Words& receive);
// Whether no zfs runs, and no receiver that would start the next one.
bool nobody_works_on_zfs();
// Relative names of the datasets that hold the rest of an interrupted receive.
Words tokens_of(const std::string& root);

// The ssh_config that logs in to this machine as "offsite"; its folder holds the keys, too. Started when first asked
// for.
std::string ssh_config();

// The plugin for ssh with this ssh_config, as YAML; a login may take as long as it takes. `more`: ", NAME: VALUE".
std::string ssh_transport(const std::string& config, const std::string& more = "");

// 12:00:00Z of a day; day 0 is 1 January 2026. As --now takes it, and as snapshots are named.
std::string noon(int day);

std::string text_from_environment(const char* variable);  // empty where it is not set
// A number that the environment may set, to make the long tests longer or shorter.
std::uint64_t from_environment(const char* variable, std::uint64_t otherwise);

// The commands that a run with --verbose, or a dry run, has printed.
Words commands_of(const Result& result);
// The same without the numbers of transaction groups in a record: a dry run can only guess that of a snapshot to come.
Words without_last_txg(Words commands);
std::size_t count_of(const Words& commands, const std::string& beginning);

// What a run with --json says of the push to one target of the first job.
struct Push {
  std::map<std::string, std::string> outcomes;  // by relative name
  std::map<std::string, std::uint64_t> bytes;   // of streams of single datasets
  std::uint64_t sent_bytes = 0;                 // of all streams
  unsigned retries = 0;
  bool agrees = false;
};
Push push_of(const Result& json, const std::string& target = "offsite");

// Each test has a tree of its own in zippy, made by make_tree, and a job "job" that backs it up to a tree of the same
// name in offsite. With CZB_RECEIVER=append-only or =mirror in the environment every test's job goes through the
// restricted receiver, without root on either side.
class LabTest : public ::testing::Test {
 protected:
  LabTest();
  // Destroys both trees, as far as that can be: what is left in the pools makes every later listing slower.
  ~LabTest() override;

  // The root, and below it file systems of these relative names, mounted below /zippy.
  void make_tree(const Words& file_systems = {}, const Words& options = {}) const;
  // A file of a dataset of the source, by its relative name.
  void write(const std::string& relative, const std::string& file, const std::string& text) const;
  // What the program's snapshot action does, without the program: quick.
  void take_snapshot(int day) const;
  // Each of these file systems gets new data of two records (256 KiB); then the day's snapshot.
  void fill_and_snapshot(int day, const Words& relatives) const;
  // A file of a dataset of the target, written there behind the program's back.
  void write_at_target(const std::string& relative, const std::string& file, const std::string& text) const;
  // For make_tree: an encrypted tree, its key loaded.
  Words encrypted() const;

  // The environment of a run in which this shell script comes before each zfs command that is not run through ssh;
  // $zfs in it is the real program.
  Words before_each_zfs(const std::string& script) const;

  // The program, with --verbose, for the job at noon of that day.
  Result backup(int day, const Words& arguments = {}, const Words& environment = {}) const;
  Words backup_command(int day, const Words& arguments = {}) const;
  // A run that must succeed and leave both sides equal.
  void expect_backup(int day, const Words& arguments = {}) const;
  // `zfs send` with these arguments, cut after so many bytes, into a `zfs receive -s -u` with those, by whoever
  // receives.
  void cut_stream(const Words& send, std::size_t bytes, const Words& receive) const;
  // As the function of that name; but an append-only receiver may keep what the source had once.
  void expect_mirror(const std::string& source_root, const std::string& target_root) const;

  // The name under which the target has this user property of the source.
  std::string name_at_target(const std::string& property) const;

  std::string folder;  // for files, in /tmp
  std::string source;
  std::string target;

  // The job, as written to its YAML file by backup().
  std::string retention = "gfs";
  Words job_options;
  std::string transport = "local";
  Words target_options = {"initial: full"};
  std::string more_targets;  // further YAML

  mutable ThroughReceiver through_receiver;
};

// The datasets of `tree` but for that one and all below it.
Tree without(Tree tree, const std::string& relative);

inline const Words snapshot_only = {"--action", "snapshot"};
inline const Words expire_only = {"--action", "expire"};
inline const Words push_only = {"--action", "push"};
inline const Words snapshot_and_push = {"--action", "snapshot", "push"};

// One policy for tests in which everything shall expire that may.
inline const std::string keep_nothing = "{plugin: gfs, daily: 0, weekly: 0, monthly: 0, yearly: 0}";

Words operator+(Words words, const Words& more);

}  // namespace czb::lab
