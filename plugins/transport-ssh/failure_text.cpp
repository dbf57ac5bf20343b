// SPDX-License-Identifier: MIT
#include "failure_text.h"

#include <algorithm>
#include <initializer_list>

#include "cyber-zfs-backup/shell_quote.h"

namespace czb::ssh {

namespace {

constexpr std::size_t longest_quotation = 500;

bool holds_any(std::string_view text, std::initializer_list<std::string_view> patterns) {
  for (const std::string_view pattern : patterns) {
    if (text.find(pattern) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::string as_one_line(std::string_view ssh_said) {
  constexpr std::string_view frame = " \t\r\n@";  // ssh draws boxes of @ around its warnings
  std::string line;
  for (std::size_t begin = 0; begin < ssh_said.size();) {
    const std::size_t end = std::min(ssh_said.find('\n', begin), ssh_said.size());
    std::string_view part = ssh_said.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t first = part.find_first_not_of(frame);
    if (first == std::string_view::npos) continue;
    part = part.substr(first, part.find_last_not_of(frame) - first + 1);
    if (!line.empty()) line += "; ";
    line += part;
  }
  for (char& byte : line) {
    if (static_cast<unsigned char>(byte) < ' ' || byte == '\x7f') byte = '?';
  }
  if (line.size() > longest_quotation) line = "..." + line.substr(line.size() - longest_quotation);
  return line;
}

std::string hint_for(std::string_view ssh_said, const Settings& settings) {
  const std::string by_hand = shell_quote_command(manual_argv(settings, ""));
  // From the particular to the general: a refused login also says "Connection closed".
  if (holds_any(ssh_said, {"Bad configuration option", "bad configuration option", "Can't open user config"})) {
    return "correct " +
           (settings.config.empty() ? std::string("the ssh configuration (~/.ssh/config, /etc/ssh/ssh_config)")
                                    : "the ssh configuration file " + settings.config) +
           (settings.options.empty() ? "" : " or the transport's `options`");
  }
  if (holds_any(ssh_said, {"HOST IDENTIFICATION HAS CHANGED"})) {
    return "the host shows another key than the one known: learn why first (reinstalled, or someone in between?), "
           "compare "
           "the new fingerprint at the host itself, then replace the old entry with `ssh-keygen -R`";
  }
  if (holds_any(ssh_said, {"Host key verification failed", "host key is known for"})) {
    return "connect once by hand, as the user that runs this program, with `" + by_hand +
           "`, and compare the fingerprint before you answer yes";
  }
  if (holds_any(ssh_said, {"Too many authentication failures"})) {
    return "too many keys were offered: set IdentityFile and `IdentitiesOnly yes` for this host in the ssh "
           "configuration";
  }
  if (holds_any(ssh_said, {"UNPROTECTED PRIVATE KEY"})) {
    return "make the private key its owner's alone: chmod 600";
  }
  if (holds_any(ssh_said, {"Permission denied ("})) {
    // Not ssh-copy-id: its line would let the key do anything there.
    return "the host accepts none of the keys of the user that runs this program: name the right one with IdentityFile "
           "in the ssh configuration, or let it in there by a line that restricts it to the backup, as "
           "`cyber-zfs-backup setup` tells it; a key with a passphrase needs an agent";
  }
  if (holds_any(ssh_said, {"Could not resolve hostname"})) {
    return "check the destination's spelling, its HostName in the ssh configuration, and the name service";
  }
  if (holds_any(ssh_said, {"Connection refused", "timed out", "No route to host", "Network is unreachable",
                           "Host is down", "not responding"})) {
    return "is the host up, is its sshd running, and are HostName, Port and the firewalls right?";
  }
  if (holds_any(ssh_said,
                {"kex_exchange_identification", "Connection closed", "Connection reset", "closed by remote host"})) {
    return "the far end closed the connection: is it sshd that listens there, and does its log (MaxStartups, a ban) "
           "say "
           "why?";
  }
  return "";
}

std::string failure_sentence(std::string_view what, std::string_view ssh_said, const Settings& settings) {
  std::string sentence(what);
  const std::string said = as_one_line(ssh_said);
  if (!said.empty()) sentence += ": " + said;
  const std::string hint = hint_for(ssh_said, settings);
  if (!hint.empty()) sentence += " (" + hint + ")";
  return sentence;
}

}  // namespace czb::ssh
