// SPDX-License-Identifier: MIT
// The model's own rules. That they are ZFS's is for tests/lab/model_differential_test.cpp to say.
#include "model/model_testing.h"
#include "model/names.h"
#include "model/receiver.h"
#include "model/stream.h"

namespace czb::model {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string TwoPools::cut_bytes(const std::string& bytes, std::size_t part) {
  const StreamPart cut = parts_of(bytes).at(part);
  return bytes.substr(0, cut.payload + (cut.head.size - cut.head.offset) / 2);
}

namespace {

class ModelTest : public TwoPools {};

TEST_F(ModelTest, TheListingHasTheColumnsThatWereAskedForAndDashesForWhatDoesNotApply) {
  snapshot("1");
  run(model, "bookmark here/t/a@1 here/t/a#m");
  run(model, "set x:y=z here/t");
  const std::string text = run(model,
                               "list -H -p -r -t filesystem,volume,snapshot,bookmark -o "
                               "name,type,userrefs,clones,receive_resume_token,encryptionroot,origin,x:y here/t/a");
  EXPECT_EQ(text,
            "here/t/a\tfilesystem\t-\t-\t-\t-\t-\tz\n"
            "here/t/a@1\tsnapshot\t0\t-\t-\t-\t-\tz\n"
            "here/t/a#m\tbookmark\t-\t-\t-\t-\t-\t-\n");
}

TEST_F(ModelTest, AMissingDatasetIsSaidToBeMissing) {
  for (const std::string name : {"here/nothing", "nopool", "nopool/x"}) {
    const ModelResult result = model.command(zfs("list -H -o name " + name));
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.err, "cannot open '" + name + "': dataset does not exist\n");
  }
}

TEST_F(ModelTest, ARecursiveSnapshotIsTakenOfAllOrOfNone) {
  run(model, "snapshot here/t/b@1");
  EXPECT_THAT(model.command(zfs("snapshot -r here/t@1")), FailsSaying("dataset already exists"));
  EXPECT_THAT(snapshots(model, "here/t"), ElementsAre("/b@1"));
  run(model, "snapshot here/t@2 here/t/a@2");
  EXPECT_THAT(snapshots(model, "here/t"), ElementsAre("@2", "/a@2", "/b@1"));
}

TEST_F(ModelTest, OneHeldOrClonedSnapshotKeepsAllThatADestroyNames) {
  snapshot("1");
  snapshot("2");
  run(model, "hold keep here/t/a@1");
  EXPECT_THAT(model.command(zfs("destroy -r here/t@1,2")), FailsSaying("dataset is busy"));
  run(model, "release keep here/t/a@1");
  run(model, "clone here/t/b@2 here/c");
  EXPECT_THAT(model.command(zfs("destroy -r here/t@1,2")), FailsSaying("has dependent clones"));
  EXPECT_EQ(snapshots(model, "here/t").size(), 6U);
  run(model, "destroy here/c");
  run(model, "destroy -r here/t@1,2,missing");
  EXPECT_THAT(snapshots(model, "here/t"), IsEmpty());
  EXPECT_THAT(model.command(zfs("destroy here/t@1")), FailsSaying("could not find any snapshots to destroy"));
}

TEST_F(ModelTest, AReplicatedTreeHasTheSameSnapshotsByGuidInTheSameOrder) {
  snapshot("1");
  snapshot("2");
  transfer("-R -w here/t@2", "-s -u there/t");
  EXPECT_EQ(snapshots(model, "there/t"), snapshots(model, "here/t"));
  EXPECT_EQ(model.find("there/t/a")->snapshots[0].guid, model.find("here/t/a")->snapshots[0].guid);
  EXPECT_EQ(run(model, "list -H -p -o written there/t/a"), "0\n");
}

TEST_F(ModelTest, AnIncrementNeedsTheNewestSnapshotOfTheTargetUnchanged) {
  snapshot("1");
  transfer("-R -w here/t@1", "-s -u there/t");
  snapshot("2");
  model.write("there/t/a");
  EXPECT_THAT(send_receive("-w -p -I @1 here/t/a@2", "-s -u there/t/a"), FailsSaying("has been modified"));
  run(model, "rollback there/t/a@1");
  transfer("-w -p -I @1 here/t/a@2", "-s -u there/t/a");
  snapshot("3");
  EXPECT_THAT(send_receive("-w -p -I @2 here/t/b@3", "-s -u there/t/b"), FailsSaying("match incremental source"));
}

TEST_F(ModelTest, ATreeIncrementSkipsWhatIsThereAlreadyByGuid) {
  snapshot("1");
  transfer("-R -w here/t@1", "-s -u there/t");
  snapshot("2");
  transfer("-w -p -I @1 here/t/a@2", "-s -u there/t/a");
  snapshot("3");
  transfer("-R -w -I @1 here/t@3", "-s -u there/t");
  EXPECT_EQ(snapshots(model, "there/t"), snapshots(model, "here/t"));
}

TEST_F(ModelTest, AFullStreamGoesOverNothing) {
  snapshot("1");
  transfer("-R -w here/t@1", "-u there/t");
  EXPECT_THAT(send_receive("-R -w here/t@1", "-u there/t"), FailsSaying("must specify -F"));
  EXPECT_THAT(send_receive("-w here/t@1", "-u there/x/y"), FailsSaying("cannot open 'there/x'"));
}

TEST_F(ModelTest, ACutInitialReceiveLeavesADatasetWithATokenAndNoSnapshot) {
  snapshot("1");
  const std::string bytes = cut("-R -w here/t@1", 1);
  EXPECT_THAT(model.receive(zfs("receive -s -u there/t"), bytes), FailsSaying("Partially received snapshot is saved"));
  EXPECT_THAT(snapshots(model, "there/t"), ElementsAre("@1"));
  const Words names = model.names();
  const std::string child = contains(names, std::string("there/t/a")) ? "a" : "b";
  EXPECT_FALSE(contains(names, std::string(child == "a" ? "there/t/b" : "there/t/a")));
  const std::string text = token("there/t/" + child);
  EXPECT_NE(text, "-");
  EXPECT_THAT(send_receive("-w here/t/" + child + "@1", "-s -u there/t/" + child), FailsSaying("must specify -F"));
  transfer("-P -t " + text, "-s -u there/t/" + child);
  EXPECT_EQ(token("there/t/" + child), "-");
  EXPECT_THAT(snapshots(model, "there/t"), ElementsAre("@1", "/" + child + "@1"));
}

TEST_F(ModelTest, ACutReceiveWithoutSLeavesNothing) {
  snapshot("1");
  EXPECT_EQ(model.receive(zfs("receive -u there/t"), cut("-w here/t@1", 0)).status, 1);
  EXPECT_EQ(model.find("there/t"), nullptr);
}

TEST_F(ModelTest, ACutIncrementLeavesATokenThatKeepsOthersOutUntilItIsFinishedOrAborted) {
  snapshot("1");
  transfer("-R -w here/t@1", "-s -u there/t");
  snapshot("2");
  EXPECT_EQ(model.receive(zfs("receive -s -u there/t/a"), cut("-w -p -I @1 here/t/a@2", 0)).status, 1);
  EXPECT_THAT(send_receive("-w -p -I @1 here/t/a@2", "-s -u there/t/a"),
              FailsSaying("contains partially-complete state"));
  EXPECT_THAT(model.command(zfs("destroy there/t/a@1")), FailsSaying("dependent clones"));
  run(model, "receive -A there/t/a");
  EXPECT_EQ(token("there/t/a"), "-");
  EXPECT_THAT(model.command(zfs("receive -A there/t/a")), FailsSaying("does not have any resumable receive state"));
  transfer("-w -p -I @1 here/t/a@2", "-s -u there/t/a");
}

TEST_F(ModelTest, AResumedStreamCanBeCutAgainAndGoesOnFromThere) {
  model.write("here/t/a", 1000);
  snapshot("1");
  model.receive(zfs("receive -s -u there/a"), cut("-w here/t/a@1", 0));
  const std::string first = token("there/a");
  model.receive(zfs("receive -s -u there/a"), cut("-t " + first, 0));
  const std::string second = token("there/a");
  EXPECT_NE(first, second);
  EXPECT_EQ(send_receive("-t " + first, "-s -u there/a").status, 1);
  transfer("-t " + second, "-s -u there/a");
  EXPECT_THAT(snapshots(model, "there/a"), ElementsAre("@1"));
}

TEST_F(ModelTest, ATokenIsDecodedAsZfsPrintsIt) {
  snapshot("1");
  model.receive(zfs("receive -s -u there/a"), cut("-w here/t/a@1", 0));
  const SendResult decoded = model.send(zfs("send -nvt " + token("there/a")));
  EXPECT_EQ(decoded.status, 0);
  EXPECT_THAT(decoded.out, HasSubstr("resume token contents:\nnvlist version: 0\n"));
  EXPECT_THAT(decoded.out, HasSubstr("\ttoname = here/t/a@1\n"));
  EXPECT_THAT(decoded.bytes, IsEmpty());
  run(model, "destroy here/t/a@1");
  EXPECT_EQ(model.send(zfs("send -t " + token("there/a"))).status, 255);
}

TEST_F(ModelTest, AChildWithoutTheTargetSnapshotFailsTheTreeUnlessYoungerOrSkipped) {
  snapshot("1");
  run(model, "destroy here/t/b@1");
  EXPECT_THAT(send_receive("-R -w here/t@1", "-u there/t"), FailsSaying("snapshot here/t/b@1 does not exist"));
  run(model, "create here/t/young");
  const SendResult sent = model.send(zfs("send -R -s -w here/t@1"));
  EXPECT_EQ(sent.status, 0);
  EXPECT_THAT(sent.err, HasSubstr("WARNING: skipping dataset here/t/b and its children"));
  EXPECT_EQ(parts_of(sent.bytes).size(), 2U);
}

TEST_F(ModelTest, ABookmarkOrTheOriginCanBeTheBase) {
  snapshot("1");
  transfer("-R -w here/t@1", "-s -u there/t");
  run(model, "bookmark here/t/a@1 here/t/a#1");
  run(model, "clone here/t/a@1 here/c");
  model.write("here/c");
  run(model, "snapshot here/c@c1");
  transfer("-w -p -i here/t/a@1 here/c@c1", "-s -u there/c");
  EXPECT_EQ(model.origin("there/c"), "there/t/a@1");
  run(model, "promote here/c");
  run(model, "destroy here/t/a");
  run(model, "snapshot here/c@2");
  run(model, "bookmark here/c@c1 here/c#one");
  EXPECT_EQ(model.find("here/c")->bookmarks.count("1"), 1U);  // promoted with its snapshot
  transfer("-w -p -i here/c#one here/c@2", "-s -u there/c");
  EXPECT_THAT(send_receive("-w -p -I #one here/c@2", "-u there/c"), FailsSaying("cannot be sent from a bookmark"));
}

TEST_F(ModelTest, RenamesAndPromotesFollowWithATreeIncrement) {
  snapshot("1");
  run(model, "clone here/t/a@1 here/t/c");
  snapshot("2");
  transfer("-R -w here/t@2", "-s -u there/t");
  EXPECT_EQ(model.origin("there/t/c"), "there/t/a@1");
  run(model, "rename here/t/b here/t/renamed");
  run(model, "promote here/t/c");
  snapshot("3");
  transfer("-R -w -I @2 here/t@3", "-s -u there/t");
  EXPECT_EQ(model.origin("there/t/a"), "there/t/c@1");
  EXPECT_EQ(snapshots(model, "there/t"), snapshots(model, "here/t"));
}

TEST_F(ModelTest, ARawTreeKeepsItsEncryptionRootAndAChildAloneBecomesItsOwnUntilTheNextIncrement) {
  run(model, "create -o encryption=on here/e");
  run(model, "create here/e/a");
  run(model, "snapshot -r here/e@1");
  EXPECT_THAT(send_receive("-R here/e@1", "-u there/e"), FailsSaying("without the raw flag"));
  transfer("-R -w here/e@1", "-s -u there/e");
  EXPECT_EQ(model.encryption_root("there/e/a"), "there/e");
  run(model, "create here/e/b");
  run(model, "snapshot -r here/e@2");
  for (const std::string name : {"here/e", "here/e/a"})
    transfer("-w -p -I @1 " + name + "@2", "-s -u there" + name.substr(4));
  transfer("-w -p here/e/b@2", "-s -u there/e/b");
  EXPECT_EQ(model.encryption_root("there/e/b"), "there/e/b");
  run(model, "snapshot -r here/e@3");
  transfer("-R -w -I @2 here/e@3", "-s -u there/e");
  EXPECT_EQ(model.encryption_root("there/e/b"), "there/e");
}

TEST_F(ModelTest, WhatIsInClearStaysSoBelowAnEncryptedParentUnlessEncryptionIsLeftOutOfAStreamWithoutEmbeddedBlocks) {
  run(model, "create -o encryption=on there/e");
  snapshot("1");
  transfer("-R -w here/t@1", "-s -u there/e/clear");
  EXPECT_EQ(model.encryption_root("there/e/clear/a"), "");
  for (const char* const flags : {"-R -w", "-p -w", "-R -L -c -e"})
    EXPECT_THAT(send_receive(std::string(flags) + " here/t@1", "-s -u -x encryption there/e/t"),
                FailsSaying("kernel modules must be upgraded"))
        << flags;
  transfer("-R -L -c here/t@1", "-s -u -x encryption there/e/t");
  EXPECT_EQ(model.encryption_root("there/e/t"), "there/e");
  EXPECT_EQ(model.encryption_root("there/e/t/a"), "there/e");
  snapshot("2");
  transfer("-R -L -c -I @1 here/t@2", "-s -u -x encryption there/e/t");
  EXPECT_THAT(snapshots(model, "there/e/t"), ::testing::Contains("@2"));
}

TEST_F(ModelTest, PropertiesTravelAndTheReceiversAreSetAtTheTopAndInheritedBelow) {
  run(model, "set mountpoint=/x here/t/a");
  run(model, "set x:y=z here/t/a");
  snapshot("1");
  transfer("-R -w here/t@1", "-s -u -o mountpoint=none there/t");
  EXPECT_EQ(model.property("there/t/a", "x:y"), "z");
  EXPECT_EQ(model.property("there/t/a", "mountpoint"), "none");
  run(model, "inherit x:y here/t/a");
  snapshot("2");
  transfer("-w -p -I @1 here/t/a@2", "-s -u -x mountpoint there/t/a");
  EXPECT_EQ(model.property("there/t/a", "x:y"), std::nullopt);
  EXPECT_EQ(model.property("there/t/a", "mountpoint"), "none");
}

TEST_F(ModelTest, WhatIsNotInheritedIsLeftOutOfEveryDatasetAndSetAtTheTopAlone) {
  for (const std::string name : {"here/t", "here/t/a"}) {
    run(model, "set quota=1 " + name);
    run(model, "set reservation=1 " + name);
  }
  snapshot("1");
  transfer("-R -w here/t@1", "-s -u -x quota -o reservation=2 there/t");
  transfer("-w -p here/t/a@1", "-s -u -x quota there/one");
  for (const std::string name : {"there/t", "there/t/a", "there/one"})
    EXPECT_EQ(model.property(name, "quota"), std::nullopt) << name;
  EXPECT_EQ(model.property("there/t", "reservation"), "2");
  EXPECT_EQ(model.property("there/t/a", "reservation"), "1");
  EXPECT_EQ(model.property("there/t/b", "reservation"), std::nullopt);
}

TEST_F(ModelTest, ALimitOfSpaceThatIsLeftOutComesWithEverySecondIncrement) {
  run(model, "set quota=1 here/t/a");
  snapshot("1");
  transfer("-R -w here/t@1", "-s -u -x quota there/t");
  EXPECT_EQ(model.property("there/t/a", "quota"), std::nullopt);
  snapshot("2");
  transfer("-R -w -I @1 here/t@2", "-s -u -x quota there/t");
  EXPECT_EQ(model.property("there/t/a", "quota"), "1");
  snapshot("3");
  transfer("-R -w -I @2 here/t@3", "-s -u -x quota there/t");
  EXPECT_EQ(model.property("there/t/a", "quota"), std::nullopt);
}

TEST_F(ModelTest, AFullPoolKeepsWhatHadArrived) {
  snapshot("1");
  snapshot("2");
  const SendResult sent = model.send(zfs("send -w -p -I @1 here/t/a@2"));
  transfer("-w -p here/t/a@1", "-s -u there/a");
  model.pool("there").free = 50;
  EXPECT_THAT(model.receive(zfs("receive -s -u there/a"), sent.bytes), FailsSaying("out of space"));
  EXPECT_NE(token("there/a"), "-");
  EXPECT_THAT(snapshots(model, "there/a"), ElementsAre("@1"));
}

TEST_F(ModelTest, WhatIsBeingSentAsATreeIsHeldUntilTheSendHasEnded) {
  snapshot("1");
  const SendResult sent = model.begin_send(zfs("send -R -w here/t@1"));
  EXPECT_THAT(model.command(zfs("destroy here/t/a@1")), FailsSaying("dataset is busy"));
  model.end_send(sent);
  run(model, "destroy here/t/a@1");
}

TEST_F(ModelTest, AProgramDoesWhatTheTestSays) {
  model.set_program([](ZfsModel& told, const Words& words, const std::string& script) {
    EXPECT_THAT(words, ElementsAre("here", "-", "here/t", "1"));
    return told.command(zfs("set said=" + script + " " + words[2]));
  });
  EXPECT_EQ(model.command(zfs("program here - here/t 1"), "script").status, 0);
  EXPECT_EQ(model.property("here/t/a", "said"), "script");
}

TEST_F(ModelTest, TheProgramThatRecordsABaseSetsThePropertyAndMakesBookmarksOnce) {
  snapshot("1");
  const std::string line = "program -j here - here/t x:base 1 1 mark";
  EXPECT_EQ(run(model, line), R"({"return":{"there":0,"made":3,"failed":{}}})");
  EXPECT_EQ(run(model, line), R"({"return":{"there":3,"made":0,"failed":{}}})");
  EXPECT_EQ(model.property("here/t", "x:base"), "1");
  EXPECT_EQ(model.find("here/t/a")->bookmarks.at("mark1").guid, model.find("here/t/a")->snapshots[0].guid);
}

TEST_F(ModelTest, ARenameUnderARunningReceiveLosesItAll) {
  snapshot("1");
  transfer("-w here/t/a@1", "-s -u there/a");
  snapshot("2");
  const SendResult sent = model.send(zfs("send -w -i @1 here/t/a@2"));
  Receiver receiver(model, zfs("receive -s -u there/a"));
  const std::size_t middle = sent.bytes.size() / 2;
  EXPECT_TRUE(receiver.feed(std::string_view(sent.bytes).substr(0, middle)));
  EXPECT_THAT(model.command(zfs("receive -A there/a")), FailsSaying("'there/a/%recv': dataset is busy"));
  run(model, "rename there/a there/b");
  receiver.feed(std::string_view(sent.bytes).substr(middle));
  EXPECT_THAT(receiver.finish(), FailsSaying("cannot open 'there/a': dataset does not exist"));
  EXPECT_FALSE(model.find("there/b")->partial);
}

TEST_F(ModelTest, EveryCutOfAStreamLeavesAPrefixOfItsSnapshotsAndAtMostOneToken) {
  snapshot("1");
  snapshot("2");
  const SendResult sent = model.send(zfs("send -R -w here/t@2"));
  const std::vector<StreamPart> parts = parts_of(sent.bytes);
  for (std::size_t bytes = 0; bytes < sent.bytes.size(); bytes += 7) {
    const ModelResult result =
        model.receive(zfs("receive -s -u there/t"), std::string_view(sent.bytes).substr(0, bytes));
    EXPECT_EQ(result.status, 1);
    std::size_t complete = 0;
    std::size_t tokens = 0;
    for (const StreamPart& part : parts) {
      complete += part.end <= bytes ? 1U : 0U;
      tokens += part.payload <= bytes && bytes < part.end ? 1U : 0U;
    }
    std::size_t tokens_found = 0;
    for (const std::string& name : model.names()) tokens_found += model.find(name)->partial.has_value() ? 1U : 0U;
    EXPECT_EQ(snapshots(model, "there/t").size(), complete) << bytes;
    EXPECT_EQ(tokens_found, tokens) << bytes;
    if (model.find("there/t") != nullptr) run(model, "destroy -r there/t");
  }
}

}  // namespace
}  // namespace czb::model
