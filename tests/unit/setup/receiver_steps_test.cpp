// SPDX-License-Identifier: MIT
// What has to be done at a receiver, for every state of it (setup/receiver_steps.h).
#include "setup/receiver_steps.h"

#include <gmock/gmock.h>

#include "cyber-zfs-backup/shell_quote.h"
#include "setup/setup_testing.h"
#include "setup/sshd_rules.h"

namespace czb::setup {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using Kind = PathState::Kind;
using Words = std::vector<std::string>;

constexpr uid_t user_id = 990;

ReceiverSetup wanted() {
  ReceiverSetup setup;
  setup.root = "offsite/zippy";
  setup.key = test_key();
  setup.quota = "2T";
  return setup;
}

const std::string keys_file = "/var/lib/cyber-zfs-backup/.ssh/authorized_keys";

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

// As `zfs allow DATASET` prints it.
std::string allowed_to(const std::string& user, const RolePermissions& grants, const std::string& dataset,
                       const std::string& where = "Local+Descendent") {
  std::string text = "---- Permissions on " + dataset + " ---------\n";
  if (!grants.create_time.empty()) text += "Create time permissions:\n\t" + joined(grants.create_time) + "\n";
  return text + where + " permissions:\n\tuser " + user + " " + joined(grants.permissions) +
         (grants.source_properties.empty() ? "" : "," + joined(grants.source_properties)) + "\n";
}

Words typed_grants(const RolePermissions& grants, const std::string& dataset) {
  Words lines;
  for (const Words& command : allow_commands("zfs", grants, "cyber-zfs-backup", dataset))
    lines.push_back(shell_quote_command(command));
  return lines;
}

// All is as it should be.
ReceiverState complete(const ReceiverSetup& setup) {
  ReceiverState state;
  state.account = Account{user_id, user_id, "/var/lib/cyber-zfs-backup", "/bin/sh", false};
  state.home = state.ssh_folder = {Kind::folder, 0, 0755};
  state.authorized_keys_file = {Kind::file, 0, 0644};
  state.authorized_keys = authorized_keys_line_of(setup) + "\n";
  state.state_folder = {Kind::folder, user_id, 0700};
  state.datasets = {"offsite", "offsite/zippy"};
  state.allowed = allowed_to(setup.user, role_permissions(role_of(setup.mode)), "offsite/zippy");
  std::string effective =
      "usepam yes\npubkeyauthentication yes\nauthorizedkeysfile .ssh/authorized_keys\npermituserenvironment no\n";
  for (const char* line :
       {"authenticationmethods publickey", "passwordauthentication no", "kbdinteractiveauthentication no",
        "allowtcpforwarding no", "allowstreamlocalforwarding no", "allowagentforwarding no", "x11forwarding no",
        "permittty no", "permittunnel no", "permituserrc no", "exposeauthinfo yes"})
    effective += std::string(line) + "\n";
  state.sshd = effective;
  return state;
}

// The actions, as a person would type them.
Words typed(const Plan& plan) {
  Words lines;
  for (const Step& step : plan.steps)
    for (const Action& action : step.actions) lines.push_back(as_shell_text(action));
  return lines;
}

void expect_refusal(const ReceiverState& state, const std::string& text, const ReceiverSetup& setup = wanted()) {
  EXPECT_THAT(plan_receiver(setup, state).refusals, Contains(HasSubstr(text)));
}

TEST(SetupReceiverSteps, NothingIsDoneWhereAllIsThere) {
  const Plan plan = plan_receiver(wanted(), complete(wanted()));
  EXPECT_THAT(plan.refusals, IsEmpty());
  EXPECT_THAT(plan.notes, IsEmpty());
  EXPECT_THAT(typed(plan), IsEmpty());
  EXPECT_EQ(plan.steps.size(), 7U);
}

TEST(SetupReceiverSteps, AFreshReceiverGetsEverythingInOrder) {
  const ReceiverSetup setup = wanted();
  const Plan plan = plan_receiver(setup, fresh_receiver(setup));
  EXPECT_THAT(plan.refusals, IsEmpty());
  Words expected = {
      "useradd --system --user-group --home-dir /var/lib/cyber-zfs-backup --no-create-home --shell /bin/sh "
      "--password '*' cyber-zfs-backup",
      "install -d -o root -g root -m 0755 /var/lib/cyber-zfs-backup",
      "install -d -o root -g root -m 0755 /var/lib/cyber-zfs-backup/.ssh",
      "printf '%s\\n' '" + authorized_keys_line_of(setup) + "' >> " + keys_file,
      "install -d -o cyber-zfs-backup -g cyber-zfs-backup -m 0700 /var/lib/cyber-zfs-backup/receiver"};
  const Words grants = typed_grants(role_permissions(role_of(setup.mode)), "offsite");
  expected.insert(expected.end(), grants.begin(), grants.end());
  EXPECT_EQ(typed(plan), expected);
}

TEST(SetupReceiverSteps, WithoutAQuotaANoteSaysWhatThatMeans) {
  ReceiverSetup setup = wanted();
  ReceiverState state = complete(setup);
  setup.quota = "";
  EXPECT_THAT(plan_receiver(setup, state).notes, ElementsAre(HasSubstr("can fill the pool offsite")));
  EXPECT_THAT(plan_receiver(setup, state).notes, ElementsAre(HasSubstr("Give --quota SIZE")));
  setup.quota = "none";
  EXPECT_THAT(plan_receiver(setup, state).notes, ElementsAre(HasSubstr("there is no quota, as was said")));
  state.quotas = {{"offsite", 1 << 20}};
  EXPECT_THAT(plan_receiver(setup, state).notes, ElementsAre(HasSubstr("the one of offsite, 1M, bounds")));
  setup.mode = Mode::pull;
  state.allowed = allowed_to(setup.user, role_permissions(role_of(setup.mode)), "offsite/zippy");
  EXPECT_THAT(plan_receiver(setup, state).notes, IsEmpty());
}

TEST(SetupReceiverSteps, AQuotaOfTheRootsOwnIsNeitherReplacedNorKeptWithoutAWord) {
  ReceiverState state = complete(wanted());
  state.quotas = {{"offsite/zippy", std::uint64_t{2} << 40}};
  EXPECT_THAT(plan_receiver(wanted(), state).refusals, IsEmpty());
  EXPECT_THAT(plan_receiver(wanted(), state).notes, IsEmpty());
  state.quotas = {{"offsite/zippy", std::uint64_t{3} << 40}};
  expect_refusal(state, "has a quota of its own, 3T. That one counts, and --quota 2T does not");
  expect_refusal(state, "zfs set quota=2T offsite/zippy;");
  expect_refusal(state, "say --quota 3T");
  EXPECT_THAT(typed(plan_receiver(wanted(), state)), IsEmpty());
  // Nobody asked for another one.
  ReceiverSetup unsaid = wanted();
  unsaid.quota = "";
  EXPECT_THAT(plan_receiver(unsaid, state).refusals, IsEmpty());
  // What bounds all that lies above it is not this key's.
  state.quotas = {{"offsite", std::uint64_t{1} << 40}};
  EXPECT_THAT(plan_receiver(wanted(), state).refusals, IsEmpty());
  EXPECT_THAT(plan_receiver(wanted(), state).notes, ElementsAre(HasSubstr("the quota of offsite, 1T, bounds")));
  state.quotas = {{"offsite", std::uint64_t{5} << 40}};
  EXPECT_THAT(plan_receiver(wanted(), state).notes, IsEmpty());
}

TEST(SetupReceiverSteps, TheLineInAuthorizedKeysHasTheReceiversOptions) {
  ReceiverSetup setup = wanted();
  setup.root = "off site/a:b";
  setup.options = {"--mode", "mirror", "--keep-newest", "5"};
  EXPECT_EQ(
      authorized_keys_line_of(setup),
      "restrict,command=\"/usr/bin/cyber-zfs-backup-receiver --root 'off site/a:b' --mode mirror --keep-newest 5\" "
      "ssh-ed25519 " +
          ed25519_blob + " cyber-zfs-backup@zippy");
  EXPECT_EQ(receiver_setup_command(setup),
            (Words{"cyber-zfs-backup-receiver", "setup", "--root", "off site/a:b", "--mode", "mirror", "--keep-newest",
                   "5", "--key", "ssh-ed25519 " + ed25519_blob + " cyber-zfs-backup@zippy", "--apply"}));
}

TEST(SetupReceiverSteps, AnExistingUserKeepsItsHome) {
  ReceiverState state = fresh_receiver(wanted());
  state.account = Account{user_id, user_id, "/srv/backup", "/bin/sh", false};
  EXPECT_THAT(typed(plan_receiver(wanted(), state)),
              IsSupersetOf({"install -d -o root -g root -m 0755 /srv/backup",
                            "install -d -o root -g root -m 0755 /srv/backup/.ssh"}));
}

TEST(SetupReceiverSteps, AUserWhoCannotRunAForcedCommandIsRefused) {
  ReceiverState state = complete(wanted());
  state.account->shell = "/usr/sbin/nologin";
  expect_refusal(state, "usermod --shell /bin/sh cyber-zfs-backup");
  state.account->shell = "/bin/false";
  expect_refusal(state, "can start no command");
  state.account->shell = "";
  EXPECT_THAT(plan_receiver(wanted(), state).refusals, IsEmpty()) << "sshd then takes /bin/sh";
}

TEST(SetupReceiverSteps, ALockedUserIsRefusedOnlyWhereSshdHasNoPam) {
  ReceiverState state = complete(wanted());
  state.account->locked = true;
  EXPECT_THAT(plan_receiver(wanted(), state).refusals, IsEmpty());
  state.sshd->replace(0, state.sshd->find('\n'), "usepam no");
  expect_refusal(state, "usermod --password '*' cyber-zfs-backup");
}

TEST(SetupReceiverSteps, AUserWithRootsRightsIsRefused) {
  ReceiverState state = complete(wanted());
  state.account->uid = 0;
  expect_refusal(state, "has root's rights");
}

TEST(SetupReceiverSteps, FoldersThatOthersCouldWriteInAreRefused) {
  for (PathState ReceiverState::*folder : {&ReceiverState::home, &ReceiverState::ssh_folder}) {
    ReceiverState state = complete(wanted());
    (state.*folder).mode = 0775;
    expect_refusal(state, "chmod go-w");
    state.*folder = {Kind::folder, 1000, 0755};
    expect_refusal(state, "belongs to user 1000");
    state.*folder = {Kind::link, 0, 0777};
    expect_refusal(state, "is not a folder");
  }
}

TEST(SetupReceiverSteps, AHomeOfTheUsersOwnIsNoted) {
  ReceiverState state = complete(wanted());
  state.home.uid = user_id;
  const Plan plan = plan_receiver(wanted(), state);
  EXPECT_THAT(plan.refusals, IsEmpty());
  EXPECT_THAT(plan.notes, ElementsAre(HasSubstr("could change its own keys")));
}

TEST(SetupReceiverSteps, AKeyThatIsThereWithAnotherCommandIsShownAndNotChanged) {
  ReceiverState state = complete(wanted());
  ReceiverSetup other = wanted();
  other.root = "offsite/zippy2";
  state.authorized_keys = "# clients\n" + authorized_keys_line_of(other) + "\n";
  const Plan plan = plan_receiver(wanted(), state);
  EXPECT_THAT(plan.refusals, ElementsAre(HasSubstr("line 2")));
  EXPECT_THAT(plan.refusals, ElementsAre(HasSubstr("--root offsite/zippy2\" ssh-ed25519")));
  EXPECT_THAT(typed(plan), IsEmpty());
}

TEST(SetupReceiverSteps, AKeyForAnotherClientIsAddedBehindTheOthers) {
  ReceiverState state = complete(wanted());
  state.authorized_keys = "restrict ssh-ed25519 " + other_blob + "\n";
  EXPECT_THAT(typed(plan_receiver(wanted(), state)), ElementsAre(HasSubstr(">> " + keys_file)));
}

TEST(SetupReceiverSteps, AKeysFileThatIsNotRootsRegularFileIsRefused) {
  ReceiverState state = complete(wanted());
  state.authorized_keys_file = {Kind::link, 0, 0777};
  expect_refusal(state, "is not a regular file");
  state.authorized_keys_file = {Kind::file, 0, 0666};
  expect_refusal(state, "chmod go-w");
  state.authorized_keys_file = {Kind::file, 1000, 0644};
  expect_refusal(state, "belongs to user 1000");
}

TEST(SetupReceiverSteps, AStateFolderOfSomebodyElseIsRefused) {
  ReceiverState state = complete(wanted());
  state.state_folder.uid = 0;
  expect_refusal(state, "must belong to cyber-zfs-backup alone");
  state.state_folder = {Kind::folder, user_id, 0750};
  expect_refusal(state, "chmod 0700");
  state.state_folder = {Kind::file, user_id, 0600};
  expect_refusal(state, "is not a folder");
}

TEST(SetupReceiverSteps, AMissingParentIsMadeOnlyWhenAskedFor) {
  ReceiverSetup setup = wanted();
  setup.root = "offsite/a b/c/zippy";
  ReceiverState state = complete(setup);
  state.datasets = {"offsite"};
  expect_refusal(state, "give --create-parent", setup);
  setup.create_parent = true;
  const Plan plan = plan_receiver(setup, state);
  EXPECT_THAT(plan.refusals, IsEmpty());
  EXPECT_THAT(typed(plan), ElementsAre("zfs create -o mountpoint=none -o canmount=off 'offsite/a b'",
                                       "zfs create -o mountpoint=none -o canmount=off 'offsite/a b/c'"));
  state.datasets.clear();
  expect_refusal(state, "there is no pool offsite here", setup);
}

TEST(SetupReceiverSteps, AnotherUserHasAHomeOfItsOwn) {
  ReceiverSetup setup = wanted();
  setup.user = "second";
  EXPECT_EQ(home_of(setup, {}), "/var/lib/second");
  EXPECT_EQ(authorized_keys_file_of(setup, {}), "/var/lib/second/.ssh/authorized_keys");
}

TEST(SetupReceiverSteps, ARootForSeveralTreesIsMadeWhenAskedFor) {
  ReceiverSetup setup = wanted();
  ReceiverState state = complete(setup);
  state.datasets = {"offsite"};
  setup.create_root = true;
  EXPECT_THAT(typed(plan_receiver(setup, state)),
              ElementsAre("zfs create -o mountpoint=none -o canmount=off -o quota=2T offsite/zippy"));
  EXPECT_EQ(grant_dataset(setup, state.datasets), "offsite/zippy");
}

TEST(SetupReceiverSteps, PullNeedsTheDatasetItself) {
  ReceiverSetup setup = wanted();
  setup.mode = Mode::pull;
  ReceiverState state = complete(setup);
  EXPECT_THAT(typed(plan_receiver(setup, state)), IsEmpty());
  state.datasets = {"offsite"};
  expect_refusal(state, "there is no dataset offsite/zippy to pull from", setup);
}

TEST(SetupReceiverSteps, PermissionsAreGrantedWhereTheRootIsOrWillBe) {
  ReceiverSetup setup = wanted();
  EXPECT_EQ(grant_dataset(setup, {"offsite", "offsite/zippy"}), "offsite/zippy");
  EXPECT_EQ(grant_dataset(setup, {"offsite"}), "offsite");
  setup.root = "offsite";
  EXPECT_EQ(grant_dataset(setup, {"offsite"}), "offsite");
}

TEST(SetupReceiverSteps, OnePermissionThatLacksIsGrantedWithTheOthers) {
  const RolePermissions needed = role_permissions(ZfsRole::append_only);
  const Words grants = typed_grants(needed, "offsite/zippy");
  EXPECT_EQ(grants.front(), "zfs allow -u cyber-zfs-backup " + joined(needed.permissions) + " offsite/zippy");
  ReceiverState state = complete(wanted());
  state.allowed = allowed_to("cyber-zfs-backup2", needed, "offsite/zippy");
  EXPECT_EQ(typed(plan_receiver(wanted(), state)), grants);
  RolePermissions less = needed;
  less.permissions.erase(less.permissions.begin());
  state.allowed = allowed_to("cyber-zfs-backup", less, "offsite/zippy");
  EXPECT_EQ(typed(plan_receiver(wanted(), state)), grants);
  less = needed;
  ASSERT_FALSE(less.create_time.empty());
  less.create_time.clear();
  state.allowed = allowed_to("cyber-zfs-backup", less, "offsite/zippy");
  EXPECT_EQ(typed(plan_receiver(wanted(), state)), grants);
}

TEST(SetupReceiverSteps, PermissionsForTheDatasetAloneOrForThoseBelowItAloneDoNotDo) {
  const RolePermissions needed = role_permissions(ZfsRole::append_only);
  ReceiverState state = complete(wanted());
  for (const char* where : {"Local", "Descendent"}) {
    state.allowed = allowed_to("cyber-zfs-backup", needed, "offsite/zippy", where);
    EXPECT_EQ(typed(plan_receiver(wanted(), state)), typed_grants(needed, "offsite/zippy")) << where;
  }
  state.allowed = allowed_to("cyber-zfs-backup", needed, "offsite");
  EXPECT_THAT(typed(plan_receiver(wanted(), state)), IsEmpty()) << "from the parent";
}

TEST(SetupReceiverSteps, WhereTheKernelCanRefuseToForceItIsAskedTo) {
  ReceiverState state = complete(wanted());
  state.allowed.clear();
  state.append_is_known = true;
  const Words lines = typed(plan_receiver(wanted(), state));
  EXPECT_THAT(lines.front(), HasSubstr(",receive:append,"));
  EXPECT_EQ(lines.front().find(",receive,"), std::string::npos);
  EXPECT_TRUE(knows_append("zfs-2.3.2-2~bpo12+2\nzfs-kmod-2.3.2-2~bpo12+2\n"));
  EXPECT_TRUE(knows_append("zfs-2.4.0\nzfs-kmod-2.3.3\n"));
  for (const char* older : {"", "zfs-2.1.11-1\nzfs-kmod-2.1.11-1\n", "zfs-2.3.2\nzfs-kmod-2.3.1\n", "zfs-2.3\n", "?\n"})
    EXPECT_FALSE(knows_append(older)) << older;
}

// docs/adr/0018
TEST(SetupReceiverSteps, AnOpenZfsThatBelievesTooMuchOfAStreamIsToldWhereSomethingIsReceived) {
  ReceiverState state = complete(wanted());
  state.stops_at_misfits = false;
  EXPECT_THAT(plan_receiver(wanted(), state).notes,
              ElementsAre(HasSubstr("could damage other datasets of the pool offsite by forging some")));
  ReceiverSetup pull = wanted();
  pull.mode = ReceiverMode::pull;
  EXPECT_THAT(plan_receiver(pull, state).notes, IsEmpty());
  for (const char* old : {"zfs-2.1.11-1\nzfs-kmod-2.1.11-1\n", "zfs-2.2.0\nzfs-kmod-2.1.16\n", "zfs-2.0\n"})
    EXPECT_FALSE(stops_at_misfits(old)) << old;
  for (const char* other : {"zfs-2.2.0-1\nzfs-kmod-2.2.0-1\n", "zfs-2.10.1\n", "?\n", ""})
    EXPECT_TRUE(stops_at_misfits(other)) << other;
}

TEST(SetupReceiverSteps, AnEncryptedTreeNeedsOnePermissionMore) {
  ReceiverSetup setup = wanted();
  setup.encrypted = true;
  EXPECT_THAT(typed(plan_receiver(setup, complete(wanted()))), Contains(HasSubstr("change-key")));
  EXPECT_THAT(receiver_setup_command(setup), Contains("--encrypted"));
}

TEST(SetupReceiverSteps, WhatSshdSaysIsNotedWithTheSnippet) {
  ReceiverState state = complete(wanted());
  state.sshd->replace(state.sshd->find("x11forwarding no"), 16, "x11forwarding yes");
  EXPECT_THAT(plan_receiver(wanted(), state).notes,
              ElementsAre(AllOf(HasSubstr("(x11forwarding yes)"), HasSubstr(sshd_snippet("cyber-zfs-backup")))));
  state.sshd->replace(state.sshd->find("pubkeyauthentication yes"), 24, "pubkeyauthentication no");
  EXPECT_THAT(plan_receiver(wanted(), state).notes, Contains(HasSubstr("will not let cyber-zfs-backup in")));
  state.sshd.reset();
  state.sshd_error = "no sshd";
  EXPECT_THAT(plan_receiver(wanted(), state).notes, ElementsAre(HasSubstr("could not be checked (no sshd)")));
}

TEST(SetupReceiverSteps, AProgramThatIsNotThereIsRefused) {
  ReceiverState state = complete(wanted());
  state.program_problem = "there is no program /usr/bin/cyber-zfs-backup-receiver";
  expect_refusal(state, "there is no program /usr/bin/cyber-zfs-backup-receiver");
}

TEST(SetupSteps, ANewFileIsPastedByAHereDocumentThatItsContentCannotEnd) {
  EXPECT_EQ(as_shell_text(NewFile{"/a b", "x\n"}), "cat > '/a b' << 'END'\nx\nEND");
  EXPECT_EQ(as_shell_text(NewFile{"/a", "END\nrm\n"}), "cat > /a << 'END_'\nEND\nrm\nEND_");
  EXPECT_EQ(as_text(Step{"it", {}}), "already there: it\n");
  EXPECT_EQ(as_text(Step{"it", {}, true}), "refused, see below: it\n");
  EXPECT_EQ(as_text(Step{"it", {RunCommand{{"a", "b c"}}}}), "to do: it\n    a 'b c'\n");
}

}  // namespace
}  // namespace czb::setup
