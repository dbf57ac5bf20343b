// SPDX-License-Identifier: MIT
#include "setup/sender_steps.h"

#include <algorithm>

#include "config/wording.h"
#include "cyber-zfs-backup/shell_quote.h"
#include "error.h"
#include "setup/sshd_rules.h"
#include "zfs/size.h"

namespace czb::setup {
namespace {

using Kind = PathState::Kind;

bool is_plain(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

void check(bool good, const char* option, const std::string& value, const char* expected) {
  if (!good)
    throw Error(ExitCode::usage, std::string("option --") + option + ": " + quoted(value) + " is not " + expected);
}

bool is_plain_path(const std::string& path) {
  return path.rfind('/', 0) == 0 && path.size() > 1 && path.back() != '/' && is_plain(path, "/._+@:,=-");
}

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == 0 ? "/" : file.substr(0, slash);
}

std::string expanded(const std::string& file, const std::string& home) {
  return file.rfind("~/", 0) == 0 ? home + file.substr(1) : file;
}

bool names(const std::vector<std::string>& files, const std::string& wanted, const std::string& home) {
  return std::any_of(files.begin(), files.end(),
                     [&](const std::string& file) { return expanded(file, home) == wanted; });
}

void plan_key_folder(const std::string& folder, const PathState& found, uid_t user, Plan& plan) {
  Step& step = plan.steps.emplace_back(Step{"the folder " + folder, {}});
  if (found.kind == Kind::absent) {
    step.actions.emplace_back(RunCommand{{"install", "-d", "-m", "0700", folder}});
  } else if (found.kind != Kind::folder) {
    plan.refusals.push_back(folder + " is not a folder (a symbolic link is none, here)");
  } else if ((found.uid != 0 && found.uid != user) || (found.mode & 022) != 0) {
    plan.refusals.push_back("others can write in " + folder +
                            ", and so replace the key in it: it must belong to root " + "or to you, and chmod go-w " +
                            shell_quote(folder));
  }
}

bool is_bounded(const ReceiverSetup& setup) { return !setup.quota.empty() && setup.quota != "none"; }

}  // namespace

void check_options(const SenderOptions& options) {
  constexpr const char* path = "an absolute path of letters, digits and /._+@:,=-";
  check(is_plain_path(options.key), "key", options.key, path);
  check(is_plain_path(options.known_hosts), "known-hosts", options.known_hosts, path);
  check(is_plain_path(options.receiver_program), "receiver-program", options.receiver_program, path);
  check(is_plain(options.receiver_user, "._-") && options.receiver_user.front() != '-', "receiver-user",
        options.receiver_user, "a user's name");
  check(options.host_name.empty() || (is_plain(options.host_name, "._-:") && options.host_name.front() != '-'),
        "host-name", options.host_name, "a host's name or address");
  check(options.port.empty() || (is_plain(options.port, "") && options.port.size() <= 5 &&
                                 options.port.find_first_not_of("0123456789") == std::string::npos),
        "port", options.port, "a port's number");
  if (options.quota && !quota_error(*options.quota).empty())
    throw Error(ExitCode::usage, "option --quota: " + quota_error(*options.quota));
  for (const std::string& fingerprint : options.accepted_fingerprints)
    check(fingerprint.rfind("SHA256:", 0) == 0 && fingerprint.size() == 50, "accept-host-key", fingerprint,
          "a whole fingerprint, SHA256: and 43 characters, as ssh-keygen -l prints it");
}

std::vector<std::string> public_key_command(const std::string& key) {
  return {"ssh-keygen", "-y", "-P", "", "-f", key};
}

Plan plan_key(const SenderOptions& options, const KeyState& state, uid_t user, const std::string& host) {
  Plan plan;
  plan_key_folder(folder_of(options.key), state.folder, user, plan);
  Step& step = plan.steps.emplace_back(Step{"the key " + options.key, {}});
  if (state.file.kind == Kind::absent && state.public_file_exists) {
    plan.refusals.push_back("there is " + options.key + ".pub, but no " + options.key +
                            ": a new key would replace the public half of one that may lie elsewhere. Move it away, or "
                            "name another key with --key.");
  } else if (state.file.kind == Kind::absent) {
    step.actions.emplace_back(RunCommand{
        {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "cyber-zfs-backup@" + host, "-f", options.key}});
  } else if (!state.public_key) {
    plan.refusals.push_back(
        "the key " + options.key + " cannot be used by a program that runs unattended: " + state.problem +
        ". It needs a private key without a passphrase that is readable by its owner alone. Nothing "
        "is overwritten: move it away, or name another one with --key.");
  }
  return plan;
}

std::vector<std::string> lacking_lines(const SenderOptions& options, const SshSettings& settings,
                                       const std::string& home) {
  std::vector<std::string> lines;
  if (settings.user != options.receiver_user) lines.push_back("User " + options.receiver_user);
  if (!names(settings.identity_files, options.key, home)) {
    lines.push_back("IdentityFile " + options.key);
    lines.emplace_back("IdentitiesOnly yes");
  }
  if (!names(settings.user_known_hosts, options.known_hosts, home))
    lines.push_back("UserKnownHostsFile " + options.known_hosts);
  const std::string& strict = settings.strict_host_key_checking;
  if (strict != "true" && strict != "yes" && strict != "ask") lines.emplace_back("StrictHostKeyChecking yes");
  return lines;
}

ReceiverSetup receiver_for(const FarEnd& far_end, const SenderOptions& options, const PublicKey& key) {
  ReceiverSetup setup;
  setup.root = root_of(far_end, options.root);
  setup.mode = mode_of(far_end, options.mode);
  if (setup.mode != Mode::append_only) setup.options = {"--mode", to_string(setup.mode)};
  if (options.quota && setup.mode != Mode::pull) set_quota(setup, *options.quota);
  setup.key = key;
  setup.encrypted = options.encrypted;
  setup.user = options.receiver_user;
  setup.program = options.receiver_program;
  const bool container = far_end.datasets != std::vector<std::string>{setup.root};
  setup.create_root = setup.mode != Mode::pull && container && setup.root.find('/') != std::string::npos;
  setup.create_parent = setup.mode != Mode::pull && path_of_dataset(setup.root).size() > 2;
  return setup;
}

std::string quota_error(const std::string& word) {
  if (word == "none" || size_in(word)) return "";
  return quoted(word) + " is no size such as 500G or 2T, and not none";
}

void set_quota(ReceiverSetup& setup, const std::string& quota) {
  setup.quota = quota;
  setup.options.insert(setup.options.end(), {"--quota", quota});
}

std::string receiver_instructions(const ReceiverSetup& setup, const std::string& host) {
  std::string text = "At " + host +
                     ", as root, where cyber-zfs-backup-receiver is installed, one command does it:\n\n" +
                     shell_quote_command(receiver_setup_command(setup)) +
                     (setup.mode == Mode::pull || is_bounded(setup) ? "" : "\n\nNote: " + no_quota_text(setup)) +
                     "\n\nOr the same by hand (leave out what is there already):\n\n";
  for (const Step& step : plan_receiver(setup, fresh_receiver(setup)).steps) {
    if (step.actions.empty()) continue;
    text += "# " + step.what + "\n";
    for (const Action& action : step.actions) text += as_shell_text(action) + "\n";
  }
  return text + "# sshd: no service for " + setup.user + " beside that command\n" +
         as_shell_text(NewFile{sshd_snippet_file, sshd_snippet(setup.user)}) + "\nsshd -t && systemctl reload ssh\n";
}

}  // namespace czb::setup
