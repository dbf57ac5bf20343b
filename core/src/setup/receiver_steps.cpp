// SPDX-License-Identifier: MIT
#include "setup/receiver_steps.h"

#include <algorithm>
#include <array>

#include "cyber-zfs-backup/shell_quote.h"
#include "setup/authorized_keys.h"
#include "setup/lines.h"
#include "setup/sshd_rules.h"
#include "zfs/size.h"

namespace czb::setup {
namespace {

using Kind = PathState::Kind;

std::string octal(mode_t mode) {
  std::string text = "0000";
  for (std::size_t i = 0; i < 4; ++i) text[3 - i] = static_cast<char>('0' + ((mode >> (3 * i)) & 7));
  return text;
}

std::vector<std::string> make_folder(const std::string& owner, const std::string& mode, const std::string& folder) {
  return {"install", "-d", "-o", owner, "-g", owner, "-m", mode, folder};
}

// Makes the plan piece by piece; the functions stand in the order of the steps.
class Planner {
 public:
  Planner(const ReceiverSetup& setup, const ReceiverState& state) : setup_(setup), state_(state) {}

  Plan plan() {
    if (!state_.program_problem.empty()) refuse(state_.program_problem);
    plan_user();
    plan_trusted_folder(home_of(setup_, state_), state_.home);
    plan_trusted_folder(home_of(setup_, state_) + "/.ssh", state_.ssh_folder);
    plan_authorized_keys();
    plan_state_folder();
    plan_datasets();
    plan_grants();
    judge_quota();
    note_zfs();
    note_sshd();
    return std::move(plan_);
  }

 private:
  Step& step(const std::string& what) { return plan_.steps.emplace_back(Step{what, {}}); }
  void refuse(const std::string& why) { plan_.refusals.push_back(why); }
  // The step that is being planned.
  void refuse_step(const std::string& why) {
    plan_.steps.back().refused = true;
    refuse(why);
  }
  void note(const std::string& what) { plan_.notes.push_back(what); }

  void plan_user() {
    Step& user = step("the system user " + setup_.user);
    if (!state_.account) {
      // No password can match '*', and unlike '!' it does not count as locked where sshd runs without PAM. A forced
      // command needs a shell that starts it.
      user.actions.push_back(RunCommand{{"useradd", "--system", "--user-group", "--home-dir", home_of(setup_, state_),
                                         "--no-create-home", "--shell", "/bin/sh", "--password", "*", setup_.user}});
      return;
    }
    if (state_.account->uid == 0)
      refuse_step("the user " + setup_.user +
                  " has root's rights, and the receiver is there to do without them: take another "
                  "with --user");
    const std::string& shell = state_.account->shell;
    const std::string name = shell.substr(shell.rfind('/') + 1);
    if (name == "nologin" || name == "false")
      refuse_step("the user " + setup_.user + " has the shell " + shell + ", with which sshd can start no command: " +
                  shell_quote_command(std::array<std::string, 4>{"usermod", "--shell", "/bin/sh", setup_.user}));
    const auto lines = lines_of(state_.sshd ? std::string_view(*state_.sshd) : std::string_view());
    if (state_.account->locked && std::find(lines.begin(), lines.end(), "usepam no") != lines.end())
      refuse_step("the user " + setup_.user + " is locked, and sshd without PAM lets it in with no key: " +
                  shell_quote_command(std::array<std::string, 4>{"usermod", "--password", "*", setup_.user}));
  }

  bool trusts(uid_t uid) const { return uid == 0 || (state_.account && uid == state_.account->uid); }

  // Why sshd (StrictModes), or we, would not trust what is there.
  std::string distrust(const std::string& path, const PathState& found) const {
    if (!trusts(found.uid))
      return path + " belongs to user " + std::to_string(found.uid) + ": it must belong to root (chown root " +
             shell_quote(path) + ")";
    if ((found.mode & 022) != 0)
      return path + " has mode " + octal(found.mode) + ", and so others could change the keys: chmod go-w " +
             shell_quote(path);
    return "";
  }

  void plan_trusted_folder(const std::string& path, const PathState& found) {
    if (found.kind == Kind::absent) {
      step("the folder " + path + ", which is root's").actions.push_back(RunCommand{make_folder("root", "0755", path)});
      return;
    }
    step("the folder " + path);
    if (found.kind != Kind::folder) return refuse_step(path + " is not a folder (a symbolic link is none, here)");
    if (const std::string why = distrust(path, found); !why.empty()) return refuse_step(why);
    if (found.uid != 0)
      note(path + " belongs to " + setup_.user +
           ", and so a receiver that was taken over could change its own keys: " + "chown root " + shell_quote(path));
  }

  void plan_authorized_keys() {
    const std::string file = authorized_keys_file_of(setup_, state_);
    const std::string line = authorized_keys_line_of(setup_);
    const PathState& found = state_.authorized_keys_file;
    Step& key = step("the key in " + file);
    if (found.kind != Kind::absent && found.kind != Kind::file)
      return refuse_step(file + " is not a regular file (a symbolic link is none, here)");
    if (found.kind == Kind::file)
      if (const std::string why = distrust(file, found); !why.empty()) return refuse_step(why);
    const FoundKey known = find_key(state_.authorized_keys, line, setup_.key);
    if (known.state == FoundKey::State::differs)
      return refuse_step("this key stands in " + file + " already, line " + std::to_string(known.number) +
                         ", with other options, and is not changed:\n    " + known.line +
                         "\nReplace that line by hand, or take another key for this client. The line would be:\n    " +
                         line);
    if (known.state == FoundKey::State::absent) key.actions.emplace_back(AddLine{file, line});
  }

  void plan_state_folder() {
    const std::string& path = setup_.state_folder;
    const PathState& found = state_.state_folder;
    if (found.kind == Kind::absent) {
      step("the folder " + path + ", which is " + setup_.user + "'s")
          .actions.push_back(RunCommand{make_folder(setup_.user, "0700", path)});
      return;
    }
    step("the folder " + path);
    if (found.kind != Kind::folder) return refuse_step(path + " is not a folder (a symbolic link is none, here)");
    if (!state_.account || found.uid != state_.account->uid || (found.mode & 077) != 0)
      refuse_step(path + " must belong to " + setup_.user + " alone: chown " + setup_.user + " " + shell_quote(path) +
                  " && chmod 0700 " + shell_quote(path) + ", or name another one with --state");
  }

  void plan_datasets() {
    const auto path = path_of_dataset(setup_.root);
    if (setup_.mode == Mode::pull) {
      step("the dataset " + setup_.root);
      if (state_.datasets.count(setup_.root) == 0) refuse_step("there is no dataset " + setup_.root + " to pull from");
      return;
    }
    const bool container = setup_.create_root || path.size() == 1;
    const std::string& last = container ? path.back() : path[path.size() - 2];
    Step& datasets = step("the dataset " + last);
    if (state_.datasets.count(path.front()) == 0)
      return refuse_step("there is no pool " + path.front() + " here: --root names the dataset at this host");
    for (const std::string& dataset : path) {
      if (state_.datasets.count(dataset) != 0 || (dataset == setup_.root && !setup_.create_root)) continue;
      if (dataset != setup_.root && !setup_.create_parent)
        return refuse_step("there is no dataset " + dataset + ", which is to hold " + setup_.root +
                           ": give --create-parent to have it made, or make it");
      std::vector<std::string> create = {setup_.zfs, "create", "-o", "mountpoint=none", "-o", "canmount=off"};
      if (dataset == setup_.root && has_quota()) create.insert(create.end(), {"-o", "quota=" + setup_.quota});
      create.push_back(dataset);
      datasets.actions.emplace_back(RunCommand{std::move(create)});
    }
  }

  void plan_grants() {
    if (plan_.steps.back().refused) return;  // there is no dataset that it could be for
    const std::string dataset = grant_dataset(setup_, state_.datasets);
    const RolePermissions needed = role_permissions(role_of(setup_.mode), setup_.encrypted);
    Step& grants = step("the permissions of " + setup_.user + " for " + dataset);
    if (is_granted(state_.allowed, dataset, setup_.user, state_.groups, needed)) return;
    for (auto& command : allow_commands(setup_.zfs, needed, setup_.user, dataset, state_.append_is_known))
      grants.actions.emplace_back(RunCommand{std::move(command)});
  }

  bool has_quota() const { return !setup_.quota.empty() && setup_.quota != "none"; }

  // The root's own may be this host's administrator's: it is neither replaced, nor left in force without a word.
  void judge_quota() {
    if (setup_.mode == Mode::pull) return;
    if (!has_quota()) {
      if (state_.quotas.empty()) return note(no_quota_text(setup_));
      const auto& [dataset, bytes] = *state_.quotas.rbegin();
      return note("no quota was said (--quota); the one of " + dataset + ", " + size_text(bytes) +
                  ", bounds what this key can fill");
    }
    const std::uint64_t wanted = size_in(setup_.quota).value_or(0);
    for (const auto& [dataset, bytes] : state_.quotas)
      if (dataset == setup_.root && bytes != wanted)
        refuse(dataset + " has a quota of its own, " + exact_size(bytes) + ". That one counts, and --quota " +
               exact_size(wanted) + " does not. To have the latter: zfs set quota=" + exact_size(wanted) + " " +
               shell_quote(dataset) + "; to keep the former, say --quota " + exact_size(bytes) +
               ", also where the key's line stands in authorized_keys already");
      else if (dataset != setup_.root && bytes < wanted)
        note("the quota of " + dataset + ", " + size_text(bytes) + ", bounds what this key can fill before --quota " +
             exact_size(wanted) + " does");
  }

  void note_zfs() {
    if (setup_.mode == Mode::pull || state_.stops_at_misfits) return;
    note(
        "OpenZFS here is older than 2.2, and believes increments that do not fit what is there: whoever has this key "
        "could damage other datasets of the pool " +
        setup_.root.substr(0, setup_.root.find('/')) +
        " by forging some. Upgrade it, or let that pool hold nothing else and keep a second backup");
  }

  void note_sshd() {
    const std::string snippet = "cat > " + std::string(sshd_snippet_file) + " << 'END'\n" + sshd_snippet(setup_.user) +
                                "END\nsshd -t && systemctl reload ssh";
    if (!state_.sshd) {
      note("what sshd says to " + setup_.user + " could not be checked (" + state_.sshd_error +
           "). It should have this:\n" + snippet);
      return;
    }
    const SshdFindings findings =
        judge_sshd(*state_.sshd, setup_.user, home_of(setup_, state_), authorized_keys_file_of(setup_, state_));
    for (const std::string& obstacle : findings.obstacles)
      note("sshd will not let " + setup_.user + " in as it is configured: " + obstacle);
    if (findings.looser_than.empty()) return;
    std::string list;
    for (const std::string& each : findings.looser_than) list += (list.empty() ? "" : ", ") + each;
    note("sshd allows " + setup_.user + " more than it needs (" + list + "). To narrow that:\n" + snippet);
  }

  const ReceiverSetup& setup_;
  const ReceiverState& state_;
  Plan plan_;
};

}  // namespace

ReceiverState fresh_receiver(const ReceiverSetup& setup) {
  ReceiverState state;
  const auto path = path_of_dataset(setup.root);
  state.datasets.insert(path.front());
  if (setup.mode == Mode::pull) state.datasets.insert(path.begin(), path.end());
  state.sshd_error = "this is not the receiver";
  return state;
}

std::string home_of(const ReceiverSetup& setup, const ReceiverState& state) {
  return state.account ? state.account->home : "/var/lib/" + setup.user;
}

std::string authorized_keys_file_of(const ReceiverSetup& setup, const ReceiverState& state) {
  return home_of(setup, state) + "/.ssh/authorized_keys";
}

std::vector<std::string> path_of_dataset(const std::string& root) {
  std::vector<std::string> path;
  for (std::size_t slash = root.find('/'); slash != std::string::npos; slash = root.find('/', slash + 1))
    path.push_back(root.substr(0, slash));
  path.push_back(root);
  return path;
}

std::string grant_dataset(const ReceiverSetup& setup, const std::set<std::string>& existing) {
  const std::size_t slash = setup.root.rfind('/');
  const bool there = existing.count(setup.root) != 0 || setup.create_root || slash == std::string::npos;
  return there ? setup.root : setup.root.substr(0, slash);
}

std::string no_quota_text(const ReceiverSetup& setup) {
  const std::string pool = setup.root.substr(0, setup.root.find('/'));
  return (setup.quota.empty() ? "there is no quota" : "there is no quota, as was said") +
         std::string(": whoever has this key, or a mistake at the sender, can fill the pool ") + pool +
         ", and then nothing that lies there can be backed up or written any more." +
         (setup.quota.empty() ? " Give --quota SIZE, such as --quota 2T, or --quota none where that is meant." : "");
}

std::string authorized_keys_line_of(const ReceiverSetup& setup) {
  std::vector<std::string> command = {setup.program, "--root", setup.root};
  command.insert(command.end(), setup.options.begin(), setup.options.end());
  return authorized_keys_line(command, setup.key);
}

Plan plan_receiver(const ReceiverSetup& setup, const ReceiverState& state) { return Planner(setup, state).plan(); }

std::vector<std::string> receiver_setup_command(const ReceiverSetup& setup) {
  std::vector<std::string> command = {"cyber-zfs-backup-receiver", "setup", "--root", setup.root};
  command.insert(command.end(), setup.options.begin(), setup.options.end());
  if (setup.user != default_user) command.insert(command.end(), {"--user", setup.user});
  if (setup.program != default_receiver) command.insert(command.end(), {"--program", setup.program});
  if (setup.create_parent) command.emplace_back("--create-parent");
  if (setup.encrypted) command.emplace_back("--encrypted");
  if (setup.create_root) command.emplace_back("--create-root");
  command.insert(command.end(), {"--key", to_line(setup.key), "--apply"});
  return command;
}

}  // namespace czb::setup
