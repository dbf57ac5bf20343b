// SPDX-License-Identifier: MIT
// A dry run looks and changes nothing, and what it prints is what a run does.
#include <nlohmann/json.hpp>

#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::SizeIs;

Words commands_of_json(const std::string& text) {
  Words commands;
  const nlohmann::json plan = nlohmann::json::parse(text);
  for (const auto& action : plan.at("jobs").at(0).at("actions"))
    for (const auto& step : action.at("steps")) commands.push_back(step.at("command"));
  return commands;
}

class DryRunTest : public LabTest {
 protected:
  // Four days on both sides; then one is lost at the source, one is old enough to go, and a child has come.
  void make_work() {
    make_tree({"child"});
    zfs({"set", "test:note=it's \"mine\"", source + "/child"});
    for (int day = 1; day <= 4; ++day) take_snapshot(day);
    expect_backup(4, push_only);
    zfs({"destroy", "-r", source + "@" + noon(2)});
    zfs({"create", source + "/added"});
    retention = "{plugin: gfs, daily: 2, weekly: 0, monthly: 0, yearly: 0}";
    target_options.push_back("destroy-limit: 50%");
  }
};

TEST_F(DryRunTest, ARunDoesExactlyWhatTheDryRunHasPrintedWhichChangesNothing) {
  make_work();
  const std::string before = state_of({source, target});
  const Result dry = backup(5, {"--dry-run"});
  EXPECT_THAT(dry, Exits(ok));
  const Result plan = run(Words{CZB_PROGRAM, "plan", "--json", "--now", noon(5), "--config", folder + "/config.yaml"});
  EXPECT_THAT(plan, Exits(ok));
  EXPECT_EQ(state_of({source, target}), before);
  const Words commands = commands_of(dry);
  EXPECT_THAT(commands, SizeIs(6)) << dry.out;  // snapshot, destroy here, record, send, destroy there, record
  EXPECT_EQ(commands_of_json(plan.out), commands);

  const Result real = backup(5);
  EXPECT_THAT(real, Exits(ok));
  EXPECT_EQ(without_last_txg(commands_of(real)), without_last_txg(commands));
  expect_mirror(source, target);
}

TEST_F(DryRunTest, ThroughSshToATargetThatIsNotThereItTellsOfTheWholeFullSend) {
  make_tree({"child"});
  transport = ssh_transport(ssh_config());
  const std::string before = state_of({source, target});
  const Result dry = backup(1, {"-n"});
  EXPECT_THAT(dry, Exits(ok, {"zfs receive"}));
  EXPECT_EQ(state_of({source, target}), before);
  const Result real = backup(1);
  EXPECT_THAT(real, Exits(ok));
  EXPECT_EQ(without_last_txg(commands_of(real)), without_last_txg(commands_of(dry)));
  expect_mirror(source, target);
}

}  // namespace
}  // namespace czb::lab
