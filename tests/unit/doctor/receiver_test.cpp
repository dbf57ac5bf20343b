// SPDX-License-Identifier: MIT
// Doctor before a restricted receiver: it asks only what a receiver accepts, and tells what its mode means.
#include "doctor/doctor_world.h"
#include "doctor/receiver_answers.h"

namespace czb::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Completed said(const std::string& out, const std::string& err = "", int status = 0) {
  Completed completed;
  completed.out = out;
  completed.err = err;
  completed.status = {ExitKind::exited, status};
  return completed;
}

TEST(ReceiverAnswers, AReportIsLinesOfKeyAndValue) {
  const auto report =
      parse_receiver_report(said("mode\tmirror\nroot\tvault/home\navailable\t12\nfeatures\ta,b\n"
                                 "missing-permissions\t-\n"));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->value("mode"), "mirror");
  EXPECT_EQ(report->number("available"), 12U);
  EXPECT_EQ(report->number("mode"), std::nullopt);
  EXPECT_EQ(report->number("absent"), std::nullopt);
  EXPECT_THAT(report->list("features"), ElementsAre("a", "b"));
  EXPECT_THAT(report->list("missing-permissions"), IsEmpty());
}

TEST(ReceiverAnswers, WhatIsNoReportIsNone) {
  EXPECT_FALSE(parse_receiver_report(said("")));
  EXPECT_FALSE(parse_receiver_report(said("mode\tmirror\n")));
  EXPECT_FALSE(parse_receiver_report(said("welcome to far\nmode\tmirror\nroot\tvault\n")));
  EXPECT_FALSE(parse_receiver_report(said("mode\tmirror\nroot\tvault\n", "", 1)));
}

TEST(ReceiverAnswers, RefusalsAreToldFromZfsByStatusAndWords) {
  EXPECT_TRUE(is_refusal(said("", "cyber-zfs-backup-receiver: refused: not below vault\n", 77)));
  EXPECT_FALSE(is_refusal(said("", "zfs: something\n", 77)));
  EXPECT_FALSE(is_refusal(said("", "cyber-zfs-backup-receiver: refused: no\n", 1)));
  EXPECT_TRUE(is_wrong_set_up(said("", "cyber-zfs-backup-receiver: no --root\n", 78)));
}

using DoctorReceiver = DoctorWorld;

TEST_F(DoctorReceiver, AHealthyAppendOnlyReceiverIsAllWellAndAskedOnlyWhatItAccepts) {
  restrict_far();
  const auto all = examine();
  EXPECT_THAT(checks_in(all, State::failed), IsEmpty());
  EXPECT_THAT(checks_in(all, State::warning), IsEmpty());
  EXPECT_THAT(finding_of(all, "receiver"), Tells(State::ok, "mode append-only for vault/home: what expires here", ""));
  EXPECT_THAT(finding_of(all, "permissions", "far"), Tells(State::ok, "the user backup on ssh far", ""));
  EXPECT_THAT(finding_of(all, "features"), Tells(State::skipped, "the receiver does not tell", ""));
  EXPECT_THAT(far->commands(), ElementsAre("cyber-zfs-backup-receiver report", test::joined(far_listing()),
                                           test::joined(place_command("vault"))));
}

TEST_F(DoctorReceiver, ItsReportIsJudgedAsIfItHadBeenAsked) {
  restrict_far({{"zpool-health", "DEGRADED"},
                {"available", "10"},
                {"time", "90000"},
                {"features", "zstd_compress"},
                {"missing-permissions", "mount,create"}});
  const auto all = examine();
  EXPECT_THAT(finding_of(all, "pool-health", "far"), Tells(State::warning, "DEGRADED", "zpool status"));
  EXPECT_THAT(finding_of(all, "pool-space", "far"), Tells(State::failed, "the next push brings", "frees nothing"));
  EXPECT_THAT(finding_of(all, "clock"), Tells(State::warning, "behind", "set-ntp"));
  EXPECT_THAT(finding_of(all, "features"), Tells(State::failed, "lz4_compress", "does not know lz4_compress"));
  EXPECT_THAT(
      finding_of(all, "permissions", "far"),
      Tells(State::failed, "lacks what a run needs on vault/home: mount, create", "zfs allow -u backup mount,create"));
}

TEST_F(DoctorReceiver, PropertiesThatWouldStayBehindAreAWarning) {
  restrict_far({{"missing-property-permissions", "compression,quota"}});
  EXPECT_THAT(finding_of(examine(), "permissions", "far"),
              Tells(State::warning, "these properties do not", "zfs allow -u backup compression,quota"));
}

TEST_F(DoctorReceiver, WhetherAnythingBoundsWhatTheKeyCanFillIsTold) {
  restrict_far({{"space-bound", "2199023255552"}, {"quota", "-"}});
  EXPECT_THAT(examine_for("quota", "far"), Tells(State::ok, "at most 2T may lie in vault/home", ""));
  restrict_far({{"space-bound", "-"}, {"quota", "-"}});
  EXPECT_THAT(examine_for("quota", "far"), Tells(State::warning, "can fill the pool", "Write --quota SIZE"));
  restrict_far({{"space-bound", "-"}, {"quota", "none"}});
  EXPECT_THAT(examine_for("quota", "far"), Tells(State::ok, "nothing bounds what may lie in vault/home", ""));
  restrict_far();
  EXPECT_THAT(examine_for("quota", "far"), Tells(State::skipped, "does not tell", ""));
}

TEST_F(DoctorReceiver, KeysThatItHasNoRecordOfAreAWarningWhereTheTreeIsEncrypted) {
  restrict_far({{"unknown-keys", "3"}});
  EXPECT_TRUE(checks_in(examine(), State::warning).empty());
  std::string listing = listing_of("tank/home", {98000, 99000}, "-", "\ttank/home@t99000");
  const std::string clear = "\t-\t-\t5000";
  listing.replace(listing.find(clear), clear.size(), "\ttank/home\t-\t5000");
  source->answer(source_listing(), {listing});
  EXPECT_THAT(examine_for("keys", "far"),
              Tells(State::warning, "no record of the keys of 3 encrypted datasets in vault/home", "Push now"));
  restrict_far({{"unknown-keys", "0"}});
  EXPECT_THAT(examine_for("keys", "far"), Tells(State::ok, "knows those of all that is encrypted in vault/home", ""));
  restrict_far();
  EXPECT_THAT(examine_for("keys", "far"), Tells(State::skipped, "does not tell", ""));
}

TEST_F(DoctorReceiver, WhatOnlyAnEncryptedTreeNeedsIsNoFaultOfAnother) {
  restrict_far({{"missing-permissions-for-encrypted", "change-key"}});
  EXPECT_THAT(finding_of(examine(), "permissions", "far"), Tells(State::ok, "has what a run needs", ""));
}

// docs/adr/0018
TEST_F(DoctorReceiver, AnOpenZfsThatBelievesTooMuchOfAStreamIsAWarningWhereSomebodyElseHasTheKey) {
  for (const char* const version : {"zfs-2.1.11-1", "zfs-2.1.16"}) {
    restrict_far({{"zfs-version", version}});
    EXPECT_THAT(examine_for("zfs", "far"),
                Tells(State::warning, "could damage other datasets of the pool vault", "Upgrade it to 2.2"));
  }
  for (const char* const version : {"zfs-2.2.0-1", "zfs-2.10.1", "zfs-3.0.0"}) {
    restrict_far({{"zfs-version", version}});
    EXPECT_THAT(examine_for("zfs", "far"), Tells(State::ok, "OpenZFS", ""));
  }
}

TEST_F(DoctorReceiver, WhatItCouldNotLearnItselfIsSkipped) {
  restrict_far({{"zpool-health", "?"}, {"available", "?"}, {"zfs-version", "?"}, {"missing-permissions", "?"}});
  const auto all = examine();
  for (const char* check : {"zfs", "pool-health", "pool-space", "permissions"})
    EXPECT_THAT(finding_of(all, check, "far"), Tells(State::skipped, "not t", "")) << check;
  EXPECT_THAT(finding_of(all, "dataset", "far"), Tells(State::ok, "is there", ""));
}

TEST_F(DoctorReceiver, AModeThatDoesNotDoWhatTheJobWantsIsTold) {
  restrict_far({{"mode", "pull"}});
  EXPECT_THAT(examine_for("receiver", "far"), Tells(State::failed, "receives nothing", "--mode append-only"));
  restrict_far({{"mode", "mirror"}});
  EXPECT_THAT(examine_for("receiver", "far"), Tells(State::ok, "mode mirror", ""));
  job.targets[0].on_source_gone = OnSourceGone::destroy;
  EXPECT_THAT(examine_for("receiver", "far"), Tells(State::warning, "on-source-gone", "Take these two out"));
}

TEST_F(DoctorReceiver, WhatBecomesOfUserPropertiesIsToldWhereItTells) {
  restrict_far({{"user-properties", "-"}});
  EXPECT_THAT(examine_for("receiver", "far"),
              Tells(State::ok, "stays there; user properties are kept as cyber-zfs-backup.source:NAME", ""));
  restrict_far({{"user-properties", "site:,a:"}});
  EXPECT_THAT(examine_for("receiver", "far"), Tells(State::ok, "source:NAME, but for site:, a:", ""));
}

TEST_F(DoctorReceiver, AKeyForAnotherDatasetIsToldWhetherTheReceiverRefusesTheListingOrNot) {
  restrict_far({{"root", "vault/hom"}});
  EXPECT_THAT(examine_for("receiver", "far"), Tells(State::failed, "vault/home is not below it", "--root"));
  far->answer(far_listing(), {"", "cyber-zfs-backup-receiver: refused: vault/home is not below vault/hom\n", 77});
  const auto all = examine();
  EXPECT_THAT(finding_of(all, "receiver"), Tells(State::failed, "refuses to list vault/home", "authorized_keys"));
  EXPECT_THAT(finding_of(all, "last-push"), Tells(State::skipped, "the check receiver failed", ""));
}

TEST_F(DoctorReceiver, OneThatGivesNoReportIsKnownByItsRefusalAndItsModeLine) {
  restrict_far();
  far->answer("cyber-zfs-backup-receiver report", {"", "cyber-zfs-backup-receiver: refused: unknown command\n", 77});
  const auto all = examine();
  EXPECT_THAT(finding_of(all, "receiver"), Tells(State::ok, "mode append-only", ""));
  EXPECT_THAT(finding_of(all, "zfs", "far"), Tells(State::skipped, "not told", ""));
  EXPECT_FALSE(far->was_asked("zpool"));
}

TEST_F(DoctorReceiver, OneThatIsSetUpWronglyFailsWithItsOwnWords) {
  const Scripted wrong = {"", "cyber-zfs-backup-receiver: option --root is missing\n", 78};
  far->answer("cyber-zfs-backup-receiver report", wrong).answer("zfs version", wrong);
  const auto all = examine();
  EXPECT_THAT(finding_of(all, "receiver"), Tells(State::failed, "option --root is missing", "authorized_keys"));
  EXPECT_THAT(finding_of(all, "dataset", "far"), Tells(State::skipped, "the check receiver failed", ""));
}

TEST_F(DoctorReceiver, APullComesFromAReceiverInPullModeAlone) {
  job.transport.id = "carrier";
  const std::string report = "root\ttank\nuser\troot\nzpool-health\tONLINE\navailable\t10\nmode\t";
  source->answer("cyber-zfs-backup-receiver report", {report + "pull\n"});
  EXPECT_THAT(examine_for("receiver", ""), Tells(State::ok, "mode pull for tank", ""));
  source->answer("cyber-zfs-backup-receiver report", {report + "mirror\n"});
  EXPECT_THAT(examine_for("receiver", ""), Tells(State::failed, "nothing can be fetched", "--mode pull"));
  EXPECT_FALSE(source->was_asked("zpool"));
}

}  // namespace
}  // namespace czb::doctor
