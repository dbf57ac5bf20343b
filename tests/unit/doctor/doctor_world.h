// SPDX-License-Identifier: MIT
// A job whose source and target answer doctor as healthy ones do; a test breaks one thing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "doctor/doctor.h"
#include "doctor/doctor_testing.h"
#include "doctor/received_checks.h"
#include "zfs/commands.h"

namespace czb::doctor {

constexpr std::int64_t now = 100000;  // seconds; the newest snapshot is of t99000

// Lines of a listing: datasets with snapshots "tN".
inline std::string listing_of(const std::string& root, const std::vector<int>& snapshots,
                              const std::string& token = "-", const std::string& properties = "",
                              const std::string& encryption_root = "-") {
  std::string text = root + "\tfilesystem\t1\t1\t-\t-\t" + token + "\t" + encryption_root + "\t-\t" +
                     (root == "tank/home" ? "5000" : "0") + properties + "\n";
  const std::string none = properties.empty() ? "" : "\t-";
  for (const int each : snapshots) {
    const std::string number = std::to_string(each);
    text.append(root).append("@t").append(number).append("\tsnapshot\t1").append(number).append("\t").append(number);
    text.append("\t0\t\t-\t-\t-\t0").append(none).append("\n");
  }
  return text;
}

class DoctorWorld : public ::testing::Test {
 protected:
  DoctorWorld() {
    job.name = "home";
    job.dataset = "tank/home";
    TargetConfig target;
    target.name = "far";
    target.dataset = "vault/home";
    target.transport.id = "carrier";
    job.targets.push_back(target);

    answer_for_both(*source, "tank", "tank/home");
    answer_for_both(*far, "vault", "vault/home");
    source->answer(source_listing(), {listing_of("tank/home", {98000, 99000}, "-", "\ttank/home@t99000")});
    source->answer(received_command("tank/home"), {""});
    far->answer(far_listing(), {listing_of("vault/home", {98000, 99000})});
    far->answer("zfs list -H -t filesystem,volume -o name,encryptionroot,keystatus vault", {"vault\t-\t-\n"});
    far->answer("date +%s", {std::to_string(now) + "\n"});
  }

  static void answer_for_both(ScriptedHost& host, const std::string& pool, const std::string& dataset) {
    host.answer("zfs version", {"zfs-2.1.11-1\nzfs-kmod-2.1.11-1\n"});
    host.answer("zpool list -H -p -o health,capacity,readonly " + pool, {"ONLINE\t40\toff\n"});
    host.answer("zfs get -H -p -o property,value used,available " + dataset, {"used\t700000\navailable\t600000\n"});
    host.answer("zpool get -H -p -o property,value all " + pool,
                {"size\t1000000\nfeature@lz4_compress\tactive\nfeature@zstd_compress\tenabled\n"});
    host.answer("id", {"uid=0(root) gid=0(root) groups=0(root)\n"});
  }

  static std::vector<std::string> source_listing() {
    return list_command("tank/home", {"cyber-zfs-backup:base.far"}, true);
  }
  static std::vector<std::string> far_listing() { return list_command("vault/home", {}, true); }

  // What a receiver answers, with these lines instead of or beside the usual ones.
  void restrict_far(std::map<std::string, std::string> values = {}) {
    values.insert({{"version", "0.1.0"},
                   {"mode", "append-only"},
                   {"root", "vault/home"},
                   {"zfs-version", "zfs-2.3.2-1"},
                   {"zpool-health", "ONLINE"},
                   {"available", "600000"},
                   {"time", std::to_string(now)},
                   {"user", "backup"},
                   {"missing-permissions", "-"}});
    std::string report;
    for (const auto& [key, value] : values) report.append(key).append("\t").append(value).append("\n");
    far = std::make_shared<ScriptedHost>("ssh far");
    far->answer("cyber-zfs-backup-receiver report", {report});
    far->answer(far_listing(), {listing_of("vault/home", {98000, 99000}),
                                "cyber-zfs-backup-receiver: mode " + values.at("mode") + "\n"});
  }

  std::vector<Finding> examine() {
    std::vector<Finding> all;
    examine_job(job, {naming, source, {far}, "cyber-zfs-backup --job home"}, here, all);
    return all;
  }
  Finding examine_for(const std::string& check, const std::string& target) {
    return finding_of(examine(), check, target);
  }

  JobConfig job;
  std::shared_ptr<ScriptedHost> source = std::make_shared<ScriptedHost>("this machine");
  std::shared_ptr<ScriptedHost> far = std::make_shared<ScriptedHost>("ssh far");
  std::shared_ptr<Naming> naming = std::make_shared<test::NumberNaming>();
  Surroundings here = surroundings(now);
};

}  // namespace czb::doctor
