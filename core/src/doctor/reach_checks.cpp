// SPDX-License-Identifier: MIT
#include "doctor/reach_checks.h"

#include <algorithm>
#include <charconv>

#include "doctor/ask.h"
#include "error.h"
#include "execute/missing_place.h"
#include "text/visible.h"
#include "zfs/failure.h"
#include "zfs/listing.h"

namespace czb::doctor {
namespace {

constexpr std::size_t longest_word = 60;  // of a version, or a pool's state

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

std::string remedy_for_zfs(const Completed& answer, const Side& side) {
  const std::string& said = answer.err.raw();
  if (contains(said, "sudo:"))
    return "Let that user run zfs and zpool through sudo without a password (a line in sudoers " + side.there() +
           "), or use none: take use-sudo out of the transport's options and give permissions with `zfs allow`.";
  if (contains(said, "modprobe") || contains(said, "/dev/zfs"))
    return "Load the module " + side.there() + " (modprobe zfs), and see that this user may open /dev/zfs.";
  constexpr int status_not_found = 127;
  if (answer.status.kind == ExitKind::exited && answer.status.code == status_not_found &&
      contains(said, receiver_program.data()))
    return "The key's line in authorized_keys there names a program that is not there: install it, or correct the path "
           "in that line.";
  if (answer.status.kind == ExitKind::exited && answer.status.code == status_not_found)
    return "Install OpenZFS " + side.there() + " (on Debian: apt install zfsutils-linux).";
  return "Try `" + side.host.command_line({"zfs", "version"}) + "` by hand.";
}

class Reach {
 public:
  Reach(Side& side, Findings& findings, const Surroundings& here) : side_(side), findings_(findings), here_(here) {}

  std::string run() {
    struct Link {
      const char* check;
      void (Reach::*look)();
    };
    for (const Link& link : {Link{"connection", &Reach::connect}, Link{"zfs", &Reach::ask_version},
                             Link{"pool-health", &Reach::ask_pool}, Link{"dataset", &Reach::list}}) {
      try {
        (this->*link.look)();
      } catch (const Error& error) {
        findings_.failed(link.check, error.what(),
                         "Try `" + by_hand() + "` by hand, as the user " + here_.user_name + ".");
        why_ = std::string("the check ") + link.check + " failed";
      }
      if (!why_.empty()) return why_;
    }
    return "";
  }

 private:
  std::string by_hand() const { return side_.host.command_line({"zfs", "version"}); }
  Completed put(const CommandLine& question) { return ask(side_.host.transport(), question); }

  void fail(const std::string& check, const std::string& seen, const std::string& remedy) {
    findings_.failed(check, seen, remedy);
    why_ = "the check " + check + " failed";
  }

  // The first question tells whether a receiver stands there: a host without one has no such program.
  void connect() {
    side_.host.open();
    if (side_.is_here()) return;
    const std::int64_t asked = here_.clock();
    const Completed answer = put(report_command());
    side_.receiver = parse_receiver_report(answer);
    side_.is_restricted = side_.receiver || is_refusal(answer);
    if (side_.receiver)
      if (const auto time = side_.receiver->number("time"))
        side_.clock = ClockReading{asked, static_cast<std::int64_t>(*time), here_.clock()};
    constexpr int status_not_found = 127;
    if (!side_.receiver && answer.status.code == status_not_found && !answer.out.empty())
      return fail("connection",
                  "before it answers, " + side_.host.peer() + " prints '" + FarText(answer.out).shown(100) +
                      "', which would get into the answers of zfs",
                  "Make the start-up files of the user there (.bashrc) silent where nobody is at a terminal.");
    findings_.ok("connection", side_.host.peer() + " answers");
  }

  void ask_version() {
    if (side_.is_restricted)
      return judge_version(side_.receiver ? side_.receiver->value("zfs-version") : "", side_, findings_);
    const Completed answer = put({"zfs", "version"});
    if (is_wrong_set_up(answer))
      return fail(
          "receiver", "the receiver " + side_.there() + " cannot work: " + reason_of(answer),
          "Correct its options in authorized_keys there: `cyber-zfs-backup-receiver --help` says what it takes.");
    if (is_refusal(answer)) {
      side_.is_restricted = true;
      return judge_version("", side_, findings_);
    }
    if (!answer.ok())
      return fail("zfs", "zfs does not work on " + side_.host.peer() + ": " + reason_of(answer),
                  remedy_for_zfs(answer, side_));
    judge_version(answer.out, side_, findings_);
  }

  void ask_pool() {
    PoolStatus status;
    if (side_.is_restricted) {
      status.health = side_.receiver ? side_.receiver->value("zpool-health") : "";
      if (status.health.empty()) return findings_.skipped("pool-health", "the receiver does not tell it");
    } else {
      const Completed answer = put({"zpool", "list", "-H", "-p", "-o", "health,capacity,readonly", side_.pool()});
      if (contains(answer.err.raw(), "no such pool"))
        return fail("pool-health", "there is no pool " + side_.pool() + " on " + side_.host.peer(),
                    "Is its disk plugged in? Import it " + side_.there() +
                        " (`zpool import` lists what can be, `zpool import " + side_.pool() +
                        "` does it), or correct the dataset in the configuration.");
      if (!answer.ok()) return findings_.skipped("pool-health", "zpool gave no answer: " + reason_of(answer));
      const std::string text = answer_of(answer);
      const std::size_t tab = std::min(text.find('\t'), text.size());
      status.health = visible(text.substr(0, tab), longest_word);
      unsigned percent = 0;
      if (tab < text.size() &&
          std::from_chars(text.data() + tab + 1, text.data() + text.size(), percent).ec == std::errc())
        status.percent_used = percent;
      status.is_read_only = text.size() >= 3 && text.compare(text.size() - 3, 3, "\ton") == 0;
    }
    side_.pool_status = status;
    judge_health(status, side_, findings_);
    // Whatever touches its data would hang.
    if (status.health == "SUSPENDED") why_ = "the pool is suspended";
  }

  void list() {
    const CommandLine command = list_command(side_.dataset, side_.properties, side_.recursive);
    const Completed listing = ask(side_.host.transport(), command, side_.listing_limit);
    if (const auto mode = receiver_mode_in(listing.err.raw())) {
      side_.is_restricted = true;
      if (!side_.receiver) side_.receiver = ReceiverReport{{{"mode", to_string(*mode)}}};
    }
    if (is_refusal(listing))
      return fail(
          "receiver", "the receiver there refuses to list " + side_.dataset + ": " + reason_of(listing),
          "Compare the dataset in the configuration with --root in authorized_keys there: one of them is wrong.");
    if (!side_.is_here()) judge_receiver(side_, findings_);
    if (is_missing_dataset(listing, side_.dataset)) return judge_missing();
    if (!listing.ok() || leaves_out_datasets(listing))
      return fail("dataset", command_error(side_.host.peer(), command, listing).what(),
                  "Try `" + side_.host.command_line({"zfs", "list", side_.dataset}) + "` by hand.");
    side_.inventory = parse_listing(listing.out, side_.dataset, side_.properties);
    side_.inventory->receiver = receiver_mode_in(listing.err.raw());
    side_.existing = side_.dataset;
    const std::size_t datasets = side_.inventory->datasets.size();
    findings_.ok("dataset", side_.dataset + " is there: " + std::to_string(datasets) + " dataset" +
                                (datasets == 1 ? "" : "s") + " with " +
                                std::to_string(side_.inventory->snapshot_count()) + " snapshots");
  }

  void judge_missing() {
    const std::string missing = side_.dataset + " does not exist on " + side_.host.peer();
    if (side_.is_source)
      return fail("dataset", missing, "`zfs list` shows what there is: name the right one in the configuration.");
    side_.inventory.emplace();
    side_.inventory->root = side_.dataset;
    const std::size_t slash = side_.dataset.rfind('/');
    const std::string parent = side_.dataset.substr(0, slash);
    if (parent == side_.pool() && (slash == std::string::npos || !side_.host.exists(parent)))
      return fail("dataset",
                  missing + ": there is no pool " + side_.pool() + " there" +
                      (side_.was_pushed ? ", but the source has a record of having been pushed to it" : ""),
                  "Is the disk plugged in? " + import_advice(side_.pool()));
    if (!side_.host.exists(parent) && side_.was_pushed)
      return fail("dataset",
                  missing + ", nor does " + parent + ", but the source has a record of having been pushed there",
                  "Find out what became of it (`zpool history " + side_.pool() + "` there; was it renamed?).");
    if (!side_.host.exists(parent))
      return fail("dataset", missing + ", nor does " + parent + ", which is to hold it",
                  "Make that there: zfs create -p -o mountpoint=none " + parent);
    side_.existing = parent;
    if (side_.was_pushed)
      return findings_.failed("dataset", missing + ", but the source has a record of having been pushed there",
                              "Find out what became of it (`zpool history " + side_.pool() +
                                  "` there; was it renamed?). If it is lost, begin anew: " + side_.first_push());
    if (side_.target_config->initial_full)
      return findings_.ok("dataset", missing + " yet: the next push makes it, in full (initial: full)");
    findings_.warning("dataset", missing + " yet",
                      "The first push sends everything and has to be asked for: " + side_.first_push());
  }

  Side& side_;
  Findings& findings_;
  const Surroundings& here_;
  std::string why_;
};

// "2.1.11-1" of "zfs-2.1.11-1" or "zfs-kmod-2.1.11-1".
std::string number_in(std::string_view line) {
  const std::size_t begin = line.find_first_of("0123456789");
  return begin == std::string_view::npos ? "" : visible(line.substr(begin), longest_word);
}

bool is_older_than(const std::string& version, unsigned than_minor) {
  unsigned major = 0;
  unsigned minor = 0;
  const char* const end = version.data() + version.size();
  const auto [stopped, error] = std::from_chars(version.data(), end, major);
  if (error != std::errc() || stopped == end || *stopped != '.') return false;
  if (std::from_chars(stopped + 1, end, minor).ec != std::errc()) return false;
  return major < 2 || (major == 2 && minor < than_minor);
}

// Empty: it does not tell.
std::string names_told_by(const ReceiverReport& report) {
  if (report.value("user-properties").empty()) return "";
  std::string own;
  for (const std::string& prefix : report.list("user-properties")) own += (own.empty() ? ", but for " : ", ") + prefix;
  return "; user properties are kept as " + std::string(kept_name_prefix) + "NAME" + visible(own);
}

// A pool that is not well may have been imported so to save what is on it.
void judge_read_only(const std::string& seen, const Side& side, Findings& findings) {
  const std::string so = seen + ", and imported read-only: ";
  const std::string remedy =
      "See why it was (`zpool status " + side.pool() + "` " + side.there() +
      "). If it is damaged, copy what is needed before anything else is tried. If not, let it be imported without "
      "readonly=on.";
  if (side.is_source && !side.takes_snapshots && !side.expires)
    return findings.warning(
        "pool-health", so + "a push goes on, but cannot record there what the target has, and says so with status 1",
        remedy);
  findings.failed(
      "pool-health",
      so + (side.is_source ? side.takes_snapshots ? "no snapshot can be taken, so each run ends with status 1"
                                                  : "nothing can expire, so each run ends with status 1"
                           : "nothing can be received, so each push fails"),
      side.is_source && side.pushes ? remedy + " Until then what is there already can be pushed: --action push."
                                    : remedy);
}

}  // namespace

std::string reach(Side& side, Findings& findings, const Surroundings& here) {
  return Reach(side, findings, here).run();
}

void judge_receiver(const Side& side, Findings& findings) {
  if (!side.is_restricted)
    return findings.skipped("receiver",
                            "no restricted receiver stands there: who has this key may do all that its user may");
  const std::string mode = side.receiver ? side.receiver->value("mode") : "";
  const std::string root = side.receiver ? side.receiver->value("root") : "";
  const std::string where = root.empty() ? "" : " for " + root;
  if (!root.empty() && side.dataset != root && side.dataset.rfind(root + "/", 0) != 0)
    return findings.failed("receiver", "the key is for " + root + ", and " + side.dataset + " is not below it",
                           "Correct the dataset in the configuration, or --root in authorized_keys there.");
  if (side.is_source) {
    if (mode == "pull")
      return findings.ok("receiver", "mode pull" + where + ": snapshots are taken there, so run with --action push");
    return findings.failed("receiver", "its mode is '" + mode + "', in which nothing can be fetched from there",
                           "Use a key whose line in authorized_keys there has --mode pull.");
  }
  if (mode == "pull")
    return findings.failed("receiver", "its mode is pull, in which it receives nothing",
                           "Use a key whose line in authorized_keys there has --mode append-only or --mode mirror.");
  if (mode != "append-only" && mode != "mirror")
    return findings.warning("receiver", "it does not tell a mode that is known here ('" + mode + "')",
                            "Bring both hosts to the same version of cyber-zfs-backup.");
  const TargetConfig& config = *side.target_config;
  if (config.on_divergence == OnDivergence::rollback || config.on_source_gone == OnSourceGone::destroy)
    return findings.warning("receiver",
                            "mode " + mode + where +
                                ", which refuses what on-divergence: rollback and on-source-gone: "
                                "destroy would do",
                            "Take these two out of the target's configuration.");
  findings.ok("receiver", "mode " + mode + where + (mode == "append-only" ? ": what expires here stays there" : "") +
                              names_told_by(*side.receiver));
}

void judge_version(std::string_view version, const Side& side, Findings& findings) {
  std::string tools;
  std::string module;
  for (std::string_view rest = version; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    std::string& which = line.find("kmod") == std::string_view::npos ? tools : module;
    if (which.empty()) which = number_in(line);
  }
  if (tools.empty()) return findings.skipped("zfs", "its version is not told");
  const std::string seen = "OpenZFS " + tools + " on " + side.host.peer();
  if (!module.empty() && module != tools)
    return findings.warning("zfs", seen + ", but the module in the kernel is " + module,
                            "Build and load the module of the installed version: reboot that host.");
  if (is_older_than(tools, 1))
    return findings.warning("zfs", seen + ", which is older than any that this program was tried with",
                            "Upgrade it to 2.1 or newer.");
  if (side.is_restricted && !side.is_source && is_older_than(tools, 2))
    return findings.warning("zfs",
                            seen +
                                ", which believes increments that do not fit what is there: whoever has this key "
                                "could damage other datasets of the pool " +
                                side.pool() + " by forging some",
                            "Upgrade it to 2.2 or newer. Until then let that pool hold nothing else, and keep a second "
                            "backup that this key does not reach.");
  findings.ok("zfs", seen);
}

void judge_health(const PoolStatus& status, const Side& side, Findings& findings) {
  const std::string seen = "pool " + side.pool() + " on " + side.host.peer() + " is " + status.health;
  if (status.is_read_only && (status.health == "ONLINE" || status.health == "DEGRADED"))
    return judge_read_only(seen, side, findings);
  if (status.health == "ONLINE") return findings.ok("pool-health", seen);
  const std::string show = "`zpool status " + side.pool() + "` " + side.there() + " shows which device is at fault";
  if (status.health == "DEGRADED")
    return findings.warning("pool-health", seen, show + ": replace it while there is redundancy left.");
  findings.failed("pool-health", seen, show + ". Attach it again, then `zpool clear " + side.pool() + "`.");
}

}  // namespace czb::doctor
