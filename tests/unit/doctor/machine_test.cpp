// SPDX-License-Identifier: MIT
// Doctor on this machine's plugins and timer, and how findings are told.
#include <nlohmann/json.hpp>

#include "doctor/doctor_testing.h"
#include "doctor/machine_checks.h"
#include "doctor/report.h"

namespace czb::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class DoctorTimer : public ::testing::Test {
 protected:
  DoctorTimer() {
    here.runs_systemd = true;
    systemctl("enabled\n", "active\n", "LoadState=loaded\nUser=\n");
  }
  void systemctl(const std::string& enabled, const std::string& active, const std::string& shown) {
    tools->answer("systemctl is-enabled cyber-zfs-backup.timer", {enabled, "", enabled == "enabled\n" ? 0 : 1});
    tools->answer("systemctl is-active cyber-zfs-backup.timer", {active, "", active == "active\n" ? 0 : 3});
    tools->answer("systemctl show -p LoadState,User cyber-zfs-backup.service", {shown});
  }
  std::vector<Finding> check() {
    std::vector<Finding> all;
    Findings findings(all);
    check_timer(findings, here);
    return all;
  }

  std::shared_ptr<ScriptedHost> tools = std::make_shared<ScriptedHost>("this machine");
  Surroundings here = surroundings(0, tools);
};

TEST_F(DoctorTimer, EnabledAndActiveIsWell) {
  EXPECT_THAT(finding_of(check(), "timer"), Tells(State::ok, "enabled and active", ""));
}

TEST_F(DoctorTimer, WithoutSystemdNothingIsAskedAndThatIsSaid) {
  here.runs_systemd = false;
  EXPECT_THAT(finding_of(check(), "timer"), Tells(State::skipped, "systemd does not run here", ""));
  EXPECT_TRUE(tools->commands().empty());
}

TEST_F(DoctorTimer, OneThatIsAbsentDisabledMaskedOrStoppedIsAWarningWithItsRemedy) {
  tools->answer("systemctl is-enabled cyber-zfs-backup.timer",
                {"", "Failed to get unit file state for cyber-zfs-backup.timer: No such file or directory\n", 1});
  EXPECT_THAT(finding_of(check(), "timer"),
              Tells(State::warning, "there is no cyber-zfs-backup.timer", "docs/service.md"));
  systemctl("disabled\n", "inactive\n", "LoadState=loaded\nUser=\n");
  EXPECT_THAT(finding_of(check(), "timer"),
              Tells(State::warning, "is disabled", "systemctl enable --now cyber-zfs-backup.timer"));
  systemctl("masked\n", "inactive\n", "LoadState=loaded\nUser=\n");
  EXPECT_THAT(finding_of(check(), "timer"), Tells(State::warning, "is masked", "systemctl unmask"));
  systemctl("enabled\n", "inactive\n", "LoadState=loaded\nUser=\n");
  EXPECT_THAT(finding_of(check(), "timer"), Tells(State::warning, "but inactive", "systemctl start"));
}

TEST_F(DoctorTimer, DoctorShouldRunAsTheUserOfTheService) {
  EXPECT_THAT(finding_of(check(), "user"), Tells(State::ok, "as cyber-zfs-backup.service does", ""));
  systemctl("enabled\n", "active\n", "LoadState=loaded\nUser=cyber-zfs-backup\n");
  EXPECT_THAT(finding_of(check(), "user"),
              Tells(State::warning, "runs as cyber-zfs-backup, and doctor as root", "runuser -u cyber-zfs-backup"));
  systemctl("enabled\n", "active\n", "LoadState=not-found\nUser=\n");
  EXPECT_EQ(finding_of(check(), "user").state, State::ok);
}

TEST(DoctorPlugins, ARefusedOneIsAFailureWhereAJobUsesItAndElseAWarning) {
  static constexpr PluginDescriptor descriptor = {};
  const std::vector<PluginListing> listings = {
      {"/p/naming-a.so", &descriptor, ""},
      {"/p/transport-b.so", nullptr, "/p can be written by others: chmod go-w /p"}};
  std::vector<Finding> all;
  Findings findings(all);
  judge_plugins(listings, "/p", {"naming-a.so", "transport-b.so"}, findings);
  EXPECT_THAT(all, ElementsAre(Tells(State::failed, "/p/transport-b.so is refused: /p can be written", "plugins")));
  all.clear();
  Findings again(all);
  judge_plugins(listings, "/p", {"naming-a.so"}, again);
  EXPECT_THAT(all, ElementsAre(Tells(State::warning, "no job of this configuration uses it", "plugins")));
  all.clear();
  Findings well(all);
  judge_plugins({listings[0]}, "/p", {}, well);
  EXPECT_THAT(all, ElementsAre(Tells(State::ok, "1 plugins in /p", "")));
}

const std::vector<Finding> some = {{"", "", "timer", State::skipped, "no systemd", ""},
                                   {"home", "", "zfs", State::ok, "OpenZFS 2.1.11-1", ""},
                                   {"home", "far", "clock", State::warning, "it is late", "Set it."},
                                   {"home", "far", "dataset", State::failed, "it is gone\n\xff", "Find it."}};

TEST(DoctorReport, AsTextEachSubjectHasAHeadingAndEachProblemItsRemedy) {
  const std::string text = findings_as_text(some, false);
  EXPECT_THAT(text, HasSubstr("This machine\n  skipped  timer         no systemd\n"));
  EXPECT_THAT(text, HasSubstr("\nJob home, its source\n  ok       zfs           OpenZFS 2.1.11-1\n"));
  EXPECT_THAT(text, HasSubstr("\nJob home, target far\n  warning  clock         it is late\n" + std::string(25, ' ') +
                              "Do: Set it.\n  FAILED   dataset       it is gone\n"));
  EXPECT_THAT(text, HasSubstr("\n1 failed, 1 warning, 1 ok, 1 skipped\n"));
}

TEST(DoctorReport, QuietTellsOnlyProblemsAndNothingWhereThereAreNone) {
  EXPECT_THAT(findings_as_text(some, true), Not(HasSubstr("OpenZFS")));
  EXPECT_THAT(findings_as_text(some, true), HasSubstr("clock"));
  EXPECT_EQ(findings_as_text({some[0], some[1]}, true), "");
}

TEST(DoctorReport, AsJsonEachFindingIsAnObjectAndBytesThatAreNoTextDoNoHarm) {
  const Json json = Json::parse(findings_as_json(some));
  EXPECT_EQ(json.at("exit-code"), 1);
  EXPECT_EQ(json.at("failed"), 1);
  EXPECT_EQ(json.at("warnings"), 1);
  EXPECT_EQ(json.at("findings").size(), 4U);
  EXPECT_EQ(json.at("findings").at(0), (Json{{"check", "timer"}, {"state", "skipped"}, {"seen", "no systemd"}}));
  EXPECT_EQ(json.at("findings").at(2), (Json{{"job", "home"},
                                             {"target", "far"},
                                             {"check", "clock"},
                                             {"state", "warning"},
                                             {"seen", "it is late"},
                                             {"do", "Set it."}}));
}

TEST(DoctorReport, AWarningIsNoFailure) {
  EXPECT_EQ(exit_code({some[2]}), ExitCode::ok);
  EXPECT_EQ(exit_code({some[2], some[3]}), ExitCode::failed);
  EXPECT_EQ(exit_code({}), ExitCode::ok);
}

}  // namespace
}  // namespace czb::doctor
