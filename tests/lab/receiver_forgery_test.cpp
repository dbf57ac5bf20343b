// SPDX-License-Identifier: MIT
// Somebody who knows how zfs receive and zfs send read streams, headers and resume tokens, and has the key: what he
// forges, or takes from elsewhere, reaches nothing that is there.
#include <algorithm>
#include <filesystem>

#include "fixtures/stream_builder.h"
#include "fixtures/token_builder.h"
#include "receiver_lab.h"

namespace czb::lab {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)

class ReceiverForgeryTest : public ReceiverLabTest {
 protected:
  static std::uint64_t guid(const std::string& snapshot) { return std::stoull(property("guid", snapshot)); }

  // A dataset as a header has it, with the guids of the backup's snapshots.
  Packed packed(const std::string& relative) const {
    const std::string here = target + relative;
    return {source + relative,
            {{noon(1), guid(here + "@" + noon(1))}, {noon(2), guid(here + "@" + noon(2))}},
            relative.empty() ? 0 : guid(target + "@" + noon(1))};
  }
  Begin increment(const std::string& relative) const {
    return {source + relative + "@" + noon(2), guid(target + relative + "@" + noon(2)),
            guid(target + relative + "@" + noon(1))};
  }

  void expect_stream_refused(const std::string& stream, const std::string& why, const std::string& dataset) const {
    expect_refusal(receive(receiving(dataset), stream), why, dataset);
  }

  // A resume token of the rest of this `zfs send`.
  std::string token_of(const Words& send) const {
    cut_stream(send, 200000, {"zippy/half"});
    std::string token = property("receive_resume_token", "zippy/half");
    zfs({"destroy", "-r", "zippy/half"});
    return token;
  }
  void expect_token_refused(const std::string& token, const std::string& why) const {
    expect_refused(as_sent({"zfs", "send", "-P", "-t", token}), "", why);
  }
};

// zfs 2.1 skips what is there already, and with it all of what follows an empty one.
TEST_F(ReceiverForgeryTest, AnEmptyStreamOfWhatIsThereHidesNoOther) {
  make_backup();
  const std::string before = state_of({"offsite"});
  Packed child = packed("/a");
  child.snapshots.emplace_back(noon(3), 4711);
  const std::string head = package_head(source + "@" + noon(2), package({packed(""), child}, noon(2), noon(1)));
  const Begin hidden = {source + "/a@" + noon(3), 4711, guid(target + "/a@" + noon(2))};
  expect_stream_refused(head + begin_record(increment("")) + end_record() + substream(hidden) + end_record(),
                        "comes without data", target);
  EXPECT_EQ(state_of({"offsite"}), before);
}

// zfs receive looks for what a header lists by guid, in all of the pool.
TEST_F(ReceiverForgeryTest, AHeaderThatListsAnotherDatasetsSnapshotsIsRefused) {
  make_backup();
  const std::string before = state_of({"offsite"});
  Packed other = packed("");
  other.snapshots = packed("/a").snapshots;
  const auto head = [&](const std::vector<Packed>& datasets, bool recursive) {
    return package_head(source + "@" + noon(2), package(datasets, noon(2), noon(1), recursive));
  };
  expect_stream_refused(head({other}, true) + substream(increment("")) + end_record(), "lists the snapshot", target);
  expect_stream_refused(head({packed(""), packed("/a")}, false) + substream(increment("")) + end_record(),
                        "its header names more", target);
  Packed cousin = packed("");
  cousin.snapshots = {{"mine", guid(target + "2@mine")}};
  expect_stream_refused(head({cousin}, true) + substream(increment("")) + end_record(), "does not name", target);
  EXPECT_EQ(state_of({"offsite"}), before);
}

// What is forced is set on the first dataset of a stream, and the others inherit it.
TEST_F(ReceiverForgeryTest, AStreamThatDoesNotBeginWithTheTopOfItsTreeIsRefused) {
  make_backup();
  const std::string before = state_of({"offsite"});
  const std::string head = package_head("tank@b", package({{"tank", {{"b", 2}}}, {"tank/c", {{"b", 12}}, 2}}, "b"));
  expect_stream_refused(head + substream({"tank/c@b", 12}) + substream({"tank@b", 2}) + end_record(),
                        "and not with tank", target + "/new");
  EXPECT_EQ(state_of({"offsite"}), before);
}

TEST_F(ReceiverForgeryTest, OurOwnPropertiesAreNotSet) {
  make_backup();
  const std::string before = state_of({"offsite"});
  const auto expect_not_set = [&](const std::string& property, const std::string& why) {
    expect_refused(as_sent({"zfs", "receive", "-s", "-u", "-o", property, target + "/new"}),
                   "zfs send " + source + "/a@" + noon(1), why);
  };
  expect_not_set("cyber-zfs-backup:base.offsite=" + target + "@" + noon(1), "would be this host's own");
  expect_not_set("keylocation=file:///x", "none that a sender may set");
  EXPECT_EQ(state_of({"offsite"}), before);
}

// Each would leave a lock file.
TEST_F(ReceiverForgeryTest, NamesThatLeadNowhereLeaveNothing) {
  make_backup({"--mode", "mirror"});
  const auto files = [&] {
    const std::filesystem::directory_iterator state(folder + "/state");
    return std::distance(begin(state), end(state));
  };
  const auto before = files();
  for (int number = 0; number < 5; ++number) {
    const std::string nowhere = target + "/x" + std::to_string(number) + "/y";
    expect_refused(as_sent({"zfs", "receive", "-s", "-u", nowhere}), "zfs send " + source + "/a@" + noon(1),
                   "is not here");
    EXPECT_NE(ask(as_sent({"zfs", "destroy", nowhere + "@" + noon(1)})).status, 0);
    EXPECT_NE(ask(as_sent({"zfs", "receive", "-A", nowhere})).status, 0);
  }
  EXPECT_EQ(files(), before);
}

// Raw streams bring the wrapped key along: with another one nothing here could be read any more.
TEST_F(ReceiverForgeryTest, AnEncryptedBackupKeepsItsKeyAndItsEncryptionRoots) {
  make_backup({}, encrypted());
  const std::string before = state_of({"offsite"});
  write_file(folder + "/attackers", std::string(32, 'a'));
  const Words his = {"-o", "keyformat=raw", "-o", "keylocation=file://" + folder + "/attackers"};
  const auto push = [&](int day) {
    take_snapshot(day);
    return push_by_hand({"-R", "-w", "-I", "@" + noon(2), source + "@" + noon(day)}, target);
  };
  zfs(Words{"change-key"} + his + Words{source + "/a"});
  const Result root = push(3);
  EXPECT_THAT(root, Exits(refused_by_receiver, {"would make " + target + "/a an encryption root"}));
  zfs({"change-key", "-i", source + "/a"});
  zfs(Words{"change-key"} + his + Words{source});
  EXPECT_THAT(push(4), Exits(refused_by_receiver, {"another key for " + target}));
  const Result one = push_by_hand({"-w", "-i", "@" + noon(2), source + "/a@" + noon(4)}, target + "/a");
  EXPECT_THAT(one, Exits(refused_by_receiver, {"another key for " + target + "/a"}));
  EXPECT_EQ(state_of({"offsite"}), before);
  zfs({"load-key", "-L", "file://" + folder + "/key", target});
  EXPECT_EQ(file_of(target + "/a@" + noon(2), "data"), noise(201, std::size_t{1} << 18));
  zfs({"unload-key", target});
}

// The receiver has no record of it: it goes by what is there.
TEST_F(ReceiverForgeryTest, AnEncryptedBackupThatIsOlderThanTheReceiverKeepsItsEncryptionRoots) {
  make_tree({"a"}, encrypted());
  fill_and_snapshot(1, {"", "a"});
  expect_backup(1, push_only);
  restrict_to();
  const std::string before = state_of({"offsite"});
  zfs({"change-key", "-o", "keyformat=raw", "-o", "keylocation=file://" + folder + "/key", source + "/a"});
  take_snapshot(2);
  const Result result = push_by_hand({"-R", "-w", "-I", "@" + noon(1), source + "@" + noon(2)}, target);
  EXPECT_THAT(result, Exits(refused_by_receiver, {"would make " + target + "/a an encryption root"}));
  EXPECT_EQ(state_of({"offsite"}), before);
  zfs({"change-key", "-i", source + "/a"});
  EXPECT_THAT(backup(3), Exits(failed, {"another key for " + target + "/a", ".newkey at the receiver"}));
  std::string file = target + "/a";
  std::replace(file.begin(), file.end(), '/', '%');
  write_file(folder + "/state/" + file + ".newkey", "");
  expect_backup(4);
}

TEST_F(ReceiverForgeryTest, AKeyLocationInTheNetworkIsRefused) {
  make_backup();
  zfs(Words{"create"} + encrypted() + Words{source + "/secret"});
  zfs({"set", "keylocation=https://127.0.0.1/key", source + "/secret"});
  zfs({"snapshot", source + "/secret@x"});
  EXPECT_THAT(push_by_hand({"-w", "-p", source + "/secret@x"}, target + "/secret"),
              Exits(refused_by_receiver, {"keylocation in the network"}));
  EXPECT_FALSE(exists(target + "/secret"));
}

// zfs send goes by the guid in a token, wherever that snapshot is, and sends in clear where it does not say raw.
TEST_F(ReceiverForgeryTest, AResumeTokenReadsNothingElseAndNothingInClear) {
  make_tree({"a", "b"});
  zfs(Words{"create"} + encrypted() + Words{source + "/secret"});
  zfs({"create", source + "2"});
  write_file("/" + source + "2/data", noise(5, std::size_t{1} << 18));
  zfs({"snapshot", source + "2@" + noon(1)});
  fill_and_snapshot(1, {"a", "b", "secret"});
  const std::string backup_there = target;
  target = source;  // the key reads the source
  restrict_to({"--mode", "pull"});
  target = backup_there;

  expect_token_refused(token_of({source + "2@" + noon(1)}), "not in " + source);
  expect_token_refused(token_of({source + "/secret@" + noon(1)}), "in clear");
  const std::string of_b = token_of({source + "/b@" + noon(1)});
  zfs({"rename", source + "/b", source + "3"});
  zfs({"create", source + "/b"});
  zfs({"snapshot", source + "/b@" + noon(1)});
  expect_token_refused(of_b, "means another snapshot");
  const std::string of_a = token_of({source + "/a@" + noon(1)});
  expect_refused(as_sent({"zfs", "send", "-P", "-t", of_a.substr(0, of_a.size() - 2)}));
  const Result allowed = ask(as_sent({"zfs", "send", "-P", "-t", of_a}));
  EXPECT_EQ(allowed.status, 0) << allowed.err;
}

// zfs send -nvt prints a name as it is, so that one with a new line reads like "raw"; what is sent is in clear.
TEST_F(ReceiverForgeryTest, ATokenWhoseNameForgesALineReadsNothingInClear) {
  const std::string secret = "TOP-SECRET-IN-CLEAR";
  make_tree();
  zfs(Words{"create", "-o", "compression=off"} + encrypted() + Words{source + "/secret"});
  write_file("/" + source + "/secret/data", secret);
  zfs({"snapshot", source + "/secret@x"});
  target = source;
  restrict_to({"--mode", "pull"});
  const std::string name = source + "/secret@x\n\trawok = 1";
  TokenBuilder forged;
  forged.number("object", 1).number("offset", 0).number("bytes", 0).number("toguid", guid(source + "/secret@x"));
  const std::string token = forged.text("toname", name).boolean("embedok").boolean("compressok").token();
  EXPECT_THAT(run({"zfs", "send", "-nvt", token}).text(), ::testing::HasSubstr("\n\trawok = 1\n"));
  const Result plain = run({"bash", "-c", "zfs send -t \"$1\" | grep -a -c " + secret, "plain", token});
  EXPECT_EQ(plain.out, "1\n") << "zfs itself is not fooled: " << plain.text();
  expect_token_refused(token, "none of a stream that cyber-zfs-backup sends");
  // One that is honest, but for clear text.
  const std::string clear = resume_token(source + "/secret@x", guid(source + "/secret@x"));
  expect_token_refused(clear, "in clear");
}

}  // namespace
}  // namespace czb::lab
