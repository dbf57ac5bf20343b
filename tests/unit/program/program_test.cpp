// SPDX-License-Identifier: MIT
// The real program as a user meets it, without ZFS: at most a shell script that is called zfs.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "execute/run_folder.h"
#include "fixtures/temporary_folder.h"
#include "process/command.h"
#include "real_process.h"

namespace czb {
namespace {

using test::Deadline;
using test::ended_with;
using test::local_transport;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

const std::string program = CZB_PROGRAM;

const std::string good_yaml =
    "jobs:\n"
    "  home:\n"
    "    dataset: tank/home\n"
    "    retention: {plugin: gfs, daily: 31, weekly: 12, monthly: 36, yearly: all}\n"
    "    targets:\n"
    "      far:\n"
    "        dataset: far/home\n"
    "        transport: {plugin: local}\n";

// With a tree that no other test's run locks.
std::string yaml_of_its_own() {
  std::string yaml = good_yaml;
  return yaml.replace(yaml.find("tank/home"), 9, "tank/test-" + std::to_string(::getpid()));
}

// That tree's lock file.
std::string lock_of_its_own() { return runtime_directory() + "/tank%test-" + std::to_string(::getpid()) + ".lock"; }

class ProgramTest : public ::testing::Test {
 protected:
  ~ProgramTest() override { std::filesystem::remove(lock_of_its_own()); }

  // The program with these words; `environment`: "NAME=value" each.
  Completed run(const Words& words, const Words& environment = {}) {
    Words argv = {"env", "-u", "JOURNAL_STREAM"};
    argv.insert(argv.end(), environment.begin(), environment.end());
    argv.push_back(program);
    argv.insert(argv.end(), words.begin(), words.end());
    return czb::run(*transport_, argv);
  }

  // With this configuration, which is the file `config_`.
  Completed run_with(const std::string& yaml, const Words& words, const Words& environment = {}) {
    folder_.file("config.yaml", yaml);
    Words all = words;
    all.insert(all.end(), {"--config", config_});
    return run(all, environment);
  }

  void expect_usage_error(const Completed& completed, const std::string& message) {
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 2));
    EXPECT_THAT(completed.err.raw(), HasSubstr(message));
    EXPECT_THAT(completed.err.raw(), HasSubstr("error: "));
    EXPECT_EQ(completed.out, "");
  }

  // A zfs that does as the script says; it is found before a real one.
  Words fake_zfs(const std::string& script) {
    std::filesystem::permissions(folder_.file("zfs", "#!/bin/sh\n" + script), std::filesystem::perms::owner_all);
    return {"PATH=" + folder_.path() + ":/usr/bin:/bin"};
  }

  const Deadline deadline_;
  const TemporaryFolder folder_;
  const std::string config_ = folder_ / "config.yaml";
  std::shared_ptr<Transport> transport_ = local_transport();
};

TEST_F(ProgramTest, HelpOfEachCommandGoesToStandardOutput) {
  for (const Words& words :
       {Words{"--help"}, Words{"-h"}, Words{"plan", "--help"}, Words{"doctor", "--help"}, Words{"plugins", "--help"},
        Words{"plugins", "test", "--help"}, Words{"config", "check", "--help"}, Words{"config", "show", "-h"}}) {
    const Completed completed = run(words);
    EXPECT_TRUE(completed.ok());
    EXPECT_THAT(completed.out, AllOf(StartsWith("Usage: cyber-zfs-backup"), HasSubstr("--help")));
    EXPECT_EQ(completed.err, "");
  }
}

TEST_F(ProgramTest, TheGeneralHelpListsEachCommandAndExitStatus) {
  EXPECT_THAT(run({"--help"}).out,
              AllOf(HasSubstr("  plan "), HasSubstr("  doctor "), HasSubstr("  plugins "), HasSubstr("  plugins test "),
                    HasSubstr("  config check "), HasSubstr("  config show "), HasSubstr("Exit status: 0 all well")));
}

TEST_F(ProgramTest, SaysItsVersion) {
  EXPECT_EQ(run({"--version"}).out, "cyber-zfs-backup " CZB_VERSION "\n");
  EXPECT_TRUE(run({"plan", "--version"}).ok());
}

TEST_F(ProgramTest, AnUnknownCommandIsRefusedWithTheKnownOnes) {
  expect_usage_error(
      run({"frobnicate"}),
      "there is no command 'frobnicate'; there are: plan, doctor, plugins, plugins describe, plugins test, "
      "config check, config show");
  expect_usage_error(run({"config"}), "there is no command 'config'");
  expect_usage_error(run({"config", "frobnicate"}), "config check");
}

TEST_F(ProgramTest, AnUnknownOptionIsRefusedByEachCommand) {
  for (const Words& command : {Words{}, Words{"plan"}, Words{"doctor"}, Words{"plugins"}, Words{"plugins", "test"},
                               Words{"config", "check"}}) {
    Words words = command;
    words.emplace_back("--frobnicate");
    expect_usage_error(run(words), "--frobnicate");
  }
}

TEST_F(ProgramTest, DoctorExitsWith1WhereACheckFailedAndWith2WhereTheConfigurationIsWrong) {
  const Words broken = fake_zfs("echo 'there is no zfs here' >&2; exit 1\n");
  const Completed completed = run_with(yaml_of_its_own(), {"doctor", "--json"}, broken);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  const Json report = Json::parse(completed.out);
  EXPECT_EQ(report.at("exit-code"), 1);
  EXPECT_THAT(completed.out, HasSubstr("there is no zfs here"));
  EXPECT_THAT(run_with(yaml_of_its_own(), {"doctor"}, broken).out,
              AllOf(HasSubstr("Job home, its source\n"), HasSubstr("FAILED   zfs "), HasSubstr(" failed, ")));
  expect_usage_error(run_with("jobs: {home: {dataset: 'tank@home'}}\n", {"doctor"}), "config.yaml:1:");
  expect_usage_error(run_with("jobs: {home: {dataset: tank, transport: {plugin: ssh, destination: -x}}}\n", {"doctor"}),
                     "begins with '-'");
}

TEST_F(ProgramTest, ListsThePluginsWithTheirOptions) {
  const Completed completed = run({"plugins"});
  EXPECT_TRUE(completed.ok());
  EXPECT_THAT(completed.out, AllOf(HasSubstr("transport ssh "), HasSubstr("transport local "),
                                   HasSubstr("naming rfc3339 "), HasSubstr("retention gfs "), HasSubstr("use-sudo")));
  EXPECT_EQ(completed.out.find("REFUSED"), std::string::npos) << completed.out;
}

TEST_F(ProgramTest, ListsThePluginsAsJson) {
  const Completed completed = run({"plugins", "--json"});
  EXPECT_TRUE(completed.ok());
  std::set<std::string> ids;
  const Json listed = Json::parse(completed.out);
  for (const Json& plugin : listed.at("plugins")) {
    EXPECT_EQ(plugin.at("loaded"), true);
    for (const Json& option : plugin.at("options")) EXPECT_TRUE(option.at("help").is_string());
    ids.insert(plugin.at("kind").get<std::string>() + " " + plugin.at("id").get<std::string>());
  }
  EXPECT_EQ(ids, (std::set<std::string>{"naming rfc3339", "retention gfs", "transport local", "transport ssh"}));
}

TEST_F(ProgramTest, ShowsAPluginThatItRefuses) {
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0700), 0);
  folder_.file("naming-broken.so", "not ELF");
  const Completed completed = run({"plugins", "--plugin-dir", folder_.path()});
  EXPECT_TRUE(completed.ok());
  EXPECT_THAT(completed.out, AllOf(HasSubstr("naming-broken.so"), HasSubstr("REFUSED: ")));
}

TEST_F(ProgramTest, DescribesAPluginWithAllOfItsOptions) {
  const Completed completed = run({"plugins", "describe", "gfs"});
  EXPECT_TRUE(completed.ok());
  EXPECT_THAT(completed.out,
              AllOf(StartsWith("retention gfs "), HasSubstr("/retention-gfs.so"), HasSubstr("plugin ABI"),
                    HasSubstr("    daily (number or all, default: 31)\n        how many days")));
  EXPECT_EQ(run({"plugins", "describe", "retention/gfs"}).out, completed.out);
  EXPECT_THAT(run({"plugins", "describe", "ssh"}).out, HasSubstr("required)"));
}

TEST_F(ProgramTest, DescribesAPluginAsJson) {
  const Completed completed = run({"plugins", "describe", "gfs", "--json"});
  const Json plugin = Json::parse(completed.out);
  EXPECT_EQ(plugin.at("id"), "gfs");
  EXPECT_EQ(plugin.at("options").at(1), (Json{{"name", "daily"},
                                              {"type", "number or all"},
                                              {"help", "how many days to keep one snapshot of, or all"},
                                              {"required", false},
                                              {"secret", false},
                                              {"default", "31"}}));
}

TEST_F(ProgramTest, DescribesOnlyAPluginThatThereIs) {
  expect_usage_error(run({"plugins", "describe"}), "this command needs ID");
  expect_usage_error(run({"plugins", "describe", "gfs", "ssh"}), "'ssh' belongs to no option");
  const Completed completed = run({"plugins", "describe", "gsf"});
  expect_usage_error(completed, "there is no plugin 'gsf' in ");
  EXPECT_THAT(completed.err.raw(), AllOf(HasSubstr("did you mean 'gfs'?"), HasSubstr("naming/rfc3339, retention/gfs")));
  EXPECT_TRUE(run({"plugins", "describe", "--help"}).ok());
}

TEST_F(ProgramTest, APluginsKindIsToldWhereSeveralHaveTheId) {
  const Words folder = {"--plugin-dir", CZB_FIXTURES "/good"};
  expect_usage_error(run({"plugins", "describe", "good", folder[0], folder[1]}),
                     "say which, one of naming/good, retention/good, transport/good");
  EXPECT_THAT(run({"plugins", "describe", "naming/good", folder[0], folder[1]}).out, StartsWith("naming good "));
}

TEST_F(ProgramTest, ARefusedPluginIsDescribedByTheReason) {
  expect_usage_error(run({"plugins", "describe", "wrong-magic", "--plugin-dir", CZB_FIXTURES "/refused"}),
                     "naming-wrong-magic.so is refused: it has no valid descriptor");
}

TEST_F(ProgramTest, NeitherEnvironmentNorWorkingDirectorySaysWherePluginsLie) {
  const std::string fixtures = CZB_FIXTURES "/good";
  const std::string expected = run({"plugins"}).out;
  EXPECT_EQ(expected.find(fixtures), std::string::npos);
  const std::string script = "cd " + fixtures + " && LD_LIBRARY_PATH=" + fixtures + " CZB_PLUGIN_DIR=" + fixtures +
                             " CYBER_ZFS_BACKUP_PLUGIN_DIR=" + fixtures + " exec " + program + " plugins";
  EXPECT_EQ(czb::run(*transport_, test::shell(script)).out, expected);
}

TEST_F(ProgramTest, APluginFolderThatOthersCanWriteIsRefused) {
  const std::string folder = folder_ / "plugins";
  std::filesystem::create_directory(folder);
  std::filesystem::copy_file(CZB_FIXTURES "/good/naming-good.so", folder + "/naming-good.so");
  const auto listed = [&] { return run({"plugins", "--plugin-dir", folder}).out; };
  ASSERT_EQ(::chmod(folder.c_str(), 0755), 0);
  ASSERT_EQ(::chmod((folder + "/naming-good.so").c_str(), 0644), 0);
  EXPECT_THAT(listed(), HasSubstr("naming good 1.0"));
  ASSERT_EQ(::chmod(folder.c_str(), 0777), 0);
  EXPECT_THAT(listed(), HasSubstr("REFUSED: " + folder + " can be written by others"));
}

TEST_F(ProgramTest, APluginFolderIsAnAbsolutePath) {
  expect_usage_error(run({"plugins", "--plugin-dir", "plugins"}), "--plugin-dir");
  expect_usage_error(run({"plugins", "--plugin-dir", folder_ / "nowhere"}), folder_ / "nowhere");
}

TEST_F(ProgramTest, ShowsAConfigurationThatItReadsBack) {
  const Completed shown = run_with(good_yaml, {"config", "show"});
  EXPECT_TRUE(shown.ok());
  const Completed again = run_with(shown.out, {"config", "show"});
  EXPECT_EQ(again.out, shown.out);
  EXPECT_EQ(run_with(shown.out, {"config", "check"}).out, config_ + ": 1 job, all well\n");
}

TEST_F(ProgramTest, ShowsTheSeedCommandLineAsAConfigurationThatItReadsBack) {
  const Completed shown = run({"config", "show", "--dataset", "zippy/zippy", "--retention-policy", "31", "12", "36"});
  EXPECT_TRUE(shown.ok());
  EXPECT_THAT(shown.out, HasSubstr("dataset: zippy/zippy"));
  EXPECT_TRUE(run_with(shown.out, {"config", "check"}).ok());
}

TEST_F(ProgramTest, BrokenYamlIsRefusedWithLineAndColumn) {
  expect_usage_error(run_with("jobs:\n  home: [\n", {"config", "check"}), config_ + ":3:1: ");
  expect_usage_error(run_with("jobs:\n  home:\n    datasett: a/b\n", {"config", "check"}), config_ + ":3:5: ");
  expect_usage_error(run_with("", {"config", "check"}), config_);
}

TEST_F(ProgramTest, AMissingConfigurationFileIsNamed) {
  expect_usage_error(run({"--config", folder_ / "nowhere.yaml"}), folder_ / "nowhere.yaml");
}

TEST_F(ProgramTest, AnUnknownPluginIsRefusedWithLineAndColumn) {
  const std::string yaml = "jobs:\n  home:\n    dataset: tank/home\n    naming: {plugin: nosuch}\n";
  expect_usage_error(run_with(yaml, {"config", "check"}), config_ + ":4:");
  expect_usage_error(run_with(yaml, {}), "nosuch");
}

TEST_F(ProgramTest, AnUnknownPluginOptionIsRefusedWithLineAndColumn) {
  const std::string yaml = "jobs:\n  home:\n    dataset: tank/home\n    retention: {plugin: gfs, dayly: 3}\n";
  expect_usage_error(run_with(yaml, {"config", "check"}), config_ + ":4:30: ");
}

TEST_F(ProgramTest, AWrongPluginOptionValueIsRefusedWithLineAndColumn) {
  const std::string yaml = "jobs:\n  home:\n    dataset: tank/home\n    retention: {plugin: gfs, daily: lots}\n";
  expect_usage_error(run_with(yaml, {"config", "check"}), config_ + ":4:37: ");
}

TEST_F(ProgramTest, AWrongValueOnTheSeedCommandLineIsRefusedNamingTheOption) {
  expect_usage_error(run({"--dry-run", "--retention-policy", "31", "many", "36"}), "--retention-policy");
  expect_usage_error(run({"--dry-run", "--retention-policy", "31"}), "--retention-policy");
}

TEST_F(ProgramTest, AnUnreadableSshConfigurationIsRefusedBeforeAnythingIsTouched) {
  const Completed completed = run({"--dataset", "tank/home", "--ssh-config", folder_ / "no-ssh-config"},
                                  fake_zfs("echo touched >> " + folder_.path() + "/log"));
  expect_usage_error(completed, "option --ssh-config: ");
  expect_usage_error(completed, folder_ / "no-ssh-config");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "log"));
}

TEST_F(ProgramTest, SeedOptionsAndAFileExcludeEachOther) {
  expect_usage_error(run_with(good_yaml, {"--dataset", "tank/home"}), "--config");
  expect_usage_error(run_with(good_yaml, {"--job", "nosuch"}), "there is no job 'nosuch'");
}

TEST_F(ProgramTest, LogsAsJsonOneObjectALine) {
  const Completed completed =
      run_with("jobs: {home: {dataset: \"a@b\nc\"}}", {"config", "check", "--log-format", "json"});
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 2));
  std::istringstream lines(completed.err.raw());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const Json json = Json::parse(line);
    EXPECT_EQ(json.at("level"), "error");
    EXPECT_THAT(json.at("message").get<std::string>(), HasSubstr(config_));
    EXPECT_THAT(json.at("time").get<std::string>(), ::testing::MatchesRegex("....-..-..T..:..:...*Z"));
  }
  EXPECT_EQ(count, 1);
}

TEST_F(ProgramTest, InTheJournalALineBeginsWithItsPriorityAndHasNoTime) {
  const std::string script = "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec " + program + " frobnicate";
  EXPECT_THAT(czb::run(*transport_, test::shell(script)).err.raw(), StartsWith("<3>error: there is no command"));
}

TEST_F(ProgramTest, OutsideOfTheJournalALineBeginsWithTheTime) {
  EXPECT_THAT(run({"frobnicate"}, {"JOURNAL_STREAM=1:1"}).err.raw(),
              ::testing::ContainsRegex("^20..-..-..T..:..:..Z error: there is no command"));
}

TEST_F(ProgramTest, WithoutZfsItSaysThatThereIsNoSuchProgram) {
  // In a mount namespace where the administrators' programs are hidden. A user's would show root's files as nobody's,
  // and their plugins are refused.
  if (::geteuid() != 0) GTEST_SKIP() << "only root can hide zfs";
  folder_.file("config.yaml", yaml_of_its_own());
  const std::string hide = "for d in /usr/local/sbin /usr/sbin; do mount -t tmpfs none $d || exit 77; done; ";
  const Completed completed = czb::run(*transport_, {"unshare", "-m", "/bin/sh", "-c",
                                                     "command -v zfs | grep -v sbin/zfs && exit 77; " + hide + "exec " +
                                                         program + " --config " + config_});
  if (completed.status.code == 77 || completed.err.raw().find("unshare") != std::string::npos)
    GTEST_SKIP() << "zfs cannot be hidden here: " << completed.err.raw();
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1)) << completed.err.raw();
  EXPECT_THAT(completed.err.raw(), AllOf(HasSubstr("job home"), HasSubstr("zfs"), HasSubstr("no such program")));
}

// One old snapshot on both sides; writes down how it was called.
std::string two_sides(const std::string& log) {
  return "echo \"$*\" >> " + log + R"(
line() { printf '%s\t%s\t%s\t%s\t%s\t%s\t-\t-\t-\t0%s\n' "$@"; }
case "$*" in
  list*-r*tank/home) line tank/home filesystem 1 5 - - '	-'
                     line tank/home@2026-01-01T00:00:00Z snapshot 2 10 0 '' '	-' ;;
  list*-r*far/home) line far/home filesystem 3 5 - - ''
                    line far/home@2026-01-01T00:00:00Z snapshot 2 10 0 '' '' ;;
  list*-r*) echo "cannot open '${*##* }': dataset does not exist" >&2; exit 1 ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
)";
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(ProgramTest, APlanOnlyLists) {
  const Completed completed =
      run_with(good_yaml, {"plan", "--json", "--now", "2026-01-02T00:00:00Z"}, fake_zfs(two_sides(folder_ / "log")));
  ASSERT_TRUE(completed.ok()) << completed.err.raw();
  const Json job = Json::parse(completed.out).at("jobs").at(0);
  EXPECT_EQ(job.at("actions").at(0).at("steps").at(0).at("argv"),
            (Words{"zfs", "snapshot", "-r", "tank/home@2026-01-02T00:00:00Z"}));
  EXPECT_THAT(job.at("actions").at(1).at("steps"), IsEmpty());
  const Json& record = job.at("actions").at(2).at("steps").at(0);
  EXPECT_EQ(record.at("argv").at(1), "program") << "what may arrive is recorded before it leaves";
  const Json& send = job.at("actions").at(2).at("steps").at(1);
  EXPECT_EQ(send.at("argv"), (Words{"zfs", "send", "-P", "-R", "-L", "-c", "-I", "@2026-01-01T00:00:00Z",
                                    "tank/home@2026-01-02T00:00:00Z"}));
  EXPECT_EQ(send.at("receiving-argv").back(), "far/home");
  std::istringstream calls(text_of(folder_ / "log"));
  for (std::string call; std::getline(calls, call);) EXPECT_THAT(call, StartsWith("list "));
}

TEST_F(ProgramTest, ADryRunIsThePlanCommand) {
  const Words zfs = fake_zfs(two_sides(folder_ / "log"));
  const Words clock = {"--now", "2026-01-02T00:00:00Z"};
  const Completed plan = run_with(good_yaml, {"plan", clock[0], clock[1]}, zfs);
  EXPECT_THAT(plan.out, HasSubstr("zfs send -P -R -L -c -I @2026-01-01T00:00:00Z"));
  for (const char* word : {"--dry-run", "--no-act", "-n"})
    EXPECT_EQ(run_with(good_yaml, {word, clock[0], clock[1]}, zfs).out, plan.out) << word;
}

TEST_F(ProgramTest, AFailedJobStopsNoOther) {
  const std::string of_this_run = std::to_string(::getpid());
  const std::string yaml = "jobs:\n  first: {dataset: tank/missing-" + of_this_run +
                           ", actions: [snapshot]}\n  second: {dataset: tank/there-" + of_this_run +
                           ", actions: [snapshot]}\n";
  const Completed completed = run_with(yaml, {}, fake_zfs("echo \"$*\" >> " + (folder_ / "log") + R"(
case "$*" in *missing*) echo 'cannot create snapshots : out of space' >&2; exit 1 ;; esac)"));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1)) << completed.err.raw();
  EXPECT_THAT(completed.err.raw(), HasSubstr("out of space"));
  EXPECT_THAT(text_of(folder_ / "log"), HasSubstr("tank/there-" + of_this_run + "@"));
}

TEST_F(ProgramTest, AMissingDatasetIsAUsageErrorThatNamesTheJob) {
  std::string yaml = good_yaml;
  yaml.replace(yaml.find("tank/home"), 9, "tank/nosuch");
  const Completed completed = run_with(yaml, {"--dry-run"}, fake_zfs(two_sides(folder_ / "log")));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 2)) << completed.err.raw();
  EXPECT_THAT(completed.out, AllOf(HasSubstr("tank/nosuch"), HasSubstr("job 'home'"), HasSubstr("does not exist")));
}

TEST_F(ProgramTest, AFailureOfZfsIsRepeatedInItsOwnWordsWithAdvice) {
  const Completed completed = run_with(yaml_of_its_own(), {"--action", "snapshot"},
                                       fake_zfs("echo 'cannot create snapshots : permission denied' >&2; exit 1"));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err.raw(),
              AllOf(HasSubstr("cannot create snapshots : permission denied"), HasSubstr("--use-sudo")));
}

// A target that has one snapshot less, and whose n-th receive fails with the n-th of these words.
std::string failing_receives(const std::string& folder, const std::string& first, const std::string& later) {
  const std::string source = "tank/test-" + std::to_string(::getpid());
  return R"(line() { printf '%s\t%s\t%s\t%s\t%s\t%s\t-\t-\t-\t0%s\n' "$@"; }
case "$*" in
  list*-r*far/home) line far/home filesystem 3 5 - - ''
                    line far/home@2026-01-01T00:00:00Z snapshot 2 10 0 '' '' ;;
  list*-r*) line )" +
         source + R"( filesystem 1 5 - - '	-'
            line )" +
         source + R"(@2026-01-01T00:00:00Z snapshot 2 10 0 '' '	-'
            line )" +
         source + R"(@2026-01-02T00:00:00Z snapshot 4 20 0 '' '	-' ;;
  send*) ;;
  receive*) cat > /dev/null
            if [ -e )" +
         folder + "/failed ]; then echo '" + later + "' >&2; else echo '" + first + "' >&2; fi; touch " + folder +
         "/failed; exit 1 ;;\n" + R"(  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
)";
}

TEST_F(ProgramTest, TheFirstFailureIsToldBesideTheWordsOfTheSecondTry) {
  const Completed completed =
      run_with(yaml_of_its_own(), {"--action", "push"},
               fake_zfs(failing_receives(folder_.path(), "cannot receive: the cause", "cannot receive: what follows")));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1)) << completed.err.raw();
  EXPECT_THAT(
      completed.err.raw(),
      AllOf(HasSubstr("zfs receive far/home on this machine: exit status 1: cannot receive: what follows"),
            HasSubstr("it began with this: zfs receive far/home on this machine: exit status 1: cannot receive: "
                      "the cause")));
}

TEST_F(ProgramTest, WhatIsPermanentIsNotTriedAgainAndNeedsAPerson) {
  const std::string words = "cannot receive: IV set guid mismatch. See the zfs receive man page.";
  const Completed completed =
      run_with(yaml_of_its_own(), {"--action", "push"}, fake_zfs(failing_receives(folder_.path(), words, words)));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 3)) << completed.err.raw();
  EXPECT_THAT(completed.err.raw(),
              AllOf(HasSubstr("no raw increment goes on from it"), HasSubstr("1 kept back"),
                    ::testing::Not(HasSubstr("Tried again")), ::testing::Not(HasSubstr("it began with this"))));
}

TEST_F(ProgramTest, ConfigCheckTellsADatasetWhoseSnapshotsCouldHaveNoName) {
  std::string yaml = good_yaml;
  yaml.replace(yaml.find("tank/home"), 9, "tank/" + std::string(231, 'x'));
  expect_usage_error(run_with(yaml, {"config", "check"}), "could have no snapshots: tank/xxx");
  yaml = good_yaml;
  yaml.replace(yaml.find("far/home"), 8, "far/" + std::string(231, 'x'));
  const Completed at_target = run_with(yaml, {"config", "check"});
  EXPECT_TRUE(ended_with(at_target.status, ExitKind::exited, 2));
  EXPECT_THAT(at_target.err.raw(), HasSubstr("could have no snapshots at its target 'far': far/xxx"));
}

TEST_F(ProgramTest, ConfigCheckTellsOfJobsThatWorkOnTheSameDataset) {
  const Completed completed = run_with(
      good_yaml + "  more:\n    dataset: tank/home/x\n    targets: {far: {dataset: far/x, transport: local}}\n",
      {"config", "check"});
  EXPECT_TRUE(completed.ok()) << completed.err.raw();
  EXPECT_THAT(completed.err.raw(), HasSubstr("job home and job more work on the same dataset tank/home"));
}

TEST_F(ProgramTest, NoCommandRepeatsWhatATerminalWouldObey) {
  const Words hostile =
      fake_zfs("printf 'no\\033[2J\\233\\rzfs\\n2026-11-30T00:00:00Z job home: all well\\n' >&2; exit 1\n");
  for (const Words& words : {Words{}, Words{"--json"}, Words{"--log-format", "json"}, Words{"plan"},
                             Words{"plan", "--json"}, Words{"doctor"}, Words{"doctor", "--json"}}) {
    const Completed completed = run_with(yaml_of_its_own(), words, hostile);
    const std::string text = completed.out + completed.err.raw();
    EXPECT_THAT(text, HasSubstr("no\\")) << ::testing::PrintToString(words);
    EXPECT_EQ(text.find_first_of("\x1b\x9b\r"), std::string::npos) << ::testing::PrintToString(words);
    EXPECT_EQ(text.find("\n2026-11-30T00:00:00Z job home: all well"), std::string::npos);
  }
}

TEST_F(ProgramTest, ARunReportsAsJsonToo) {
  const Completed completed = run_with(yaml_of_its_own(), {"--json", "--action", "snapshot"},
                                       fake_zfs("echo 'cannot create snapshots : permission denied' >&2; exit 1"));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  const Json job = Json::parse(completed.out).at("jobs").at(0);
  EXPECT_EQ(job.at("dry-run"), false);
  EXPECT_EQ(job.at("exit-code"), 1);
  EXPECT_THAT(job.at("actions").at(0).at("errors").at(0).get<std::string>(), HasSubstr("permission denied"));
}

TEST_F(ProgramTest, ASignalEndsTheRunWithItsOwnExitStatus) {
  const Completed completed =
      run_with(yaml_of_its_own(), {"--action", "snapshot"}, fake_zfs("kill -TERM $PPID; exec sleep 1000"));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 128 + SIGTERM)) << completed.err.raw();
  EXPECT_THAT(completed.err.raw(), HasSubstr("ended by signal 15"));
}

TEST_F(ProgramTest, NoCommandReadsAConfigurationThatOthersCouldChange) {
  folder_.file("ssh_config", "Host far\n");
  const std::string yaml =
      "jobs: {home: {dataset: tank/home, targets: {far: {dataset: far/home, transport: {plugin: ssh, config: " +
      (folder_ / "ssh_config") + "}}}}}\n";
  for (const Words& words :
       {Words{}, Words{"plan"}, Words{"doctor"}, Words{"setup", "--dry-run"}, Words{"config", "check"}}) {
    ASSERT_EQ(::chmod((folder_ / "ssh_config").c_str(), 0666), 0);
    expect_usage_error(run_with(yaml, words),
                       "config.yaml:1:103: the ssh configuration is not used: " + (folder_ / "ssh_config") +
                           " can be written by others, who could choose the programs that ssh starts: chmod go-w ");
    ASSERT_EQ(::chmod((folder_ / "ssh_config").c_str(), 0644), 0);
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0770), 0);
    expect_usage_error(run_with(yaml, words),
                       "the configuration " + config_ + " is not used: " + folder_.path() +
                           " can be written by others, who could change what a run does: chmod go-w ");
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0700), 0);
  }
}

TEST_F(ProgramTest, ATildeInAConfigurationIsRefusedWithWhatToWrite) {
  const Completed completed = run_with(
      "jobs: {home: {dataset: tank/home, targets: {far: {dataset: far/home, transport: {plugin: ssh, config: "
      "~/.ssh/far}}}}}\n",
      {"plan"});
  expect_usage_error(completed, "config.yaml:1:103: '~/.ssh/far': '~' is a shell's");
  expect_usage_error(completed, "/root/.ssh/far");
}

// What a transport plugin says of its options, and what the core does, of two jobs.
TEST_F(ProgramTest, MistakesInTheOptionsOfSeveralPluginsAreToldAtOnce) {
  const Completed completed = run_with(
      "jobs:\n"
      "  a: {dataset: tank/a, retention: {plugin: gfs, dayly: 1, weekly: many}}\n"
      "  b: {dataset: tank/b, targets: {far: {dataset: far/b, transport: {plugin: ssh, config: /nowhere}}}}\n",
      {"config", "check"});
  expect_usage_error(completed, "config.yaml:2:49: unknown option 'dayly'");
  expect_usage_error(completed, "config.yaml:2:67: option 'weekly'");
  expect_usage_error(completed, "config.yaml:3:89: ");
}

TEST_F(ProgramTest, AJobThatExpiresAndTakesNoSnapshotsJudgesByTheOrderOfArrival) {
  const std::string tree = "tank/test-" + std::to_string(::getpid());
  const Words zfs = fake_zfs(R"(line() { printf '%s\t%s\t%s\t%s\t0\t\t-\t-\t-\t0\n' "$@"; }
line )" + tree + R"( filesystem 1 5
line )" + tree + R"(@2026-01-02T00:00:00Z snapshot 2 12
line )" + tree + R"(@2026-01-03T00:00:00Z snapshot 3 13
line )" + tree + R"(@2026-01-01T00:00:00Z snapshot 4 14
)");
  for (const auto& [actions, suspicious] :
       {std::pair("[expire]", true), std::pair("[expire, push]", true), std::pair("[snapshot, expire]", false)}) {
    const std::string yaml = "jobs: {home: {dataset: " + tree + ", actions: " + actions + "}}\n";
    const std::string planned = run_with(yaml, {"plan", "--action", "expire"}, zfs).out;
    EXPECT_EQ(planned.find("claims to be older") != std::string::npos, suspicious) << actions << "\n" << planned;
  }
}

TEST_F(ProgramTest, ASecondRunForTheSameTreeIsRefused) {
  const std::string inner = program + " --config " + config_ + " --action snapshot; echo \"inner: $?\" >&2; exit 1";
  const Completed completed = run_with(yaml_of_its_own(), {"--action", "snapshot"}, fake_zfs(inner));
  EXPECT_THAT(completed.err.raw(), AllOf(HasSubstr("another run for tank/test-"), HasSubstr("is in progress (process "),
                                         HasSubstr("inner: 6")));
}

}  // namespace
}  // namespace czb
