// SPDX-License-Identifier: MIT
// What is planned where a restricted receiver stands before the target (zfs/receiver.h): nothing that it would refuse.
#include "plan/expire.h"
#include "plan/gone.h"
#include "plan/mirror.h"
#include "plan/push_plan_testing.h"
#include "plan/received_properties.h"
#include "plan/renames.h"
#include "plan/verify.h"
#include "zfs/failure.h"
#include "zfs/receiver.h"

namespace czb {
namespace {

using test::far_config;
using test::outcome_of;
using test::plan;
using test::streams_of;
using test::Tree;
using test::tree_stream_of;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Inventory behind(ReceiverMode mode, Inventory target) {
  target.receiver = mode;
  return target;
}

const Inventory renamed_here = Tree("tank").dataset("", "t1 t2").dataset("new", "t1=7 t2=8");
const Inventory renamed_there = Tree("far/tank").dataset("", "t1").dataset("old", "t1=7");

TEST(ReceiverMode, IsReadFromTheLineThatAListingCarries) {
  EXPECT_EQ(receiver_mode_in("cyber-zfs-backup-receiver: mode append-only\n"), ReceiverMode::append_only);
  EXPECT_EQ(receiver_mode_in("motd\ncyber-zfs-backup-receiver: mode mirror\nmore"), ReceiverMode::mirror);
  EXPECT_EQ(receiver_mode_in("cyber-zfs-backup-receiver: mode pull"), ReceiverMode::pull);
}

TEST(ReceiverMode, IsNothingWhereNoReceiverSpeaks) {
  for (const char* text : {"", "mode append-only\n", "cyber-zfs-backup-receiver: mode \n",
                           "cyber-zfs-backup-receiver: mode mirrors\n", "x cyber-zfs-backup-receiver: mode mirror\n"})
    EXPECT_EQ(receiver_mode_in(text), std::nullopt) << text;
}

TEST(ReceiverNames, AreReadFromAListingAndWhatWasLeftOutFromAReceive) {
  EXPECT_EQ(own_names_told_in("cyber-zfs-backup-receiver: mode mirror\ncyber-zfs-backup-receiver: user-properties -\n"),
            OwnNames());
  EXPECT_EQ(own_names_told_in("cyber-zfs-backup-receiver: user-properties site:,a:b"), (OwnNames{"site:", "a:b"}));
  EXPECT_EQ(own_names_told_in("cyber-zfs-backup-receiver: mode mirror\n"), std::nullopt);
  EXPECT_EQ(left_out_in("x\ncyber-zfs-backup-receiver: left out: a:b of tank (why)\n"), "a:b of tank (why)");
  EXPECT_EQ(left_out_in("left out: a:b\n"), "");
  EXPECT_EQ(left_out_in("cyber-zfs-backup-receiver: left out: \x1b[2J\n"), "\\x1b[2J");
  EXPECT_LT(left_out_in("cyber-zfs-backup-receiver: left out: " + std::string(100000, 'x')).size(), 2100U);
}

TEST(ReceiverAlarm, IsReadFromWhateverAReceiveSays) {
  EXPECT_EQ(alarm_in("cannot receive\ncyber-zfs-backup-receiver: ALARM: a is gone\nmore"), "a is gone");
  EXPECT_EQ(alarm_in("ALARM: a\nx cyber-zfs-backup-receiver: ALARM: b\n"), "");
  EXPECT_EQ(alarm_in("cyber-zfs-backup-receiver: ALARM: \x1b[2J\n"), "\\x1b[2J");
  EXPECT_LT(alarm_in("cyber-zfs-backup-receiver: ALARM: " + std::string(100000, 'x')).size(), 2100U);
}

TEST(ReceiverNames, AreToldBeforeTheFirstPushWhereTheSourceHasAnyThatMatter) {
  EXPECT_EQ(kept_names_note({}, {}), "");
  EXPECT_EQ(kept_names_note({"cyber-zfs-backup:base.far", "site:x", "cyber-zfs-backup.source:a:b"}, {"site:"}), "");
  EXPECT_EQ(kept_names_note({"com.sun:auto-snapshot", "site:x"}, {"site:"}),
            "the target's receiver keeps user properties whose values are one printable line as "
            "cyber-zfs-backup.source:NAME, which no program there obeys and a restore brings back: "
            "com.sun:auto-snapshot");
  EXPECT_THAT(kept_names_note({"a:1", "a:2", "a:3", "a:4", "a:5", "a:6", "a:7"}, {}),
              ::testing::EndsWith("a:4, a:5 and 2 more"));
  EXPECT_THAT(
      kept_names_note({"a:" + std::string(240, 'x')}, {}),
      ::testing::StartsWith("the target's receiver leaves out user properties whose names become too long: a:xx"));
}

TEST(ReceiverRefusal, NeedsBothItsStatusAndItsWords) {
  EXPECT_TRUE(refused_by_receiver(77, "cyber-zfs-backup-receiver: refused: no\n"));
  EXPECT_FALSE(refused_by_receiver(1, "cyber-zfs-backup-receiver: refused: no\n"));
  EXPECT_FALSE(refused_by_receiver(77, "cannot open\n"));
}

TEST(ReceiverRefusal, IsARefusalWithAdviceAndWithoutTheModeLine) {
  Completed completed;
  completed.status = {ExitKind::exited, 77};
  completed.err = "cyber-zfs-backup-receiver: mode mirror\ncyber-zfs-backup-receiver: refused: too many today\n";
  const Error error = command_error("ssh offsite", {"zfs", "destroy", "far/tank@t1"}, completed);
  EXPECT_EQ(error.code(), ExitCode::refused);
  EXPECT_THAT(error.what(), HasSubstr("too many today"));
  EXPECT_THAT(error.what(), HasSubstr("authorized_keys"));
  EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("mode mirror")));
}

TEST(RestrictedTarget, NothingIsRenamedOrPromotedThere) {
  for (const ReceiverMode mode : {ReceiverMode::append_only, ReceiverMode::mirror})
    EXPECT_THAT(plan_preparation(renamed_here, behind(mode, renamed_there), far_config(), false, {}).steps, IsEmpty());
  EXPECT_EQ(plan_preparation(renamed_here, renamed_there, far_config(), false, {}).steps.size(), 1U) << "without one";
}

TEST(RestrictedTarget, WhatWasRenamedGoesInFullUnderItsNewNameAndNoStreamOfTheTreeFollows) {
  const PushPlan result = plan(renamed_here, behind(ReceiverMode::append_only, renamed_there));
  EXPECT_EQ(tree_stream_of(result), "none") << "it would rename";
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-I @t1 tank@t2"));
  EXPECT_THAT(streams_of(result, "new"), ElementsAre("tank/new@t1", "-I @t1 tank/new@t2"));
  EXPECT_THAT(result.notes, Contains(HasSubstr("keeps its old name")));
  EXPECT_THAT(result.notes, Contains(HasSubstr("append-only")));
}

TEST(RestrictedTarget, AStreamOfTheTreeGoesWhereNothingWouldBeRenamed) {
  const Inventory source = Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2");
  const Inventory target = Tree("far/tank").dataset("", "t1").dataset("a", "t1").dataset("gone", "t1");
  EXPECT_EQ(tree_stream_of(plan(source, behind(ReceiverMode::append_only, target))), "-I @t1 tank@t2");
}

TEST(RestrictedTarget, UserPropertiesOfTheJobAreLeftOutAndSaid) {
  const Inventory source = Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2");
  const Inventory target = Tree("far/tank").dataset("", "t1").dataset("a", "t1");
  TargetConfig config = far_config();
  config.properties = {{"readonly", "on"}, {"test:job", "x"}};
  const PushPlan restricted = plan(source, behind(ReceiverMode::append_only, target), {}, config);
  EXPECT_EQ(restricted.send.value().properties, (ReceivedProperties{{"readonly", "on"}}));
  EXPECT_THAT(restricted.notes, Contains(HasSubstr("are left out: test:job")));
  const PushPlan free = plan(source, target, {}, config);
  EXPECT_EQ(free.send.value().properties, config.properties);
  EXPECT_THAT(free.notes, IsEmpty());
}

TEST(RestrictedTarget, TakesALimitOfSpaceOutOfTheStreamOfATree) {
  const Inventory source = Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2");
  const Inventory target = Tree("far/tank").dataset("", "t1").dataset("a", "t1");
  TargetConfig config = far_config();
  config.properties = {{"refreservation", std::nullopt}};
  const PushPlan restricted = plan(source, behind(ReceiverMode::append_only, target), {}, config);
  EXPECT_EQ(restricted.send.value().properties, config.properties);
  const PushPlan free = plan(source, target, {}, config);
  EXPECT_EQ(tree_stream_of(free), "none");
  EXPECT_THAT(streams_of(free, "a"), ElementsAre("-I @t1 tank/a@t2"));
}

TEST(StreamWouldRename, SeesDatasetsAndSnapshotsUnderOtherNames) {
  const Inventory source = Tree("tank").dataset("", "t1=1 t2=2").dataset("a", "t1=11");
  EXPECT_FALSE(stream_would_rename(source, Tree("far").dataset("", "t1=1 x1=3").dataset("a", "t1=11")));
  EXPECT_TRUE(stream_would_rename(source, Tree("far").dataset("", "x1=1")));
  EXPECT_TRUE(stream_would_rename(source, Tree("far").dataset("", "t1=1").dataset("b", "t1=11")));
}

TEST(RestrictedTarget, RollbackIsRefusedAndNamed) {
  TargetConfig config = far_config();
  config.on_divergence = OnDivergence::rollback;
  const Preparation result =
      plan_preparation(Tree("tank").dataset("", "t1 t2"),
                       behind(ReceiverMode::mirror, Tree("far/tank").dataset("", "t1 x1")), config, true, {});
  EXPECT_THAT(result.steps, IsEmpty());
  EXPECT_THAT(result.refusals, ElementsAre(HasSubstr("its receiver (mirror) does not allow that")));
}

TEST(RestrictedTarget, ASnapshotMadeAnewUnderItsNameBlocksItsDatasetOnly) {
  const Inventory source = Tree("tank").dataset("", "t1 t2").dataset("a", "t2 t3=9");
  const Inventory target = Tree("far/tank").dataset("", "t1").dataset("a", "t1 t3=8 t2");
  Inventory older = target;
  older.datasets.at("a").snapshots[1].createtxg = 15;
  for (const ReceiverMode mode : {ReceiverMode::append_only, ReceiverMode::mirror}) {
    const Preparation result = plan_preparation(source, behind(mode, older), far_config(), true, {});
    EXPECT_THAT(result.steps, IsEmpty());
    EXPECT_EQ(result.blocked.count("a"), 1U);
  }
  EXPECT_EQ(plan_preparation(source, older, far_config(), true, {}).steps.size(), 1U) << "without one";
}

TEST(RestrictedTarget, AMirrorOneLosesOursAndKeepsOthersAndAgreesAllTheSame) {
  test::NumberNaming naming;
  const Inventory source = Tree("tank").dataset("", "t3 t4");
  const Inventory target = behind(ReceiverMode::mirror, Tree("far/tank").dataset("", "t1 foreign t3 t4"));
  const MirrorPlan mirror = plan_mirror(source, target, far_config(), naming, true);
  ASSERT_EQ(mirror.steps.size(), 1U);
  EXPECT_THAT(mirror.steps[0].names, ElementsAre("t1"));
  const Inventory after = behind(ReceiverMode::mirror, Tree("far/tank").dataset("", "foreign t3 t4"));
  const Verification verified = verify(source, after, plan(source, after).datasets, Mirror::exact, naming,
                                       plan_mirror(source, after, far_config(), naming, true));
  EXPECT_THAT(verified.disagreements, IsEmpty());
  EXPECT_EQ(verified.extras, 1U);
}

TEST(RestrictedTarget, AnAppendOnlyOneLosesNothingAndAgreesAllTheSame) {
  test::NumberNaming naming;
  const Inventory source = Tree("tank").dataset("", "t3 t4");
  const Inventory target = behind(ReceiverMode::append_only, Tree("far/tank").dataset("", "t1 t2 t3 t4"));
  const MirrorPlan mirror = plan_mirror(source, target, far_config(), naming, true);
  EXPECT_THAT(mirror.steps, IsEmpty());
  EXPECT_THAT(mirror.refusals, IsEmpty());
  const PushPlan push = plan(source, target);
  const Verification verified = verify(source, target, push.datasets, Mirror::exact, naming, mirror);
  EXPECT_THAT(verified.disagreements, IsEmpty());
  EXPECT_EQ(verified.extras, 2U);
}

TEST(RestrictedTarget, AMirrorOneLosesSnapshotsButNoDatasets) {
  test::NumberNaming naming;
  TargetConfig config = far_config();
  config.on_source_gone = OnSourceGone::destroy;
  const Inventory source = Tree("tank").dataset("", "t3 t4");
  const Inventory target = behind(ReceiverMode::mirror, Tree("far/tank").dataset("", "t1 t3 t4").dataset("gone", "t1"));
  EXPECT_EQ(plan_mirror(source, target, config, naming, true).count, 1U);
  EXPECT_THAT(plan_gone(source, target, config, true).datasets, IsEmpty());
  EXPECT_THAT(plan(source, target, {}, config).notes, Contains(HasSubstr("the target keeps it")));
}

TEST(ReceivedExpiry, WhatClaimsToBeOlderThanWhatCameBeforeStaysAndTakesNobodysPlace) {
  test::NumberNaming naming;
  test::ExpireNamed retention({"t2", "t5", "t3"});
  Inventory received = Tree("tank").dataset("", "t2 t5 t8 t9");
  Snapshot made_up = test::snapshot_of("", "t3");
  made_up.createtxg = 85;
  received.datasets.at("").snapshots.insert(received.datasets.at("").snapshots.begin() + 3, made_up);
  ExpireRequest request;
  request.now = 1000;
  request.force_destroy_lots = true;
  request.received = true;
  const ExpirePlan result = plan_expire(received, naming, retention, request);
  EXPECT_THAT(test::commands_of(result.steps), ElementsAre("zfs destroy tank@t2,t5"));
  EXPECT_THAT(test::reason_for(result.spared, "tank@t3"), HasSubstr("it arrived after @t8 and claims to be older"));
  request.received = false;
  EXPECT_EQ(plan_expire(received, naming, retention, request).count, 3U) << "one's own are taken as they are";
}

TEST(ReceivedExpiry, MadeUpNamesDoNotMakeAQuarterOfMore) {
  test::NumberNaming naming;
  test::ExpireNamed retention({"t102", "t105"});
  Inventory received = Tree("tank").dataset("", "t102 t105 t108 t109");
  std::vector<Snapshot>& snapshots = received.datasets.at("").snapshots;
  for (int i = 0; i < 20; ++i) {
    Snapshot made_up = test::snapshot_of("", "t" + std::to_string(1 + i));
    made_up.createtxg = snapshots.back().createtxg + 1;
    snapshots.push_back(made_up);
  }
  ExpireRequest request;
  request.now = 1000;
  request.received = true;
  const ExpirePlan result = plan_expire(received, naming, retention, request);
  EXPECT_THAT(result.steps, IsEmpty());
  EXPECT_THAT(result.refusals, ElementsAre(HasSubstr("2 of its 4 own snapshots")));
  EXPECT_EQ(result.spared.size(), 20U) << "they stay";
  request.received = false;
  EXPECT_EQ(plan_expire(received, naming, retention, request).count, 2U) << "one's own are taken as they are";
}

}  // namespace
}  // namespace czb
