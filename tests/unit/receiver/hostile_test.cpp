// SPDX-License-Identifier: MIT
// What somebody who took over a sender may try with its key: each is refused before anything is run.
#include <gtest/gtest.h>

#include <random>

#include "cyber-zfs-backup/shell_quote.h"
#include "receiver/answer.h"
#include "receiver/request/grammar.h"
#include "receiver/request/policy.h"
#include "remote_command.h"

namespace czb::receiver {
namespace {

const std::string prefix(ssh::remote_prefix);

bool is_accepted(const std::string& line, Mode mode) {
  Options options;
  options.root = "offsite/zippy";
  options.mode = mode;
  try {
    check_allowed(parse_request(parse_command(line)), options);
  } catch (const Refused&) {
    return false;
  }
  return true;
}

constexpr Mode all_modes[] = {Mode::append_only, Mode::mirror, Mode::pull};

TEST(HostileCommands, LinesThatNoSenderWritesAreRefusedInEachMode) {
  const std::string lines[] = {
      "",
      " ",
      "\n",
      "sh",
      "bash -i",
      "/bin/sh -c id",
      "id",
      "cat /etc/shadow",
      "scp -t /etc",
      "scp -f /etc/shadow",
      "internal-sftp",
      "/usr/lib/openssh/sftp-server",
      "rsync --server -vlogDtprze.iLsfxC . /etc",
      "rsync --server --sender -vlogDtpr . /",
      "git-upload-pack '/x'",
      "nc -l 4444",
      "zfs list",
      "zfs list -H -o name offsite/zippy",
      "zfs receive -F offsite/zippy",
      "env zfs list -H -o name offsite/zippy",
      "env LC_ALL=C PATH=/tmp zfs list -H -o name offsite/zippy",
      "env LD_PRELOAD=/tmp/x.so " + prefix + "zfs list -H -o name offsite/zippy",
      prefix + "zfs list -H -o name offsite/zippy; id",
      prefix + "zfs list -H -o name offsite/zippy && id",
      prefix + "zfs list -H -o name offsite/zippy | sh",
      prefix + "zfs list -H -o name offsite/zippy > /etc/passwd",
      prefix + "zfs list -H -o name offsite/zippy\nid",
      prefix + "zfs list -H -o name offsite/zippy #",
      prefix + "zfs list -H -o name $(id)",
      prefix + "zfs list -H -o name `id`",
      prefix + "zfs list -H -o name \"offsite/zippy\"",
      prefix + "zfs list -H -o name 'offsite/zippy'",
      prefix + "zfs list -H -o name offsite/'zippy'",
      prefix + "zfs list -H -o name offsite/zipp\\y",
      prefix + "zfs list  -H -o name offsite/zippy",
      prefix + "zfs list -H -o name offsite/zippy ",
      prefix + "zfs\tlist -H -o name offsite/zippy",
      prefix + "/usr/sbin/zfs list -H -o name offsite/zippy",
      prefix + "./zfs list -H -o name offsite/zippy",
      prefix + "sudo zfs list -H -o name offsite/zippy",
      prefix + "sudo -n -u root zfs list -H -o name offsite/zippy",
      prefix + "sudo -n sudo -n zfs list -H -o name offsite/zippy",
      prefix + "env zfs list -H -o name offsite/zippy",
      prefix + "X=1 zfs list -H -o name offsite/zippy",
      prefix + "exec zfs list -H -o name offsite/zippy",
      std::string("\x00\x01\x02\xff", 4),
      prefix + std::string("zfs list\x00 -H -o name offsite/zippy", 33),
      std::string(std::size_t{1} << 20, 'A'),
      prefix + "zfs list -H -o name " + std::string(std::size_t{1} << 20, 'a'),
  };
  for (const std::string& line : lines)
    for (const Mode mode : all_modes) EXPECT_FALSE(is_accepted(line, mode)) << visible(line);
}

// As a sender would write them, word by word.
TEST(HostileCommands, CommandsThatNoSenderSendsAreRefusedInEachMode) {
  const CommandLine commands[] = {
      {"zpool", "destroy", "offsite"},
      {"zpool", "export", "offsite"},
      {"zpool", "list"},
      {"zfs"},
      {"zfs", "allow", "everyone", "destroy", "offsite/zippy"},
      {"zfs", "unallow", "offsite/zippy"},
      {"zfs", "set", "readonly=off", "offsite/zippy"},
      {"zfs", "set", "quota=1K", "offsite/zippy"},
      {"zfs", "inherit", "-r", "readonly", "offsite/zippy"},
      {"zfs", "program", "offsite", "-"},
      {"zfs", "rollback", "offsite/zippy@a"},
      {"zfs", "rollback", "-r", "offsite/zippy@a"},
      {"zfs", "rename", "offsite/zippy", "offsite/gone"},
      {"zfs", "rename", "offsite/zippy@a", "offsite/zippy@b"},
      {"zfs", "promote", "offsite/zippy/a"},
      {"zfs", "mount", "offsite/zippy"},
      {"zfs", "mount", "-a"},
      {"zfs", "share", "-a"},
      {"zfs", "create", "offsite/zippy/a"},
      {"zfs", "clone", "offsite/zippy@a", "offsite/zippy/b"},
      {"zfs", "snapshot", "offsite/zippy@a"},
      {"zfs", "bookmark", "offsite/zippy@a", "#b"},
      {"zfs", "hold", "x", "offsite/zippy@a"},
      {"zfs", "release", "x", "offsite/zippy@a"},
      {"zfs", "diff", "offsite/zippy@a"},
      {"zfs", "get", "all", "offsite/zippy"},
      {"zfs", "load-key", "offsite/zippy"},
      {"zfs", "change-key", "offsite/zippy"},
      {"zfs", "upgrade", "-a"},
      {"zfs", "destroy", "offsite/zippy"},
      {"zfs", "destroy", "-r", "offsite/zippy"},
      {"zfs", "destroy", "-R", "offsite/zippy@2026-01-01T00:00:00Z"},
      {"zfs", "destroy", "-d", "offsite/zippy@2026-01-01T00:00:00Z"},
      {"zfs", "destroy", "-rf", "offsite/zippy@2026-01-01T00:00:00Z"},
      {"zfs", "destroy", "offsite/zippy#bookmark"},
      {"zfs", "destroy", "offsite/zippy@%"},
      {"zfs", "destroy", "offsite/zippy@a%b"},
      {"zfs", "destroy", "offsite/zippy@a,offsite/other@b"},
      {"zfs", "destroy", "offsite/zippy2@2026-01-01T00:00:00Z"},
      {"zfs", "destroy", "-r", "offsite@2026-01-01T00:00:00Z"},
      {"zfs", "receive", "-F", "-s", "-u", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-F", "offsite/zippy"},
      {"zfs", "receive", "-s", "offsite/zippy"},
      {"zfs", "receive", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-d", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-e", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-M", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-c", "offsite/zippy@a"},
      {"zfs", "receive", "-s", "-u", "offsite/zippy@a"},
      {"zfs", "receive", "-s", "-u", "-o", "mountpoint=/etc", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "mountpoint=/", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "canmount=on", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "readonly=off", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "sharenfs=on", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "sharesmb=on", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "org.znapzend:pre_znap_cmd=/bin/sh -c id", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "checksum=off", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "redundant_metadata=none", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "exec=on", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "setuid=on", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "devices=on", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "origin=offsite/other@a", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "quota=none", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "encryption=off", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "keylocation=file:///etc/shadow", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-x", "encryptionroot", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-x", "-F", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-o", "compression=$(id)", "offsite/zippy"},
      {"zfs", "receive", "-s", "-u", "-F"},
      {"zfs", "receive", "-s", "-u", "offsite/zippy2"},
      {"zfs", "receive", "-s", "-u", "offsite/zippy/../other"},
      {"zfs", "receive", "-s", "-u", "offsite/zippy/./a"},
      {"zfs", "receive", "-s", "-u", "offsite/zippy//a"},
      {"zfs", "receive", "-s", "-u", "offsite"},
      {"zfs", "receive", "-s", "-u", "rpool/ROOT"},
      {"zfs", "receive", "-A", "offsite/other"},
      {"zfs", "receive", "-A", "-F"},
      {"zfs", "recv", "-s", "-u", "offsite/zippy"},
      {"zfs", "send", "offsite/zippy@a"},
      {"zfs", "send", "-P", "-R", "-w", "-L", "-c", "-e", "offsite/other@a"},
      {"zfs", "send", "-P", "-R", "-L", "-c", "-e", "offsite/zippy@a"},
      {"zfs", "send", "-P", "-p", "-w", "-L", "-c", "-e", "-i", "offsite/other@b", "offsite/zippy@a"},
      {"zfs", "send", "-P", "-t", "1-abc", "-V"},
      {"zfs", "list", "-H", "-t", "filesystem,volume", "-o", "name,encryptionroot,keystatus", "offsite/other"},
      {"zfs", "list", "-H", "-t", "filesystem,volume", "-o", "name,encryptionroot,keylocation", "offsite/zippy"},
      {"zfs", "list", "-H", "-o", "name", "-r"},
      {"zfs", "list", "-H", "-o", "all", "offsite/zippy"},
      {"zfs", "list", "-H", "-o", "name", "offsite/zippy", "offsite/other"},
      {"zfs", "list", "-H", "-r", "-t", "all", "-o", "name", "offsite"},
      {"cyber-zfs-backup-receiver"},
      {"cyber-zfs-backup-receiver", "report", "--root", "offsite"},
      {"cyber-zfs-backup-receiver", "setup"},
      {"cyber-zfs-backup-receiver", "--root", "offsite"},
  };
  EXPECT_GE(std::size(commands), 60U);
  for (const CommandLine& words : commands)
    for (const Mode mode : all_modes)
      for (const bool sudo : {false, true})
        EXPECT_FALSE(is_accepted(ssh::remote_command(words, sudo), mode)) << ::testing::PrintToString(words);
}

TEST(HostileCommands, SendersOfAnotherModeAreRefused) {
  for (const CommandLine& words : {send_tree_command("offsite/zippy", std::nullopt, "a", false),
                                   send_dataset_command("offsite/zippy", SendFrom::nothing, "", "a"),
                                   send_token_command("1-abc"), read_token_command("1-abc")}) {
    EXPECT_FALSE(is_accepted(ssh::remote_command(words, false), Mode::append_only));
    EXPECT_FALSE(is_accepted(ssh::remote_command(words, false), Mode::mirror));
  }
  const std::string destroy = ssh::remote_command(destroy_command("offsite/zippy", {"a"}, false), false);
  EXPECT_FALSE(is_accepted(destroy, Mode::append_only));
  EXPECT_FALSE(is_accepted(destroy, Mode::pull));
  const std::string receive = ssh::remote_command(receive_command("offsite/zippy", {}), false);
  EXPECT_FALSE(is_accepted(receive, Mode::pull));
}

TEST(HostileCommands, GarbageIsRefused) {
  std::mt19937 random(5);  // NOLINT(bugprone-random-generator-seed): the same bytes each time
  std::uniform_int_distribution<int> byte(1, 255);
  std::uniform_int_distribution<std::size_t> length(0, 300);
  for (int round = 0; round < 2000; ++round) {
    std::string garbage;
    for (std::size_t left = length(random); left > 0; --left) garbage += static_cast<char>(byte(random));
    for (const Mode mode : all_modes) {
      EXPECT_FALSE(is_accepted(garbage, mode));
      EXPECT_FALSE(is_accepted(prefix + garbage, mode));
      EXPECT_FALSE(is_accepted(prefix + shell_quote(garbage), mode));
      EXPECT_FALSE(is_accepted(prefix + "zfs receive -s -u " + shell_quote("offsite/zippy" + garbage + "!"), mode));
    }
  }
}

}  // namespace
}  // namespace czb::receiver
