// SPDX-License-Identifier: MIT
// What comes: what of it zfs gets, and under which words, by the whole program.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "fixtures/key_data_builder.h"
#include "fixtures/token_builder.h"
#include "receiver/receiver_program.h"
#include "zfs/commands.h"

namespace czb::receiver_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(ReceiverProgramTest, AStreamArrivesWholeUnderTheReceiversOwnProperties) {
  zfs("if [ $1 = receive ]; then cat > $here/stream; echo received; fi\n");
  const std::string large =
      begin_record({"tank@b", 2}) + free_objects_record() + file_records(5'000'000) + end_record();
  const Completed completed = run(receive_command(root, {{"canmount", "off"}, {"readonly", std::nullopt}}), {}, large);
  EXPECT_TRUE(completed.ok()) << completed.err;
  EXPECT_EQ(completed.out, "");
  EXPECT_EQ(completed.err, "received\n") << "whatever zfs receive says is words";
  EXPECT_TRUE(read_text(folder_ / "stream") == large);
  EXPECT_EQ(called(),
            "zfs list -H -o name offsite/zippy\n"
            "zfs list -H -p -d 1 -t filesystem,volume,snapshot -o name,guid,origin,encryptionroot,type offsite/zippy\n"
            "zfs receive -s -u -o canmount=noauto -o devices=off -o exec=off -o mountpoint=none -o readonly=on -o "
            "setuid=off -o sharenfs=off -o sharesmb=off -o snapdev=hidden -o volmode=none offsite/zippy\n"
            "zfs list -H -p -d 1 -t filesystem,volume,snapshot -o name,guid,origin,encryptionroot,type offsite/zippy\n"
            "zfs list -H -o name offsite/zippy\n");
}

TEST_F(ReceiverProgramTest, AVolumeIsKnownFromItsStream) {
  zfs("cat > $here/stream\n");
  EXPECT_TRUE(run(receive_command(root, {}), {}, substream({"tank@b", 2, 0, 3})).ok());
  EXPECT_THAT(called(),
              HasSubstr("zfs receive -s -u -o readonly=on -o snapdev=hidden -o volmode=none offsite/zippy\n"));
}

// A zfs that has a dataset, with so much of a stream.
std::string holding(const std::string& token) {
  return "case \"$*\" in receive*) cat > $here/stream;; *receive_resume_token*) echo " + token +
         ";; *name,guid,origin*) printf '" + root + "\\t1\\t-\\t-\\tfilesystem\\n';; esac\n";
}

TEST_F(ReceiverProgramTest, TheRestOfAStreamTakesNoProperties) {
  zfs(holding(resume_token("tank@b", 2, 1)));
  const std::string rest = substream({"tank@b", 2, 1, 2, 0, std::uint64_t{1} << 20U, rest_payload()});
  const Completed taken = run(receive_command(root, {}), {}, rest);
  EXPECT_TRUE(taken.ok()) << taken.err;
  EXPECT_THAT(called(), HasSubstr("zfs receive -s -u offsite/zippy\n"));
  const Completed completed = run(receive_command(root, {{"readonly", "on"}}), {}, rest);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
}

TEST_F(ReceiverProgramTest, TheRestOfAStreamIsAsWhatHasCome) {
  const std::string rest = substream({"tank@b", 2, 1, 2, 0, std::uint64_t{1} << 20U, rest_payload()});
  const auto said_to = [&](const std::string& token) {
    zfs(holding(token));
    const Completed completed = run(receive_command(root, {}), {}, rest);
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
    return completed.err;
  };
  EXPECT_THAT(said_to(resume_token("tank@b", 2, 1, true)),
              HasSubstr("not raw, and what has come to " + root + " is raw"));
  EXPECT_THAT(said_to("-"), HasSubstr("holds no partly received state"));
  EXPECT_THAT(said_to("1-abc"), HasSubstr("zfs receive -A"));
  EXPECT_THAT(called(), Not(HasSubstr("zfs receive")));
  const std::string raw_rest =
      substream({"tank@b", 2, 1, 2, 0, std::uint64_t{1} << 20U | std::uint64_t{1} << 24U, key_payload()});
  zfs(holding(resume_token("tank@b", 2, 1)));
  const Completed completed = run(receive_command(root, {}), {}, raw_rest);
  EXPECT_THAT(completed.err, HasSubstr("the rest of one, raw, and what has come to " + root + " is not"));
}

TEST_F(ReceiverProgramTest, APackageHasAHeadOfOursAndItsPropertiesAreLeftOut) {
  zfs("case $1 in receive) cat > $here/stream;; *) " + missing(root) + "echo offsite;; esac\n");
  const Packed dataset = {
      "tank", {{"b", 2}}, 0, 0, NvBuilder().text("mountpoint", "/etc").number("quota", 5).number("compression", 15)};
  const std::string rest = substream({"tank@b", 2}) + end_record();
  const Completed completed =
      run(receive_command(root, {}), {}, package_head("tank@b", package({dataset}, "b", "", false)) + rest);
  EXPECT_TRUE(completed.ok()) << completed.err;
  const Packed passing = {"tank", {{"b", 2}}, 0, 0, NvBuilder().number("compression", 15)};
  const std::string ours = NvBuilder()
                               .text("tosnap", "b")
                               .boolean("not_recursive")
                               .list("fss", NvBuilder().list("0x1", packed_dataset(passing)))
                               .packed();
  EXPECT_TRUE(read_text(folder_ / "stream") == package_head("tank@b", ours) + rest);
  EXPECT_THAT(called(), HasSubstr("-o mountpoint=none -o readonly=on"));
}

// By our header: zfs's own -x would look at what is set here.
TEST_F(ReceiverProgramTest, WhatASenderDoesNotWantIsNotInTheHead) {
  zfs("case $1 in receive) cat > $here/stream;; *) " + missing(root) + "echo offsite;; esac\n");
  const Packed dataset = {
      "tank", {{"b", 2}}, 0, 0, NvBuilder().number("atime", 0).number("compression", 15).text("site:x", "y")};
  const std::string rest = substream({"tank@b", 2}) + end_record();
  const ReceivedProperties asked = {{"compression", std::nullopt}, {"site:x", std::nullopt}};
  const Completed completed =
      run(receive_command(root, asked), {}, package_head("tank@b", package({dataset}, "b", "", false)) + rest);
  EXPECT_TRUE(completed.ok()) << completed.err;
  const Packed passing = {"tank", {{"b", 2}}, 0, 0, NvBuilder().number("atime", 0)};
  const std::string ours = NvBuilder()
                               .text("tosnap", "b")
                               .boolean("not_recursive")
                               .list("fss", NvBuilder().list("0x1", packed_dataset(passing)))
                               .packed();
  EXPECT_TRUE(read_text(folder_ / "stream") == package_head("tank@b", ours) + rest);
  EXPECT_THAT(called(), Not(HasSubstr(" -x ")));
}

TEST_F(ReceiverProgramTest, PropertiesThatCannotBeKeptAreToldInOneLineAndThePushEndsWell) {
  zfs("case $1 in receive) cat > $here/stream;; *) " + missing(root) + "echo offsite;; esac\n");
  const Packed dataset = {
      "tank", {{"b", 2}}, 0, 0, NvBuilder().text("a:two", "x\nforged").text("a:one", "x").text("site:x", "y")};
  const std::string rest = substream({"tank@b", 2}) + end_record();
  const Completed completed = run(receive_command(root, {{"a:three", std::nullopt}}), {"--user-properties", "site:"},
                                  package_head("tank@b", package({dataset}, "b", "", false)) + rest);
  EXPECT_TRUE(completed.ok()) << completed.err;
  EXPECT_EQ(completed.err,
            "cyber-zfs-backup-receiver: left out: a:two of tank (its value is not one printable line)\n");
  const Packed kept = {
      "tank", {{"b", 2}}, 0, 0, NvBuilder().text("cyber-zfs-backup.source:a:one", "x").text("site:x", "y")};
  const std::string ours = NvBuilder()
                               .text("tosnap", "b")
                               .boolean("not_recursive")
                               .list("fss", NvBuilder().list("0x1", packed_dataset(kept)))
                               .packed();
  EXPECT_TRUE(read_text(folder_ / "stream") == package_head("tank@b", ours) + rest);
  EXPECT_THAT(called(), Not(HasSubstr("a:three")));
}

TEST_F(ReceiverProgramTest, WhatIsNoStreamNeverReachesZfs) {
  for (const std::string& garbage :
       {std::string(1000, 'x'), std::string(1000, '\0'), std::string("#!/bin/sh\n") + std::string(400, '#')}) {
    const Completed completed = run(receive_command(root, {}), {}, garbage);
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
    EXPECT_THAT(completed.err, HasSubstr("bad magic number"));
  }
  EXPECT_EQ(called(), "");
}

TEST_F(ReceiverProgramTest, AStreamThatEndsBeforeItBeginsIsAFailureAndNoRefusal) {
  for (const std::size_t size : {0U, 1U, 311U}) {
    const Completed completed = run(receive_command(root, {}), {}, stream.substr(0, size));
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
    EXPECT_THAT(completed.err, AllOf(HasSubstr("failed to read from stream"), Not(HasSubstr("refused"))));
  }
  EXPECT_EQ(called(), "");
}

TEST_F(ReceiverProgramTest, ADatasetOutsideInTheMiddleOfAStreamEndsZfsBeforeItIsSeen) {
  zfs("case $1 in receive) exec cat > $here/stream;; *) " + missing(root) + "echo offsite;; esac\n");
  const std::string header = package({{"tank", {{"b", 2}}}, {"tank/c", {{"b", 12}}, 2}}, "b");
  const std::string start = package_head("tank@b", header) + substream({"tank@b", 2});
  const Completed completed = run(receive_command(root, {}), {}, start + substream({"tank2@b", 12}) + end_record());
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
  EXPECT_THAT(completed.err, HasSubstr("tank2, which is not in tank"));
  EXPECT_THAT(read_text(folder_ / "stream"), Not(HasSubstr("tank2@b")));
}

TEST_F(ReceiverProgramTest, AStreamOverTheCapIsEnded) {
  zfs("exec cat > $here/stream\n");
  const std::string large = begin_record({"tank@b", 2}) + file_records(3'000'000) + end_record();
  const Completed completed = run(receive_command(root, {}), {"--max-stream", "1M"}, large);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
  EXPECT_THAT(completed.err, HasSubstr("longer than the 1048576 bytes"));
  EXPECT_LE(read_text(folder_ / "stream").size(), std::size_t{1} << 20U);
  EXPECT_TRUE(run(receive_command(root, {}), {"--max-stream", "3M"}, large).ok());
}

TEST_F(ReceiverProgramTest, AZfsThatNoSignalWakesIsWokenByTheEndOfItsInput) {
  zfs("[ $1 = receive ] || exit 0; trap '' TERM; cat > /dev/null; touch $here/woken\n");
  const std::string large = begin_record({"tank@b", 2}) + file_records(3'000'000) + end_record();
  // More than a pipe holds: so it has come as far as its cat before it is to end.
  const Completed completed = run(receive_command(root, {}), {"--max-stream", "2M"}, large);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "woken")) << "it was killed";
}

TEST_F(ReceiverProgramTest, AFailedReceiveKeepsZfssWordsAndStatus) {
  zfs("[ $1 = receive ] || exit 0; head -c 400 > /dev/null; echo 'cannot receive: dataset is busy' >&2; exit 1\n");
  const std::string large = begin_record({"tank@b", 2}) + file_records(3'000'000) + end_record();
  const Completed completed = run(receive_command(root, {}), {}, large);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_EQ(completed.err, "cannot receive: dataset is busy\n");
}

// zfs list exits with 0 and leaves out what lies beside a dataset that it cannot read.
TEST_F(ReceiverProgramTest, AListingThatDoesNotTellAllIsAFailureAndNothingIsReceived) {
  const std::string why = "cannot iterate filesystems: I/O error";
  zfs("case $1 in receive) cat > $here/stream;; list) case $* in *-r*|*-d*) echo '" + why + "' >&2;; esac;; esac\n");
  const Completed completed = run(receive_command(root, {}), {}, stream);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, AllOf(HasSubstr("does not tell of all that is here"), HasSubstr(why)));
  const Completed listed = run(list_command(root, {}, true));
  EXPECT_TRUE(ended_with(listed.status, ExitKind::exited, 1));
  EXPECT_THAT(listed.err, AllOf(HasSubstr(why), HasSubstr("counts as failed")));
  EXPECT_THAT(called(), Not(HasSubstr("zfs receive")));
}

TEST_F(ReceiverProgramTest, ADatasetThatIsHereAndNotListedIsNotTakenForNew) {
  zfs("case $1 in receive) cat > $here/stream;; esac\n");
  const std::string header = package({{"tank", {{"b", 2}}}, {"tank/c", {{"b", 12}}, 2}}, "b");
  const std::string bytes =
      package_head("tank@b", header) + substream({"tank@b", 2}) + substream({"tank/c@b", 12}) + end_record();
  folder_.file("hidden", root + "/c\n");
  Completed completed = run(receive_command(root, {}), {}, bytes);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, HasSubstr(root + "/c is here, and zfs list " + root + " does not tell of it"));
  folder_.file("unreadable", "");
  completed = run(receive_command(root, {}), {}, bytes);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, HasSubstr("I/O error"));
  EXPECT_THAT(called(), Not(HasSubstr("zfs receive")));
}

// Whoever has the key can name any number of datasets.
TEST_F(ReceiverProgramTest, NoFileIsLeftForANameThatDidNotComeToBe) {
  const std::string name = root + "/made-up";
  zfs("case $1 in receive) head -c 312 > /dev/null; exit 1;; list) " + missing(name) + "echo " + root + ";; esac\n");
  const auto files = [&] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "state"))
      names.insert(entry.path().filename());
    return names;
  };
  EXPECT_TRUE(ended_with(run(receive_command(name, {}), {}, stream).status, ExitKind::exited, 1));
  const std::set<std::string> without = {"offsite%zippy.lock", "offsite%zippy.slot1", "offsite.lock"};
  EXPECT_EQ(files(), without);
  // A raw one, whose key is written down before zfs has the last of it.
  const std::string raw = substream({"tank@b", 2, 0, 2, 0, std::uint64_t{1} << 24U, key_payload()});
  EXPECT_TRUE(ended_with(run(receive_command(name, {}), {}, raw).status, ExitKind::exited, 1));
  EXPECT_EQ(files(), without);
  zfs("case \"$*\" in receive*) cat > /dev/null; exit 1;; *name,guid*) " + missing(name) + ";; esac; echo " + name +
      "\n");
  EXPECT_TRUE(ended_with(run(receive_command(name, {}), {}, raw).status, ExitKind::exited, 1));
  EXPECT_EQ(files().count("offsite%zippy%made-up.key"), 1U) << "it is there";
  // Given up, it is gone.
  zfs("case $1$2 in get*) echo 1-abc;; list-H) [ -e $here/gone ] && echo " + root + " || echo " + name +
      ";; receive-A) touch $here/gone;; esac\n");
  EXPECT_TRUE(run(abort_receive_command(name)).ok());
  EXPECT_EQ(files(), without);
}

}  // namespace
}  // namespace czb::receiver_test
