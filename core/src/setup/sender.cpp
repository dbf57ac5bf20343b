// SPDX-License-Identifier: MIT
#include "setup/sender.h"

#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "config/seed.h"
#include "cyber-zfs-backup/shell_quote.h"
#include "setup/execute.h"
#include "setup/lines.h"
#include "setup/path_state.h"

namespace czb::setup {
namespace {

using Kind = PathState::Kind;

std::string folder_of(const std::string& file) { return file.substr(0, std::max<std::size_t>(file.rfind('/'), 1)); }

// Where the receiver's sshd keeps the public half of its key.
std::string host_key_file(const PublicKey& key) {
  const std::string kind = key.type == "ssh-ed25519" ? "ed25519" : key.type == "ssh-rsa" ? "rsa" : "ecdsa";
  return "/etc/ssh/ssh_host_" + kind + "_key.pub";
}

std::string how_to_compare(const PublicKey& key) {
  return "Compare it at the receiver's own console, where nobody can come between:\n    ssh-keygen -lf " +
         host_key_file(key) + "\n";
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text.append(text.empty() ? "" : "\n").append(sentence);
  return text;
}

std::string silence_text(const std::string& where, const std::string& error) {
  return "no ssh host key came from " + where + (error.empty() ? "" : ": " + error) +
         " (is the host up, does its sshd listen there, and has it an ed25519 key?)";
}

}  // namespace

SenderSetup::SenderSetup(SenderOptions options, Dialogue dialogue, std::string scratch)
    : options_(std::move(options)), dialogue_(std::move(dialogue)), scratch_(std::move(scratch)) {
  check_options(options_);
}

void SenderSetup::carry_out(const Plan& plan) {
  if (!plan.refusals.empty()) throw Error(ExitCode::refused, joined(plan.refusals));
  if (!options_.dry_run) return execute(plan, dialogue_.say);
  for (const Step& step : plan.steps) dialogue_.say(as_text(step));
}

void SenderSetup::make_key() {
  const KeyState before = observe_key(options_.key);
  carry_out(plan_key(options_, before, geteuid(), unqualified_host_name()));
  key_ = options_.dry_run ? before.public_key : observe_key(options_.key).public_key;
  if (!key_ && !options_.dry_run)
    throw Error(ExitCode::failed, "the key " + options_.key + " was made and cannot be read");
}

// Answers the file for ssh -F, which in a dry run may be a preview; empty: ssh's own configuration.
std::string SenderSetup::make_config(const FarEnd& far_end, FarEndOutcome& outcome) {
  outcome.config = far_end.config;
  if (!far_end.config) {
    // The Host may stand in ssh's own configuration, with this key.
    const SshSettings own = observe_settings(far_end, "");
    const auto lacking = lacking_lines(options_, own, home_here());
    if (std::find(lacking.begin(), lacking.end(), "IdentityFile " + options_.key) == lacking.end()) return "";
    outcome.config = default_ssh_config;
    dialogue_.say("note: " + far_end.users.front() +
                  " has to name the ssh configuration: `config: " + default_ssh_config +
                  "` for its transport, or --ssh-config " + default_ssh_config + " without a configuration file\n");
  }
  outcome.config = std::filesystem::absolute(*outcome.config).string();
  if (state_of_path(*outcome.config).kind == Kind::absent) return write_config(far_end, *outcome.config);
  dialogue_.say("already there: the ssh configuration " + *outcome.config + "\n");
  return *outcome.config;
}

std::string SenderSetup::write_config(const FarEnd& far_end, const std::string& file) {
  const NewFile config{file, ssh_config_text(host_in(far_end.destination), options_.host_name, options_.port,
                                             options_.receiver_user, options_.key, options_.known_hosts)};
  const Plan plan{{Step{"the ssh configuration " + file, {config}}}, {}, {}};
  if (options_.dry_run) {
    carry_out(plan);
    std::string preview = scratch_ + "/ssh_config";
    unlink(preview.c_str());
    execute(NewFile{preview, config.content});
    return preview;
  }
  dialogue_.say("The ssh configuration " + file + " would be:\n\n" + config.content + "\n");
  if (!options_.yes) {
    const auto answer = dialogue_.ask("Write it? Type yes: ");
    if (!answer || trimmed(*answer) != "yes")
      throw Error(ExitCode::refused,
                  file + " was not written" +
                      (answer ? std::string() : std::string(": there is no terminal to ask at, and no --yes")) +
                      ". Write it, or give --yes (and --host-name, where ssh does not find the host by itself).");
  }
  carry_out(plan);
  return file;
}

// An address that was given and does not count would be another host's key that is confirmed.
void SenderSetup::check_address(const FarEnd& far_end, const std::string& config, const SshSettings& settings) const {
  const auto check = [&](const std::string& keyword, const std::string& given, const std::string& effective) {
    if (given.empty() || strcasecmp(given.c_str(), effective.c_str()) == 0) return;
    throw Error(ExitCode::refused, (config.empty() ? std::string("ssh's configuration") : config) +
                                       " is there already and says " + keyword + " " + effective + " for " +
                                       far_end.destination + ", not " + given + ". Write `" + keyword + " " + given +
                                       "` below `Host " + host_in(far_end.destination) +
                                       "` there, or leave the option out");
  };
  check("HostName", options_.host_name, settings.host_name);
  check("Port", options_.port, settings.port);
}

void SenderSetup::tell_lacking_lines(const FarEnd& far_end, const std::string& config, const SshSettings& settings) {
  auto lacking = lacking_lines(options_, settings, home_here());
  const std::string user_line = "User " + options_.receiver_user;
  if (far_end.destination.find('@') != std::string::npos && std::erase(lacking, user_line) != 0)
    dialogue_.say("note: the destination " + far_end.destination + " names another user than " +
                  options_.receiver_user + ", whom the restricted receiver runs as: leave the user out of it\n");
  if (lacking.empty()) return;
  std::string text = "note: " + (config.empty() ? std::string("ssh's configuration") : config) +
                     " is not changed, for it is there already. For the restricted receiver it needs this:\n\nHost " +
                     host_in(far_end.destination) + "\n";
  for (const std::string& line : lacking) text += "    " + line + "\n";
  dialogue_.say(text + "\n");
}

void SenderSetup::decide(const FarEnd& far_end, const SshSettings& settings, const PublicKey& key,
                         FarEndOutcome& outcome) {
  const std::string name = known_hosts_name(settings);
  const std::string fingerprint = fingerprint_of(key);
  const std::string shown =
      "The host key that " + name + " shows (" + key.type + "):\n    " + fingerprint + "\n" + how_to_compare(key);
  Plan plan;
  // The key's folder is there, or was told.
  if (folder_of(options_.known_hosts) != folder_of(options_.key) &&
      state_of_path(folder_of(options_.known_hosts)).kind == Kind::absent)
    plan.steps.push_back({"the folder " + folder_of(options_.known_hosts),
                          {RunCommand{{"install", "-d", "-m", "0755", folder_of(options_.known_hosts)}}}});
  plan.steps.push_back({"the host key of " + name + " in " + options_.known_hosts,
                        {AddLine{options_.known_hosts, name + " " + key.type + " " + key.base64}}});
  const Consent consent = consent_for(fingerprint, options_.accepted_fingerprints);
  if (consent == Consent::mismatch)
    throw Error(ExitCode::needs_person,
                "the host key of " + far_end.destination + " (" + name + ") has the fingerprint " + fingerprint +
                    ", and --accept-host-key names another one. Nothing was added. Either the fingerprint that was "
                    "given is not this host's, or somebody is in between. " +
                    how_to_compare(key));
  dialogue_.say(shown);
  if (options_.dry_run) return carry_out(plan);
  if (consent == Consent::ask) {
    const auto answer = dialogue_.ask("Are they equal, and is it to be trusted? Type yes, or the fingerprint: ");
    if (!answer || !is_consent(*answer, fingerprint)) {
      dialogue_.say("The host key was not added" +
                    std::string(answer ? ""
                                       : ": there is no terminal to ask at. Once compared, give --accept-host-key " +
                                             fingerprint) +
                    "\n");
      outcome.code = worse_of(outcome.code, ExitCode::refused);
      return;
    }
  }
  carry_out(plan);
  outcome.may_connect = true;
}

void SenderSetup::settle_host_key(const FarEnd& far_end, const SshSettings& settings, FarEndOutcome& outcome) {
  using State = HostKeyVerdict::State;
  const std::string name = known_hosts_name(settings);
  const auto known = observe_known(settings, options_.known_hosts);
  const auto trusted =
      std::find_if(known.begin(), known.end(), [](const KnownKey& key) { return key.marker != "@revoked"; });
  if (settings.through_proxy) {
    outcome.may_connect = trusted != known.end();
    if (outcome.may_connect) return dialogue_.say("already there: a host key of " + name + ", which ssh will check\n");
    dialogue_.say("The host " + name +
                  " is reached through a proxy, past which its key cannot be seen. Read it at the receiver's own "
                  "console, from /etc/ssh/ssh_host_ed25519_key.pub, and add it here:\n    " +
                  as_shell_text(AddLine{options_.known_hosts, name + " ssh-ed25519 AAAA…"}) + "\n");
    outcome.code = worse_of(outcome.code, ExitCode::refused);
    return;
  }
  const Shown shown = observe_shown(settings, known);
  const HostKeyVerdict verdict = judge_host_key(shown.keys, known);
  switch (verdict.state) {
    case State::silent:
      outcome.may_connect = false;
      dialogue_.say("error: " + silence_text(settings.host_name + ", port " + settings.port, shown.error) + "\n");
      outcome.code = worse_of(outcome.code, ExitCode::unreachable);
      return;
    case State::known:
      outcome.may_connect = true;
      return dialogue_.say("already there: the host key of " + name + ", " + fingerprint_of(*verdict.seen) + "\n");
    case State::authority:
      outcome.may_connect = true;
      return dialogue_.say("already there: a certificate authority for the host key of " + name +
                           ", which ssh will check\n");
    case State::unknown:
      return decide(far_end, settings, *verdict.seen, outcome);
    case State::changed:
    case State::revoked:
      break;
  }
  const KnownKey& before = *verdict.before;
  const std::string entry = before.file + ", line " + std::to_string(before.line);
  if (verdict.state == State::revoked)
    throw Error(ExitCode::needs_person, "THE HOST KEY OF " + name + " IS REVOKED (" + entry +
                                            "): whoever answers there must not be trusted. Nothing was changed.");
  throw Error(ExitCode::needs_person,
              "THE HOST KEY OF " + name +
                  " IS NOT THE ONE THAT IS KNOWN: somebody may be in between, or the host was set "
                  "up anew. Known (" +
                  entry + "): " + before.key.type + " " + fingerprint_of(before.key) +
                  ". Shown now: " + verdict.seen->type + " " + fingerprint_of(*verdict.seen) +
                  ". Nothing was changed, and a known key is never replaced here. " + how_to_compare(*verdict.seen) +
                  "Only if that is the key that is shown now, remove the old one and run this again:\n    " +
                  shell_quote_command(std::vector<std::string>{"ssh-keygen", "-R", name, "-f", before.file}));
}

FarEndOutcome SenderSetup::set_up(const FarEnd& far_end) {
  FarEndOutcome outcome;
  outcome.receiver = receiver_for(far_end, options_, key_.value_or(PublicKey{}));
  const std::string config = make_config(far_end, outcome);
  const SshSettings settings = observe_settings(far_end, config);
  check_address(far_end, config, settings);
  tell_lacking_lines(far_end, config, settings);
  settle_host_key(far_end, settings, outcome);
  outcome.host_name = settings.host_name;
  return outcome;
}

void SenderSetup::tell_receivers_part(FarEndOutcome outcome) const {
  if (!key_)
    return dialogue_.say(
        "What has to be done at the receiver is told once there is a key: run this without --dry-run.\n");
  if (outcome.receiver.mode != Mode::pull && outcome.receiver.quota.empty() && !options_.dry_run)
    ask_for_quota(outcome.receiver);
  dialogue_.say("\n" + receiver_instructions(outcome.receiver, outcome.host_name) + "\n");
}

void SenderSetup::ask_for_quota(ReceiverSetup& receiver) const {
  constexpr int most_often = 3;
  for (int i = 0; i < most_often; ++i) {
    const auto answer = dialogue_.ask("How much may the backups in " + receiver.root +
                                      " take there, such as 2T (none: they may fill the pool; Enter: not said yet)? ");
    if (!answer || answer->empty()) return;
    const std::string wrong = quota_error(*answer);
    if (wrong.empty()) return set_quota(receiver, *answer);
    dialogue_.say(wrong + ".\n");
  }
}

}  // namespace czb::setup
