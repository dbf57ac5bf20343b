// SPDX-License-Identifier: MIT
#include "fault_lab.h"

namespace czb::lab {

Link faulty(const std::string& options) { return {"{plugin: fault, " + options + "}"}; }

Words FaultLabTest::command(int day, const Links& links, const Words& arguments) const {
  std::string yaml = "jobs:\n  job:\n    dataset: " + source + "\n";
  if (links.source.yaml != "local") yaml += "    transport: " + links.source.yaml + "\n";
  for (const std::string& option : job_options) yaml += "    " + option + "\n";
  yaml += "    retention: " + retention +
          "\n    destroy-limit: 100%\n    targets:\n      offsite:\n        dataset: " + target +
          "\n        transport: " + target_link(links.target).yaml +
          "\n        initial: full\n        destroy-limit: 100%\n        retries: " + std::to_string(retries) +
          "\n        retry-pause: 1s\n";
  for (const std::string& option : fault_options) yaml += "        " + option + "\n";
  const std::string file = folder + "/config.yaml";
  write_file(file, yaml);
  const Words program = Words{CZB_PROGRAM} + arguments +
                        Words{"--verbose", "--now", noon(day), "--plugin-dir", CZB_FAULT_PLUGINS, "--config", file};
  return through_receiver.used() ? through_receiver.command(program) : program;
}

Link FaultLabTest::target_link(const Link& asked) const {
  if (!through_receiver.used()) return asked;
  const std::string config = through_receiver.ssh_config(source, target, folder);
  if (asked.yaml == Link().yaml) return {ssh_transport(config)};
  return {asked.yaml.substr(0, asked.yaml.size() - 1) + ", ssh-config: " + config + "}"};
}

void FaultLabTest::remember() const {
  if (through_receiver.used()) through_receiver.remember(tree_of(source));
}

Result FaultLabTest::backup_through(int day, const Links& links, const Words& arguments) const {
  return run(command(day, links, arguments));
}

int FaultLabTest::expect_agreement_after(int day) {
  std::string said;
  for (int attempt = 1; attempt <= 2; ++attempt) {
    const Result result = backup_through(++day, {});
    said += "--- run " + std::to_string(attempt) + " without faults: status " + std::to_string(result.status) + "\n" +
            result.text();
    const ::testing::AssertionResult agreed = agree();
    if (result.status == ok) {  // then it must be true
      EXPECT_TRUE(agreed) << said;
      return day;
    }
    said += std::string(agreed.message()) + "\n";
  }
  ADD_FAILURE() << "two runs did not mend it:\n" << said;
  return day;
}

::testing::AssertionResult FaultLabTest::agree() const {
  const Tree here = tree_of(source);
  const Tree there = tree_of(target);
  ::testing::AssertionResult wrong = ::testing::AssertionFailure();
  std::size_t count = 0;
  const auto tell = [&](const std::string& name, const std::string& what) {
    wrong << "\n  " << target << (name.empty() ? "" : "/") << name << " " << what;
    ++count;
  };
  const auto compare = [&](const std::string& name, const Words& expected) {
    const auto found = there.find(name);
    if (found == there.end())
      tell(name, "is not there");
    else if (!through_receiver.agrees(name, expected, found->second))
      tell(name,
           "has " + ::testing::PrintToString(found->second) + "\n    and not " + ::testing::PrintToString(expected));
  };
  if (here.empty()) tell("", "has no source");
  for (const auto& [name, snapshots] : here) compare(name, snapshots);
  for (const auto& [name, snapshots] : dropped) compare(name, snapshots);
  for (const auto& [name, snapshots] : there)
    if (here.count(name) == 0 && dropped.count(name) == 0 && !through_receiver.may_keep(name, snapshots))
      tell(name, "was never at the source");
  return count == 0 ? ::testing::AssertionSuccess() : wrong;
}

void FaultLabTest::expect_no_process_left() { EXPECT_TRUE(comes_true(nobody_works_on_zfs)); }

Words commands_in(const std::string& log) {
  Words commands;
  for (const std::string& line : lines_of(read_file(log)))
    if (line.rfind("fault ", 0) != 0) commands.push_back(line);
  return commands;
}

bool has_struck(const std::string& log) { return lines_of(read_file(log)).size() != commands_in(log).size(); }

}  // namespace czb::lab
