// SPDX-License-Identifier: MIT
// What a person is told where something fails: that is true, names the dataset, and can be obeyed without loss.
#include <filesystem>

#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A pool of its own, on a file.
class OtherPool {
 public:
  OtherPool(std::string name, const std::string& folder) : name_(std::move(name)), folder_(folder) {
    succeed({"truncate", "-s", "128M", folder_ + "/" + name_});
    succeed({"zpool", "create", "-o", "cachefile=none", "-m", "none", name_, folder_ + "/" + name_});
  }
  OtherPool(const OtherPool&) = delete;
  OtherPool& operator=(const OtherPool&) = delete;
  ~OtherPool() {
    run({"zpool", "destroy", "-f", name_});
    std::filesystem::remove(folder_ + "/" + name_);
  }

  void unplug() const { succeed({"zpool", "export", name_}); }
  void plug_in(const Words& options = {}) const {
    succeed(Words{"zpool", "import", "-o", "cachefile=none", "-d", folder_} + options + Words{name_});
  }

 private:
  std::string name_;
  std::string folder_;
};

class WordsTest : public LabTest {
 protected:
  // Nothing in it would destroy anything, or make a pool in the place of one that is away.
  static void expect_harmless(const Result& result) {
    for (const char* word :
         {"zpool create", "zfs destroy", "--force-destroy-lots", "-F to overwrite", "(--large-block)"})
      EXPECT_THAT(result.err, Not(HasSubstr(word)));
  }
  // What a file-level reader of the log needs: the far end's words come with the dataset's name.
  void expect_permanent(int day, const std::string& dataset, const Words& texts) const {
    const Result result = backup(day);
    EXPECT_THAT(result, Exits(needs_person, texts));
    EXPECT_THAT(result.err, HasSubstr(dataset));
    EXPECT_THAT(result.err, Not(HasSubstr("Tried again")));
    expect_harmless(result);
  }
};

TEST_F(WordsTest, APoolOfTheTargetThatIsNotPluggedInIsNeverToBeMade) {
  const OtherPool usb("usb", folder);
  make_tree({"child"});
  target = "usb/deep/backup";
  zfs({"create", "usb/deep"});
  expect_backup(1);
  usb.unplug();
  for (const Words& more : {Words{}, Words{"--force-non-incremental"}, Words{"--dry-run"}}) {
    const Result result = backup(2, push_only + more);
    EXPECT_THAT(result, Exits(unreachable, {"Is the disk plugged in?", "zpool import usb"}));
    EXPECT_THAT(result.err, Not(HasSubstr("Tried again")));
    expect_harmless(result);
  }
  EXPECT_THAT(run({"zpool", "list", "usb"}).status, Not(0));
  usb.plug_in();
  expect_backup(3);

  // It is there, and the backup is not: renamed. Nothing is to be sent in full because of that.
  zfs({"rename", target, target + "-old"});
  target_options.clear();
  const Result renamed = backup(4);
  EXPECT_THAT(renamed, Exits(refused, {"has a record", "zpool history", "was it renamed?"}));
  expect_harmless(renamed);
}

TEST_F(WordsTest, ASourceThatWasRenamedRemembersItsBackup) {
  const OtherPool usb("usb", folder);
  make_tree({"child"});
  target = "usb/backup";
  expect_backup(1);
  const std::string before = source;
  zfs({"rename", source, source + "-renamed"});
  source += "-renamed";
  usb.unplug();
  retention = keep_nothing;
  job_options.push_back("destroy-limit: 100%");
  for (const int day : {2, 3})
    EXPECT_THAT(backup(day), Exits(unreachable, {"a record of a push to this target", "zpool import usb"}));
  EXPECT_TRUE(exists(source + "/child@" + noon(1)));
  usb.plug_in();
  const Result result = backup(4);
  EXPECT_THAT(result, Exits(ok));
  EXPECT_THAT(result.text(), Not(HasSubstr("healed")));
  zfs({"rename", source, before});
  source = before;
}

TEST_F(WordsTest, APoolThatWasNeverThereIsNotToBeMadeEither) {
  make_tree();
  for (const char* name : {"usb", "usb/backup", "usb/deep/backup"}) {
    target = name;
    const Result result = backup(1);
    EXPECT_THAT(result, Exits(failed, {"there is no pool usb", "zpool import usb"}));
    expect_harmless(result);
  }
}

// Another job's backup lies in it.
TEST_F(WordsTest, ATargetThatIsAPoolsRootIsNotToBeDestroyed) {
  make_tree();
  target = "offsite";
  const Result result = backup(1);
  EXPECT_THAT(result, Exits(needs_person, {"may hold other backups"}));
  expect_harmless(result);
  target = "offsite/" + source.substr(source.find('/') + 1);
}

TEST_F(WordsTest, WhereAnotherJobHasTheSameDatasetItIsNotAdvisedToForceWhatAGuardRefuses) {
  make_tree({"child"});
  for (int day = 1; day <= 12; ++day) EXPECT_THAT(backup(day, snapshot_and_push), Exits(ok));
  const std::string before = state_of({source, target});
  const std::string other = "  greedy:\n    dataset: " + source + "/child\n    retention: " + keep_nothing + "\n";
  more_targets = other + "    targets: {elsewhere: {dataset: offsite/elsewhere, transport: local}}\n";
  const Result result = backup(12, Words{"--job", "greedy"} + expire_only);
  EXPECT_THAT(result, Exits(refused, {"not this job's alone (job job)", "must not be forced"}));
  expect_harmless(result);
  EXPECT_EQ(state_of({source, target}), before);
  EXPECT_THAT(run({CZB_PROGRAM, "config", "check", "--config", folder + "/config.yaml"}).err,
              HasSubstr("work on the same dataset"));

  // In another configuration: it is told by the other's record.
  write_file(folder + "/other.yaml",
             "jobs:\n  greedy:\n    dataset: " + source + "\n    retention: " + keep_nothing +
                 "\n    targets: {elsewhere: {dataset: offsite/elsewhere, transport: local}}\n");
  const Result by_record =
      run({CZB_PROGRAM, "--now", noon(12), "--action", "expire", "--config", folder + "/other.yaml"});
  EXPECT_THAT(by_record, Exits(refused, {"not this job's alone (a push to a target named offsite)"}));
  expect_harmless(by_record);
  EXPECT_EQ(state_of({source, target}), before);
}

TEST_F(WordsTest, ASourceThatIsReadOnlyIsBackedUpAndOnlyTheRecordIsMissing) {
  const OtherPool disk("rescued", folder);
  zfs({"create", "rescued/data"});
  source = "rescued/data";
  zfs({"snapshot", "-r", source + "@" + noon(1)});
  disk.unplug();
  disk.plug_in({"-o", "readonly=on"});
  const Result result = backup(1, push_only);
  EXPECT_THAT(result, Exits(failed, {"could not be recorded at the source", "the same as the source"}));
  EXPECT_THAT(result.err, Not(HasSubstr("NOT as the source")));
  expect_mirror(source, target);
}

TEST_F(WordsTest, ANameThatIsTooLongAtTheTargetIsKnownBeforeAnythingIsSent) {
  const std::string sibling = "sibling";
  const std::string child = std::string(205, 'x');
  make_tree({child, child + "/y", sibling});
  target += "-" + std::string(30, 't');
  for (const int day : {1, 2}) {
    const Result result = backup(day);
    EXPECT_THAT(result, Exits(needs_person, {source + "/" + child, "bytes, and ZFS allows 255"}));
    expect_harmless(result);
    for (const std::string& command : commands_of(result))
      EXPECT_FALSE(command.find("zfs send") != std::string::npos && command.find(child) != std::string::npos)
          << command;
    expect_mirror(source + "/" + sibling, target + "/" + sibling);
    EXPECT_THAT(zfs({"list", "-H", "-r", "-o", "name", target}), Not(HasSubstr(child)));
  }
  zfs({"rename", source + "/" + child, source + "/short"});
  expect_backup(3);
  // Followed at the target, it would be too long again, this time by what lies below it.
  zfs({"rename", source + "/short", source + "/" + std::string(203, 'x')});
  EXPECT_THAT(backup(4), Exits(needs_person, {"keeps its name at the target", "bytes, and ZFS allows 255"}));
  EXPECT_TRUE(exists(target + "/short/y@" + noon(3)));
  zfs({"rename", source + "/" + std::string(203, 'x'), source + "/short"});
  expect_backup(5);
}

TEST_F(WordsTest, ASourceDatasetWhoseSnapshotsCouldHaveNoNameIsToldByConfigCheck) {
  source += "/" + std::string(220, 'x');
  backup_command(1);
  EXPECT_THAT(run({CZB_PROGRAM, "config", "check", "--config", folder + "/config.yaml"}),
              Exits(usage, {"job 'job' could have no snapshots", source, "ZFS allows 255"}));
  source.resize(source.find('/', source.find('/') + 1));
}

TEST_F(WordsTest, ADatasetWhoseSnapshotCanHaveNoNameIsNamedByTheRun) {
  const std::string child(235 - source.size(), 'x');
  make_tree({child});
  EXPECT_THAT(backup(1), Exits(needs_person, {source + "/" + child}));
}

TEST_F(WordsTest, ACopyWithLargeBlocksAndASourceWithoutAreNotAdvisedWhatCannotHelp) {
  make_tree();
  const std::string child = source + "/child";
  zfs({"create", "-o", "recordsize=1M", child});
  write("child", "file", noise(1, 2 << 20));
  expect_backup(1);
  // Restored without large blocks.
  succeed({"sh", "-c", "zfs send " + child + "@" + noon(1) + " | zfs receive " + source + "/copy"});
  zfs({"destroy", "-r", child});
  zfs({"rename", source + "/copy", child});
  write("child", "more", noise(2, 2 << 20));
  expect_permanent(2, target + "/child", {"blocks above 128 KiB", "No option of a push changes that"});
  // Obeyed.
  zfs({"rename", target + "/child", target + "-kept"});
  expect_backup(3);
  EXPECT_TRUE(exists(target + "-kept@" + noon(1)));
  zfs({"destroy", "-r", target + "-kept"});
}

TEST_F(WordsTest, ABackupInClearCannotBeContinuedByARawStream) {
  make_tree({}, encrypted());
  take_snapshot(1);
  succeed({"sh", "-c", "zfs send " + source + "@" + noon(1) + " | zfs receive -u -o canmount=noauto " + target});
  expect_permanent(2, target, {"received in clear once"});
  zfs({"rename", target, target + "-kept"});
  expect_backup(3, {"--force-non-incremental"});
  zfs({"destroy", "-r", target + "-kept"});
}

TEST_F(WordsTest, AnIncrementThatCameInAnotherWayThanRawEndsRawOnes) {
  make_tree({}, encrypted());
  write("", "file", noise(1));
  expect_backup(1);
  write("", "file", noise(2));
  take_snapshot(2);
  const std::string key = property("keylocation", source);
  succeed({"zfs", "load-key", "-L", key, target});
  zfs({"set", "readonly=off", target});
  succeed({"sh", "-c", "zfs send -i @" + noon(1) + " " + source + "@" + noon(2) + " | zfs receive -u " + target});
  write("", "file", noise(3));
  expect_permanent(3, target, {"no raw increment goes on from it"});
}

TEST_F(WordsTest, ARecordsizeBeyondTheTargetsLimitIsNotToldAsAMatterOfBootableDatasets) {
  const std::string limit = "/sys/module/zfs/parameters/zfs_max_recordsize";
  if (!std::filesystem::exists(limit)) GTEST_SKIP() << "this module does not tell its limit";
  make_tree();
  zfs({"create", "-o", "recordsize=1M", source + "/child"});
  const std::string before = read_file(limit);
  write_file(limit, "262144");
  const Result result = backup(1);
  write_file(limit, before);
  EXPECT_THAT(result.err, HasSubstr("zfs_max_recordsize"));
  EXPECT_THAT(result.err, Not(HasSubstr("bootable")));
}

}  // namespace
}  // namespace czb::lab
