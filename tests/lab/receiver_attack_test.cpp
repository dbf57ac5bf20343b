// SPDX-License-Identifier: MIT
// The source was taken over: somebody has the key, and root there. What he sends to the backup host changes nothing and
// reaches nothing (docs/security.md). The receiver runs as root here.
#include <algorithm>
#include <set>

#include "receiver_lab.h"
#include "volume.h"
#include "zfs/commands.h"

namespace czb::lab {
namespace {

using ReceiverAttackTest = ReceiverLabTest;

// Words that some shell would give a meaning.
TEST_F(ReceiverAttackTest, NoShellTrickGetsThrough) {
  make_backup();
  const std::string before = state_of({"offsite"});
  const std::string list = as_sent({"zfs", "list", "-H", "-o", "name", target});
  ASSERT_EQ(ask(list).status, 0);
  const std::string prefix = as_sent({"x"}).substr(0, as_sent({"x"}).size() - 1);
  const Words hostile = {"",
                         "sh",
                         "bash -i",
                         "id",
                         "/bin/sh -c id",
                         "cat /etc/shadow",
                         "zfs list",
                         "zfs list " + target,
                         list + "; id",
                         list + " ; id",
                         list + " && id",
                         list + " || id",
                         list + " | sh",
                         list + " &",
                         list + "\nid",
                         list + "\n",
                         list + " > /tmp/out",
                         list + " < /etc/shadow",
                         list + " $(id)",
                         list + " `id`",
                         list + " ${IFS}",
                         list + " *",
                         list + " ~",
                         list + " #",
                         list + " !!",
                         list + " ",
                         " " + list,
                         prefix + " zfs list -H -o name " + target,
                         prefix + "zfs  list -H -o name " + target,
                         prefix + "zfs\tlist -H -o name " + target,
                         prefix + "'zfs' list -H -o name " + target,
                         prefix + "\"zfs\" list -H -o name " + target,
                         prefix + "z\\fs list -H -o name " + target,
                         prefix + "zfs list -H -o name '" + target + "'",
                         prefix + "zfs list -H -o name '" + target,
                         prefix + "zfs list -H -o name " + target + "\\",
                         prefix + "$'zfs' list -H -o name " + target,
                         prefix + "/tmp/zfs list -H -o name " + target,
                         prefix + "env zfs list -H -o name " + target,
                         prefix + "exec zfs list -H -o name " + target,
                         prefix + "sudo zfs list -H -o name " + target,
                         prefix + "sudo -n sudo -n zfs list -H -o name " + target,
                         prefix + "sudo -n sh",
                         "env LD_PRELOAD=/tmp/x.so " + list,
                         "LD_PRELOAD=/tmp/x.so " + list,
                         "env -i " + list,
                         "env LC_ALL=C PATH=/tmp zfs list -H -o name " + target,
                         prefix,
                         prefix + std::string(100000, 'x'),
                         "\x01\x02\xff",
                         "scp -t /etc",
                         "scp -f /etc/shadow",
                         "internal-sftp",
                         "/usr/lib/openssh/sftp-server",
                         "rsync --server -logDtpre.iLsfxC . /etc",
                         "git-upload-pack /",
                         "tar cf - /etc",
                         "zpool destroy offsite",
                         "cyber-zfs-backup",
                         "cyber-zfs-backup-receiver setup"};
  ASSERT_GE(hostile.size(), 60U);
  for (const std::string& command : hostile) expect_refused(command);
  EXPECT_EQ(state_of({"offsite"}), before);
}

// Commands in our sender's own form, which it never sends, or not to this dataset.
TEST_F(ReceiverAttackTest, NoOtherCommandAndNoOtherDatasetIsServed) {
  make_backup();
  const std::string before = state_of({"offsite", "zippy"});
  const std::string name = target + "@" + noon(1);
  const Words receive = {"zfs", "receive", "-s", "-u"};
  std::vector<Words> hostile = {{"zfs", "destroy", name},
                                {"zfs", "destroy", "-r", name},
                                {"zfs", "destroy", "-r", target},
                                {"zfs", "destroy", target + "/a"},
                                {"zfs", "destroy", "-d", name},
                                {"zfs", "destroy", target + "#mark"},
                                {"zfs", "rollback", name},
                                {"zfs", "rollback", "-r", name},
                                {"zfs", "rename", target, target + "3"},
                                {"zfs", "rename", name, "x"},
                                {"zfs", "promote", target},
                                {"zfs", "set", "readonly=off", target},
                                {"zfs", "set", "mountpoint=/etc", target},
                                {"zfs", "inherit", "-r", "readonly", target},
                                {"zfs", "allow", "everyone", "destroy", target},
                                {"zfs", "unallow", "everyone", target},
                                {"zfs", "mount", target},
                                {"zfs", "share", target},
                                {"zfs", "load-key", target},
                                {"zfs", "change-key", target},
                                {"zfs", "hold", "x", name},
                                {"zfs", "release", "x", name},
                                {"zfs", "snapshot", target + "@x"},
                                {"zfs", "clone", name, target + "/c"},
                                {"zfs", "create", target + "/c"},
                                {"zfs", "bookmark", name, target + "#b"},
                                {"zfs", "diff", name},
                                {"zfs", "upgrade", "-a"},
                                {"zfs", "program", "offsite", "-"},
                                {"zfs", "program", "--", "offsite", "-", target, "p", "s", "b"},
                                {"zfs", "send", name},
                                {"zfs", "send", "-P", "-R", "-w", "-L", "-c", "-e", name},
                                {"zfs", "send", "-nvt", "1-abc"},
                                {"zfs", "userspace", target},
                                {"zfs", "list"},
                                {"zfs", "list", "-H", "-o", "name", "-r", target},
                                {"zfs", "list", "-H", "-o", "all", target},
                                {"zfs", "get", "all", target},
                                {"zfs", "receive", "-A", target},  // nothing is pending there
                                {"zfs", "receive", target + "/new"},
                                {"zfs", "receive", "-F", target},
                                receive + Words{"-F", target},
                                receive + Words{"-d", target},
                                receive + Words{"-e", target},
                                receive + Words{"-n", target},
                                receive + Words{"-M", target},
                                receive + Words{"-o", "mountpoint=/etc", target},
                                receive + Words{"-o", "canmount=on", target},
                                receive + Words{"-o", "readonly=off", target},
                                receive + Words{"-o", "sharenfs=on", target},
                                receive + Words{"-o", "exec=on", target},
                                receive + Words{"-o", "setuid=on", target},
                                receive + Words{"-o", "origin=" + name, target},
                                receive + Words{target + "@x"},
                                {"zpool", "export", "offsite"},
                                {"sh", "-c", "id"}};
  for (const std::string& other : {target + "2", std::string("offsite"), std::string("zippy"), source, target + "/..",
                                   target + "/../x", target + "/.", target + "//a", target + "/", "/" + target,
                                   std::string("-r"), std::string("--"), target + "2/x", std::string()}) {
    hostile.push_back(receive + Words{other});
    hostile.push_back({"zfs", "list", "-H", "-r", "-t", "filesystem,volume", "-o", "name", other});
    if (other != "offsite") hostile.push_back({"zfs", "list", "-H", "-o", "name", other});  // the root's parent
  }
  for (const Words& words : hostile) expect_refused(as_sent(words));
  EXPECT_EQ(state_of({"offsite", "zippy"}), before);
}

TEST_F(ReceiverAttackTest, NeitherFilesNorForwardingNorATerminalAreHad) {
  make_backup();
  const std::string before = state_of({"offsite"});
  write_file(folder + "/file", "x");
  EXPECT_NE(run({"scp", "-F", config, folder + "/file", "offsite:/tmp/stolen"}).status, 0);
  EXPECT_NE(run({"scp", "-O", "-F", config, folder + "/file", "offsite:/tmp/stolen"}).status, 0);
  EXPECT_NE(run({"scp", "-F", config, "offsite:/etc/shadow", folder + "/stolen"}).status, 0);
  EXPECT_NE(run({"bash", "-c", "echo 'get /etc/shadow' | sftp -b - -F \"$1\" offsite", "sftp", config}).status, 0);
  EXPECT_NE(run({"test", "-e", "/tmp/stolen"}).status, 0);
  const Result remote =
      run({"ssh", "-F", config, "-o", "ExitOnForwardFailure=yes", "-R", "18022:127.0.0.1:22", "-N", "offsite"});
  EXPECT_EQ(remote.status, 255) << remote.text();
  EXPECT_THAT(remote.err, ::testing::HasSubstr("remote port forwarding failed"));
  const Result local = run({"ssh", "-F", config, "-W", "127.0.0.1:22", "offsite"});
  EXPECT_NE(local.status, 0);
  EXPECT_THAT(local.err, ::testing::HasSubstr("administratively prohibited"));
  const Result terminal = run({"ssh", "-tt", "-F", config, "offsite"});
  EXPECT_THAT(terminal.text(), ::testing::HasSubstr("PTY allocation request failed"));
  EXPECT_NE(terminal.status, 0);
  EXPECT_EQ(state_of({"offsite"}), before);
}

TEST_F(ReceiverAttackTest, WhatIsNoStreamIsRefusedAndAnEndlessOneIsCut) {
  make_backup({"--max-stream", "8M"});
  const std::string before = state_of({"offsite"});
  const std::string receive = as_sent({"zfs", "receive", "-s", "-u", target + "/new"});
  for (const std::string& garbage : Words{"true", "echo hello", "head -c 100000 /dev/urandom", "head -c 5M /dev/zero",
                                          "cat /bin/ls", "zfs send " + source + "@" + noon(1) + " | head -c 200"})
    EXPECT_NE(ask(receive, garbage).status, 0) << garbage;
  EXPECT_EQ(state_of({"offsite"}), before);
  zfs({"create", source + "/huge"});
  write("huge", "data", noise(7, std::size_t{16} << 20));
  zfs({"snapshot", source + "/huge@x"});
  const Result cut = ask(receive, "zfs send " + source + "/huge@x");
  EXPECT_EQ(cut.status, refused_by_receiver) << cut.text();
  EXPECT_THAT(cut.err, ::testing::HasSubstr("max-stream"));
  EXPECT_EQ(snapshots_of(target).count("new") == 1 ? snapshots_of(target).at("new") : Words{}, Words{});
}

TEST_F(ReceiverAttackTest, WhatArrivesCanNeitherBeMountedNorSharedNorExecuted) {
  make_tree({"a"});
  restrict_to();
  for (const char* const each : {"sharenfs=on", "exec=on", "setuid=on", "devices=on", "mountpoint=/etc/cron.d",
                                 "canmount=noauto", "readonly=off", "org.example:note=kept"})
    zfs({"set", each, source + "/a"});
  zfs({"snapshot", "-r", source + "@" + noon(1)});
  expect_backup(1, push_only);
  zfs({"snapshot", "-r", source + "@" + noon(2)});
  expect_backup(2, push_only);
  // One dataset by itself, and by hand: its properties go along (-p).
  zfs({"create", "-o", "sharenfs=on", "-o", "mountpoint=/etc/cron.d", "-o", "canmount=noauto", source + "/b"});
  zfs({"snapshot", source + "/b@x"});
  const Result by_hand = push_by_hand({"-p", source + "/b@x"}, target + "/b");
  EXPECT_EQ(by_hand.status, 0) << by_hand.text();
  for (const char* const child : {"", "/a", "/b"}) {
    const std::string name = target + child;
    for (const auto& [each, value] : std::map<std::string, std::string>{{"mountpoint", "none"},
                                                                        {"readonly", "on"},
                                                                        {"exec", "off"},
                                                                        {"setuid", "off"},
                                                                        {"devices", "off"},
                                                                        {"sharenfs", "off"},
                                                                        {"mounted", "no"}})
      EXPECT_EQ(property(each, name), value) << each << " of " << name;
  }
  EXPECT_EQ(property("org.example:note", target + "/a"), "-");
  EXPECT_EQ(property("cyber-zfs-backup.source:org.example:note", target + "/a"), "kept");
}

// udev, blkid and LVM would read what lies in one.
TEST_F(ReceiverAttackTest, VolumesGetNoDeviceNodes) {
  make_tree({"a"});
  restrict_to();
  zfs({"create", "-V", "1M", "-o", "volmode=full", "-o", "snapdev=visible", source + "/a/disk"});
  zfs({"snapshot", "-r", source + "@" + noon(1)});
  expect_backup(1, push_only);
  zfs({"create", "-V", "1M", source + "/alone"});
  zfs({"snapshot", source + "/alone@x"});
  const Result by_hand = push_by_hand({"-p", source + "/alone@x"}, target + "/alone");
  EXPECT_EQ(by_hand.status, 0) << by_hand.text();
  for (const char* const child : {"", "/a", "/a/disk", "/alone"}) {
    EXPECT_EQ(property("volmode", target + child), "none") << child;
    EXPECT_EQ(property("snapdev", target + child), "hidden") << child;
  }
  EXPECT_EQ(present_device_of(target + "/a/disk") + present_device_of(target + "/alone"), "");
  EXPECT_NE(present_device_of(source + "/a/disk"), "");
  const std::string plain = "offsite/plain-disk";
  succeed({"bash", "-c", "zfs send -p \"$1\" | zfs receive -u \"$2\"", "plain", source + "/alone@x", plain});
  EXPECT_NE(device_of(plain), "") << "zfs itself makes none, so this shows nothing";
  zfs({"destroy", "-r", plain});
  // How the manual page gets one back.
  zfs({"clone", "-o", "volmode=default", "-o", "readonly=off", target + "/alone@x", "offsite/disk"});
  EXPECT_NE(device_of("offsite/disk"), "");
}

// They would be local, as if the administrator had set them: some programs run what such a property says.
TEST_F(ReceiverAttackTest, AUserPropertyCannotBeAskedFor) {
  make_tree();
  restrict_to();
  zfs({"snapshot", source + "@x"});
  const std::string stream = "zfs send " + source + "@x";
  expect_refused(as_sent(receive_command(target, {{"org.znapzend:pre_znap_cmd", "/bin/sh -c id"}})), stream,
                 "org.znapzend:pre_znap_cmd would be this host's own");
  for (const char* weak : {"checksum", "compression"})
    expect_refused(as_sent(receive_command(target, {{weak, "off"}})), stream, "none that a sender may set");
  EXPECT_FALSE(exists(target));
  succeed({"bash", "-c", stream + " | zfs receive -u -o \"org.znapzend:pre_znap_cmd=/bin/sh -c id\" \"$1\"", "plain",
           target});
  EXPECT_EQ(zfs({"get", "-H", "-o", "source", "org.znapzend:pre_znap_cmd", target}), "local\n")
      << "zfs itself does not set it, so this shows nothing";
}

// zfs receive gives what it knows by guid the names that a replication stream has for it.
TEST_F(ReceiverAttackTest, AStreamThatWouldRenameIsRefused) {
  make_backup();
  const std::set<std::string> before = kept();
  zfs({"rename", source + "@" + noon(1), source + "@1970-01-01T00:00:00Z"});
  zfs({"rename", source + "/a", source + "/z"});
  zfs({"snapshot", "-r", source + "@" + noon(3)});
  const Result result = push_by_hand({"-R", "-I", "@" + noon(2), source + "@" + noon(3)}, target);
  EXPECT_EQ(result.status, refused_by_receiver) << result.text();
  EXPECT_THAT(result.err, ::testing::HasSubstr("refused: "));
  EXPECT_EQ(kept(), before);
}

TEST_F(ReceiverAttackTest, ManyAtOnceAreRefusedToo) {
  make_backup();
  const std::string before = state_of({"offsite"});
  constexpr int flood = 16;
  const Result result = run({"bash", "-c", R"(for ((i = 0; i < $1; i++)); do
ssh -F "$2" offsite "zfs destroy -r $3" & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid"; echo "status $?"; done)",
                             "flood", std::to_string(flood), config, target});
  const Words lines = lines_of(result.out);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "status " + std::to_string(refused_by_receiver)), flood)
      << result.text();
  EXPECT_EQ(state_of({"offsite"}), before);
}

}  // namespace
}  // namespace czb::lab
