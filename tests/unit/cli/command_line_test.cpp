// SPDX-License-Identifier: MIT
// The command line as values (cli/command_line.h).
#include "cli/command_line.h"

#include <gmock/gmock.h>

#include "error.h"
#include "inventory_builder.h"

namespace czb {
namespace {

using enum OptionGroup;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

const std::set<OptionGroup> all_groups = {general, plugins, json, configuration, run};

Arguments parsed(const Words& words) { return parse_arguments(words, all_groups); }

std::string refusal_of(const Words& words, const std::set<OptionGroup>& groups = all_groups) {
  try {
    parse_arguments(words, groups);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "(accepted)";
}

TEST(CommandLineOptions, NothingGivenIsAWholeRun) {
  const Arguments arguments = parsed({});
  EXPECT_EQ(arguments.run.actions, (std::set<Action>{Action::snapshot, Action::expire, Action::push}));
  EXPECT_FALSE(arguments.run.dry_run || arguments.run.force_destroy_lots || arguments.run.force_non_incremental);
  EXPECT_FALSE(arguments.seed.any() || arguments.help || arguments.version || arguments.json);
  EXPECT_EQ(arguments.log_level, LogLevel::normal);
  EXPECT_EQ(arguments.log_format, LogFormat::text);
  EXPECT_EQ(arguments.config_file, std::nullopt);
  EXPECT_EQ(arguments.run.fixed_now, std::nullopt);
  EXPECT_FALSE(arguments.run.explain);
}

TEST(CommandLineOptions, TakesTheSeedProgramsCommandLineWordForWord) {
  const Arguments arguments = parsed({"--action",
                                      "snapshot",
                                      "expire",
                                      "push",
                                      "--dataset",
                                      "zippy/zippy",
                                      "--retention-policy",
                                      "31",
                                      "12",
                                      "36",
                                      "--force-destroy-lots",
                                      "--force-non-incremental",
                                      "--ssh-destination",
                                      "offsite",
                                      "--zfs-receive-dataset",
                                      "offsite/zippy",
                                      "--ssh-config",
                                      "FILE",
                                      "--use-sudo",
                                      "--dry-run",
                                      "--no-act",
                                      "-n",
                                      "--verbose",
                                      "-v",
                                      "--debug"});
  EXPECT_EQ(arguments.run.actions.size(), 3U);
  EXPECT_EQ(arguments.seed.dataset, "zippy/zippy");
  EXPECT_EQ(arguments.seed.retention_policy, (Words{"31", "12", "36"}));
  EXPECT_EQ(arguments.seed.ssh_destination, "offsite");
  EXPECT_EQ(arguments.seed.zfs_receive_dataset, "offsite/zippy");
  EXPECT_EQ(arguments.seed.ssh_config, "FILE");
  EXPECT_TRUE(arguments.seed.use_sudo);
  EXPECT_TRUE(arguments.run.force_destroy_lots);
  EXPECT_TRUE(arguments.run.force_non_incremental);
  EXPECT_TRUE(arguments.run.dry_run);
  EXPECT_EQ(arguments.log_level, LogLevel::debug);
}

TEST(CommandLineOptions, EachSpellingOfADryRunIsOne) {
  for (const char* word : {"--dry-run", "--no-act", "-n"}) EXPECT_TRUE(parsed({word}).run.dry_run) << word;
}

TEST(CommandLineOptions, ASwitchMayBeRepeated) {
  for (const Words& words :
       {Words{"-n", "-n"}, Words{"-n", "--dry-run"}, Words{"-v", "-v"}, Words{"-vv"}, Words{"-v", "--verbose"},
        Words{"--debug", "--debug"}, Words{"-q", "--quiet"}, Words{"--use-sudo", "--use-sudo"}})
    EXPECT_EQ(refusal_of(words), "(accepted)") << test::joined(words);
}

TEST(CommandLineOptions, ShortSwitchesMayBeJoined) {
  const Arguments arguments = parsed({"-nv"});
  EXPECT_TRUE(arguments.run.dry_run);
  EXPECT_EQ(arguments.log_level, LogLevel::verbose);
}

TEST(CommandLineOptions, VerboseExplainsVerdicts) {
  for (const char* word : {"-v", "--verbose", "--debug"}) EXPECT_TRUE(parsed({word}).run.explain) << word;
}

TEST(CommandLineOptions, PoolIsDataset) {
  EXPECT_EQ(parsed({"--pool", "tank"}).seed.dataset, "tank");
  EXPECT_EQ(parsed({"--pool=tank", "--dataset=tank"}).seed.dataset, "tank");
  EXPECT_THAT(refusal_of({"--pool", "a", "--dataset", "b"}), HasSubstr("--dataset and --pool"));
}

TEST(CommandLineOptions, ActionsAreAnySubset) {
  EXPECT_EQ(parsed({"--action", "push"}).run.actions, (std::set<Action>{Action::push}));
  EXPECT_EQ(parsed({"--action", "push", "snapshot", "push"}).run.actions,
            (std::set<Action>{Action::push, Action::snapshot}));
}

TEST(CommandLineOptions, TakesTheOtherOptionsToo) {
  const Arguments arguments = parsed({"--config", "/etc/x.yaml", "--job", "a", "--job", "b", "--plugin-dir", "/p",
                                      "--json", "--log-format", "json", "--quiet", "--now", "2026-06-25T12:13:15Z"});
  EXPECT_EQ(arguments.config_file, "/etc/x.yaml");
  EXPECT_EQ(arguments.jobs, (Words{"a", "b"}));
  EXPECT_EQ(arguments.plugin_dir, "/p");
  EXPECT_TRUE(arguments.json);
  EXPECT_EQ(arguments.log_format, LogFormat::json);
  EXPECT_EQ(arguments.log_level, LogLevel::quiet);
  EXPECT_EQ(arguments.run.fixed_now, 1782389595);
  EXPECT_TRUE(parsed({"-h"}).help);
  EXPECT_TRUE(parsed({"--version"}).version);
}

TEST(CommandLineOptions, EachWrongOptionIsRefusedNamingIt) {
  const std::vector<std::pair<Words, std::string>> table = {
      {{"--frobnicate"}, "--frobnicate"},
      {{"-x"}, "-x"},
      {{"--dat", "tank"}, "--dat"},
      {{"--dataset"}, "--dataset"},
      {{"--dataset", ""}, "--dataset"},
      {{"--dataset=a", "--dataset=b"}, "--dataset"},
      {{"--action"}, "--action"},
      {{"--action", "destroy"}, "destroy"},
      {{"--action", "Push"}, "Push"},
      {{"--retention-policy"}, "--retention-policy"},
      {{"--ssh-destination"}, "--ssh-destination"},
      {{"--ssh-destination", ""}, "--ssh-destination"},
      {{"--zfs-receive-dataset"}, "--zfs-receive-dataset"},
      {{"--ssh-config"}, "--ssh-config"},
      {{"--ssh-config", ""}, "--ssh-config"},
      {{"--use-sudo=yes"}, "--use-sudo"},
      {{"--dry-run=yes"}, "--dry-run"},
      {{"--config"}, "--config"},
      {{"--config", ""}, "--config"},
      {{"--job"}, "--job"},
      {{"--plugin-dir"}, "--plugin-dir"},
      {{"--log-format", "xml"}, "--log-format"},
      {{"--now", "yesterday"}, "--now"},
      {{"--now", "2026-06-25T12:13:15Zz"}, "--now"},
      {{"--now", "2026-02-30T00:00:00Z"}, "--now"},
      {{"--dry-run", "tank/home"}, "tank/home"},
      {{"tank/home"}, "tank/home"},
  };
  for (const auto& [words, named] : table) {
    EXPECT_THAT(refusal_of(words), HasSubstr(named)) << test::joined(words);
    EXPECT_THAT(refusal_of(words), HasSubstr("--help")) << test::joined(words);
  }
}

TEST(CommandLineOptions, ACommandTakesOnlyItsOwnGroups) {
  EXPECT_THAT(refusal_of({"--dry-run"}, {plugins, json, general}), HasSubstr("--dry-run"));
  EXPECT_THAT(refusal_of({"--dataset", "tank"}, {plugins, json, general}), HasSubstr("--dataset"));
  EXPECT_THAT(refusal_of({"--json"}, {configuration, plugins, general}), HasSubstr("--json"));
}

TEST(CommandLineOptions, PluginsTestTakesAFileAndThePluginsOptionsInTheirOrder) {
  const std::set<OptionGroup> groups = {conformance, json, general};
  const Arguments arguments =
      parse_arguments({"x.so", "--option", "b=1", "--option=a=2 3", "--option", "c=", "--cycles", "7"}, groups, "FILE");
  EXPECT_EQ(arguments.operand, "x.so");
  EXPECT_EQ(arguments.conformance.options, (Words{"b=1", "a=2 3", "c="}));
  EXPECT_EQ(arguments.conformance.cycles, 7U);
  EXPECT_EQ(parse_arguments({"x.so"}, groups, "FILE").conformance.cycles, std::nullopt);
  EXPECT_TRUE(parse_arguments({"--help"}, groups, "FILE").help);
  EXPECT_THROW(parse_arguments({}, groups, "FILE"), Error);
  EXPECT_THROW(parse_arguments({"x.so", "y.so"}, groups, "FILE"), Error);
  EXPECT_THROW(parse_arguments({"x.so", "--cycles", "many"}, groups, "FILE"), Error);
  EXPECT_THROW(parse_arguments({"x.so", "--cycles=-1"}, groups, "FILE"), Error);
  EXPECT_THROW(parse_arguments({"x.so", "--cycles", "0"}, groups, "FILE"), Error);
}

TEST(CommandLineOptions, HelpListsTheGroupsOptionsAndHidesTheClock) {
  const std::string help = options_help(all_groups);
  for (const char* option : {"--action",
                             "--dataset",
                             "--pool",
                             "--retention-policy",
                             "--force-destroy-lots",
                             "--force-non-incremental",
                             "--ssh-destination",
                             "--zfs-receive-dataset",
                             "--ssh-config",
                             "--use-sudo",
                             "--dry-run",
                             "--no-act",
                             "-n",
                             "--verbose",
                             "-v",
                             "--debug",
                             "--config",
                             "--job",
                             "--plugin-dir",
                             "--json",
                             "--log-format",
                             "--quiet",
                             "--help",
                             "--version"})
    EXPECT_THAT(help, HasSubstr(option));
  EXPECT_EQ(help.find("--now"), std::string::npos);
  EXPECT_EQ(options_help({general}).find("--dataset"), std::string::npos);
}

}  // namespace
}  // namespace czb
