// SPDX-License-Identifier: MIT
// Senders who keep still, do not read, or come several at once, and signals, with the whole program.
#include <gmock/gmock.h>

#include <filesystem>
#include <sstream>

#include "execute/dataset_lock.h"
#include "fixtures/key_data_builder.h"
#include "receiver/receiver_program.h"
#include "receiver/stream/stream_record.h"
#include "zfs/commands.h"

namespace czb::receiver_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A receiver whose input stays open.
class SilentSenderTest : public ComparedTest {
 protected:
  ProcessPointer begin(const std::string& bytes, const Words& options = {}) {
    Pipe in = make_pipe(1 << 20);
    Pipe err = make_pipe();
    StandardDescriptors descriptors;
    descriptors.in = in.read.get();
    descriptors.err = err.write.get();
    ProcessPointer process = start(*transport_, argv_for(receive_command(root, {}), options), descriptors);
    EXPECT_EQ(::write(in.write.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    sender_ = std::move(in.write);
    said_ = std::move(err.read);
    return process;
  }
  std::string said() {
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(said_.get(), buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    return text;
  }
  // Until zfs says that it has begun; `deadline_` ends what waits for ever.
  void wait_for_zfs() const {
    while (read_text(folder_ / "begun").empty()) ::usleep(1000);
  }

  Descriptor sender_;
  Descriptor said_;
};

TEST_F(SilentSenderTest, EndsWhenZfsEnds) {
  zfs("[ $1 = receive ] || exit 0; head -c 312 > /dev/null; echo 'cannot receive: no' >&2; exit 1\n");
  const ProcessPointer process = begin(stream.substr(0, 1000));
  std::string error;
  EXPECT_TRUE(ended_with(czb::wait(*process, error), ExitKind::exited, 1));
  EXPECT_EQ(said(), "cannot receive: no\n");
}

TEST_F(SilentSenderTest, EndsZfsWhenTheSenderGoesAway) {
  zfs("[ $1 = receive ] || exit 0; cat > $here/stream; echo 'incomplete stream' >&2; exit 1\n");
  const ProcessPointer process = begin(stream.substr(0, 1000));
  sender_.reset();
  std::string error;
  EXPECT_TRUE(ended_with(czb::wait(*process, error), ExitKind::exited, 1));
  EXPECT_EQ(said(), "incomplete stream\n");
}

TEST_F(SilentSenderTest, ASignalEndsZfsToo) {
  for (const int number : {SIGTERM, SIGHUP, SIGINT}) {
    zfs("[ $1 = receive ] || exit 0; trap 'echo ended > $here/ended; exit 0' TERM; echo $$ > $here/begun; while :; do "
        "sleep 0.01; done\n");
    std::filesystem::remove(folder_ / "begun");
    std::filesystem::remove(folder_ / "ended");
    const ProcessPointer process = begin(stream.substr(0, 1000));
    wait_for_zfs();
    // The receiver is the parent of zfs.
    std::istringstream status(read_text("/proc/" + std::to_string(std::stoi(read_text(folder_ / "begun"))) + "/stat"));
    std::string pid;
    std::string name;
    std::string state;
    pid_t parent = 0;
    status >> pid >> name >> state >> parent;
    ASSERT_EQ(::kill(parent, number), 0);
    std::string error;
    EXPECT_TRUE(ended_with(czb::wait(*process, error), ExitKind::exited, 128 + number));
    EXPECT_EQ(read_text(folder_ / "ended"), "ended\n");
  }
}

// It has done its harm by then.
TEST_F(SilentSenderTest, WhatWasThereIsComparedAfterASignalToo) {
  zfs_with("offsite/zippy\t7\t-\t-\noffsite/zippy@a\t1\t-\t-\n", "offsite/zippy\t7\t-\t-\n");
  zfs(R"(case "$*" in
receive\ -s*) mv $here/after $here/before; echo $PPID > $here/begun; exec sleep 1000;;
*name,guid,origin,encryptionroot,type*) cat $here/before;;
esac
)");
  const ProcessPointer process = begin(stream.substr(0, 1000));
  wait_for_zfs();
  ASSERT_EQ(::kill(std::stoi(read_text(folder_ / "begun")), SIGHUP), 0);
  std::string error;
  EXPECT_TRUE(ended_with(czb::wait(*process, error), ExitKind::exited, 1));
  EXPECT_THAT(said(), AllOf(HasSubstr("ALARM: "), HasSubstr("offsite/zippy@a is gone")));
}

// Nor do its locks wait for it.
TEST_F(SilentSenderTest, AClientThatDoesNotReadZfssWordsKeepsNobodyOut) {
  zfs("[ $1 = receive ] || exit 0; head -c 3000000 /dev/zero | tr '\\0' x >&2; cat > /dev/null; touch $here/all\n");
  const ProcessPointer process = begin(stream);
  while (!std::filesystem::exists(folder_ / "all")) ::usleep(1000);
  Completed second = run(receive_command(root, {}), {}, stream);
  while (second.status.code == 75) second = run(receive_command(root, {}), {}, stream);
  EXPECT_TRUE(second.ok()) << second.err.substr(0, 100);
  EXPECT_THAT(said(), HasSubstr("x"
                                "cyber-zfs-backup-receiver: zfs said "));
  std::string error;
  EXPECT_TRUE(ended_with(czb::wait(*process, error), ExitKind::exited, 0));
}

TEST_F(SilentSenderTest, ASecondReceiveIsBusyAndAnotherDatasetIsNot) {
  zfs("[ $1 = receive ] || exit 0; echo $$ > $here/begun; exec cat > /dev/null\n");
  const ProcessPointer process = begin(stream.substr(0, 1000));
  wait_for_zfs();
  const Completed second = run(receive_command(root, {}), {}, stream);
  EXPECT_TRUE(ended_with(second.status, ExitKind::exited, 75));
  EXPECT_THAT(second.err, StartsWith("cyber-zfs-backup-receiver: offsite/zippy: dataset is busy: "));
  EXPECT_TRUE(ended_with(run(receive_command(root + "/a", {}), {}, stream).status, ExitKind::exited, 0));
  const Completed abort = run(abort_receive_command(root));
  EXPECT_TRUE(ended_with(abort.status, ExitKind::exited, 75));
  const Completed destroy = run(destroy_command(root, {"2026-01-01T00:00:00Z"}, true), {"--mode", "mirror"});
  EXPECT_TRUE(ended_with(destroy.status, ExitKind::exited, 75));
  EXPECT_TRUE(run(exists_command(root)).ok());
  sender_.reset();
  std::string error;
  EXPECT_TRUE(ended_with(czb::wait(*process, error), ExitKind::exited, 0));
  EXPECT_TRUE(run(receive_command(root, {}), {}, stream).ok());
}

TEST_F(SilentSenderTest, OnlySoManyRequestsGoOnAtOnce) {
  zfs("[ $1 = receive ] || exit 0; echo $$ > $here/begun; exec cat > /dev/null\n");
  const ProcessPointer process = begin(stream.substr(0, 1000), {"--sessions", "2"});
  wait_for_zfs();
  EXPECT_TRUE(run(exists_command(root), {"--sessions", "2"}).ok());
  const auto second = lock_file(folder_ / "state", "offsite%zippy.slot2");
  ASSERT_TRUE(second);
  const Completed refused = run(exists_command(root), {"--sessions", "2"});
  EXPECT_TRUE(ended_with(refused.status, ExitKind::exited, 75));
  EXPECT_THAT(refused.err, HasSubstr("offsite/zippy: dataset is busy: 2 requests for it are in progress"));
  EXPECT_TRUE(run(CommandLine{"cyber-zfs-backup-receiver", "report"}, {"--sessions", "2"}).ok());
  sender_.reset();
  std::string error;
  EXPECT_TRUE(ended_with(czb::wait(*process, error), ExitKind::exited, 0));
  EXPECT_TRUE(run(exists_command(root), {"--sessions", "2"}).ok());
}

// zfs send -w says so also of what is not encrypted.
TEST_F(SilentSenderTest, APackageThatBringsNoKeyHasItsDatasetAlone) {
  zfs("case $1 in receive) echo $$ > $here/begun; exec cat > /dev/null;; esac\n");
  const std::string single = package({{"tank", {{"b", 2}}}}, "b", "", false);
  const ProcessPointer process = begin(package_head("tank@b", single) + substream({"tank@b", 2}));
  wait_for_zfs();
  EXPECT_TRUE(ended_with(run(receive_command(root, {}), {}, stream).status, ExitKind::exited, 75));
  EXPECT_TRUE(run(receive_command(root + "/a", {}), {}, stream).ok());
  sender_.reset();
  std::string error;
  czb::wait(*process, error);
}

TEST_F(SilentSenderTest, ARawPackageOfOneDatasetHasAllOfTheRootForItself) {
  zfs("case $1 in receive) echo $$ > $here/begun; exec cat > /dev/null;; esac\n");
  const std::string keys = test::NativeNvBuilder().list("crypt_keydata", test::key_list({})).packed();
  const std::string single = package({{"tank", {{"b", 2}}}}, "b", "", false);
  const ProcessPointer process =
      begin(package_head("tank@b", single) + substream({"tank@b", 2, 0, 2, 0, receiver::feature_raw, keys}));
  wait_for_zfs();
  for (const char* other : {"", "/a", "/a/b"}) {
    const Completed second = run(receive_command(root + other, {}), {}, stream);
    EXPECT_TRUE(ended_with(second.status, ExitKind::exited, 75)) << other;
  }
  sender_.reset();
  std::string error;
  czb::wait(*process, error);
  EXPECT_TRUE(run(receive_command(root + "/a", {}), {}, stream).ok());
}

}  // namespace
}  // namespace czb::receiver_test
