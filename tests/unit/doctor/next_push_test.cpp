// SPDX-License-Identifier: MIT
// `next-push`: what the next push would run into, as the planners of a run see it.
#include "doctor/doctor_world.h"
#include "doctor/next_push_checks.h"

namespace czb::doctor {
namespace {

using test::Tree;
using ::testing::HasSubstr;

class DoctorNextPush : public ::testing::Test {
 protected:
  DoctorNextPush() {
    far_config.name = "far";
    far_config.dataset = "vault";
    target.is_source = false;
    target.target_config = &far_config;
  }

  Finding next_push(const Inventory& here, const Inventory& there) {
    all.clear();
    Findings findings(all, "home", "far");
    source.inventory = here;
    target.inventory = there;
    judge_next_push(source, target, history, findings);
    return all.empty() ? Finding{} : all.front();
  }

  std::vector<Finding> all;
  PluginChoice choice{"local", "the test", {}};
  Host host{std::make_shared<ScriptedHost>("this machine"), std::chrono::seconds(60)};
  TargetConfig far_config;
  Side source{host, choice, "tank"};
  Side target{host, choice, "vault"};
  test::NumberNaming naming;
  History history{"cyber-zfs-backup --job home", &naming, 0, false};
};

TEST_F(DoctorNextPush, WhatGoesOnByItselfIsAllWell) {
  const Tree here = Tree("tank").dataset("", "t1 t2").dataset("a", "t2");
  for (const Tree& there : {Tree("vault").dataset("", "t1 t2").dataset("a", "t2"), Tree("vault").dataset("", "t1 t2"),
                            Tree("vault").dataset("", "t1"), Tree("vault").dataset("", "t1 t2").dataset("gone", "t1")})
    EXPECT_THAT(next_push(here, there), Tells(State::ok, "nothing is in its way", ""));
  EXPECT_EQ(all.size(), 1U);
}

TEST_F(DoctorNextPush, ASnapshotThatIsMissingBehindTheTargetsNewestIsAFailure) {
  const Tree here = Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3");
  EXPECT_THAT(next_push(here, Tree("vault").dataset("", "t1 t2 t3").dataset("a", "t1 t3")),
              Tells(State::failed, "vault/a@t2 is missing at the target, which has newer ones", "status 1"));
  EXPECT_THAT(all.front().remedy, HasSubstr("the only copy at the source: do not destroy it"));
  // Also where there is something to send.
  EXPECT_THAT(next_push(here, Tree("vault").dataset("", "t2").dataset("a", "t2")),
              Tells(State::failed, "vault@t1 is missing at the target", "status 1"));
}

TEST_F(DoctorNextPush, ADatasetOfTheTargetWithoutASnapshotIsAFailure) {
  const Tree here = Tree("tank").dataset("", "t1").dataset("a", "t1");
  EXPECT_THAT(next_push(here, Tree("vault").dataset("", "t1").dataset("a")),
              Tells(State::failed, "vault/a has no snapshot at the target", "rename that dataset there (zfs rename)"));
  EXPECT_THAT(next_push(here, Tree("vault").dataset("")),
              Tells(State::failed, "vault has no snapshot at the target", "does not exist yet"));
}

TEST_F(DoctorNextPush, ATargetThatWasWrittenToFailsWhereThereIsSomethingToSendAndElseWarns) {
  const Tree here = Tree("tank").dataset("", "t1 t2");
  EXPECT_THAT(next_push(here, Tree("vault").dataset("", "t1").written("", 9)),
              Tells(State::failed, "vault was written to since @t1", "zfs diff"));
  EXPECT_EQ(all.size(), 1U);
  const Tree as_new = Tree("vault").dataset("", "t1 t2").written("", 9);
  EXPECT_THAT(next_push(here, as_new),
              Tells(State::warning, "vault was written to since @t2: the next snapshot could not be sent", "zfs diff"));
  far_config.on_divergence = OnDivergence::rollback;
  EXPECT_THAT(next_push(here, as_new), Tells(State::ok, "", ""));
  EXPECT_THAT(next_push(here, Tree("vault").dataset("", "t1").written("", 9)), Tells(State::ok, "", ""));
  Inventory behind_a_receiver = as_new;
  behind_a_receiver.receiver = ReceiverMode::append_only;
  EXPECT_THAT(next_push(here, behind_a_receiver), Tells(State::warning, "was written to", ""));
}

TEST_F(DoctorNextPush, NothingInCommonAndDivergenceAreFailuresThatNameTheDatasets) {
  const Tree here = Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("b", "t1 t2");
  EXPECT_THAT(next_push(here, Tree("vault").dataset("", "t1 t2").dataset("a", "t1=7 t2=8")),
              Tells(State::failed, "vault/a has 2 snapshots and none of them is one of", "--force-non-incremental"));
  EXPECT_THAT(next_push(here, Tree("vault").dataset("", "t1 t2").dataset("b", "t1 x3=9")),
              Tells(State::failed, "vault/b@x3 is newer than the newest common snapshot", "may be the only copy"));
}

TEST_F(DoctorNextPush, ANameThatIsTooLongThereIsAFailure) {
  far_config.dataset = "vault/" + std::string(240, 'x');
  EXPECT_THAT(next_push(Tree("tank").dataset("", "t1").dataset("child-of-it", "t1"),
                        Tree(far_config.dataset).dataset("", "t1")),
              Tells(State::failed, "of tank/child-of-it at the target", "a shorter name"));
}

TEST_F(DoctorNextPush, WhatIsNeverSentBecauseADatasetAboveHasNoSnapshotIsAFailure) {
  const Tree here = Tree("tank").dataset("", "t1").dataset("m").dataset("m/leaf", "t1");
  EXPECT_THAT(next_push(here, Tree("vault").dataset("", "t1")),
              Tells(State::failed, "tank/m/leaf waits: its parent is not at the target", "--action snapshot push"));
  source.takes_snapshots = false;
  EXPECT_THAT(next_push(here, Tree("vault").dataset("", "t1")), Tells(State::failed, "waits", "this job takes none"));
  EXPECT_EQ(next_push(Tree("tank").dataset("", "t1").dataset("m"), Tree("vault").dataset("", "t1")).state, State::ok);
}

TEST_F(DoctorNextPush, SoManySnapshotsToDestroyThatTheGuardRefusesIsAFailure) {
  EXPECT_THAT(next_push(Tree("tank").dataset("", "t9"), Tree("vault").dataset("", "t1 t2 t3 t9")),
              Tells(State::failed, "a guard would refuse", "3 of its 4 snapshots are gone from the source"));
  far_config.mirror = Mirror::off;
  EXPECT_THAT(next_push(Tree("tank").dataset("", "t9"), Tree("vault").dataset("", "t1 t2 t3 t9")),
              Tells(State::ok, "", ""));
}

TEST_F(DoctorNextPush, AnInterruptedReceiveThatTheNextPushFinishesOrGivesUpIsInNobodysWay) {
  const Tree here = Tree("tank").dataset("", "t1 t2");
  EXPECT_THAT(next_push(here, Tree("vault").dataset("", "t1").partial("", "t1", "t2")), Tells(State::ok, "", ""));
  EXPECT_THAT(next_push(here, Tree("vault").dataset("", "t1").partial("", "t1", "t2", "it is gone")),
              Tells(State::ok, "", ""));
}

TEST_F(DoctorNextPush, IsNotToldWhereThereIsNone) {
  const Tree both = Tree("tank").dataset("", "t1");
  EXPECT_THAT(next_push(both, Tree("vault")), Tells(State::skipped, "no backup yet", ""));
  history.is_running = true;
  EXPECT_THAT(next_push(both, Tree("vault").dataset("")), Tells(State::skipped, "another run", ""));
  history.is_running = false;
  source.pushes = false;
  EXPECT_THAT(next_push(both, Tree("vault").dataset("")), Tells(State::skipped, "pushes nothing", ""));
}

using DoctorNextPushOfJob = DoctorWorld;

TEST_F(DoctorNextPushOfJob, AChildThatIsMissingItsOldSnapshotIsFoundByTheWholeOfDoctor) {
  far->answer(far_listing(), {listing_of("vault/home", {99000})});
  EXPECT_THAT(examine_for("next-push", "far"),
              Tells(State::failed, "vault/home@t98000 is missing at the target", "status 1"));
}

TEST_F(DoctorNextPushOfJob, BehindAnAppendOnlyReceiverNothingThatItRefusesIsForeseen) {
  restrict_far();
  far->answer(far_listing(), {listing_of("vault/home", {95000, 96000, 98000, 99000}),
                              "cyber-zfs-backup-receiver: mode append-only\n"});
  EXPECT_THAT(examine_for("next-push", "far"), Tells(State::ok, "nothing is in its way", ""));
  far->answer(far_listing(), {listing_of("vault/home", {95000, 96000, 98000, 99000})});
  EXPECT_THAT(examine_for("next-push", "far"), Tells(State::failed, "a guard would refuse", "destroy-limit"));
}

TEST_F(DoctorNextPushOfJob, AReadOnlyPoolIsToldByWhatTheJobDoesThere) {
  const std::string question = "zpool list -H -p -o health,capacity,readonly ";
  source->answer(question + "tank", {"ONLINE\t40\ton\n"});
  EXPECT_THAT(examine_for("pool-health", ""),
              Tells(State::failed, "imported read-only: no snapshot can be taken", "If it is damaged, copy"));
  job.actions = {Action::expire, Action::push};
  EXPECT_THAT(examine_for("pool-health", ""), Tells(State::failed, "nothing can expire", "--action push"));
  job.actions = {Action::push};
  EXPECT_THAT(examine_for("pool-health", ""), Tells(State::warning, "a push goes on, but cannot record", "If not"));
  far->answer(question + "vault", {"ONLINE\t40\ton\n"});
  EXPECT_THAT(examine_for("pool-health", "far"), Tells(State::failed, "nothing can be received", "If it is damaged"));
}

TEST_F(DoctorNextPushOfJob, TooLittleRoomForASnapshotIsAWarningAtTheSource) {
  const std::string question = "zfs get -H -p -o property,value used,available tank/home";
  source->answer(question, {"used\t700000\navailable\t1000\n"});
  EXPECT_THAT(examine_for("pool-space", ""),
              Tells(State::warning, "may refuse the next snapshot of 1 dataset", "Make room"));
  job.actions = {Action::push};
  EXPECT_THAT(examine_for("pool-space", ""), Tells(State::ok, "", ""));
  job.actions = all_actions();
  source->answer(question, {"used\t700000\navailable\t0\n"});
  EXPECT_THAT(examine_for("pool-space", ""), Tells(State::failed, "0 B available", "Make room"));
}

TEST_F(DoctorNextPushOfJob, WhereNothingGoesByItselfWhatFreesRoomThereIsSaid) {
  restrict_far({{"available", "0"}, {"root", "vault"}});
  EXPECT_THAT(examine_for("pool-space", "far"),
              Tells(State::failed, "0 B available", "stays there, so that frees nothing"));
  EXPECT_THAT(examine_for("pool-space", "far"), Tells(State::failed, "", "zfs set quota=SIZE vault (docs/setup.md)"));
  EXPECT_THAT(examine_for("pool-space", "far"), Tells(State::failed, "", "`actions: [expire]`"));
  restrict_far({{"available", "0"}, {"mode", "mirror"}});
  EXPECT_THAT(examine_for("pool-space", "far"), Tells(State::failed, "", "expire at the source"));
  job.targets[0].mirror = Mirror::off;
  EXPECT_THAT(examine_for("pool-space", "far"), Tells(State::failed, "", "frees nothing"));
}

}  // namespace
}  // namespace czb::doctor
