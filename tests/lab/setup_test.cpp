// SPDX-License-Identifier: MIT
// Setting up both ends from nothing, as a person would: the sender's setup, what it says pasted at the receiver, and a
// first push through the restricted receiver, by a system user without root's rights.
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string user = "czb-setup";
const std::string home = "/var/lib/" + user;
const std::string port = "2022";

// A strict sshd without PAM on a port of its own, with what setup says about sshd in effect for our user.
class StrictSshd {
 public:
  explicit StrictSshd(const std::string& folder) {
    succeed({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder + "/host_key"});
    std::filesystem::create_directories("/run/sshd");
    write_file(folder + "/sshd_config",
               "ListenAddress 127.0.0.1:" + port + "\nHostKey " + folder + "/host_key\nPidFile " + folder +
                   "/sshd.pid\nPermitRootLogin no\nUsePAM no\nUseDNS no\nPrintMotd no\nPrintLastLog no\n"
                   "Match User " +
                   user +
                   "\nAuthenticationMethods publickey\nPermitTTY no\nAllowTcpForwarding no\nExposeAuthInfo yes\n");
    process_ = std::make_unique<Process>(Words{"/usr/sbin/sshd", "-D", "-e", "-f", folder + "/sshd_config"});
    // It writes the file once it listens.
    if (!comes_true([&] { return std::filesystem::exists(folder + "/sshd.pid"); })) throw std::runtime_error("sshd");
    const std::string printed = succeed({"ssh-keygen", "-l", "-E", "sha256", "-f", folder + "/host_key.pub"});
    fingerprint_ = printed.substr(printed.find("SHA256:"), 50);
  }
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  std::unique_ptr<Process> process_;
  std::string fingerprint_;
};

// The line of a text that begins with this.
std::string line_beginning(const std::string& text, const std::string& beginning) {
  for (const std::string& line : lines_of(text))
    if (line.rfind(beginning, 0) == 0) return line;
  throw std::runtime_error("no line '" + beginning + "…' in " + text);
}

class SetupTest : public LabTest {
 protected:
  SetupTest() : sshd_(folder) {
    transport = ssh_transport(folder + "/ssh_config");
    write_file(folder + "/setup.yaml", "jobs:\n  job:\n    dataset: " + source +
                                           "\n    targets:\n      offsite:\n        dataset: " + target +
                                           "\n        transport: " + transport + "\n");
  }

  // `cyber-zfs-backup setup` for the job.
  Result set_up(const Words& arguments = {}) const {
    return run(Words{CZB_PROGRAM, "setup", "--config", folder + "/setup.yaml", "--key", folder + "/ssh/id_ed25519",
                     "--known-hosts", folder + "/ssh/known_hosts", "--host-name", "127.0.0.1", "--port", port, "--yes",
                     "--receiver-user", user, "--receiver-program", CZB_RECEIVER} +
               arguments);
  }

  // What a person pastes into root's shell at the receiver.
  Result paste(const std::string& line) const {
    const std::string bin = std::filesystem::path(CZB_RECEIVER).parent_path();
    return run({"sh", "-c", line}, {"PATH=" + bin + ":" + std::getenv("PATH")});
  }

  std::string receiver_command(const Result& told) const {
    std::string line = line_beginning(told.out, "cyber-zfs-backup-receiver setup ");
    // Where other tests' user keeps its locks is not this user's to write in.
    return line.insert(line.find(" --key "), " --state " + home + "/receiver");
  }

  const StrictSshd sshd_;
};

TEST_F(SetupTest, BothEndsAreSetUpFromNothingAndTheFirstPushArrives) {
  make_tree({"child"});
  write("child", "file", "precious");

  const Result first = set_up({"--accept-host-key", sshd_.fingerprint()});
  EXPECT_THAT(first, Exits(unreachable, {"done: the key ", "done: the host key of [127.0.0.1]:2022",
                                         "Not there yet: ", "Permission denied"}));
  EXPECT_THAT(first.out, HasSubstr("Note: there is no quota: whoever has this key"));
  const std::string command = receiver_command(first);

  const std::string before = command.substr(0, command.rfind(" --apply"));
  const Result told = paste(before);
  EXPECT_THAT(told, Exits(0, {"to do: the system user " + user, "note: there is no quota: ", "Nothing was changed."}));
  EXPECT_FALSE(std::filesystem::exists(home));

  EXPECT_THAT(paste(command), Exits(0, {"done: the system user " + user, "done: the permissions of " + user}));
  const std::string keys = read_file(home + "/.ssh/authorized_keys");
  EXPECT_THAT(keys, HasSubstr("restrict,command=\"" + std::string(CZB_RECEIVER) + " --root " + target));
  EXPECT_THAT(succeed({"stat", "-c", "%U %a", home + "/.ssh", home + "/.ssh/authorized_keys", home + "/receiver"}),
              "root 755\nroot 644\n" + user + " 700\n");

  const Result again = paste(command);
  EXPECT_THAT(again, Exits(0, {"already there: the system user " + user}));
  EXPECT_THAT(again.out, Not(HasSubstr("done: ")));
  EXPECT_EQ(read_file(home + "/.ssh/authorized_keys"), keys);

  const Result tested = set_up();
  EXPECT_THAT(tested, Exits(ok, {"already there: the key ", "already there: the host key of ",
                                 "Tested: ", "lets this key into " + target + " with the mode append-only",
                                 "Note: there is no quota"}));
  EXPECT_THAT(tested.out, Not(HasSubstr("done: ")));

  EXPECT_THAT(backup(1), Exits(ok));
  expect_mirror(source, target);
  EXPECT_EQ(file_of(target + "/child@" + noon(1), "file"), "precious");
  write("child", "file", "more");
  EXPECT_THAT(backup(2), Exits(ok));
  expect_mirror(source, target);

  const Result hostile = run({"ssh", "-F", folder + "/ssh_config", "offsite", "zfs", "destroy", "-r", target});
  EXPECT_EQ(hostile.status, 77) << hostile.text();
  expect_mirror(source, target);
}

TEST_F(SetupTest, AKeyIsNotGivenAnotherCommandBehindItsBack) {
  make_tree();
  const std::string command = receiver_command(set_up({"--accept-host-key", sshd_.fingerprint()}));
  ASSERT_THAT(paste(command), Exits(0));
  const std::string keys = read_file(home + "/.ssh/authorized_keys");
  std::string other = command;
  other.replace(other.find("--root " + target), ("--root " + target).size(), "--root offsite/other");
  EXPECT_THAT(paste(other), Exits(77, {"refused: this key stands in", "--root " + target, "is not changed"}));
  EXPECT_EQ(read_file(home + "/.ssh/authorized_keys"), keys);
}

TEST_F(SetupTest, AParentIsMadeWhenAskedFor) {
  make_tree();
  std::string command = receiver_command(set_up({"--accept-host-key", sshd_.fingerprint()}));
  const std::string root = target + "-parents/deep down/tree";
  command.replace(command.find("--root " + target), ("--root " + target).size(), "--root '" + root + "'");
  EXPECT_THAT(paste(command), Exits(77, {"give --create-parent"}));
  EXPECT_FALSE(exists(target + "-parents"));
  command.insert(command.find(" --key "), " --create-parent");
  EXPECT_THAT(paste(command), Exits(0, {"done: the dataset " + target + "-parents/deep down"}));
  EXPECT_EQ(property("mountpoint", target + "-parents/deep down"), "none");
  EXPECT_FALSE(exists(root));
  EXPECT_THAT(zfs({"allow", target + "-parents/deep down"}), HasSubstr("user " + user));
  command.insert(command.find(" --key "), " --create-root");
  EXPECT_THAT(paste(command), Exits(0, {"done: the dataset " + root}));
  EXPECT_EQ(property("mounted", root), "no");
  EXPECT_EQ(property("quota", root), "0");
}

TEST_F(SetupTest, TheQuotaStandsInTheKeysLineAndARootThatIsMadeHasIt) {
  make_tree();
  std::string command = receiver_command(set_up({"--accept-host-key", sshd_.fingerprint(), "--quota", "10M"}));
  EXPECT_THAT(command, HasSubstr("--root " + target + " --quota 10M "));
  command.insert(command.find(" --key "), " --create-root");
  const Result done = paste(command);
  EXPECT_THAT(done, Exits(0, {"done: the dataset " + target}));
  EXPECT_THAT(done.out, Not(HasSubstr("there is no quota")));
  EXPECT_EQ(property("quota", target), std::to_string(10 << 20));
  EXPECT_THAT(read_file(home + "/.ssh/authorized_keys"), HasSubstr("--root " + target + " --quota 10M --state "));
  EXPECT_THAT(set_up(), Exits(ok, {"Tested: ", "At most 10M may lie there."}));
  EXPECT_THAT(set_up({"--quota", "10M"}), Exits(ok, {"Tested: "}));

  const Result more = set_up({"--quota", "20M"});
  EXPECT_THAT(more, Exits(needs_person, {"at most 10M may lie there, and --quota 20M is what was said here",
                                         "zfs set quota=20M " + target}));
  EXPECT_THAT(more.out, Not(HasSubstr("cyber-zfs-backup-receiver setup")));
  EXPECT_EQ(property("quota", target), std::to_string(10 << 20));
  zfs({"set", "quota=30M", target});
  EXPECT_THAT(paste(command), Exits(77, {target + " has a quota of its own, 30M", "zfs set quota=10M " + target}));
  EXPECT_EQ(property("quota", target), std::to_string(30 << 20));
}

TEST_F(SetupTest, APullIsSetUpTheSameWayWithAKeyThatOnlyReads) {
  make_tree();
  write_file(folder + "/setup.yaml", "jobs:\n  job:\n    dataset: " + source + "\n    transport: " + transport +
                                         "\n    targets: {here: {dataset: " + target + ", transport: local}}\n");
  const Result told = set_up({"--accept-host-key", sshd_.fingerprint()});
  const std::string command = receiver_command(told);
  EXPECT_THAT(command, HasSubstr("--root " + source + " --mode pull"));
  EXPECT_THAT(paste(command), Exits(0, {"done: the permissions of " + user + " for " + source}));
  EXPECT_THAT(zfs({"allow", source}), HasSubstr("user " + user + " hold,send"));
  EXPECT_THAT(set_up(), Exits(ok, {"lets this key into " + source + " with the mode pull"}));
}

TEST_F(SetupTest, NotAsRootNothingIsApplied) {
  make_tree();
  const std::string command = receiver_command(set_up({"--accept-host-key", sshd_.fingerprint()}));
  const Result refused =
      run({"setpriv", "--reuid=nobody", "--clear-groups", "sh", "-c", command},
          {"PATH=" + std::filesystem::path(CZB_RECEIVER).parent_path().string() + ":" + std::getenv("PATH")});
  EXPECT_THAT(refused, Exits(77, {"--apply is for root"}));
}

}  // namespace
}  // namespace czb::lab
