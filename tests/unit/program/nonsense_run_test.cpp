// SPDX-License-Identifier: MIT
// The real program with plugins that misbehave: what is wrong is said, the plugin is named, and nothing is destroyed.
// zfs is a shell script that writes down how it was called.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

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
using ::testing::Not;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

const std::string program = CZB_PROGRAM;

class NonsenseRunTest : public ::testing::Test {
 protected:
  NonsenseRunTest() {
    std::filesystem::create_directory(plugins_);
    std::filesystem::permissions(plugins_, std::filesystem::perms(0755));
    for (const auto& folder :
         {program.substr(0, program.rfind('/')) + "/" + CZB_BIN_TO_PLUGINS, std::string(CZB_FIXTURES "/nonsense")})
      for (const auto& file : std::filesystem::directory_iterator(folder)) add_plugin(file.path());
    std::filesystem::permissions(folder_.file("zfs", "#!/bin/sh\necho \"$*\" >> " + folder_.path() + R"(/log
line() { printf '%s\t%s\t%s\t%s\t%s\t%s\t-\t-\t-\t0\n' "$@"; }
case "$*" in
  list*) line )" + tree_ + R"( filesystem 1 5 - -
    for day in 1 2 3 4 5 6 7 8; do
      line )" + tree_ + R"(@2026-01-0${day}T00:00:00Z snapshot 2$day 1$day 0 ''
      line )" + tree_ + R"(@name-$day snapshot 3$day 2$day 0 ''
    done ;;
esac
)"),
                                 std::filesystem::perms::owner_all);
  }
  ~NonsenseRunTest() override {
    std::string lock = tree_;
    std::replace(lock.begin(), lock.end(), '/', '%');
    std::filesystem::remove(runtime_directory() + "/" + lock + ".lock");
  }

  void add_plugin(const std::filesystem::path& file) {
    std::filesystem::copy_file(file, plugins_ / file.filename());
    std::filesystem::permissions(plugins_ / file.filename(), std::filesystem::perms(0644));
  }

  Completed run(Words words) {
    Words argv = {"env", "-u", "JOURNAL_STREAM", "PATH=" + folder_.path() + ":/usr/bin:/bin", program};
    argv.insert(argv.end(), words.begin(), words.end());
    argv.insert(argv.end(), {"--plugin-dir", plugins_.string()});
    return czb::run(*transport_, argv);
  }

  Completed run_job(const std::string& plugins, Words words) {
    folder_.file("config.yaml", "jobs: {home: {dataset: " + tree_ + ", " + plugins + "}}\n");
    words.insert(words.end(), {"--config", folder_ / "config.yaml"});
    return run(words);
  }
  static std::string naming(const std::string& mode) { return "naming: {plugin: nonsense, mode: " + mode + "}"; }
  static std::string retention(const std::string& mode) { return "retention: {plugin: nonsense, mode: " + mode + "}"; }

  // How zfs was called: the first word of each time.
  std::string calls() const {
    std::ifstream file(folder_ / "log");
    std::string verbs;
    for (std::string line; std::getline(file, line);) verbs += line.substr(0, line.find(' ')) + " ";
    return verbs;
  }

  const Deadline deadline_;
  const TemporaryFolder folder_;
  const std::string tree_ = "tank/nonsense-" + std::to_string(::getpid());
  const std::filesystem::path plugins_ = folder_ / "plugins";
  std::shared_ptr<Transport> transport_ = local_transport();
};

TEST_F(NonsenseRunTest, ANameThatZfsWouldNotTakeOrThatIsNotReadBackTakesNoSnapshot) {
  for (const char* mode : {"slash", "at", "control", "empty", "long", "format-fails", "format-fails-silently",
                           "reads-nothing", "reads-another-time", "claims-all"}) {
    const Completed completed = run_job(naming(mode), {"--action", "snapshot", "expire"});
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1)) << mode;
    EXPECT_THAT(completed.err.raw(), HasSubstr("the naming plugin 'nonsense'")) << mode;
    EXPECT_EQ(calls().find("snapshot"), std::string::npos) << mode;
  }
  EXPECT_EQ(calls().find("destroy"), std::string::npos);
}

TEST_F(NonsenseRunTest, AnExceptionOutOfAPluginEndsTheRunAndNamesThePlugin) {
  struct Case {
    std::string plugins;
    const char* what;
  };
  for (const Case& c :
       {Case{naming("format-throws"), "the naming plugin 'nonsense' threw an exception out of its function format"},
        Case{naming("parse-throws"), "the naming plugin 'nonsense' threw an exception out of its function parse"},
        Case{retention("throws"), "the retention plugin 'nonsense' threw an exception out of its function judge"},
        Case{"transport: {plugin: nonsense, mode: start-throws}",
             "the transport plugin 'nonsense' threw an exception out of its function start"}}) {
    const Completed completed = run_job(c.plugins, {"--action", "snapshot", "expire"});
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1)) << c.plugins << to_string(completed.status);
    EXPECT_THAT(completed.err.raw(),
                AllOf(HasSubstr(c.what), HasSubstr("thrown on purpose"), Not(HasSubstr("terminate"))));
  }
  EXPECT_EQ(calls().find("destroy"), std::string::npos);
}

TEST_F(NonsenseRunTest, NamesThatThePluginWronglyClaimsDoNotExpire) {
  const Completed completed =
      run_job(naming("claims-all") + ", " + retention("usual"), {"--action", "expire", "--force-destroy-lots"});
  EXPECT_THAT(completed.err.raw(), HasSubstr("naming plugin 'nonsense' claims the snapshot name"));
  EXPECT_EQ(calls(), "list ");
}

TEST_F(NonsenseRunTest, StrangeVerdictsExpireNothing) {
  for (const char* mode : {"misses-one", "invents-one", "says-it-twice", "neither", "fails", "fails-silently"}) {
    const Completed completed = run_job(retention(mode), {"--action", "expire", "--force-destroy-lots"});
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1)) << mode;
    EXPECT_THAT(completed.err.raw(), HasSubstr("retention plugin")) << mode;
  }
  EXPECT_EQ(calls(), "list list list list list list ");
}

TEST_F(NonsenseRunTest, NamesThatThePluginReadsNowAndThenDoNotExpireWithoutIt) {
  const Completed completed =
      run_job(naming("changes-its-mind") + ", " + retention("usual"), {"--action", "expire", "--force-destroy-lots"});
  EXPECT_TRUE(completed.ok());  // one of them was read as ours, and the newest of ours stays
  EXPECT_EQ(calls(), "list ");
}

TEST_F(NonsenseRunTest, WhatExpiresEverythingStillMeetsTheGuards) {
  const Completed refused = run_job(retention("usual"), {"--action", "expire"});
  EXPECT_TRUE(ended_with(refused.status, ExitKind::exited, 5));
  EXPECT_EQ(calls(), "list get ");  // whose else that might be

  const Completed forced = run_job(retention("usual"), {"plan", "--action", "expire", "--force-destroy-lots"});
  EXPECT_THAT(forced.out, AllOf(HasSubstr("@2026-01-01T00:00:00Z,"),
                                HasSubstr(",2026-01-07T00:00:00Z\n    keeps " + tree_ + "@2026-01-08T00:00:00Z: "),
                                Not(HasSubstr("name-"))));
}

TEST_F(NonsenseRunTest, AStrangeRuleIsNoObstacleToJson) {
  const Completed completed = run_job(retention("strange-rule"), {"plan", "--action", "expire", "--verbose", "--json"});
  const Json plan = Json::parse(completed.out);
  EXPECT_EQ(plan.at("jobs").at(0).at("actions").at(0).at("verdicts").at(0).at("rule"), "(a rule that cannot be shown)");
}

TEST_F(NonsenseRunTest, ABrokenPluginStopsNoJobThatDoesNotUseIt) {
  for (const char* id : {"crashing-constructor", "exiting-constructor", "wrong-magic"})
    add_plugin(std::string(CZB_FIXTURES "/refused/naming-") + id + ".so");
  EXPECT_TRUE(run_job("naming: rfc3339", {"--action", "snapshot"}).ok());
  EXPECT_EQ(calls(), "snapshot ");
  const Completed listed = run({"plugins", "--json"});
  EXPECT_TRUE(listed.ok());
  int refused = 0;
  const Json listing = Json::parse(listed.out);
  for (const Json& plugin : listing.at("plugins")) refused += plugin.at("loaded") == false ? 1 : 0;
  EXPECT_EQ(listing.at("plugins").size(), 10U);
  EXPECT_EQ(refused, 3);
  const Completed used = run_job("naming: crashing-constructor", {"--action", "snapshot"});
  EXPECT_TRUE(ended_with(used.status, ExitKind::exited, 2));
  EXPECT_THAT(used.err.raw(),
              AllOf(HasSubstr("naming-crashing-constructor.so is refused: it crashes"), HasSubstr("config.yaml:1:")));
}

}  // namespace
}  // namespace czb
