// SPDX-License-Identifier: MIT
// Doctor on what earlier runs have left: ages, common snapshots, interrupted receives, and another run at work.
#include "doctor/doctor_world.h"
#include "doctor/history_checks.h"
#include "execute/job_lock.h"
#include "fixtures/temporary_folder.h"
#include "fixtures/token_builder.h"

namespace czb::doctor {
namespace {

using test::Tree;

constexpr std::int64_t day = 86400;

class DoctorHistory : public ::testing::Test {
 protected:
  DoctorHistory() {
    far_config.name = "far";
    target.is_source = false;
    target.target_config = &far_config;
  }

  Finding last_run(const std::string& snapshots, std::int64_t at) {
    source.inventory = Tree("tank").dataset("", snapshots);
    history.now = at;
    judge_last_run(source, history, findings);
    return all.back();
  }
  Finding last_push(const Inventory& here, const Inventory& there, std::int64_t at = 0) {
    source.inventory = here;
    target.inventory = there;
    history.now = at;
    judge_last_push(source, target, history, findings);
    return all.back();
  }

  std::vector<Finding> all;
  Findings findings{all, "home", "far"};
  PluginChoice choice{"local", "the test", {}};
  Host host{std::make_shared<ScriptedHost>("this machine"), std::chrono::seconds(60)};
  TargetConfig far_config;
  Side source{host, choice, "tank"};
  Side target{host, choice, "vault"};
  test::NumberNaming naming;
  History history{"cyber-zfs-backup --job home", &naming, 0, false};
};

TEST_F(DoctorHistory, TheLastRunMayBeTwoDaysOld) {
  EXPECT_THAT(last_run("t10 foreign t20", 20 + 2 * day), Tells(State::ok, "tank@t20, is 2 days old", ""));
  EXPECT_THAT(last_run("t20", 21 + 2 * day), Tells(State::warning, "tank@t20, is 2 days old", "--job home"));
  EXPECT_THAT(last_run("t20", 80), Tells(State::ok, "1 min 0 s old", ""));
}

TEST_F(DoctorHistory, NoSnapshotOfTheJobIsAWarningAndOneFromTheFutureAFailure) {
  EXPECT_THAT(last_run("foreign", 5), Tells(State::warning, "no snapshot of this job yet", "Run it"));
  EXPECT_THAT(last_run("t90", 30), Tells(State::ok, "t90", ""));
  EXPECT_THAT(last_run("t91", 30), Tells(State::failed, "from the future", "zfs rename -r tank@t91 tank@NAME"));
}

TEST_F(DoctorHistory, TheLastPushIsTheNewestCommonSnapshotOfTheRoots) {
  const Tree both = Tree("tank").dataset("", "t10 t20");
  EXPECT_THAT(last_push(both, Tree("vault").dataset("", "t10 t20"), 30),
              Tells(State::ok, "vault has @t20, 10 s old, the source's newest", ""));
  EXPECT_THAT(last_push(both, Tree("vault").dataset("", "t10"), 30),
              Tells(State::ok, "@t10, 20 s old, which is not the source's newest", ""));
  EXPECT_THAT(last_push(both, Tree("vault").dataset("", "t10"), 11 + 2 * day),
              Tells(State::warning, "2 days old", "--action push"));
  EXPECT_THAT(last_push(both, Tree("vault")), Tells(State::skipped, "no backup yet", ""));
  EXPECT_THAT(last_push(both, Tree("vault").dataset("")),
              Tells(State::warning, "no snapshot that the source has", "next-push"));
}

TEST_F(DoctorHistory, ARecordedBaseThatIsGoneAtTheTargetIsAWarning) {
  Inventory here = Tree("tank").dataset("", "t1 t2");
  here.datasets.at("").user_properties[base_property("far")] = "tank@t2";
  EXPECT_THAT(last_push(here, Tree("vault").dataset("", "t1"), 2),
              Tells(State::warning, "@t2, which the source has a record of, is gone there", "zpool history vault"));
}

class DoctorTokens : public DoctorWorld {
 protected:
  DoctorTokens() { token_is_for("tank/home@t99000"); }
  void token_is_for(const std::string& snapshot, const Scripted& answer = {}) {
    token_ = test::resume_token(snapshot, 9, 0, true);
    far->answer(far_listing(), {listing_of("vault/home", {97000}, token_)});
    source->answer("zfs send -nvt " + token_, answer);
  }

  std::string token_;
};

TEST_F(DoctorTokens, AnInterruptedReceiveOfTheLastRunIsFinishedByTheNext) {
  token_is_for("tank/home@t99000");
  EXPECT_THAT(examine_for("resume-token", "far"), Tells(State::ok, "the receive of vault/home was interrupted", ""));
}

TEST_F(DoctorTokens, OneThatALaterRunDidNotFinishIsAWarning) {
  token_is_for("tank/home@t98000");
  EXPECT_THAT(examine_for("resume-token", "far"),
              Tells(State::warning, "the run of @t99000 has not finished it", "--action push --verbose"));
}

TEST_F(DoctorTokens, OneThatTheSourceCannotFinishIsAWarningWithBothWaysOut) {
  token_is_for("tank/home@t99000",
               {"", "cannot resume send: 'tank/home@t99000' is no longer the same snapshot\n", 255});
  EXPECT_THAT(examine_for("resume-token", "far"),
              Tells(State::warning, "no longer the same snapshot", "zfs receive -A vault/home"));
  far->answer(far_listing(), {listing_of("vault/home", {97000}, "1-abc")});
  source->answer("zfs send -nvt 1-abc", {"", "internal error\n", 1});
  EXPECT_THAT(examine_for("resume-token", "far"), Tells(State::warning, "cannot read the token", "gives it up"));
}

TEST_F(DoctorTokens, WhileAnotherRunIsAtWorkItIsSaidAndTokensAreLeftAlone) {
  const TemporaryFolder folder;
  here.lock_folders = [&] { return std::vector<std::string>{"/no/such/folder", folder.path()}; };
  const JobLock lock(folder.path(), "tank/home");
  const auto all = examine();
  EXPECT_THAT(finding_of(all, "lock"),
              Tells(State::warning, "in progress (process " + std::to_string(::getpid()) + " since ", "Let it end"));
  EXPECT_THAT(finding_of(all, "resume-token"), Tells(State::skipped, "another run", ""));
}

}  // namespace
}  // namespace czb::doctor
