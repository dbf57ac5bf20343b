// SPDX-License-Identifier: MIT
// Runs that are ended, or whose zfs processes are, while a stream flows; and pools that fill up meanwhile.
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <vector>

#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Where runs have their files: root's folder, and those of other users.
std::vector<std::filesystem::path> run_folders() {
  std::vector<std::filesystem::path> folders;
  if (std::filesystem::exists("/run/cyber-zfs-backup")) folders.emplace_back("/run/cyber-zfs-backup");
  for (const auto& entry : std::filesystem::directory_iterator("/tmp"))
    if (entry.path().filename().string().rfind("cyber-zfs-backup-", 0) == 0) folders.push_back(entry.path());
  return folders;
}

// What a run leaves: nothing but lock files.
Words left_in(const std::vector<std::filesystem::path>& folders) {
  Words found;
  for (const auto& folder : folders)
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() != ".lock") found.push_back(entry.path());
  return found;
}

// A program at a terminal of its own, as a login's shell starts one.
class AtATerminal {
 public:
  explicit AtATerminal(Words argv) {
    std::vector<char*> words;
    for (std::string& word : argv) words.push_back(word.data());
    words.push_back(nullptr);
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ < 0) throw std::runtime_error("no terminal could be made");
    if (pid_ > 0) return;
    ::execvp(words.front(), words.data());
    ::_exit(127);
  }
  ~AtATerminal() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    hang_up();
  }
  AtATerminal(const AtATerminal&) = delete;
  AtATerminal& operator=(const AtATerminal&) = delete;

  // As when the connection of a login is lost: the kernel sends SIGHUP, and nothing can be written there any more.
  void hang_up() {
    if (terminal_ >= 0) ::close(terminal_);
    terminal_ = -1;
  }
  bool ended() { return status_ >= 0 || (::waitpid(pid_, &status_, WNOHANG) == pid_ && (pid_ = -1) < 0); }
  int status() const { return status_; }

 private:
  pid_t pid_ = -1;
  int terminal_ = -1;
  int status_ = -1;  // of waitpid; -1: it runs
};

class InterruptTest : public LabTest {
 protected:
  // More than all pipes hold, so that a program which has stopped has a stream before it.
  void make_heavy_tree(const Words& children, std::size_t mebibytes = 24) const {
    make_tree(children, {"-o", "compression=off"});
    write(children.empty() ? "" : children.front(), "data", std::string(mebibytes << 20, 'x'));
  }

  // A run whose heavy stream takes seconds on the fastest machine, so that it can be stopped in the middle.
  Words slow_backup_command(int day, const Words& arguments = {}) {
    target_options.push_back("bandwidth-limit: 4M");
    Words command = backup_command(day, arguments);
    target_options.pop_back();
    return command;
  }

  // Stops the program as soon as both ends of the stream run: the bytes pass through it.
  static void stop_in_mid_stream(Process& program) {
    ASSERT_TRUE(comes_true([&] {
      return program.ended() ||
             (!processes_called("zfs", "send").empty() && !processes_called("zfs", "receive").empty());
    }));
    program.signal(SIGSTOP);
    ASSERT_FALSE(program.ended()) << program.wait().text();
  }

  static void expect_nothing_left() {
    EXPECT_TRUE(comes_true([] { return nobody_works_on_zfs() && processes_called("ssh").empty(); }));
    EXPECT_THAT(run_folders(), Not(IsEmpty()));
    EXPECT_THAT(left_in(run_folders()), IsEmpty());
  }
};

TEST_F(InterruptTest, SigintInAFirstFullIsPromptAndTheNextRunHealsIt) {
  make_heavy_tree({});
  Process program(slow_backup_command(1));
  stop_in_mid_stream(program);
  program.signal(SIGINT);
  program.signal(SIGCONT);
  EXPECT_THAT(program.wait(), Exits(128 + SIGINT));
  expect_nothing_left();
  EXPECT_TRUE(exists(source + "@" + noon(1)));
  expect_backup(2);
}

TEST_F(InterruptTest, SigtermInAnIncrementThroughSshIsPromptAndLeavesNothingBehind) {
  make_tree({"child"}, {"-o", "compression=off"});
  transport = ssh_transport(ssh_config());
  expect_backup(1);
  write("child", "data", noise(1, 24 << 20));
  Process program(slow_backup_command(2));
  stop_in_mid_stream(program);
  program.signal(SIGTERM);
  program.signal(SIGCONT);
  EXPECT_THAT(program.wait(), Exits(128 + SIGTERM));
  expect_nothing_left();
  EXPECT_TRUE(exists(source + "@" + noon(2)));
  transport = "local";
  expect_backup(3);
}

TEST_F(InterruptTest, WhenItsTerminalHangsUpInMidPushItEndsAndTheNextRunHealsIt) {
  make_tree({"child"}, {"-o", "compression=off"});
  transport = ssh_transport(ssh_config());
  expect_backup(1);
  write("child", "data", noise(1, 24 << 20));
  AtATerminal program(slow_backup_command(2));
  ASSERT_TRUE(comes_true([&] {
    return program.ended() || (!processes_called("zfs", "send").empty() && !processes_called("zfs", "receive").empty());
  }));
  ASSERT_FALSE(program.ended());
  program.hang_up();
  ASSERT_TRUE(comes_true([&] { return program.ended(); }));
  EXPECT_TRUE(WIFEXITED(program.status())) << program.status();
  EXPECT_EQ(WEXITSTATUS(program.status()), 128 + SIGHUP);
  expect_nothing_left();
  EXPECT_TRUE(exists(source + "@" + noon(2)));
  EXPECT_FALSE(exists(target + "/child@" + noon(2)));
  transport = "local";
  expect_backup(3);
}

TEST_F(InterruptTest, WhenReceiveOrSendIsKilledTheRunSaysSoAndEnds) {
  make_heavy_tree({"child"});
  target_options.push_back("retries: 0");
  for (const std::string end : {"receive", "send"}) {
    SCOPED_TRACE(end);
    Process program(slow_backup_command(1, end == "receive" ? Words{} : push_only));
    stop_in_mid_stream(program);
    const auto victims = processes_called("zfs", end);
    ASSERT_THAT(victims, SizeIs(1));
    ASSERT_TRUE(comes_true([&] { return waits_in_its_stream(victims.front()); }));
    ::kill(victims.front(), SIGKILL);
    program.signal(SIGCONT);
    EXPECT_THAT(program.wait(), Exits(failed, {"zfs " + end, "ended by signal 9"}));
    expect_nothing_left();
    if (exists(target)) zfs({"destroy", "-r", target});
  }
  EXPECT_TRUE(exists(source + "/child@" + noon(1)));
  expect_backup(1, push_only);
}

TEST_F(InterruptTest, ASecondRunOfTheJobSaysWhoIsAtWorkAndDoesNothing) {
  make_heavy_tree({});
  Process first(slow_backup_command(1));
  stop_in_mid_stream(first);
  const Tree before = tree_of(source);
  EXPECT_THAT(backup(2),
              Exits(busy, {"another run for " + source + " is in progress", "process " + std::to_string(first.pid())}));
  EXPECT_EQ(tree_of(source), before);
  EXPECT_THAT(backup(2, {"--dry-run"}), Exits(ok));  // looks, and needs no lock
  first.signal(SIGCONT);
  EXPECT_THAT(first.wait(), Exits(ok));
  expect_mirror(source, target);
}

TEST_F(InterruptTest, ATargetThatFillsUpIsSaidAndLosesNothing) {
  const std::string disk = "/tmp/small.img";
  succeed({"truncate", "-s", "64M", disk});
  succeed({"zpool", "create", "-o", "cachefile=none", "-m", "none", "small", disk});
  make_heavy_tree({"child"}, 1);
  target = "small/backup";
  expect_backup(1);
  write("child", "data", noise(1, 64 << 20));
  const Result result = backup(2);
  EXPECT_THAT(result, Exits(failed, {"out of space", "make room there"}));
  EXPECT_TRUE(exists(source + "/child@" + noon(2)));
  EXPECT_TRUE(exists(target + "/child@" + noon(1)));
  expect_nothing_left();
  succeed({"zpool", "destroy", "-f", "small"});
  std::filesystem::remove(disk);
}

}  // namespace
}  // namespace czb::lab
