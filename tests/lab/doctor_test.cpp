// SPDX-License-Identifier: MIT
// `doctor` on real ZFS over real ssh: a healthy set-up is all well; where one thing is broken it is named, with what to
// do; and nothing is changed.
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "restricted.h"

namespace czb::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

struct Told {
  std::string state;
  std::string seen;
  std::string remedy;
};

void PrintTo(const Told& told, std::ostream* stream) {
  *stream << told.state << ": " << told.seen << " | Do: " << told.remedy;
}

MATCHER_P3(Tells, state, seen, remedy, std::string("is ") + state + ", tells '" + seen + "' and '" + remedy + "'") {
  return arg.state == state && arg.seen.find(seen) != std::string::npos && arg.remedy.find(remedy) != std::string::npos;
}

struct Diagnosis {
  Result result;
  Json json;

  Told told(const std::string& check, const std::string& target = "offsite") const {
    for (const Json& each : json.at("findings"))
      if (each.at("check") == check && each.value("target", "") == target)
        return {each.at("state"), each.at("seen"), each.value("do", "")};
    return {"not told", result.text(), ""};
  }
  Words checks(const std::string& state) const {
    Words words;
    for (const Json& each : json.at("findings"))
      if (each.at("state") == state)
        words.push_back(each.value("target", "") + " " + each.at("check").get<std::string>() + ": " +
                        each.at("seen").get<std::string>());
    return words;
  }
};

class DoctorTest : public LabTest {
 protected:
  DoctorTest() { over_ssh(""); }

  void over_ssh(const std::string& ssh_options) { transport = ssh_transport(ssh_config(), ssh_options); }
  std::string config() const { return backup_command(0).back(); }

  // A tree and its backup of just now.
  void back_up() const {
    make_tree({"child"});
    write("child", "data", noise(1, 100000));
    ASSERT_THAT(run({CZB_PROGRAM, "--config", config()}), Exits(ok));
  }

  // It must leave both trees as they are.
  Diagnosis doctor(const Words& environment = {}) const {
    const std::string file = config();
    const std::string before = state_of({source, target});
    Diagnosis diagnosis;
    diagnosis.result = run({CZB_PROGRAM, "doctor", "--json", "--config", file}, environment);
    EXPECT_EQ(state_of({source, target}), before);
    diagnosis.json = Json::parse(diagnosis.result.out);
    EXPECT_EQ(diagnosis.result.status, diagnosis.json.at("exit-code"));
    EXPECT_EQ(diagnosis.result.status, diagnosis.checks("failed").empty() ? ok : failed);
    return diagnosis;
  }

  // Without trees to compare: their pool is away.
  Diagnosis doctor_alone() const {
    Diagnosis diagnosis;
    diagnosis.result = run({CZB_PROGRAM, "doctor", "--json", "--config", config()});
    diagnosis.json = Json::parse(diagnosis.result.out);
    return diagnosis;
  }

  unsigned restricted = 0;

  // A pool of its own as target.
  void use_pool(const std::string& pool, const Words& options = {}) {
    const std::string file = "/tmp/" + pool + ".img";
    succeed({"truncate", "-s", "128M", file});
    succeed(Words{"zpool", "create", "-o", "cachefile=none"} + options + Words{"-m", "none", pool, file});
    target = pool + "/backup";
  }
};

TEST_F(DoctorTest, AHealthySetUpIsAllWellAndNothingIsChanged) {
  back_up();
  const Diagnosis found = doctor();
  EXPECT_THAT(found.checks("failed"), IsEmpty());
  EXPECT_THAT(found.checks("warning"), IsEmpty());
  for (const std::string check : {"ssh-config", "ssh-key", "host-key", "connection", "zfs", "pool-health", "dataset",
                                  "pool-space", "clock", "permissions", "features", "last-push", "resume-token"})
    EXPECT_THAT(found.told(check), Tells("ok", "", ""));
  for (const std::string check :
       {"lock", "zfs", "pool-health", "dataset", "pool-space", "permissions", "received-tree", "last-run"})
    EXPECT_THAT(found.told(check, ""), Tells("ok", "", ""));
  EXPECT_THAT(found.told("timer", ""), Tells("skipped", "systemd does not run here", ""));

  // And for people.
  const Result text = run({CZB_PROGRAM, "doctor", "--config", config()});
  EXPECT_THAT(text, Exits(ok, {"Job job, target offsite", "0 failed, 0 warnings"}));
  EXPECT_EQ(run({CZB_PROGRAM, "doctor", "--quiet", "--config", config()}).text(), "");
}

TEST_F(DoctorTest, AHostWithAnotherKeyThanTheKnownOneAndAnUnknownHost) {
  back_up();
  succeed({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder + "/other_key"});
  write_file(folder + "/known", "127.0.0.1 " + read_file(folder + "/other_key.pub"));
  over_ssh(", options: [UserKnownHostsFile=" + folder + "/known]");
  const Diagnosis wrong = doctor();
  EXPECT_THAT(wrong.told("connection"), Tells("failed", "learn why first", "by hand"));
  EXPECT_THAT(wrong.told("dataset"), Tells("skipped", "the check connection failed", ""));
  EXPECT_THAT(wrong.told("dataset", ""), Tells("ok", "", ""));

  write_file(folder + "/known", "");
  const Diagnosis unknown = doctor();
  EXPECT_THAT(unknown.told("host-key"),
              Tells("failed", "no key of 127.0.0.1 is known in " + folder + "/known", "Compare its fingerprint"));
  EXPECT_THAT(unknown.told("connection"), Tells("failed", "Host key verification failed", ""));
}

TEST_F(DoctorTest, AKeyThatIsMissingOrThatTheHostDoesNotAccept) {
  back_up();
  succeed({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder + "/stranger"});
  std::string text = read_file(ssh_config());
  const std::string known = "/root/ssh/client_key";
  const auto use_key = [&](const std::string& key) {
    std::string changed = text;
    write_file(folder + "/ssh_config", changed.replace(changed.find(known), known.size(), key));
    transport = ssh_transport(folder + "/ssh_config");
  };
  use_key(folder + "/absent");
  EXPECT_THAT(doctor().told("ssh-key"), Tells("failed", folder + "/absent", "ssh-keygen -t ed25519"));
  use_key(folder + "/stranger");
  const Diagnosis stranger = doctor();
  EXPECT_THAT(stranger.told("ssh-key"), Tells("ok", folder + "/stranger", ""));
  EXPECT_THAT(stranger.told("connection"), Tells("failed", "accepts none of the keys", ""));
}

TEST_F(DoctorTest, AStartUpFileAtTheFarEndThatPrints) {
  back_up();
  write_file("/root/.bashrc", "echo welcome\n");
  const Diagnosis found = doctor();
  std::filesystem::remove("/root/.bashrc");
  EXPECT_THAT(found.told("connection"), Tells("failed", "prints 'welcome'", ".bashrc"));
}

TEST_F(DoctorTest, DatasetsThatAreMissing) {
  make_tree();
  target_options = {};
  EXPECT_THAT(doctor().told("dataset"), Tells("warning", target + " does not exist", "--force-non-incremental"));
  const std::string elsewhere = target;
  target = "offsite/none/backup";
  EXPECT_THAT(doctor().told("dataset"),
              Tells("failed", "nor does offsite/none", "zfs create -p -o mountpoint=none offsite/none"));
  target = elsewhere;
  ASSERT_THAT(run({CZB_PROGRAM, "--force-non-incremental", "--config", config()}), Exits(ok));
  zfs({"rename", target, target + "-lost"});
  EXPECT_THAT(doctor().told("dataset"), Tells("failed", "has a record of having been pushed there", "zpool history"));
  source = "zippy/none";
  const Diagnosis none = doctor();
  EXPECT_THAT(none.told("dataset", ""), Tells("failed", "zippy/none does not exist", "`zfs list`"));
  EXPECT_THAT(none.told("last-run", ""), Tells("skipped", "the check dataset failed", ""));
}

TEST_F(DoctorTest, APoolThatIsExported) {
  use_pool("away");
  back_up();
  succeed({"zpool", "export", "away"});
  const Diagnosis found = doctor_alone();
  succeed({"zpool", "import", "-d", "/tmp", "-o", "cachefile=none", "away"});
  EXPECT_THAT(found.told("pool-health"), Tells("failed", "there is no pool away on ssh offsite", "zpool import away"));
  EXPECT_THAT(found.told("last-push"), Tells("skipped", "the check pool-health failed", ""));
  EXPECT_THAT(doctor().told("pool-health"), Tells("ok", "ONLINE", ""));
  succeed({"zpool", "destroy", "away"});
}

TEST_F(DoctorTest, ATargetThatHasNoRoomForTheNextPush) {
  back_up();
  zfs({"set", "quota=" + std::to_string(std::stoull(property("used", target)) + (1U << 18)), target});
  write("child", "more", noise(2, 1U << 20));
  succeed({"zpool", "sync"});
  EXPECT_THAT(doctor().told("pool-space"), Tells("failed", "the next push brings", "raise the quota"));
}

TEST_F(DoctorTest, AnInterruptedReceiveThatStaysAndOneThatCannotBeFinished) {
  make_tree({"child"});
  take_snapshot(1);
  expect_backup(1, push_only);
  write("child", "data", noise(1));
  take_snapshot(2);
  cut_stream({"-w", "-I", "@" + noon(1), source + "/child@" + noon(2)}, 700000, {target + "/child"});
  EXPECT_THAT(doctor().told("resume-token"), Tells("ok", "the receive of " + target + "/child was interrupted", ""));
  take_snapshot(3);
  const Diagnosis stuck = doctor();
  EXPECT_THAT(stuck.told("resume-token"),
              Tells("warning", "the run of @" + noon(3) + " has not finished it", "--verbose"));
  EXPECT_THAT(stuck.told("last-run", ""), Tells("warning", "days old", "--job job"));
  zfs({"destroy", source + "/child@" + noon(2)});
  EXPECT_THAT(doctor().told("resume-token"),
              Tells("warning", "the source cannot finish", "zfs receive -A " + target + "/child"));
  expect_backup(3, push_only);
  EXPECT_THAT(doctor().told("resume-token"), Tells("ok", "no receive is interrupted", ""));
}

TEST_F(DoctorTest, ATargetWithSnapshotsOfItsOwnAndOneWithNothingInCommon) {
  back_up();
  zfs({"snapshot", target + "/child@theirs"});
  EXPECT_THAT(doctor().told("next-push"), Tells("failed", target + "/child@theirs", "They may be the only copy"));
  zfs({"destroy", "-r", source + "@%"});
  zfs({"snapshot", "-r", source + "@" + noon(1)});
  EXPECT_THAT(doctor().told("next-push"), Tells("failed", "none of them is one of", "--force-non-incremental"));
}

// Each is what a push ends with then.
TEST_F(DoctorTest, WhatTheNextPushWouldRunIntoIsFailedBeforeIt) {
  make_tree({"child", "bare"});
  for (const int day : {1, 2, 3}) {
    take_snapshot(day);
    expect_backup(day, push_only);
  }
  EXPECT_THAT(doctor().told("next-push"), Tells("ok", "nothing is in its way", ""));

  zfs({"destroy", target + "/child@" + noon(2)});
  EXPECT_THAT(doctor().told("next-push"),
              Tells("failed", target + "/child@" + noon(2) + " is missing at the target", "ends with status 1"));
  EXPECT_THAT(backup(3, push_only), Exits(failed));
  zfs({"destroy", source + "/child@" + noon(2)});
  EXPECT_THAT(doctor().told("next-push"), Tells("ok", "", ""));

  zfs({"destroy", target + "/bare@%"});
  EXPECT_THAT(doctor().told("next-push"), Tells("failed", target + "/bare has no snapshot at the target",
                                                "rename that dataset there (zfs rename)"));
  EXPECT_THAT(backup(3, push_only), Exits(needs_person));
  zfs({"rename", target + "/bare", target + "-bare"});
  expect_backup(3, push_only);

  zfs({"set", "readonly=off", target + "/child"});
  zfs({"set", "mountpoint=" + folder + "/written", target + "/child"});
  write_file(folder + "/written/theirs", noise(4));
  succeed({"zfs", "unmount", target + "/child"});
  EXPECT_THAT(doctor().told("next-push"), Tells("warning", target + "/child was written to since", "zfs diff"));
  take_snapshot(4);
  EXPECT_THAT(doctor().told("next-push"), Tells("failed", target + "/child was written to since", "zfs diff"));
  EXPECT_THAT(backup(4, push_only), Exits(needs_person));
}

TEST_F(DoctorTest, AReadOnlySourcePoolAndARecordOfATargetThatNoJobHas) {
  const std::string file = "/tmp/rescued.img";
  succeed({"truncate", "-s", "128M", file});
  succeed({"zpool", "create", "-o", "cachefile=none", "-m", "none", "rescued", file});
  source = "rescued/data";
  zfs({"create", source});
  ASSERT_THAT(run({CZB_PROGRAM, "--config", config()}), Exits(ok));
  EXPECT_THAT(doctor().told("records", ""), Tells("ok", "", ""));
  zfs({"set", "cyber-zfs-backup:base.oldname=" + source + "@t1", source});
  EXPECT_THAT(doctor().told("records", ""), Tells("warning", "a record of the target oldname",
                                                  "zfs inherit cyber-zfs-backup:base.oldname " + source));
  zfs({"inherit", "cyber-zfs-backup:base.oldname", source});
  EXPECT_THAT(doctor().told("records", ""), Tells("ok", "", ""));
  succeed({"zpool", "export", "rescued"});
  succeed({"zpool", "import", "-d", "/tmp", "-o", "cachefile=none", "-o", "readonly=on", "rescued"});
  const Diagnosis found = doctor();
  EXPECT_THAT(run({CZB_PROGRAM, "--config", config()}), Exits(failed));
  succeed({"zpool", "destroy", "rescued"});
  EXPECT_THAT(found.told("pool-health", ""),
              Tells("failed", "imported read-only: no snapshot can be taken", "damaged"));
}

TEST_F(DoctorTest, ATimerThatIsNotEnabled) {
  back_up();
  const std::string bin = folder + "/bin";
  std::filesystem::create_directories(bin);
  write_file(bin + "/systemctl", R"(#!/bin/sh
case $1 in
  is-enabled) echo disabled; exit 1 ;;
  is-active) echo inactive; exit 3 ;;
  show) printf 'LoadState=loaded\nUser=backup\n' ;;
esac
)");
  std::filesystem::permissions(bin + "/systemctl", std::filesystem::perms::owner_all);
  std::filesystem::create_directories("/run/systemd/system");
  const Diagnosis found = doctor({"PATH=" + bin + ":" + std::getenv("PATH")});
  std::filesystem::remove_all("/run/systemd");
  EXPECT_THAT(found.told("timer", ""),
              Tells("warning", "is disabled", "systemctl enable --now cyber-zfs-backup.timer"));
  EXPECT_THAT(found.told("user", ""), Tells("warning", "runs as backup", "runuser -u backup"));
  EXPECT_EQ(found.result.status, ok);  // warnings
}

TEST_F(DoctorTest, AnotherRunAtWork) {
  back_up();
  std::string lock = source;
  lock.replace(lock.find('/'), 1, "%");
  lock = "/run/cyber-zfs-backup/" + lock + ".lock";
  const Process holder({"flock", lock, "sleep", "1000"});
  ASSERT_TRUE(comes_true([&] { return run({"flock", "-n", lock, "true"}).status != 0; }));
  EXPECT_THAT(doctor().told("lock", ""),
              Tells("warning", "another run for " + source + " is in progress", "Let it end"));
}

// Whether a feature that is said to break streams does, and none other.
TEST_F(DoctorTest, FeaturesThatTheTargetsPoolLacks) {
  Words without = {"-o", "feature@zstd_compress=disabled", "-o", "feature@large_blocks=disabled"};
  if (!openzfs_is("2.1")) without = without + Words{"-o", "feature@large_microzap=disabled"};  // needs large_blocks
  use_pool("plain", without);
  make_tree({}, {"-o", "compression=zstd", "-o", "recordsize=1M"});
  write("", "data", std::string(3U << 20, 'x') + noise(1, 3U << 20));
  succeed({"zpool", "sync"});
  const Diagnosis found = doctor();
  EXPECT_THAT(found.told("features"), Tells("failed", "large_blocks, zstd_compress", "zpool set feature@large_blocks"));
  EXPECT_THAT(run({CZB_PROGRAM, "--config", config()}), Exits(needs_person));
  // What it says is to be done.
  succeed({"zpool", "set", "feature@zstd_compress=enabled", "plain"});
  EXPECT_THAT(doctor().told("features"), Tells("failed", ": large_blocks;", ""));
  EXPECT_THAT(run({CZB_PROGRAM, "--action", "push", "--config", config()}), Exits(needs_person));
  succeed({"zpool", "set", "feature@large_blocks=enabled", "plain"});
  EXPECT_THAT(doctor().told("features"), Tells("ok", "", ""));
  EXPECT_THAT(run({CZB_PROGRAM, "--action", "push", "--config", config()}), Exits(ok));
  succeed({"zpool", "destroy", "plain"});
}

TEST_F(DoctorTest, AUserWhoLacksPermissionsAtTheTarget) {
  back_up();
  const std::string home = "/tmp/doctors-home";
  succeed({"useradd", "-p", "*", "-s", "/bin/sh", "-M", "-d", home, "doctors-backup"});
  std::filesystem::create_directories(home + "/.ssh");
  std::filesystem::copy_file(std::filesystem::path(ssh_config()).replace_filename("client_key.pub"),
                             home + "/.ssh/authorized_keys");
  zfs({"allow", "-u", "doctors-backup", "create,mount", target});
  over_ssh(", options: [User=doctors-backup]");
  const Diagnosis found = doctor();
  const Told lacking = found.told("permissions");
  EXPECT_THAT(lacking, Tells("failed", "the user doctors-backup on ssh offsite lacks what a run needs on " + target,
                             "zfs allow -u doctors-backup "));
  EXPECT_THAT(lacking.seen, HasSubstr("receive"));
  // What it says is to be done, typed.
  Words line;
  std::istringstream words(lacking.remedy.substr(lacking.remedy.find("zfs allow")));
  for (std::string word; words >> word;) line.push_back(word);
  succeed(line);
  EXPECT_THAT(doctor().told("permissions"), Tells("ok", "doctors-backup", ""));
}

// The real forced command: it refuses what a run does not need, and doctor asks for none of that.
TEST_F(DoctorTest, ARestrictedReceiverIsAllWellAndOneForAnotherDatasetIsTold) {
  back_up();
  const auto restrict_to = [&](const std::string& root, const Words& options) {
    const std::string keys = folder + "/keys-" + std::to_string(++restricted);
    succeed(Words{CZB_GUEST_TOOLS "/setup-receiver", keys, "cyber-zfs-backup", CZB_RECEIVER, "--root", root} + options);
    transport = ssh_transport(keys + "/ssh_config");
  };
  restrict_to(target, {"--quota", "none"});
  EXPECT_THAT(doctor().told("permissions"), Tells("failed", "cyber-zfs-backup on ssh offsite lacks", "zfs allow -u "));
  allow(ZfsRole::append_only, target);
  const Diagnosis found = doctor();
  EXPECT_THAT(found.checks("failed"), IsEmpty());
  if (openzfs_is("2.1"))
    EXPECT_THAT(found.told("zfs"), Tells("warning", "could damage other datasets of the pool", "Upgrade it to 2.2"));
  else
    EXPECT_THAT(found.told("zfs"), Tells("ok", "", ""));
  EXPECT_EQ(found.checks("warning").size(), openzfs_is("2.1") ? 1U : 0U);
  EXPECT_THAT(found.told("receiver"), Tells("ok", "mode append-only for " + target, ""));
  for (const std::string check :
       {"connection", "pool-health", "dataset", "pool-space", "clock", "last-push", "resume-token"})
    EXPECT_THAT(found.told(check), Tells("ok", "", ""));
  EXPECT_THAT(found.told("features"), Tells("skipped", "the receiver does not tell", ""));

  restrict_to(target, {"--mode", "pull"});
  EXPECT_THAT(doctor().told("receiver"), Tells("failed", "its mode is pull", "--mode append-only"));
  restrict_to(target + "2", {});
  EXPECT_THAT(doctor().told("receiver"), Tells("failed", "refuses to list " + target, "--root"));
}

}  // namespace
}  // namespace czb::lab
