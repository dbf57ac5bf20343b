// SPDX-License-Identifier: MIT
// User properties through the receiver, on real ZFS: none arrives under a name that a program of the backup host obeys,
// and none that could be kept is lost.
#include <algorithm>
#include <filesystem>

#include "receiver_lab.h"
#include "zfs/user_properties.h"

namespace czb::lab {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::string neutral(kept_name_prefix);
const std::string command = "/bin/sh -c 'touch /tmp/obeyed'";
const std::string quotes = R"(it's "quoted" $HOME `id` \ ; & | > *)";

// Name → value, with the end of its last line.
using UserProperties = std::map<std::string, std::string>;

// By dataset and snapshot, of what `zfs get` with these options tells of.
std::map<std::string, UserProperties> all_user_properties(const Words& options, const std::string& root) {
  std::map<std::string, UserProperties> all;
  std::string* value = nullptr;
  for (const std::string& line :
       lines_of(zfs(Words{"get", "-H"} + options + Words{"-o", "name,property,value", "all", root}))) {
    const std::size_t name_end = line.find('\t');
    const std::size_t property_end = name_end == line.npos ? line.npos : line.find('\t', name_end + 1);
    if (property_end == line.npos || line.compare(0, root.size(), root) != 0) {
      if (value != nullptr) *value += line + "\n";  // one more line of it
      continue;
    }
    UserProperties& properties = all[line.substr(0, name_end)];
    const std::string property = line.substr(name_end + 1, property_end - name_end - 1);
    value = is_user_property(property) ? &properties[property] : nullptr;
    if (value != nullptr) *value = line.substr(property_end + 1) + "\n";
  }
  return all;
}

// Of a dataset or snapshot, whether they are its own or inherited. With `-s received` only those that came so.
UserProperties user_properties(const std::string& name, const Words& which = {}) {
  return all_user_properties(which, name)[name];
}

std::map<std::string, UserProperties> user_properties_of_tree(const std::string& root) {
  return all_user_properties({"-r", "-t", "filesystem,volume,snapshot"}, root);
}

class ReceiverPropertiesTest : public ReceiverLabTest {
 protected:
  // A tree of which each dataset, and one snapshot, has properties of another kind; all can be kept.
  void make_labelled_tree(const Words& options = {}) const {
    make_tree({"a", "a/heir", "c"}, options);
    zfs({"create", "-V", "8M", source + "/disk"});
    zfs({"set", "com.sun:auto-snapshot=true", "site:x=of the root", "com.example:empty=", source});
    zfs({"set", "org.znapzend:pre_znap_cmd=" + command, source + "/a"});
    zfs({"set", "com.example:note=" + quotes, "com.sun:auto-snapshot=false", source + "/c"});
    zfs({"set", "org.openzfs.systemd:requires=evil.service", source + "/disk"});
    take_snapshot(1);
    zfs({"set", "com.example:of-a-snapshot=first", source + "/c@" + noon(1)});
  }

  // Each dataset and snapshot of the target has what the source has, under the name that it is kept under there, and
  // nothing else.
  void expect_kept(const OwnNames& own = {}) const {
    std::map<std::string, UserProperties> all_there = user_properties_of_tree(target);
    for (const auto& [name, here] : user_properties_of_tree(source)) {
      UserProperties expected;
      for (const auto& [property, value] : here) {
        const std::string kept = kept_name(property, own).value();
        // After a push the source records it, and the target learns of that with the next one.
        if (kept.find("cyber-zfs-backup:base.") == std::string::npos) expected[kept] = value;
      }
      ASSERT_EQ(all_there.count(target + name.substr(source.size())), 1U) << name;
      UserProperties there = all_there[target + name.substr(source.size())];
      std::erase_if(there,
                    [](const auto& each) { return each.first.find("cyber-zfs-backup:base.") != each.first.npos; });
      EXPECT_EQ(there, expected) << name;
    }
  }

  void expect_neutral_names_alone() const {
    for (const auto& [name, properties] : user_properties_of_tree(target))
      for (const auto& [property, value] : properties) EXPECT_THAT(property, StartsWith(neutral)) << name;
  }

  void push_changes_through(const std::string& mode) {
    make_labelled_tree();
    zfs({"set", "com.example:two-lines=one\ntwo", "com.example:bell=\a", source + "/a"});
    restrict_to({"--mode", mode});
    const Words told = {"as cyber-zfs-backup.source:NAME, which no program there obeys", "com.sun:auto-snapshot"};
    EXPECT_THAT(backup(1, Words{"--dry-run"} + push_only), Exits(ok, told));
    EXPECT_FALSE(exists(target));
    const Result first = backup(1, push_only);
    EXPECT_THAT(first, Exits(ok, told));
    // The heir has no value of its own: the stream does not bring it.
    EXPECT_THAT(first.text(), HasSubstr("left out properties of the stream: "));
    EXPECT_THAT(first.text(),
                HasSubstr("com.example:two-lines of " + source + "/a (its value is not one printable line)"));
    EXPECT_THAT(first.text(), HasSubstr("com.example:bell of " + source + "/a"));
    expect_mirror(source, target);
    expect_neutral_names_alone();
    EXPECT_EQ(push_of(backup(1, Words{"--json"} + push_only)).sent_bytes, 0U) << "nothing is new";

    zfs({"inherit", "com.example:two-lines", source + "/a"});
    zfs({"inherit", "com.example:bell", source + "/a"});
    zfs({"set", "site:x=changed", source});
    zfs({"inherit", "org.znapzend:pre_znap_cmd", source + "/a"});
    zfs({"set", "com.example:late=of the heir", source + "/a/heir"});
    take_snapshot(2);
    zfs({"set", "com.example:of-a-snapshot=second", source + "/c@" + noon(2)});
    const Result second = backup(2, push_only);
    EXPECT_THAT(second, Exits(ok));
    EXPECT_THAT(second.text(), AllOf(Not(HasSubstr("left out")), Not(HasSubstr("which no program there obeys"))));
    expect_kept();
    EXPECT_EQ(property(neutral + "com.example:of-a-snapshot", target + "/c@" + noon(2)), "second");

    zfs({"set", "com.example:of-a-snapshot=changed", source + "/c@" + noon(1)});
    zfs({"inherit", "com.example:of-a-snapshot", source + "/c@" + noon(2)});
    take_snapshot(3);
    expect_backup(3, push_only);
    for (const auto& [day, value] : {std::pair{1, "first\n"}, {2, "second\n"}})
      EXPECT_EQ(user_properties(target + "/c@" + noon(day), {"-s", "received"}),
                (UserProperties{{neutral + "com.example:of-a-snapshot", value}}))
          << "those here stay as they were";
    EXPECT_FALSE(std::filesystem::exists("/tmp/obeyed"));
  }
};

TEST_F(ReceiverPropertiesTest, AnAppendOnlyTargetKeepsThemUnderNeutralNames) { push_changes_through("append-only"); }

TEST_F(ReceiverPropertiesTest, AMirrorTargetKeepsThemUnderNeutralNames) { push_changes_through("mirror"); }

TEST_F(ReceiverPropertiesTest, WithoutAReceiverTheyArriveUnderTheirOwnNames) {
  make_labelled_tree();
  expect_backup(1, push_only);
  EXPECT_EQ(property("com.sun:auto-snapshot", target + "/c"), "false");
  EXPECT_EQ(property("com.example:of-a-snapshot", target + "/c@" + noon(1)), "first");
}

TEST_F(ReceiverPropertiesTest, AnEncryptedTreeKeepsThemThroughTheSecondPackageThatSetsItsRoots) {
  make_labelled_tree(encrypted());
  restrict_to();
  expect_backup(1, push_only);
  EXPECT_EQ(property("encryptionroot", target + "/a"), target);
  expect_kept();
  zfs({"create", source + "/later"});
  zfs({"set", "site:x=of a later one", source + "/later"});
  take_snapshot(2);
  expect_backup(2, push_only);
  EXPECT_EQ(property("encryptionroot", target + "/later"), target);
  expect_kept();
}

TEST_F(ReceiverPropertiesTest, DatasetsThatGoOneByOneKeepThemToo) {
  make_labelled_tree();
  restrict_to();
  target_options = {"initial: full", "parallel: 2",
                    "properties: {mountpoint: none, 'com.example:note': ~, 'com.example:of-the-job': x}"};
  const Result result = backup(1, push_only);
  EXPECT_THAT(result, Exits(ok, {"are left out: com.example:of-the-job"}));
  EXPECT_THAT(result.text(), Not(HasSubstr("Tried again"))) << "its receiver was busy with another of them";
  zfs({"inherit", "com.example:note", source + "/c"});  // which the job does not want
  expect_kept();
}

TEST_F(ReceiverPropertiesTest, WhatTheKeysLineAllowsArrivesAsItselfFromTheNextPushOn) {
  make_labelled_tree();
  restrict_to();
  expect_backup(1, push_only);
  expect_kept();
  restrict_to({"--user-properties", "site:,org.example:"});
  take_snapshot(2);
  expect_backup(2, push_only);
  EXPECT_EQ(property("site:x", target + "/c"), "of the root");
  expect_kept({"site:"});
  EXPECT_THAT(ask(as_sent({"cyber-zfs-backup-receiver", "report"})), Exits(0, {"user-properties\tsite:,org.example:"}));
}

TEST_F(ReceiverPropertiesTest, APrefixThatProgramsObeyIsRefusedBeforeAnythingIsDone) {
  for (const char* prefix : {"org.znapzend:", "com.sun:auto-snapshot", "org", "cyber-zfs-backup:"}) {
    restrict_to({"--user-properties", prefix});
    EXPECT_THAT(ask(as_sent({"zfs", "list", "-H", "-o", "name", target})), Exits(78, {"cannot be allowed"})) << prefix;
  }
}

// A dataset with such a received property can be opened by no zfs, which the control shows, in a pool of its own.
TEST_F(ReceiverPropertiesTest, NamesThatMakeADatasetUnreadableAreLeftOutAndTold) {
  make_tree({"a"});
  restrict_to({"--user-properties", "s:"});
  take_snapshot(1);
  expect_backup(1, push_only);
  for (const std::size_t size : {247U, 248U, 249U, 250U, 255U})
    zfs({"set", "s:" + std::string(size - 2, 'x') + "=v", "n:" + std::string(size - 2, 'x') + "=v", source + "/a"});
  take_snapshot(2);
  EXPECT_THAT(backup(2, push_only), Exits(ok, {"its name would become longer than 247 bytes", "; and "}));
  EXPECT_EQ(property("s:" + std::string(245, 'x'), target + "/a"), "v");
  EXPECT_EQ(user_properties(target + "/a", {"-s", "received"}).size(), 1U);
  expect_mirror(source, target);
  // To leave one out by zfs would end the kernel.
  EXPECT_THAT(ask(as_sent({"zfs", "receive", "-s", "-u", "-x", "s:" + std::string(253, 'x'), target + "/b"}),
                  "zfs send -p " + source + "/a@" + noon(2)),
              Exits(0));
  EXPECT_TRUE(exists(target + "/b"));

  succeed({"truncate", "-s", "128M", "/tmp/control.img"});
  succeed({"zpool", "create", "-O", "mountpoint=none", "control", "/tmp/control.img"});
  zfs({"create", source + "/control"});
  zfs({"set", "s:" + std::string(247, 'x') + "=v", source + "/control"});
  zfs({"snapshot", source + "/control@1"});
  run({"bash", "-c", "zfs send -p \"$1\" | zfs receive -u control/a", "control", source + "/control@1"});
  EXPECT_THAT(run({"zfs", "list", "control/a"}), Exits(1, {"too long"}));
  run({"zpool", "destroy", "-f", "control"});
}

TEST_F(ReceiverPropertiesTest, WhatWeakensWhatIsToComeIsNotTakenFromTheStreamAndToldOnce) {
  make_tree({"a"}, {"-o", "checksum=off", "-o", "compression=off", "-o", "recordsize=64K"});
  restrict_to();
  take_snapshot(1);
  EXPECT_THAT(backup(1, push_only), Exits(ok, {"checksum of " + source + " (its value would weaken"}));
  EXPECT_EQ(property("checksum", target), "on");
  EXPECT_EQ(property("recordsize", target + "/a"), "65536");
  take_snapshot(2);
  const Result second = backup(2, push_only);
  EXPECT_THAT(second, Exits(ok));
  EXPECT_THAT(second.text(), Not(HasSubstr("left out")));
  EXPECT_EQ(property("checksum", target), "on");
}

TEST_F(ReceiverPropertiesTest, ABackupOfABackupHasTheNamesOfTheFirst) {
  make_labelled_tree();
  restrict_to();
  expect_backup(1, push_only);
  EXPECT_THAT(push_by_hand({"-p", target + "/c@" + noon(1)}, target + "/again"), Exits(0));
  EXPECT_EQ(user_properties(target + "/again", {"-s", "received"}), user_properties(target + "/c", {"-s", "received"}));
  EXPECT_EQ(user_properties(target + "/again@" + noon(1)), user_properties(target + "/c@" + noon(1)));
}

// The first properties that a dataset is sent make ZFS forget what was set on it, which the control shows, and -x does
// not help.
TEST_F(ReceiverPropertiesTest, WhatIsSetHereStaysWhateverComesAndWhateverASenderAsksToLeaveOut) {
  make_tree({"a"});
  for (const char* child : {"", "/a"}) zfs({"set", "compression=lz4", "recordsize=64K", source + child});
  for (int day = 1; day <= 3; ++day) take_snapshot(day);
  const auto receive_plainly = [&](const std::string& there) {
    for (const char* child : {"", "/a"}) {
      succeed({"bash", "-c", "zfs send \"$1\" | zfs receive -u \"$2\"", "plain", source + child + "@" + noon(1),
               there + child});
      zfs({"set", "compression=gzip", "atime=off", "reservation=1M", "site:x=ours", there + child});
    }
  };
  const auto expect_kept = [&](const std::string& dataset) {
    for (const auto& [name, value] : std::map<std::string, std::string>{
             {"compression", "gzip"}, {"atime", "off"}, {"reservation", "1048576"}, {"site:x", "ours"}}) {
      EXPECT_EQ(property(name, dataset), value) << dataset;
      EXPECT_EQ(zfs({"get", "-H", "-o", "source", name, dataset}), "local\n") << name << " of " << dataset;
    }
  };
  receive_plainly(target);
  restrict_to();
  const auto send = [&](const std::string& how, const std::string& child, int day, const Words& left_out) {
    const std::string from = noon(day - 1);
    return ask(as_sent(Words{"zfs", "receive", "-s", "-u"} + left_out + Words{target + child}),
               "zfs send " + how + " -i @" + from + " " + source + child + "@" + noon(day));
  };
  EXPECT_THAT(send("-p", "/a", 2, {"-x", "atime", "-x", "compression"}), Exits(0));
  expect_kept(target + "/a");
  EXPECT_EQ(property("recordsize", target + "/a"), "65536") << "what was not left out comes";
  EXPECT_THAT(send("-p", "", 2, {"-x", "compression"}), Exits(0));
  EXPECT_THAT(send("-R", "", 3, {"-x", "compression"}), Exits(0));
  for (const char* child : {"", "/a"}) expect_kept(target + child);

  const std::string control = target + "-control";
  receive_plainly(control);
  succeed({"bash", "-c", "zfs send -p -i \"$1\" \"$2\" | zfs receive -u -x compression \"$3\"", "control",
           "@" + noon(1), source + "@" + noon(2), control});
  EXPECT_EQ(property("reservation", control), "0") << "zfs does not forget it, so this shows nothing";
  zfs({"destroy", "-r", control});
}

TEST_F(ReceiverPropertiesTest, WhatASenderAsksToLeaveOutDoesNotCome) {
  make_tree({"a"}, {"-o", "compression=lz4", "-o", "atime=off"});
  zfs({"set", "recordsize=64K", "com.example:x=1", source + "/a"});
  restrict_to();
  target_options = {"initial: full",
                    "properties: {mountpoint: none, readonly: 'on', canmount: noauto, compression: ~, recordsize: ~, "
                    "'com.example:x': ~}"};
  take_snapshot(1);
  expect_backup(1, push_only);
  for (const char* child : {"", "/a"}) {
    EXPECT_THAT(zfs({"get", "-H", "-o", "source", "compression", target + child}), Not(HasSubstr("received")));
    EXPECT_EQ(property("atime", target + child), "off");
  }
  EXPECT_EQ(property("recordsize", target + "/a"), "131072");
  EXPECT_THAT(user_properties(target + "/a", {"-s", "received"}), IsEmpty());
}

// As docs/security.md says it.
TEST_F(ReceiverPropertiesTest, TheyComeBackAsTheManualSays) {
  make_labelled_tree();
  restrict_to();
  expect_backup(1, push_only);
  const std::string restored = source + "-restored";
  succeed({"bash", "-c", "zfs send -R -w \"$1\" | zfs receive -u -x mountpoint -x readonly -x volmode \"$2\"",
           "restore", target + "@" + noon(1), restored});
  const std::string manual = read_file(CZB_EXAMPLES "/../security.md");
  const std::size_t begin = manual.find("    zfs get -H -r -t filesystem,volume,snapshot -s received");
  ASSERT_NE(begin, std::string::npos);
  std::string script = manual.substr(begin, manual.find("\n\n", begin) - begin);
  const auto replace = [&](const std::string& documented, const std::string& here) {
    for (std::size_t at = script.find(documented); at != std::string::npos;
         at = script.find(documented, at + here.size()))
      script.replace(at, documented.size(), here);
  };
  replace("offsite/zippy", target);
  replace("tank/restored", restored);
  EXPECT_THAT(run({"sh", "-c", script}), Exits(0));
  std::map<std::string, UserProperties> all_restored = user_properties_of_tree(restored);
  for (auto [name, before] : user_properties_of_tree(source)) {
    std::erase_if(before, [](const auto& each) { return each.first.rfind("cyber-zfs-backup:", 0) == 0; });
    EXPECT_EQ(all_restored[restored + name.substr(source.size())], before) << name;
  }
  zfs({"destroy", "-r", restored});
}

}  // namespace
}  // namespace czb::lab
