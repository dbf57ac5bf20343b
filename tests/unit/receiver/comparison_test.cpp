// SPDX-License-Identifier: MIT
// What was here is looked at when a stream has ended, and what is left to do is done, by the whole program.
#include <gmock/gmock.h>

#include "receiver/receiver_program.h"
#include "zfs/commands.h"

namespace czb::receiver_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(ComparedTest, WhatWasThereAndIsNotIsAnAlarm) {
  zfs_with("offsite/zippy\t7\t-\t-\noffsite/zippy@a\t1\t-\t-\n", "offsite/zippy\t7\t-\t-\noffsite/zippy@b\t2\t-\t-\n");
  const Completed completed = run(receive_command(root, {}), {}, substream({"tank@b", 2, 1}));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, AllOf(StartsWith("cyber-zfs-backup-receiver: ALARM: "),
                                   HasSubstr("offsite/zippy@a is gone"), HasSubstr("look at offsite/zippy")));
}

TEST_F(ComparedTest, AnAlarmIsAFailureAlsoWhereTheStreamIsRefused) {
  zfs_with("offsite/zippy\t7\t-\t-\noffsite/zippy@a\t1\t-\t-\n", "offsite/zippy\t7\t-\t-\n");
  // As a zfs that does harm as soon as it sees the head.
  zfs(R"(case "$*" in
receive\ -s*) head -c 1000 > /dev/null; mv $here/after $here/before; cat > /dev/null;;
*name,guid,origin,encryptionroot,type*) cat $here/before;;
esac
)");
  const std::string big = begin_record({"tank@b", 2, 1}) + file_records(3'000'000) + end_record() + "more";
  const Completed completed = run(receive_command(root, {}), {}, big);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, AllOf(HasSubstr("refused"), HasSubstr("ALARM: ")));
}

// zfs has forgotten what was set on the one dataset; what the receiver forces is its own affair.
TEST_F(ComparedTest, WhatWasSetHereIsSetAgain) {
  const std::string before = "offsite/zippy\t7\t-\t-\noffsite/zippy@a\t1\t-\t-\n";
  folder_.file("before", with_types(before));
  folder_.file("after", with_types(before + "offsite/zippy@b\t2\t-\t-\noffsite/zippy/c\t8\t-\t-\n"
                                            "offsite/zippy/c@b\t12\t-\t-\n"));
  folder_.file("set",
               "offsite/zippy\tcompression\tgzip\noffsite/zippy\tsite:x\ta b\noffsite/zippy\treadonly\ton\n"
               "offsite/zippy\tatime\toff\noffsite/zippy\tsite:tab\ta\tb\n");
  zfs(R"(case "$*" in
receive\ -s*) cat > /dev/null; mv $here/after $here/before; echo -e 'offsite/zippy\tatime\ton' > $here/set;;
*name,guid,origin,encryptionroot,type*) cat $here/before;;
get\ *\ -s\ local\ *) cat $here/set;;
set\ compression*) exit $(cat $here/status);;
esac
)");
  const std::string after = read_text(folder_ / "after");
  folder_.file("status", "0");
  const Completed completed = run(receive_command(root, {}), {}, increment());
  EXPECT_TRUE(completed.ok()) << completed.err;
  EXPECT_THAT(called(), HasSubstr("zfs set compression=gzip site:x=a b offsite/zippy\n"));
  EXPECT_THAT(called(), Not(HasSubstr("set readonly")));

  folder_.file("before", with_types(before));
  folder_.file("after", after);
  folder_.file("set", "offsite/zippy\tcompression\tgzip\n");
  folder_.file("status", "1");
  const Completed failed = run(receive_command(root, {}), {}, increment());
  EXPECT_TRUE(ended_with(failed.status, ExitKind::exited, 1));
  EXPECT_THAT(failed.err, HasSubstr("As root there: zfs set compression=gzip offsite/zippy"));
}

TEST_F(ComparedTest, WhatCouldNotBeComparedIsAFailure) {
  zfs_with("offsite/zippy\t7\t-\t-\n", "nonsense\n");
  const Completed completed = run(receive_command(root, {}), {}, stream);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, HasSubstr("could not be compared"));
}

TEST_F(ComparedTest, ZfsSeesNeitherFromsnapNorRawNorWhatIsHere) {
  const std::string before = "offsite/zippy\t7\t-\t-\noffsite/zippy@a\t1\t-\t-\n";
  zfs_with(before, before + "offsite/zippy@b\t2\t-\t-\noffsite/zippy/c\t8\t-\t-\noffsite/zippy/c@b\t12\t-\t-\n");
  const Completed completed = run(receive_command(root, {}), {}, increment());
  EXPECT_TRUE(completed.ok()) << completed.err;
  const std::string ours = NvBuilder()
                               .text("tosnap", "b")
                               .list("fss", NvBuilder()
                                                .list("0x1", packed_dataset({"tank", {{"b", 2}}}))
                                                .list("0x2", packed_dataset({"tank/c", {{"b", 12}}})))
                               .packed();
  EXPECT_TRUE(read_text(folder_ / "stream") ==
              package_head("tank@b", ours) + substream({"tank@b", 2, 1}) + substream({"tank/c@b", 12}) + end_record());
  EXPECT_EQ(read_text(folder_ / "package"), "") << "nothing of it is encrypted";
}

TEST_F(ComparedTest, WhatInheritsItsKeyIsToldToZfsAfterwards) {
  const std::string top = "offsite/zippy\t7\t-\toffsite/zippy\noffsite/zippy@a\t1\t-\toffsite/zippy\n";
  zfs_with(top,
           top +
               "offsite/zippy@b\t2\t-\t-\noffsite/zippy/c\t8\t-\toffsite/zippy/c\n"
               "offsite/zippy/c@b\t12\t-\t-\n",
           "offsite/zippy\tprompt\noffsite/zippy/c\tprompt\n");
  const Completed completed = run(receive_command(root, {}), {}, increment());
  EXPECT_TRUE(completed.ok()) << completed.err;
  EXPECT_THAT(called(), HasSubstr("zfs receive -u offsite/zippy\n"));
  const std::string package_of_ours = read_text(folder_ / "package");
  EXPECT_THAT(package_of_ours, AllOf(HasSubstr("offsite/zippy/c"), HasSubstr("raw"), Not(HasSubstr("tank"))));
}

// As libzfs does; but not for a stream that was refused, whatever of it has come.
TEST_F(ComparedTest, WhatInheritsItsKeyIsToldAlsoWhereAStreamBreaksOffButNotWhereItIsRefused) {
  const std::string top = "offsite/zippy\t7\t-\toffsite/zippy\noffsite/zippy@a\t1\t-\toffsite/zippy\n";
  const std::string after = top +
                            "offsite/zippy@b\t2\t-\t-\noffsite/zippy/c\t8\t-\toffsite/zippy/c\n"
                            "offsite/zippy/c@b\t12\t-\t-\n";
  const std::string locations = "offsite/zippy\tprompt\noffsite/zippy/c\tprompt\n";
  const std::string whole = increment();
  zfs_with(top, after, locations);
  run(receive_command(root, {}), {}, whole.substr(0, whole.size() - record_size));
  EXPECT_THAT(called(), HasSubstr("zfs receive -u offsite/zippy\n"));
  folder_.file("called", "");
  zfs_with(top, after, locations);
  const std::string without_child =
      whole.substr(0, whole.size() - record_size - substream({"tank/c@b", 12}).size()) + end_record();
  const Completed refused = run(receive_command(root, {}), {}, without_child);
  EXPECT_TRUE(ended_with(refused.status, ExitKind::exited, 77));
  EXPECT_THAT(refused.err, HasSubstr("has not come"));
  EXPECT_THAT(called(), Not(HasSubstr("zfs receive -u")));
}

TEST_F(ReceiverProgramTest, TheQuotaIsInForceBeforeTheStreamAndGoesWithIt) {
  zfs("case $1 in receive) cat > /dev/null;; set) printf 'quota\\t5368709120\\n' > $here/space;; esac\n");
  EXPECT_TRUE(run(receive_command(root, {}), {"--quota", "5G"}, stream).ok());
  EXPECT_THAT(called(), HasSubstr("zfs set quota=5368709120 offsite/zippy\nzfs receive "));
  EXPECT_THAT(called(), HasSubstr(" -o quota=5368709120 "));
  folder_.file("called", "");
  EXPECT_TRUE(run(receive_command(root + "/a", {}), {"--quota", "5G"}, stream).ok());
  EXPECT_THAT(called(), AllOf(HasSubstr("zfs receive "), Not(HasSubstr("quota="))));
  EXPECT_TRUE(run(receive_command(root, {}), {}, stream).ok());
  EXPECT_THAT(called(), HasSubstr(" -o quota=5368709120 "));
}

TEST_F(ReceiverProgramTest, AStreamThatReachesTheBoundIsEndedAndItIsSaid) {
  folder_.file("space", "type\tvolume\nused\t0\nquota\t-\n");
  zfs("[ $1 = receive ] || exit 0; printf 'type\\tvolume\\nused\\t9000000\\nquota\\t-\\n' > $here/space; cat > "
      "/dev/null\n");
  const std::string large =
      begin_record({"tank@b", 2, 0, 3}) + volume_data_object() + volume_data_record(5'000'000) + end_record();
  const Completed completed = run(receive_command(root, {}), {"--quota", "8M"}, large);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, AllOf(HasSubstr("quota exceeded: offsite/zippy holds 8.5M, and may hold 8M"),
                                   HasSubstr("the next push goes on")));
  folder_.file("called", "");
  EXPECT_TRUE(ended_with(run(receive_command(root, {}), {"--quota", "8M"}, large).status, ExitKind::exited, 1));
  EXPECT_THAT(called(), Not(HasSubstr("receive")));
}

TEST_F(ReceiverProgramTest, AReceiveThatHasReachedTheQuotaFailsWhateverZfsSays) {
  zfs("[ $1 = receive ] || exit 0; printf 'type\\tfilesystem\\nused\\t8388608\\nquota\\t8388608\\n' > $here/space; cat "
      "> "
      "/dev/null\n");
  const Completed completed = run(receive_command(root, {}), {"--quota", "8M"}, stream);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, HasSubstr("zfs set quota=SIZE offsite/zippy"));
}

TEST_F(ReceiverProgramTest, AQuotaThatCannotBeSetIsSaid) {
  zfs("case $1 in receive) cat > /dev/null;; set) echo 'permission denied' >&2; exit 1;; esac\n");
  const Completed completed = run(receive_command(root, {}), {"--quota", "5G"}, stream);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, AllOf(HasSubstr("could not be set"), HasSubstr("zfs allow -u ")));
}

TEST_F(ReceiverProgramTest, WhatWasForcedAndIsNotInEffectIsAFailure) {
  zfs("cat > /dev/null\n");
  folder_.file("unset", "exec\nsetuid\n");
  const Completed completed = run(receive_command(root, {}), {}, stream);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, AllOf(HasSubstr("could not be set: exec, setuid. "), HasSubstr("zfs allow")));
}

TEST_F(ReceiverProgramTest, AVolumeThatKeepsItsDeviceNodeIsAFailure) {
  zfs("cat > /dev/null\n");
  folder_.file("unset", "volmode\nsnapdev\n");
  const Completed completed = run(receive_command(root, {}), {}, substream({"tank@b", 2, 0, 3}));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, HasSubstr("could not be set: snapdev, volmode. "));
}

}  // namespace
}  // namespace czb::receiver_test
