// SPDX-License-Identifier: MIT
#include "receiver/setup/setup_observe.h"

#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <optional>

#include "cyber-zfs-backup/shell_quote.h"
#include "error.h"
#include "receiver/host/root_space.h"
#include "receiver/host/zfs_process.h"
#include "setup/local_command.h"
#include "setup/path_state.h"
#include "zfs/commands.h"

namespace czb::receiver {
namespace {

std::optional<setup::Account> account_of(const std::string& user) {
  const passwd* const found = getpwnam(user.c_str());
  if (found == nullptr) return std::nullopt;
  setup::Account account{found->pw_uid, found->pw_gid, found->pw_dir, found->pw_shell, false};
  const spwd* const shadow = getspnam(user.c_str());
  account.locked = shadow != nullptr && shadow->sp_pwdp != nullptr && shadow->sp_pwdp[0] == '!';
  return account;
}

std::vector<std::string> groups_of(const std::string& user, gid_t primary) {
  int count = 256;
  std::vector<gid_t> ids(static_cast<std::size_t>(count));
  if (getgrouplist(user.c_str(), primary, ids.data(), &count) < 0) count = 0;
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i)
    if (const group* const found = getgrgid(ids[static_cast<std::size_t>(i)]); found != nullptr)
      names.emplace_back(found->gr_name);
  return names;
}

// sshd starts it with the rights of the user who holds the backups: nobody else may be able to put another in its
// place.
std::string program_problem(const std::string& program) {
  struct stat found = {};
  if (stat(program.c_str(), &found) != 0 || !S_ISREG(found.st_mode) || (found.st_mode & 0111) == 0)
    return "there is no program " + program + ": install cyber-zfs-backup-receiver, or say with --program where it is";
  if (found.st_uid != 0 || (found.st_mode & 022) != 0)
    return "the program " + program + " could be changed by others than root: chown root " + shell_quote(program) +
           " && chmod 0755 " + shell_quote(program);
  return "";
}

// From the pool down to the first that is not there.
std::set<std::string> existing_datasets(const std::string& root, const std::string& zfs) {
  std::set<std::string> existing;
  for (const std::string& dataset : setup::path_of_dataset(root)) {
    const CommandLine command = exists_command(dataset);
    const Output output = run_zfs(zfs, command);
    if (output.status != 0 && says_missing(output, dataset)) break;
    if (output.status != 0)
      throw Error(ExitCode::failed, "could not look for the dataset " + dataset + ": " + output.err);
    existing.insert(dataset);
  }
  return existing;
}

std::map<std::string, std::uint64_t> quotas_of(const std::set<std::string>& datasets, const std::string& zfs) {
  std::map<std::string, std::uint64_t> found;
  for (const std::string& dataset : datasets)
    if (const std::uint64_t quota = root_space(zfs, dataset).quota; quota != 0) found[dataset] = quota;
  return found;
}

// For a connection of that user from this host: what a Match block says by address may differ.
std::vector<std::string> sshd_command(const std::string& user) {
  return {"sshd", "-T", "-C", "user=" + user + ",host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22"};
}

void ask_sshd(const std::string& user, setup::ReceiverState& state) {
  try {
    const auto command = sshd_command(user);
    Completed answer = setup::run_here(command);
    if (answer.ok())
      state.sshd = std::move(answer.out);
    else
      state.sshd_error = setup::failure_of(command, answer);
  } catch (const Error& error) {
    state.sshd_error = error.what();
  }
}

}  // namespace

setup::ReceiverState observe_receiver(const setup::ReceiverSetup& wanted, const std::string& zfs) {
  setup::ReceiverState state;
  state.program_problem = program_problem(wanted.program);
  state.account = account_of(wanted.user);
  if (state.account) state.groups = groups_of(wanted.user, state.account->gid);
  const std::string home = setup::home_of(wanted, state);
  const std::string keys = setup::authorized_keys_file_of(wanted, state);
  state.home = setup::state_of_path(home);
  state.ssh_folder = setup::state_of_path(home + "/.ssh");
  state.authorized_keys_file = setup::state_of_path(keys);
  state.authorized_keys = setup::text_of_file(keys);
  state.state_folder = setup::state_of_path(wanted.state_folder);
  state.datasets = existing_datasets(wanted.root, zfs);
  state.quotas = quotas_of(state.datasets, zfs);
  const std::string place = setup::grant_dataset(wanted, state.datasets);
  if (state.datasets.count(place) != 0) state.allowed = output_of(zfs, {"zfs", "allow", place});
  const std::string versions = output_of(zfs, {"zfs", "version"});
  state.append_is_known = setup::knows_append(versions);
  state.stops_at_misfits = setup::stops_at_misfits(versions);
  ask_sshd(wanted.user, state);
  return state;
}

}  // namespace czb::receiver
