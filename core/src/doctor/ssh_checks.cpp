// SPDX-License-Identifier: MIT
#include "doctor/ssh_checks.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <sstream>

#include "cyber-zfs-backup/shell_quote.h"
#include "doctor/ask.h"
#include "doctor/ssh_key.h"

namespace czb::doctor {
namespace {

std::string first_of(const SshSettings& settings, const std::string& keyword) {
  const auto found = settings.find(keyword);
  return found == settings.end() || found->second.empty() ? "" : found->second.front();
}

bool exists(const std::string& file) {
  struct stat status = {};
  return ::stat(file.c_str(), &status) == 0;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

class SshChecks {
 public:
  SshChecks(const PluginChoice& transport, Findings& findings, const Surroundings& here)
      : options_(ssh_options(transport)), findings_(findings), here_(here) {}

  void run() {
    const Completed answer = ask(*here_.tools, argv({"-G"}));
    if (!answer.ok()) {
      findings_.failed("ssh-config", "ssh does not understand its configuration: " + reason_of(answer),
                       "Correct it; `" + shell_quote_command(argv({"-G"})) + "` shows what ssh makes of it.");
      return findings_.skip_rest({"ssh-key", "host-key"}, "ssh's configuration is not known");
    }
    settings_ = parse_ssh_settings(answer.out);
    findings_.ok("ssh-config", options_.destination + " is " + first_of(settings_, "user") + "@" +
                                   first_of(settings_, "hostname") + ", port " + first_of(settings_, "port"));
    findings_.attempt("ssh-key", [this] { check_key(); });
    findings_.attempt("host-key", [this] { check_host_key(); });
  }

 private:
  // As the plugin gives them, but for what it sets itself.
  CommandLine argv(const CommandLine& flags) const {
    CommandLine words = {options_.program};
    words.insert(words.end(), flags.begin(), flags.end());
    if (!options_.config.empty()) words.insert(words.end(), {"-F", options_.config});
    for (const std::string& option : options_.options) words.insert(words.end(), {"-o", option});
    words.insert(words.end(), {"--", options_.destination});
    return words;
  }

  // The file that ssh reads for this value: '~' and the tokens that matter here replaced. Nothing for other tokens.
  std::optional<std::string> expanded(const std::string& value) const {
    std::string path = value;
    if (path == "~" || path.rfind("~/", 0) == 0) path = here_.home + path.substr(1);
    std::string text;
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (path[i] != '%') {
        text += path[i];
        continue;
      }
      switch (++i < path.size() ? path[i] : '\0') {
        case '%':
          text += '%';
          break;
        case 'd':
          text += here_.home;
          break;
        case 'h':
          text += first_of(settings_, "hostname");
          break;
        case 'r':
          text += first_of(settings_, "user");
          break;
        case 'u':
          text += here_.user_name;
          break;
        default:
          return std::nullopt;
      }
    }
    return text;
  }

  void check_key() {
    std::vector<std::string> missing;
    std::optional<KeyProblem> problem;
    const auto named = settings_.find("identityfile");
    for (const std::string& name : named == settings_.end() ? std::vector<std::string>() : named->second) {
      const std::optional<std::string> file = expanded(name);
      if (name == "none") continue;
      if (!file || !exists(*file)) {
        missing.push_back(file.value_or(name));
        continue;
      }
      const std::optional<KeyProblem> found = key_problem(*file, here_);
      if (!found) return findings_.ok("ssh-key", *file + " can be used");
      if (!problem) problem = found;
    }
    const std::string own_agent = first_of(settings_, "identityagent");
    const bool agent = own_agent.empty() ? here_.has_agent : own_agent != "none";
    const std::string only_agent = "; an agent may have it, but the one of your login is not there at night";
    if (problem && agent && problem->agent_may_help)
      return findings_.warning("ssh-key", problem->seen + only_agent, problem->remedy);
    if (problem) return findings_.failed("ssh-key", problem->seen, problem->remedy);
    const std::string seen =
        missing.empty() ? "ssh is told of no key" : "there is none of the keys that ssh would use: " + joined(missing);
    const std::string remedy =
        std::string(
            "Make one (ssh-keygen -t ed25519 -N '' -f FILE), name it with IdentityFile for this host in the ssh "
            "configuration, and ") +
        let_it_in;
    if (agent) return findings_.warning("ssh-key", seen + only_agent, remedy);
    findings_.failed("ssh-key", seen, remedy);
  }

  void check_host_key() {
    const std::string name = known_name(settings_);
    const std::string strict = first_of(settings_, "stricthostkeychecking");
    if (strict == "false" || strict == "no" || strict == "off")
      return findings_.warning("host-key",
                               "the host's key is not checked (StrictHostKeyChecking no): anybody on the way "
                               "can pose as the host",
                               "Take that out of the ssh configuration, and make the key known once.");
    std::vector<std::string> searched;
    for (const char* const keyword : {"userknownhostsfile", "globalknownhostsfile"}) {
      for (const std::string& word : words_of(first_of(settings_, keyword))) {
        const std::optional<std::string> file = expanded(word);
        searched.push_back(file.value_or(word));
        if (!file || !exists(*file)) continue;
        const Completed answer = ask(*here_.tools, {"ssh-keygen", "-F", name, "-f", *file});
        if (answer.ok() && answer.out.find("@revoked") == std::string::npos)
          return findings_.ok("host-key", "a key of " + name + " is known in " + *file);
      }
    }
    if (const std::string command = first_of(settings_, "knownhostscommand"); !command.empty() && command != "none")
      return findings_.skipped("host-key", "KnownHostsCommand says which keys are known");
    const std::string seen = "no key of " + name + " is known in " + joined(searched);
    const std::string remedy =
        "Compare its fingerprint at the host's own console (ssh-keygen -lf "
        "/etc/ssh/ssh_host_ed25519_key.pub), then connect once by hand, as the user " +
        here_.user_name + ", and answer yes if it is the same: `" + shell_quote_command(argv({})) + "`";
    if (strict == "accept-new")
      return findings_.warning("host-key", seen + ", and the first one that is shown is believed", remedy);
    findings_.failed("host-key", seen, remedy);
  }

  const SshOptions options_;
  Findings& findings_;
  const Surroundings& here_;
  SshSettings settings_;
};

}  // namespace

SshOptions ssh_options(const PluginChoice& transport) {
  SshOptions options;
  for (const RawOption& option : transport.options) {
    const auto* const text = std::get_if<std::string>(&option.value);
    if (option.name == "options") {
      options.options =
          text != nullptr ? std::vector<std::string>{*text} : std::get<std::vector<std::string>>(option.value);
    } else if (text != nullptr) {
      if (option.name == "program") options.program = *text;
      if (option.name == "destination") options.destination = *text;
      if (option.name == "config") options.config = *text;
    }
  }
  return options;
}

SshSettings parse_ssh_settings(std::string_view output) {
  SshSettings settings;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    std::string keyword(line.substr(0, blank));
    std::transform(keyword.begin(), keyword.end(), keyword.begin(),
                   [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
    settings[keyword].emplace_back(line.substr(blank + 1));
  }
  return settings;
}

std::string known_name(const SshSettings& settings) {
  if (std::string alias = first_of(settings, "hostkeyalias"); !alias.empty() && alias != "none") return alias;
  const std::string host = first_of(settings, "hostname");
  const std::string port = first_of(settings, "port");
  return port.empty() || port == "22" ? host : "[" + host + "]:" + port;
}

void check_ssh(const PluginChoice& transport, Findings& findings, const Surroundings& here) {
  findings.attempt("ssh-config", [&] { SshChecks(transport, findings, here).run(); });
}

}  // namespace czb::doctor
