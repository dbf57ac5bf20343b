// SPDX-License-Identifier: MIT
#include "doctor/received_checks.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "cyber-zfs-backup/shell_quote.h"
#include "doctor/ask.h"
#include "doctor/quota_checks.h"

namespace czb::doctor {
namespace {

constexpr char check[] = "received-tree";

// What `zfs get` says of the tree's top.
struct Top {
  bool has_received = false;  // properties that came with a stream; they stay where a tree has moved here for good
  bool is_read_only = false;  // as a backup is
};

Top top_in(std::string_view answer) {
  Top top;
  while (!answer.empty()) {
    const std::string_view line = answer.substr(0, answer.find('\n'));
    answer.remove_prefix(std::min(answer.size(), line.size() + 1));
    const std::size_t source = line.rfind('\t');
    if (source == std::string_view::npos) continue;
    top.has_received |= line.substr(source + 1) == "received";
    top.is_read_only |= line.substr(0, source) == "readonly\ton";
  }
  return top;
}

// A dataset of the tree that is sent here; empty: there is no sign of one. Of what is left out of the job nothing is
// asked.
std::string received_dataset(const Side& source, const Top& top) {
  for (const auto& [relative, dataset] : source.inventory->datasets)
    if (!dataset.resume_token.empty()) return source.inventory->full_name(relative);
  return top.has_received && top.is_read_only ? source.dataset : "";
}

void judge_locks(const std::string& seen, Findings& findings, const Surroundings& here) {
  const std::string& state = here.receiver_state;
  if (access(state.c_str(), F_OK) != 0)
    return findings.ok(check, seen + ", and of no receiver here whose locks would be taken (" + state + ")");
  if (access(state.c_str(), R_OK | W_OK | X_OK) == 0)
    return findings.ok(check, seen + ", and under the receiver's locks in " + state);
  findings.failed(check,
                  "the receiver's locks in " + state + " cannot be used by " + here.user_name + " (" +
                      std::strerror(errno) + "), so this job would fail",
                  "Run it as root or as the receiver's user; in the service, with the drop-in received-trees.conf.");
}

}  // namespace

CommandLine received_command(const std::string& dataset) {
  return {"zfs", "get", "-H", "-o", "property,value,source", "all", dataset};
}

void check_received_tree(const JobConfig& job, const Side& source, Findings& findings, const Surroundings& here) {
  if (job.actions.count(Action::expire) == 0) return findings.skipped(check, "this job expires nothing");
  if (source.is_restricted || !source.inventory)
    return findings.skipped(check, "whether the tree was received is not told there");
  const Completed answer = ask(source.host.transport(), received_command(source.dataset), source.listing_limit);
  if (!answer.ok()) return findings.skipped(check, "zfs get gave no answer: " + reason_of(answer));
  const std::string received = received_dataset(source, top_in(answer.out));
  if (received.empty()) return findings.ok(check, "there is no sign that " + source.dataset + " was sent here");
  check_quota_here(source, received, findings);
  if (!job.expires_received())
    return findings.warning(
        check,
        received +
            " was sent here, and this job takes snapshots itself, so it believes the times in all names and may "
            "expire while more comes: whoever sends could make names up, and good snapshots would go for them",
        "If another host sends this tree here, give the job `actions: [expire]`, or [expire, push], and let that host "
        "take the snapshots. If the tree has moved here for good, it is not read-only any more: zfs inherit readonly " +
            shell_quote(source.dataset));
  if (!source.is_here())
    return findings.warning(
        check, received + " was sent there, and the receiver's locks on that host cannot be taken from here",
        "Let that host expire it, by a configuration of its own with `actions: [expire]`.");
  judge_locks(received + " was sent here: its snapshots expire by the order in which they came", findings, here);
}

}  // namespace czb::doctor
