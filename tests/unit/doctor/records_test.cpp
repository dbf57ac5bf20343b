// SPDX-License-Identifier: MIT
// `records`: records at the source of targets that no job has.
#include "doctor/doctor_world.h"
#include "doctor/record_checks.h"

namespace czb::doctor {
namespace {

using ::testing::HasSubstr;

class DoctorRecords : public DoctorWorld {
 protected:
  Finding records(const std::string& lines, const std::set<std::string>& known) {
    source->answer(records_command("tank/home"), {lines});
    all.clear();
    examine_job(job, {naming, source, {far}, "cyber-zfs-backup", known}, here, all);
    return finding_of(all, "records", "");
  }
  std::vector<Finding> all;
};

TEST_F(DoctorRecords, OfTargetsThatNoJobHasAreNamedWithTheWayToEndThem) {
  const std::string own = "tank/home\tcyber-zfs-backup:base.far\ttank/home@t99000\n";
  const std::string old = "tank/home\tcyber-zfs-backup:base.old\ttank/home@t98000,1-2\n";
  EXPECT_THAT(records(own, {"far"}), Tells(State::ok, "of no other targets", ""));
  EXPECT_THAT(records(own + old, {"far", "old"}), Tells(State::ok, "of no other targets", ""));
  EXPECT_THAT(records(own + old, {"far"}),
              Tells(State::warning, "tank/home has a record of the target old, which no job",
                    "zfs inherit cyber-zfs-backup:base.old tank/home. If anything still pushes to it, leave"));
  EXPECT_THAT(finding_of(all, "records").remedy, HasSubstr("no configuration on any host pushes to it any more"));
  // A stream has brought it: it is of another tree.
  EXPECT_THAT(records("tank/home\tcyber-zfs-backup:base.old\tother/home@t98000\n", {"far"}), Tells(State::ok, "", ""));
  EXPECT_THAT(records("tank/home/a\tcyber-zfs-backup:base.b\ttank/home/a@t9\n", {"far"}),
              Tells(State::warning, "tank/home/a has a record", "base.b tank/home/a"));
  EXPECT_THAT(records("tank/home\tcyber-zfs-backup:base.\x1b[2J\ttank/home@t1\n", {"far"}), Tells(State::ok, "", ""));
}

}  // namespace
}  // namespace czb::doctor
