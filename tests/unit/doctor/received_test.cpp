// SPDX-License-Identifier: MIT
// `received-tree`: whether a job that expires what others send here does so with suspicion and under the receiver's
// locks.
#include "doctor/doctor_world.h"
#include "doctor/quota_checks.h"
#include "doctor/received_checks.h"
#include "fixtures/temporary_folder.h"

namespace czb::doctor {
namespace {

using ::testing::ElementsAre;

class DoctorReceived : public DoctorWorld {
 protected:
  DoctorReceived() {
    job.transport.id = "local";
    source->answer(received_command("tank/home"), {"readonly\ton\tlocal\natime\toff\treceived\n"});
    here.receiver_state = state_.path();
  }
  Finding examined(std::set<Action> actions) {
    job.actions = std::move(actions);
    return examine_for("received-tree", "");
  }

  const TemporaryFolder state_;
};

TEST_F(DoctorReceived, AJobThatTakesSnapshotsItselfIsWarnedOf) {
  for (const auto& actions : {all_actions(), std::set<Action>{Action::snapshot, Action::expire}})
    EXPECT_THAT(examined(actions), Tells(State::warning, "tank/home was sent here, and this job takes snapshots itself",
                                         "actions: [expire]"));
}

// What came with it stays "received" for ever, and what is below it is of no concern to this job, or to another.
TEST_F(DoctorReceived, ATreeThatMovedHereIsNobodyElses) {
  for (const std::string properties :
       {"readonly\toff\tdefault\natime\toff\treceived\n", "readonly\ton\tlocal\natime\toff\tlocal\n"}) {
    source->answer(received_command("tank/home"), {properties});
    EXPECT_THAT(examined(all_actions()), Tells(State::ok, "no sign that tank/home was sent here", ""));
  }
}

TEST_F(DoctorReceived, OneThatTakesNoneIsFineUnderTheReceiversLocks) {
  for (const auto& actions : {std::set<Action>{Action::expire}, std::set<Action>{Action::expire, Action::push}})
    EXPECT_THAT(examined(actions), Tells(State::ok, "under the receiver's locks in " + state_.path(), ""));
}

TEST_F(DoctorReceived, WhetherAQuotaBoundsItIsTold) {
  job.actions = {Action::expire};
  const std::vector<std::string> question = quota_command("tank/home");
  EXPECT_THAT(question, ElementsAre("zfs", "get", "-H", "-p", "-o", "name,value", "quota", "tank/home", "tank"));
  source->answer(question, {"tank/home\t0\ntank\t0\n"});
  EXPECT_THAT(examine_for("quota", ""), Tells(State::warning, "no quota bounds it", "zfs set quota=SIZE tank/home"));
  source->answer(question, {"tank/home\t-\ntank\t1099511627776\n"});
  EXPECT_THAT(examine_for("quota", ""), Tells(State::ok, "within the quota of tank, 1T", ""));
  source->answer(question, {"", "no\n", 1});
  EXPECT_THAT(examine_for("quota", ""), Tells(State::skipped, "no", ""));
}

TEST_F(DoctorReceived, LocksThatCannotBeTakenAreAFailure) {
  here.receiver_state = state_.file("no-folder", "");  // one that not even root may enter
  EXPECT_THAT(examined({Action::expire}), Tells(State::failed, "cannot be used by root", "received-trees.conf"));
}

TEST_F(DoctorReceived, WithoutAReceiverThereIsNothingToLock) {
  here.receiver_state = "/no/such/folder";
  EXPECT_THAT(examined({Action::expire}),
              Tells(State::ok, "by the order in which they came, and of no receiver here", ""));
}

TEST_F(DoctorReceived, OfAnotherHostItsLocksAreOutOfReach) {
  job.transport.id = "carrier";
  source->answer("date +%s", {std::to_string(now) + "\n"});
  EXPECT_THAT(examined({Action::expire}),
              Tells(State::warning, "cannot be taken from here", "Let that host expire it"));
}

TEST_F(DoctorReceived, AnInterruptedReceiveIsASignToo) {
  source->answer(received_command("tank/home"), {""});
  EXPECT_THAT(examined(all_actions()), Tells(State::ok, "no sign that tank/home was sent here", ""));
  source->answer(source_listing(), {listing_of("tank/home", {98000, 99000}, "1-abc", "\t-")});
  EXPECT_THAT(examined(all_actions()), Tells(State::warning, "tank/home was sent here", ""));
}

TEST_F(DoctorReceived, IsSkippedWhereNothingExpiresOrItIsNotTold) {
  EXPECT_THAT(examined({Action::push}), Tells(State::skipped, "expires nothing", ""));
  source->answer(received_command("tank/home"), {"", "\x1b[2Jno\n", 1});
  EXPECT_THAT(examined(all_actions()), Tells(State::skipped, "\\x1b[2Jno", ""));
}

}  // namespace
}  // namespace czb::doctor
