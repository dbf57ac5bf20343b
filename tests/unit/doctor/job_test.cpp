// SPDX-License-Identifier: MIT
// Doctor over a whole job: what is healthy, what is found where one thing is broken, and that nothing is changed.
#include <functional>

#include "doctor/doctor_world.h"

namespace czb::doctor {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

using DoctorJob = DoctorWorld;

TEST_F(DoctorJob, AHealthyJobHasNoWarningAndNoFailure) {
  const auto all = examine();
  EXPECT_THAT(checks_in(all, State::failed), IsEmpty());
  EXPECT_THAT(checks_in(all, State::warning), IsEmpty());
  EXPECT_THAT(checks_in(all, State::ok, ""), ElementsAre("lock", "zfs", "pool-health", "dataset", "pool-space",
                                                         "permissions", "received-tree", "last-run"));
  EXPECT_THAT(checks_in(all, State::ok, "far"),
              ElementsAre("connection", "zfs", "pool-health", "dataset", "pool-space", "clock", "permissions",
                          "features", "at-rest", "last-push", "next-push", "resume-token"));
  EXPECT_THAT(checks_in(all, State::skipped), ElementsAre("receiver"));
}

TEST_F(DoctorJob, NothingThatItRunsCanChangeAnything) {
  far->answer(far_listing(), {listing_of("vault/home", {98000}, "1-token")});
  examine();
  std::vector<std::string> commands = source->commands();
  commands.insert(commands.end(), far->commands().begin(), far->commands().end());
  EXPECT_THAT(commands, Contains("zfs send -nvt 1-token"));
  for (const std::string& command : commands) {
    const std::vector<std::string> harmless = {"zfs version",
                                               "zfs list -H",
                                               "zfs get -H",
                                               "zfs send -nvt ",
                                               "zpool list -H",
                                               "zpool get -H",
                                               "id",
                                               "date +%s",
                                               "cyber-zfs-backup-receiver report"};
    EXPECT_TRUE(std::any_of(harmless.begin(), harmless.end(), [&](const std::string& beginning) {
      return command.rfind(beginning, 0) == 0;
    })) << command;
  }
}

TEST_F(DoctorJob, HowTheBackupLiesAtRestIsTold) {
  const std::string question = "zfs list -H -t filesystem,volume -o name,encryptionroot,keystatus vault";
  EXPECT_THAT(examine_for("at-rest", "far"), Tells(State::ok, "vault/home is in clear, as at the source", ""));
  far->answer(question, {"vault\tvault\tavailable\n"});
  EXPECT_THAT(examine_for("at-rest", "far"),
              Tells(State::warning, "vault/home lies in clear, though what is above is encrypted there",
                    "a name outside of vault/home, and push again"));
  job.targets[0].at_rest = AtRest::encrypt;
  EXPECT_THAT(examine_for("at-rest", "far"),
              Tells(State::warning, "vault/home lies in clear: 'at-rest: encrypt' holds", "outside of vault/home"));
  far->answer(far_listing(), {listing_of("vault/home", {98000}, "-", "", "vault")});
  EXPECT_THAT(examine_for("at-rest", "far"), Tells(State::ok, "vault/home is encrypted there by vault", ""));
  far->answer(question, {"vault\tvault\tunavailable\n"});
  EXPECT_THAT(examine_for("at-rest", "far"), Tells(State::failed, "is not loaded there", "zfs load-key vault"));
  far->answer(question, {"", "cyber-zfs-backup-receiver: refused\n", 77});
  EXPECT_THAT(examine_for("at-rest", "far"), Tells(State::skipped, "is not told by ssh far", ""));
}

TEST_F(DoctorJob, AListingThatLeavesOutWhatCannotBeOpenedIsNone) {
  far->answer(far_listing(), {listing_of("vault/home", {98000}), "cannot iterate filesystems: I/O error\n", 0});
  EXPECT_THAT(examine_for("dataset", "far"), Tells(State::failed, "cannot iterate filesystems: I/O error", ""));
}

TEST_F(DoctorJob, AMissingSourceDatasetIsFoundAndTheTargetIsStillLookedAt) {
  source->answer(source_listing(), {"", "cannot open 'tank/home': dataset does not exist\n", 1});
  const auto all = examine();
  EXPECT_THAT(finding_of(all, "dataset", ""), Tells(State::failed, "tank/home does not exist", "`zfs list` shows"));
  EXPECT_THAT(finding_of(all, "last-run"), Tells(State::skipped, "the check dataset failed", ""));
  EXPECT_THAT(finding_of(all, "dataset", "far"), Tells(State::ok, "vault/home is there: 1 dataset", ""));
  EXPECT_THAT(finding_of(all, "last-push"), Tells(State::skipped, "not both sides", ""));
}

TEST_F(DoctorJob, ATargetThatCannotBeReachedFailsOneCheckAndTheOthersAreSkippedForIt) {
  far->refuse("cannot reach ssh far: Host key verification failed.");
  const auto all = examine();
  EXPECT_THAT(finding_of(all, "connection"),
              Tells(State::failed, "Host key verification failed", "Try `zfs version` by hand, as the user root"));
  EXPECT_THAT(checks_in(all, State::failed), ElementsAre("connection"));
  EXPECT_THAT(checks_in(all, State::skipped, "far"),
              ElementsAre("receiver", "zfs", "pool-health", "dataset", "pool-space", "clock", "permissions", "features",
                          "last-push", "next-push", "resume-token"));
  EXPECT_THAT(finding_of(all, "last-push"), Tells(State::skipped, "the check connection failed", ""));
}

TEST_F(DoctorJob, ASourceThatCannotBeReachedLeavesOfItsTargetWhatCanBeSaidWithoutIt) {
  job.transport.id = "carrier";
  source->refuse("cannot reach it");
  const auto all = examine();
  EXPECT_THAT(checks_in(all, State::failed), ElementsAre("connection"));
  EXPECT_THAT(finding_of(all, "connection"), Tells(State::failed, "cannot reach it", "by hand"));
  EXPECT_THAT(checks_in(all, State::skipped, "far"),
              ElementsAre("receiver", "features", "at-rest", "last-push", "next-push"));
}

TEST_F(DoctorJob, AStartUpFileThatPrintsIsFoundBeforeZfsIsAsked) {
  far->answer("cyber-zfs-backup-receiver report", {"Welcome!\n", "sh: not found\n", 127});
  const auto all = examine();
  EXPECT_THAT(finding_of(all, "connection"), Tells(State::failed, "prints 'Welcome!'", ".bashrc"));
  EXPECT_FALSE(far->was_asked("zfs"));
}

TEST_F(DoctorJob, ZfsThatIsNotInstalledOrNotLoadedOrForbiddenHasARemedyOfItsOwn) {
  far->answer("zfs version", {"", "env: 'zfs': No such file or directory\n", 127});
  EXPECT_THAT(examine_for("zfs", "far"), Tells(State::failed, "No such file", "apt install zfsutils-linux"));
  far->answer("zfs version", {"", "sh: 1: /usr/bin/cyber-zfs-backup-receiver: not found\n", 127});
  EXPECT_THAT(examine_for("zfs", "far"), Tells(State::failed, "not found", "authorized_keys"));
  far->answer("zfs version", {"", "The ZFS modules are not loaded.\nTry running '/sbin/modprobe zfs'\n", 1});
  EXPECT_THAT(examine_for("zfs", "far"), Tells(State::failed, "not loaded", "modprobe zfs"));
  far->answer("zfs version", {"", "sudo: a password is required\n", 1});
  EXPECT_THAT(examine_for("zfs", "far"), Tells(State::failed, "a password is required", "sudoers there"));
}

TEST_F(DoctorJob, AnOldOrHalfUpgradedOpenZfsIsAWarning) {
  far->answer("zfs version", {"zfs-2.3.2-1\nzfs-kmod-2.1.11-1\n"});
  EXPECT_THAT(examine_for("zfs", "far"), Tells(State::warning, "2.3.2-1 on ssh far, but the module", "reboot"));
  far->answer("zfs version", {"zfs-0.8.6-1\nzfs-kmod-0.8.6-1\n"});
  EXPECT_THAT(examine_for("zfs", "far"), Tells(State::warning, "0.8.6-1", "2.1 or newer"));
}

TEST_F(DoctorJob, APoolThatIsNotImportedIsNamedAndItsDatasetIsNotAskedFor) {
  far->answer("zpool list -H -p -o health,capacity,readonly vault", {"", "cannot open 'vault': no such pool\n", 1});
  const auto all = examine();
  EXPECT_THAT(finding_of(all, "pool-health", "far"),
              Tells(State::failed, "there is no pool vault on ssh far", "zpool import vault"));
  EXPECT_THAT(finding_of(all, "dataset", "far"), Tells(State::skipped, "the check pool-health failed", ""));
}

TEST_F(DoctorJob, PoolHealthIsToldAndASuspendedPoolIsNotTouched) {
  far->answer("zpool list -H -p -o health,capacity,readonly vault", {"DEGRADED\t40\n"});
  EXPECT_THAT(examine_for("pool-health", "far"), Tells(State::warning, "vault on ssh far is DEGRADED", "zpool status"));
  far->answer("zpool list -H -p -o health,capacity,readonly vault", {"SUSPENDED\t40\n"});
  const std::size_t before = far->commands().size();
  EXPECT_THAT(examine_for("pool-health", "far"), Tells(State::failed, "SUSPENDED", "zpool clear vault"));
  EXPECT_EQ(far->commands().size(), before + 3);  // receiver, version, pool
}

TEST_F(DoctorJob, ATargetThatDoesNotExistYetIsToldByWhatTheNextPushDoes) {
  far->answer(far_listing(), {"", "cannot open 'vault/home': dataset does not exist\n", 1});
  far->answer("zfs list -H -o name vault", {"vault\n"});
  far->answer("zfs get -H -p -o property,value used,available vault", {"used\t1\navailable\t800000\n"});
  source->answer(source_listing(), {listing_of("tank/home", {99000}, "-", "\t-")});
  EXPECT_THAT(examine_for("dataset", "far"),
              Tells(State::warning, "vault/home does not exist on ssh far yet", "--force-non-incremental"));
  EXPECT_THAT(examine_for("pool-space", "far"), Tells(State::ok, "available to vault on ssh far", ""));
  job.targets[0].initial_full = true;
  EXPECT_THAT(examine_for("dataset", "far"), Tells(State::ok, "the next push makes it", ""));
  EXPECT_THAT(examine_for("last-push", "far"), Tells(State::skipped, "no backup yet", ""));
}

TEST_F(DoctorJob, ABackupThatIsGoneIsAFailureAndSoIsAMissingParent) {
  far->answer(far_listing(), {"", "cannot open 'vault/home': dataset does not exist\n", 1});
  far->answer("zfs list -H -o name vault", {"vault\n"});
  EXPECT_THAT(examine_for("dataset", "far"),
              Tells(State::failed, "has a record of having been pushed", "zpool history"));
  far->answer("zfs list -H -o name vault", {"", "cannot open 'vault': dataset does not exist\n", 1});
  EXPECT_THAT(
      examine_for("dataset", "far"),
      Tells(State::failed, "there is no pool vault there, but the source has a record", "`zpool import vault`"));
}

TEST_F(DoctorJob, AListingThatIsNotUnderstoodFailsThatCheckAlone) {
  source->answer(source_listing(), {"nonsense\n"});
  const auto all = examine();
  EXPECT_THAT(finding_of(all, "dataset", ""), Tells(State::failed, "was not understood", "by hand"));
  EXPECT_THAT(finding_of(all, "dataset", "far"), Tells(State::ok, "", ""));
}

TEST_F(DoctorJob, ARefusedTransportPluginSkipsItsSideAlone) {
  std::vector<Finding> all;
  examine_job(job, {naming, nullptr, {far}, "cyber-zfs-backup"}, here, all);
  EXPECT_THAT(checks_in(all, State::skipped, ""), Contains("last-run"));
  EXPECT_THAT(checks_in(all, State::ok, "far"), IsEmpty());
  all.clear();
  examine_job(job, {nullptr, source, {nullptr}, "cyber-zfs-backup"}, here, all);
  EXPECT_THAT(finding_of(all, "last-run"), Tells(State::skipped, "naming plugin is refused", ""));
  EXPECT_THAT(finding_of(all, "last-push"),
              Tells(State::skipped, "plugin of its transport, 'carrier', is refused", ""));
}

TEST_F(DoctorJob, NothingThatAFarEndSaysReachesATerminalUnescaped) {
  const std::string bad = "\x1b[2J\xff";
  const std::vector<std::function<void()>> lies = {
      [&] {
        far->answer("cyber-zfs-backup-receiver report", {bad, bad, 127});
      },
      [&] { far->answer("zfs version", {"zfs-2" + bad + "\nzfs-kmod-1" + bad + "\n"}); },
      [&] {
        far->answer("zfs version", {"", bad + "\nFAILED: fake\n", 1});
      },
      [&] { far->answer("zpool list -H -p -o health,capacity,readonly vault", {bad + "\t40\n"}); },
      [&] {
        far->answer("zpool list -H -p -o health,capacity,readonly vault", {"", bad, 1});
      },
      [&] { far->answer("id", {"uid=7(" + bad + ") gid=7(" + bad + ") groups=7(" + bad + ")\n"}); },
      [&] { far->answer(far_listing(), {"vault/home@" + bad + "\tsnapshot\n"}); },
      [&] {
        far->answer(far_listing(), {"", bad, 1});
      },
      [&] {
        restrict_far({{"mode", bad}, {"zfs-version", "zfs-2" + bad}, {"zpool-health", bad}, {"user", bad}});
      },
      [&] {
        restrict_far({{"root", bad}, {"missing-permissions", bad}});
      },
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    const auto before = std::make_shared<ScriptedHost>(*far);
    far->answer("zfs allow vault/home", {""});
    lies[i]();
    for (const Finding& finding : examine())
      EXPECT_EQ((finding.seen + finding.remedy).find_first_of("\x1b\xff"), std::string::npos) << i << finding.check;
    far = before;
  }
}

TEST_F(DoctorJob, EveryWarningAndFailureSaysWhatToDo) {
  const std::vector<std::function<void()>> breakages = {
      [&] { far->refuse("cannot reach it"); },
      [&] { far->answer("id", {"uid=7(backup) gid=7(backup) groups=7(backup)\n"}); },
      [&] { far->answer("zpool get -H -p -o property,value all vault", {"feature@lz4_compress\tdisabled\n"}); },
      [&] { far->answer("date +%s", {"5\n"}); },
      [&] { far->answer("zfs get -H -p -o property,value used,available vault/home", {"available\t1\n"}); },
      [&] { far->answer(far_listing(), {listing_of("vault/home", {5}, "1-token")}); },
      [&] {
        far->answer(far_listing(), {"", "pool is suspended\n", 1});
      },
      [&] {
        source->answer("zfs version", {"", "no\n", 1});
      },
      [&] { source->answer(source_listing(), {listing_of("tank/home", {}, "-", "\t-")}); },
  };
  for (std::size_t i = 0; i < breakages.size(); ++i) {
    const auto source_before = std::make_shared<ScriptedHost>(*source);
    const auto far_before = std::make_shared<ScriptedHost>(*far);
    far->answer("zfs allow vault/home", {""});
    breakages[i]();
    std::size_t problems = 0;
    for (const Finding& finding : examine()) {
      if (finding.state != State::failed && finding.state != State::warning) continue;
      ++problems;
      EXPECT_NE(finding.seen, "") << i;
      EXPECT_NE(finding.remedy, "") << i << ": " << finding.seen;
    }
    EXPECT_GT(problems, 0U) << "breakage " << i << " was not found";
    source = source_before;
    far = far_before;
  }
}

}  // namespace
}  // namespace czb::doctor
