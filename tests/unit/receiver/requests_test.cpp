// SPDX-License-Identifier: MIT
// What is asked for, refused, and sent back, by the whole program.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <ctime>
#include <filesystem>
#include <sstream>

#include "fixtures/token_builder.h"
#include "receiver/receiver_program.h"
#include "zfs/commands.h"

namespace czb::receiver_test {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// As the receiver counts the days.
std::int64_t today() { return std::time(nullptr) / 86400; }

TEST_F(ReceiverProgramTest, HelpAndVersionNeedNothing) {
  const Completed help = czb::run(*transport_, {CZB_RECEIVER, "--help"});
  EXPECT_TRUE(help.ok());
  EXPECT_THAT(help.out,
              AllOf(StartsWith("Usage: cyber-zfs-backup-receiver --root DATASET"), HasSubstr("--max-stream")));
  const Completed version = czb::run(*transport_, {CZB_RECEIVER, "--version"});
  EXPECT_TRUE(version.ok());
  EXPECT_EQ(version.out, "cyber-zfs-backup-receiver " CZB_VERSION "\n");
}

TEST_F(ReceiverProgramTest, ALoginIsRefused) {
  const Completed completed = run(std::nullopt);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
  EXPECT_THAT(completed.err, AllOf(StartsWith("cyber-zfs-backup-receiver: refused: "), HasSubstr("backups only")));
  EXPECT_EQ(completed.out + called(), "");
}

TEST_F(ReceiverProgramTest, ARefusalIsOneLineAndRunsNothing) {
  for (const CommandLine& command : {CommandLine{"id"}, CommandLine{"zfs", "destroy", root},
                                     exists_command("offsite/zippy2"), CommandLine{"a\nb\x1b[2J"}}) {
    const Completed completed = run(command);
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
    EXPECT_THAT(completed.err, StartsWith("cyber-zfs-backup-receiver: refused: "));
    EXPECT_EQ(completed.err.find('\n'), completed.err.size() - 1);
    EXPECT_EQ(completed.err.find('\x1b'), std::string::npos);
  }
  EXPECT_EQ(called(), "");
}

TEST_F(ReceiverProgramTest, AWrongOptionIsItsOwnStatus) {
  const Completed completed = run(exists_command(root), {"--mode", "everything"});
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 78));
  EXPECT_THAT(completed.err, AllOf(StartsWith("cyber-zfs-backup-receiver: --mode"), Not(HasSubstr("refused"))));
}

TEST_F(ReceiverProgramTest, OutputErrorAndStatusAreZfssOwn) {
  zfs("echo out; echo err >&2; exit 3\n");
  const Completed completed = run(list_names_command(root));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 3));
  EXPECT_EQ(completed.out, "out\n");
  EXPECT_EQ(completed.err, "err\n");
  EXPECT_EQ(called(), "zfs list -H -r -t filesystem,volume -o name offsite/zippy\n");
}

TEST_F(ReceiverProgramTest, AListingSaysTheModeAndWhatBecomesOfUserProperties) {
  for (const char* mode : {"append-only", "mirror", "pull"}) {
    const std::string names =
        mode == std::string("pull") ? "" : "cyber-zfs-backup-receiver: user-properties site:,a:b\n";
    EXPECT_EQ(run(list_command(root, {}, true), {"--mode", mode, "--user-properties", "site:,a:b"}).err,
              std::string("cyber-zfs-backup-receiver: mode ") + mode + "\n" + names);
  }
  EXPECT_THAT(run(list_command(root, {}, true)).err, EndsWith("user-properties -\n"));
}

TEST_F(ReceiverProgramTest, ZfsHasACleanEnvironmentAndNoInput) {
  zfs("env; if read -r line; then echo \"read $line\"; fi\n");
  const Completed completed =
      run(exists_command(root), {}, "input\n", {"EVIL=1", "LD_LIBRARY_PATH=/x", "LC_ALL=de_DE", "PATH=/evil"});
  EXPECT_TRUE(completed.ok()) << completed.err;
  std::istringstream lines(completed.out);
  for (std::string line; std::getline(lines, line);)
    EXPECT_THAT(line, ::testing::AnyOf("LC_ALL=C", StartsWith("PATH=/usr/local/sbin:"), StartsWith("PWD="),
                                       StartsWith("SHLVL="), StartsWith("_=")));
}

TEST_F(ReceiverProgramTest, OnlyAPartialStateIsGivenUp) {
  zfs("case $1 in get) cat $here/token;; esac\n");
  folder_.file("token", "-\n");
  const Completed refused = run(abort_receive_command(root));
  EXPECT_TRUE(ended_with(refused.status, ExitKind::exited, 77));
  EXPECT_THAT(called(), Not(HasSubstr("receive -A")));
  folder_.file("token", "1-abc\n");
  EXPECT_TRUE(run(abort_receive_command(root)).ok());
  EXPECT_THAT(called(), HasSubstr("zfs receive -A offsite/zippy\n"));
  zfs("echo \"cannot open\" >&2; exit 1\n");
  EXPECT_TRUE(ended_with(run(abort_receive_command(root)).status, ExitKind::exited, 1));
}

TEST_F(ReceiverProgramTest, ItsOwnMemoryIsBoundedAndThatOfZfsIsNot) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "AddressSanitizer needs more";
#endif
  zfs("grep 'Max address space' /proc/$PPID/limits; grep 'Max address space' /proc/$$/limits\n");
  const std::string own = run(exists_command(root)).out;
  EXPECT_THAT(own, AllOf(HasSubstr("1073741824"), HasSubstr("unlimited")));
}

TEST_F(ReceiverProgramTest, MirrorModeDestroysWithinItsGuardsAndRemembers) {
  std::string listing;
  for (int i = 10; i < 18; ++i)
    listing += "offsite/zippy@2026-01-" + std::to_string(i) + "T00:00:00Z\\t" + std::to_string(i) + "\\n";
  zfs("case $1 in list) printf '" + listing + "';; esac\n");
  const auto destroy = [&](const char* day) {
    return run(destroy_command(root, {std::string("2026-01-") + day + "T00:00:00Z"}, false), {"--mode", "mirror"});
  };
  const std::int64_t day = today();
  EXPECT_TRUE(destroy("10").ok());
  EXPECT_THAT(called(), HasSubstr("zfs destroy offsite/zippy@2026-01-10T00:00:00Z\n"));
  EXPECT_TRUE(destroy("11").ok());
  const Completed third = destroy("12");
  if (today() != day) GTEST_SKIP() << "midnight came between, and what may be destroyed in a day begins anew";
  EXPECT_TRUE(ended_with(third.status, ExitKind::exited, 77));
  EXPECT_THAT(third.err, HasSubstr("at most 25 percent"));
  EXPECT_THAT(destroy("17").err, HasSubstr("one of the 3 newest"));
  EXPECT_THAT(called(),
              Not(AnyOf(HasSubstr("destroy offsite/zippy@2026-01-12"), HasSubstr("destroy offsite/zippy@2026-01-17"))));
  const std::string count = folder_ / "state/offsite%zippy.destroyed";
  struct stat status = {};
  ASSERT_EQ(::stat(count.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  folder_.file("state/offsite%zippy.destroyed", "nonsense");
  EXPECT_THAT(destroy("10").err,
              AllOf(HasSubstr("refused"), HasSubstr("offsite%zippy.destroyed"), HasSubstr("look at it")));
}

TEST_F(ReceiverProgramTest, TheReportNamesWhatADoctorAsks) {
  zfs("case $1 in version) echo zfs-2.1.11-1; echo zfs-kmod-2.1.11-1;; get) echo 12345;; esac\n");
  const std::string zpool = folder_.file("zpool", "#!/bin/sh\necho ONLINE\n");
  ::chmod(zpool.c_str(), 0700);
  const Completed completed =
      run(CommandLine{"cyber-zfs-backup-receiver", "report"}, {"--mode", "mirror", "--quota", "1K"});
  EXPECT_TRUE(completed.ok());
  EXPECT_EQ(completed.err, "");
  EXPECT_THAT(completed.out,
              AllOf(StartsWith("version\t" CZB_VERSION "\n"), HasSubstr("\nmode\tmirror\n"),
                    HasSubstr("\nroot\toffsite/zippy\n"), HasSubstr("\nzfs-version\tzfs-2.1.11-1\n"),
                    HasSubstr("\nzpool-health\tONLINE\n"), HasSubstr("\navailable\t12345\n"), HasSubstr("\ntime\t"),
                    HasSubstr("\nuser\t"), HasSubstr("\nkeep-newest\t3\n"), HasSubstr("\ndestroy-limit\t25\n"),
                    HasSubstr("\nmax-stream\t-\n"), HasSubstr("\nquota\t1024\n"), HasSubstr("\nspace-bound\t1024\n"),
                    HasSubstr("\nmissing-permissions\t"), HasSubstr("\nunknown-keys\t")));
}

// By `ssh offsite cyber-zfs-backup-receiver report`, which our ssh plugin writes otherwise.
TEST_F(ReceiverProgramTest, APersonMayAskForTheReportAndForNothingElseByHand) {
  const auto typed = [&](const std::string& command) {
    return run(std::nullopt, {}, {}, {"SSH_ORIGINAL_COMMAND=" + command});
  };
  EXPECT_THAT(typed("cyber-zfs-backup-receiver report").out, HasSubstr("\nroot\toffsite/zippy\n"));
  for (const char* command :
       {"cyber-zfs-backup-receiver report ", " cyber-zfs-backup-receiver report", "cyber-zfs-backup-receiver  report",
        "cyber-zfs-backup-receiver report\n", "cyber-zfs-backup-receiver setup", "cyber-zfs-backup-receiver --help",
        "'cyber-zfs-backup-receiver' report", "report", "zfs list -H -r -t filesystem,volume -o name offsite/zippy"})
    EXPECT_TRUE(ended_with(typed(command).status, ExitKind::exited, 77)) << command;
}

TEST_F(ReceiverProgramTest, TheReportTellsTheLeastQuotaThatBoundsTheRoot) {
  zfs("");
  const auto reported = [&](const Words& options) {
    return run(CommandLine{"cyber-zfs-backup-receiver", "report"}, options).out;
  };
  EXPECT_THAT(reported({}), AllOf(HasSubstr("\nquota\t-\n"), HasSubstr("\nspace-bound\t-\n")));
  EXPECT_THAT(reported({"--quota", "none"}), AllOf(HasSubstr("\nquota\tnone\n"), HasSubstr("\nspace-bound\t-\n")));
  folder_.file("space", "type\tfilesystem\nused\t1\nquota\t2048\n");
  EXPECT_THAT(reported({"--quota", "1K"}), HasSubstr("\nspace-bound\t2048\n"));
}

TEST_F(ReceiverProgramTest, WhatTheReportCannotLearnIsAQuestionMark) {
  zfs("exit 1\n");
  const Completed completed = run(CommandLine{"cyber-zfs-backup-receiver", "report"});
  EXPECT_TRUE(completed.ok());
  EXPECT_THAT(completed.out,
              AllOf(HasSubstr("\nzfs-version\t?\n"), HasSubstr("\nzpool-health\t?\n"), HasSubstr("\navailable\t?\n")));
}

TEST_F(ReceiverProgramTest, AStateFolderThatOthersCanWriteIsMisconfigured) {
  std::filesystem::create_directory(folder_ / "state");
  ::chmod((folder_ / "state").c_str(), 0777);
  const Completed completed = run(receive_command(root, {}), {}, stream);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 78));
  EXPECT_THAT(completed.err, HasSubstr("nobody else may write there"));
  EXPECT_EQ(called(), "");
}

TEST_F(ReceiverProgramTest, WithoutZfsItSaysSo) {
  const Completed completed = run(exists_command(root), {"--zfs", "/no/such/zfs"});
  // The last --zfs is the second one: refused as given twice.
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 78));
  std::filesystem::remove(folder_ / "zfs");
  const Completed gone = run(exists_command(root));
  EXPECT_TRUE(ended_with(gone.status, ExitKind::exited, 1));
  EXPECT_THAT(gone.err, AllOf(HasSubstr("could not start"), HasSubstr("/zfs")));
}

class SendingReceiverTest : public ReceiverProgramTest {
 protected:
  SendingReceiverTest() {
    zfs("case $1$2 in list-H) cat $here/there;; send-nvt) echo contents;; send*) cat $here/stream;; esac\n");
    there("5\toff\n");
    folder_.file("stream", substream({"offsite/zippy/a@x", 5}));
  }
  void there(const std::string& said) const { folder_.file("there", said); }
  Completed send(const CommandLine& command) { return run(command, {"--mode", "pull"}); }
  void expect_refused(const CommandLine& command, const std::string& why) {
    const Completed completed = send(command);
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77)) << completed.err;
    EXPECT_EQ(completed.out, "");
    EXPECT_THAT(completed.err, HasSubstr(why));
  }

  const std::string token_ = resume_token("offsite/zippy/a@x", 5);
};

TEST_F(SendingReceiverTest, ATokenIsReadBeforeItIsSent) {
  EXPECT_EQ(send(send_token_command(token_)).out, substream({"offsite/zippy/a@x", 5}));
  EXPECT_EQ(send(read_token_command(token_)).out, "contents\n");
  for (const char* other : {"6\toff\n", "5\taes-256-gcm\n", ""}) {
    there(other);
    expect_refused(send_token_command(token_), "the resume token is for offsite/zippy/a@x, ");
  }
  there("5\toff\n");
  for (const std::string& wrong :
       {resume_token("offsite/zippy2@x", 5), resume_token("offsite/other@x", 5), resume_token("offsite@x", 5),
        resume_token("offsite/zippy/a@x\n\trawok = 1", 5), std::string("1-abc")}) {
    expect_refused(send_token_command(wrong), "the resume token is ");
    expect_refused(read_token_command(wrong), "the resume token is ");
  }
}

// Whatever zfs was led to: its own first record decides.
TEST_F(SendingReceiverTest, WhatLeavesIsLookedAtBeforeAByteOfItDoes) {
  there("5\taes-256-gcm\n");
  const std::string raw_token = resume_token("offsite/zippy/a@x", 5, 0, true);
  const CommandLine one = send_dataset_command("offsite/zippy/a", SendFrom::nothing, "", "x");
  const CommandLine tree = send_tree_command("offsite/zippy/a", std::nullopt, "x", false);
  for (const CommandLine& command : {send_token_command(raw_token), one, tree})
    expect_refused(command, "is offsite/zippy/a@x in clear, which is encrypted, so none of it was sent");
  folder_.file("stream", substream({"offsite/other@x", 5}));
  for (const CommandLine& command : {send_token_command(raw_token), one, tree})
    expect_refused(command, "which is not in offsite/zippy/a");
  const std::string raw = substream({"offsite/zippy/a@x", 5, 0, 2, 0, std::uint64_t{1} << 24U});
  folder_.file("stream", raw);
  for (const CommandLine& command : {send_token_command(raw_token), one, tree}) {
    const Completed completed = send(command);
    EXPECT_TRUE(completed.ok()) << completed.err;
    EXPECT_EQ(completed.out, raw);
  }
}

TEST_F(SendingReceiverTest, ASendThatFailsKeepsZfssWordsAndStatus) {
  zfs("echo \"cannot open 'x': dataset does not exist\" >&2; exit 3\n");
  const Completed completed = send(send_tree_command(root, std::nullopt, "x", false));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 3));
  EXPECT_EQ(completed.out, "");
  EXPECT_EQ(completed.err, "cannot open 'x': dataset does not exist\n");
}

TEST_F(SendingReceiverTest, ALargeStreamArrivesWhole) {
  const std::string large = begin_record({"offsite/zippy@x", 5}) + file_records(5'000'000) + end_record();
  folder_.file("stream", large);
  EXPECT_TRUE(send(send_dataset_command(root, SendFrom::nothing, "", "x")).out == large);
}

}  // namespace
}  // namespace czb::receiver_test
