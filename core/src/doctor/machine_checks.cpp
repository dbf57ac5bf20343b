// SPDX-License-Identifier: MIT
#include "doctor/machine_checks.h"

#include <algorithm>

#include "doctor/ask.h"

namespace czb::doctor {
namespace {

const std::string timer = "cyber-zfs-backup.timer";
const std::string service = "cyber-zfs-backup.service";

// "User=backup" in lines of `systemctl show`: "backup".
std::string value_in(const std::string& lines, const std::string& key) {
  const std::size_t begin = ("\n" + lines).find("\n" + key + "=");
  if (begin == std::string::npos) return "";
  const std::size_t value = begin + key.size() + 1;
  return lines.substr(value, lines.find('\n', value) - value);
}

void judge_user(const Completed& shown, Findings& findings, const Surroundings& here) {
  if (!shown.ok() || value_in(shown.out, "LoadState") != "loaded")
    return findings.ok("user", "doctor runs as " + here.user_name + ", and so should the backup");
  const std::string user = value_in(shown.out, "User");
  const std::string of_service = user.empty() ? "root" : user;
  if (of_service == here.user_name)
    return findings.ok("user", "doctor runs as " + here.user_name + ", as " + service + " does");
  findings.warning("user",
                   service + " runs as " + of_service + ", and doctor as " + here.user_name +
                       ": what is said here of keys, permissions and locks is not what a run meets",
                   "Run doctor as that user: runuser -u " + of_service + " -- cyber-zfs-backup doctor");
}

}  // namespace

void judge_plugins(const std::vector<PluginListing>& listings, const std::string& folder,
                   const std::vector<std::string>& used, Findings& findings) {
  std::size_t loaded = 0;
  for (const PluginListing& listing : listings) {
    if (listing.descriptor != nullptr) {
      ++loaded;
      continue;
    }
    const std::string file = listing.file.substr(listing.file.rfind('/') + 1);
    const bool is_used = std::find(used.begin(), used.end(), file) != used.end();
    findings.add(
        "plugins", is_used ? State::failed : State::warning,
        listing.file + " is refused: " + listing.refusal + (is_used ? "" : " (no job of this configuration uses it)"),
        "Put right what the reason says, or install the package anew that it came with; `cyber-zfs-backup "
        "plugins` shows whether it is loaded then.");
  }
  if (!findings.has("plugins"))
    findings.ok("plugins", std::to_string(loaded) + " plugins in " + folder + ", none of them refused");
}

void check_timer(Findings& findings, const Surroundings& here) {
  if (!here.runs_systemd) {
    findings.ok("user", "doctor runs as " + here.user_name + ", and so should the backup");
    return findings.skipped("timer", "systemd does not run here; whether cron starts the backup is not looked at");
  }
  const Completed enabled = ask(*here.tools, {"systemctl", "is-enabled", timer});
  const Completed active = ask(*here.tools, {"systemctl", "is-active", timer});
  const Completed shown = ask(*here.tools, {"systemctl", "show", "-p", "LoadState,User", service});
  judge_user(shown, findings, here);
  const std::string state = answer_of(enabled);
  const std::string otherwise = " If something else starts the backup, as cron, nothing is to do.";
  if (state.empty() || state == "not-found")
    return findings.warning("timer", "there is no " + timer + " (" + reason_of(enabled) + ")",
                            "The Debian package brings it; docs/service.md tells of it." + otherwise);
  if (!enabled.ok())
    return findings.warning("timer", timer + " is " + state + ", so nothing starts the backup",
                            (state == "masked" ? "systemctl unmask " + timer + ", then " : "") +
                                "systemctl enable --now " + timer + "." + otherwise);
  if (answer_of(active) != "active")
    return findings.warning("timer", timer + " is enabled, but " + answer_of(active) + " just now",
                            "systemctl start " + timer + "; `systemctl status " + timer + "` says why it was not.");
  findings.ok("timer", timer + " is enabled and active");
}

}  // namespace czb::doctor
