// SPDX-License-Identifier: MIT
#include "setup/sshd_rules.h"

#include <algorithm>
#include <array>
#include <map>

#include "setup/lines.h"

namespace czb::setup {
namespace {

struct Rule {
  const char* keyword;  // as in sshd_config
  const char* value;
};

// In the order of the snippet.
constexpr std::array rules = {
    Rule{"AuthenticationMethods", "publickey"},
    Rule{"PasswordAuthentication", "no"},
    Rule{"KbdInteractiveAuthentication", "no"},
    Rule{"AllowTcpForwarding", "no"},
    Rule{"AllowStreamLocalForwarding", "no"},
    Rule{"AllowAgentForwarding", "no"},
    Rule{"X11Forwarding", "no"},
    Rule{"PermitTTY", "no"},
    Rule{"PermitTunnel", "no"},
    Rule{"PermitUserRC", "no"},
    Rule{"ExposeAuthInfo", "yes"},
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// Keyword → the rest of its line; a keyword that comes on several lines (AllowUsers) has them joined by blanks.
using Effective = std::map<std::string, std::string, std::less<>>;

Effective parsed(std::string_view text) {
  Effective values;
  for (const std::string_view line : lines_of(text)) {
    const auto words = words_of(line);
    if (words.empty()) continue;
    std::string& value = values[lower(words.front())];
    value.append(value.empty() ? "" : " ").append(behind_first_word(line));
  }
  return values;
}

std::string value_of(const Effective& effective, const std::string& keyword) {
  const auto found = effective.find(keyword);
  return found == effective.end() ? "" : found->second;
}

// AuthorizedKeysFile as sshd reads it: %h, %u, and what is not absolute lies in the home.
std::string key_file(std::string_view pattern, const std::string& user, const std::string& home) {
  std::string path;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      path += pattern[i];
      continue;
    }
    ++i;
    path += pattern[i] == 'h' ? home : pattern[i] == 'u' ? user : std::string(1, pattern[i]);
  }
  return path.rfind('/', 0) == 0 ? path : home + "/" + path;
}

bool reads_key_file(const Effective& effective, const std::string& user, const std::string& home,
                    const std::string& file) {
  const std::string patterns = value_of(effective, "authorizedkeysfile");
  const auto words = words_of(patterns);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view pattern) { return key_file(pattern, user, home) == file; });
}

// "any" or a list of alternatives, each of methods that are all needed: is a key alone enough?
bool key_is_enough(const std::string& methods) {
  if (methods.empty() || methods == "any") return true;
  const auto words = words_of(methods);
  return std::any_of(words.begin(), words.end(), [](std::string_view word) { return word == "publickey"; });
}

// Whether a list such as AllowUsers certainly names this user; patterns are not judged.
bool names_user(const std::string& list, const std::string& user) {
  const auto words = words_of(list);
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return word == user || word.find_first_of("*?@!") != std::string_view::npos;
  });
}

}  // namespace

std::string sshd_snippet(const std::string& user) {
  std::string text = "Match User " + user + "\n";
  for (const Rule& rule : rules) text += std::string("    ") + rule.keyword + " " + rule.value + "\n";
  return text;
}

SshdFindings judge_sshd(std::string_view text, const std::string& user, const std::string& home,
                        const std::string& authorized_keys) {
  const Effective effective = parsed(text);
  SshdFindings findings;
  auto obstacle = [&](const std::string& what) { findings.obstacles.push_back(what); };
  if (value_of(effective, "pubkeyauthentication") == "no") obstacle("PubkeyAuthentication is no: no key can log in");
  if (!reads_key_file(effective, user, home, authorized_keys))
    obstacle("AuthorizedKeysFile is '" + value_of(effective, "authorizedkeysfile") + "', and so " + authorized_keys +
             " is not read");
  if (!key_is_enough(value_of(effective, "authenticationmethods")))
    obstacle("AuthenticationMethods is '" + value_of(effective, "authenticationmethods") +
             "', and a key alone does not do");
  const std::string forced = value_of(effective, "forcecommand");
  if (!forced.empty() && forced != "none")
    obstacle("ForceCommand is '" + forced + "', and runs instead of the command in authorized_keys");
  const std::string root = value_of(effective, "chrootdirectory");
  if (!root.empty() && root != "none") obstacle("ChrootDirectory is '" + root + "', where the program is not found");
  const std::string allowed = value_of(effective, "allowusers");
  if (!allowed.empty() && !names_user(allowed, user)) obstacle("AllowUsers does not name " + user);
  const std::string groups = value_of(effective, "allowgroups");
  if (!groups.empty() && !names_user(groups, user)) obstacle("AllowGroups does not name the group " + user);
  const std::string denied = value_of(effective, "denyusers");
  if (const auto words = words_of(denied); std::find(words.begin(), words.end(), user) != words.end())
    obstacle("DenyUsers names " + user);
  if (value_of(effective, "permituserenvironment") == "yes")
    findings.looser_than.emplace_back("permituserenvironment yes");
  for (const Rule& rule : rules) {
    const std::string keyword = lower(rule.keyword);
    const std::string value = value_of(effective, keyword);
    if (value != rule.value) findings.looser_than.push_back(keyword + " " + (value.empty() ? "(not known)" : value));
  }
  return findings;
}

}  // namespace czb::setup
