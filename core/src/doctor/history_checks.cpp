// SPDX-License-Identifier: MIT
#include "doctor/history_checks.h"

#include <algorithm>
#include <string>
#include <vector>

#include "report/progress.h"
#include "zfs/commands.h"

namespace czb::doctor {
namespace {

constexpr std::int64_t day = 24 * 60 * 60;
constexpr std::int64_t tolerated_age = 2 * day;
constexpr std::int64_t tolerated_future = 60;  // seconds

std::string age_words(std::int64_t seconds) {
  if (seconds >= tolerated_age) return std::to_string(seconds / day) + " days";
  return human_seconds(static_cast<double>(std::max<std::int64_t>(seconds, 0)));
}

std::string push_by_hand(const History& history) { return history.run_command + " --action push --verbose"; }

// What is wrong with one interrupted receive; ok: the next push goes on with it.
void judge_token(const std::string& dataset, const std::optional<PartialReceive>& partial, const Side& source,
                 const History& history, Findings& findings) {
  const std::string remedy = "The next push gives it up and sends anew: " + push_by_hand(history) +
                             ". Or give it up at the target: zfs receive -A " + dataset;
  if (!partial)
    return findings.warning("resume-token", "the source cannot read the token of the interrupted receive of " + dataset,
                            remedy);
  if (!partial->problem.empty())
    return findings.warning("resume-token",
                            "the source cannot finish the interrupted receive of " + dataset + " (" + partial->to +
                                "): " + partial->problem,
                            remedy);
  const Dataset* const root = source.inventory ? source.inventory->find("") : nullptr;
  if (history.naming != nullptr && root != nullptr) {
    const auto last = newest_own(*root, *history.naming);
    std::int64_t time = 0;
    const bool is_own = history.naming->parse(partial->to.substr(partial->to.find('@') + 1), time);
    if (last && is_own && time < last->time)
      return findings.warning("resume-token",
                              "the receive of " + dataset + " was interrupted (" + partial->to + "), and the run of @" +
                                  last->snapshot->name + " has not finished it",
                              "See what keeps it from that: " + push_by_hand(history));
  }
  findings.ok("resume-token", "the receive of " + dataset + " was interrupted (" + partial->to +
                                  "); the next push goes on where it was cut");
}

}  // namespace

std::optional<OwnSnapshot> newest_own(const Dataset& dataset, Naming& naming) {
  std::optional<OwnSnapshot> newest;
  for (const Snapshot& snapshot : dataset.snapshots) {
    std::int64_t time = 0;
    if (naming.parse(snapshot.name, time) && (!newest || time >= newest->time)) newest = OwnSnapshot{&snapshot, time};
  }
  return newest;
}

void judge_last_run(const Side& source, const History& history, Findings& findings) {
  const Dataset* const root = source.inventory ? source.inventory->find("") : nullptr;
  if (root == nullptr || history.naming == nullptr)
    return findings.skipped("last-run",
                            root == nullptr ? "the source could not be listed" : "the naming plugin is refused");
  const auto last = newest_own(*root, *history.naming);
  if (!last)
    return findings.warning(
        "last-run", source.dataset + " has no snapshot of this job yet",
        "Run it: " + history.run_command + ". See that something starts it each day (the check timer).");
  const std::string name = source.dataset + "@" + last->snapshot->name;
  const std::int64_t age = history.now - last->time;
  if (age < -tolerated_future)
    return findings.failed("last-run", "the newest snapshot, " + name + ", is from the future, by " + age_words(-age),
                           "Nothing of that dataset expires until then. If the clock was wrong when it was taken, "
                           "rename it, so that it is none of the job's and stays: zfs rename -r " +
                               name + " " + source.dataset + "@NAME");
  const std::string seen = "the newest snapshot, " + name + ", is " + age_words(age) + " old";
  if (age > tolerated_age)
    return findings.warning("last-run", seen,
                            "See why no run has succeeded since (journalctl -u cyber-zfs-backup, the check timer), or "
                            "run it: " +
                                history.run_command);
  findings.ok("last-run", seen);
}

void judge_last_push(const Side& source, const Side& target, const History& history, Findings& findings) {
  if (!source.inventory || !target.inventory) return findings.skipped("last-push", "not both sides could be listed");
  if (!target.inventory->exists()) return findings.skipped("last-push", "there is no backup yet");
  const Dataset* const here = source.inventory->find("");
  const Dataset* const there = target.inventory->find("");
  const Snapshot* const common = here == nullptr || there == nullptr ? nullptr : newest_common(*here, *there);
  if (common == nullptr)
    return findings.warning("last-push", target.dataset + " holds no snapshot that the source has",
                            "See what the check next-push says.");
  std::string seen = target.dataset + " has @" + common->name;
  std::int64_t time = 0;
  const bool is_own = history.naming != nullptr && history.naming->parse(common->name, time);
  if (is_own) seen += ", " + age_words(history.now - time) + " old";
  seen += common == here->newest() ? ", the source's newest" : ", which is not the source's newest";
  const auto record = recorded(here->user_properties, target.target_config->name, source.dataset);
  const Snapshot* const base = record ? here->find_by_name(record->base) : nullptr;
  if (base != nullptr && there->find_by_guid(base->guid) == nullptr)
    return findings.warning("last-push",
                            seen + "; @" + base->name + ", which the source has a record of, is gone there",
                            "Somebody has destroyed it at the target: see who (zpool history " + target.pool() + ").");
  if (is_own && history.now - time > tolerated_age)
    return findings.warning(
        "last-push", seen,
        "See why no push has succeeded since (journalctl -u cyber-zfs-backup), or push: " + push_by_hand(history));
  findings.ok("last-push", seen);
}

void read_resume_tokens(Side& source, Side& target, const History& history) {
  if (!target.inventory || !source.inventory || history.is_running) return;
  for (auto& [relative, dataset] : target.inventory->datasets)
    if (!dataset.resume_token.empty()) dataset.partial = source.host.read_token(dataset.resume_token);
}

void check_resume_tokens(const Side& source, const Side& target, const History& history, Findings& findings) {
  if (!target.inventory) return findings.skipped("resume-token", "the target could not be listed");
  std::vector<std::string> interrupted;  // relative names
  for (const auto& [relative, dataset] : target.inventory->datasets)
    if (!dataset.resume_token.empty()) interrupted.push_back(relative);
  if (interrupted.empty()) return findings.ok("resume-token", "no receive is interrupted");
  if (history.is_running) return findings.skipped("resume-token", "another run is receiving just now");
  if (!source.inventory) return findings.skipped("resume-token", "the source could not be reached to ask for it");
  for (const std::string& relative : interrupted)
    judge_token(target.inventory->full_name(relative), target.inventory->find(relative)->partial, source, history,
                findings);
}

}  // namespace czb::doctor
