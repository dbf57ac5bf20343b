// SPDX-License-Identifier: MIT
// What the kit says of plugins that it cannot even begin with, and `plugins test`, which runs it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>

#include "cyber-zfs-backup/testing/conformance.h"
#include "process_testing.h"

namespace {

using czb::testing::conformance_checks;
using czb::testing::ConformanceOutcome;
using czb::testing::ConformanceResult;
using czb::testing::ConformanceSettings;
using czb::testing::run_conformance_check;
using czb::transport_test::Words;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string broken_transport = CZB_BROKEN "/transport-broken.so";
const std::string broken_naming = CZB_BROKEN "/naming-broken.so";

TEST(ConformanceTest, ChecksHaveNamesThatBecomeTestNamesAndSayWhatTheyPromise) {
  for (const char* kind : {"transport", "naming", "retention"}) {
    const auto checks = conformance_checks(std::string("anywhere/") + kind + "-some-thing.so");
    EXPECT_GT(checks.size(), 5U);
    EXPECT_EQ(checks.front().name, std::string(kind) + "/loads");
    for (const auto& check : checks) {
      EXPECT_THAT(check.name, ::testing::MatchesRegex("(transport|naming|retention)/[a-z-]+"));
      EXPECT_THAT(check.promise, ::testing::EndsWith("."));
    }
  }
  EXPECT_EQ(czb::testing::conformance_detail::camel_case("exit-status"), "ExitStatus");
}

TEST(ConformanceTest, AFileThatIsNotCalledLikeAPluginIsRefused) {
  for (const char* name : {"libssh.so", "transport-.so", "transport-UP.so", "transport-ssh", "printer-x.so", ""})
    EXPECT_THROW(conformance_checks(name), std::runtime_error) << name;
  EXPECT_THROW(run_conformance_check(broken_naming, "", "naming/no-such-check"), std::runtime_error);
  EXPECT_THROW(run_conformance_check(broken_naming, "[a list]", "naming/loads"), std::runtime_error);
  EXPECT_THROW(run_conformance_check(broken_naming, "{plugin: other}", "naming/loads"), std::runtime_error);
}

TEST(ConformanceTest, WhatTheProgramWouldRefuseIsRefusedByEachCheckWithTheReason) {
  const auto expect_refused = [](const std::string& file, const std::string& options, const std::string& reason) {
    for (const char* check : {"naming/loads", "naming/pure"}) {
      const ConformanceResult result = run_conformance_check(file, options, check);
      EXPECT_EQ(result.outcome, ConformanceOutcome::refused);
      EXPECT_THAT(result.findings, ElementsAre(HasSubstr(reason)));
    }
  };
  expect_refused(CZB_BROKEN "/naming-nowhere.so", "", "there is no naming plugin 'nowhere'");
  expect_refused(broken_naming, "{falut: none}", "did you mean 'fault'?");
  expect_refused(broken_naming, "{fault: refuses-its-options}", "nothing is good enough");
}

TEST(ConformanceTest, ATransportThatCannotBeOpenedFails) {
  const ConformanceResult result =
      run_conformance_check(broken_transport, "{fault: cannot-be-reached}", "transport/opens");
  EXPECT_EQ(result.outcome, ConformanceOutcome::failed);
  EXPECT_THAT(result.findings, ElementsAre(AllOf(HasSubstr("unreachable"), HasSubstr("nobody is there"))));
}

TEST(ConformanceTest, ACheckThatHangsIsEndedAndFails) {
  ConformanceSettings settings;
  settings.limit = std::chrono::seconds(1);
  const ConformanceResult result =
      run_conformance_check(broken_transport, "{fault: hangs}", "transport/opens", settings);
  EXPECT_EQ(result.outcome, ConformanceOutcome::failed);
  EXPECT_THAT(result.findings, ElementsAre(HasSubstr("did not end within 1 s")));
  EXPECT_THAT(czb::transport_test::children(), ::testing::IsEmpty());
}

struct Completed {
  int status;
  std::string out;
  std::string err;
};

Completed plugins_test(const Words& words) {
  czb::transport_test::Pipe out = czb::transport_test::make_pipe();
  czb::transport_test::Pipe err = czb::transport_test::make_pipe();
  czb::LocalCommand command;
  command.argv = {CZB_PROGRAM, "plugins", "test"};
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  command.descriptors.out = out.write_end.get();
  command.descriptors.err = err.write_end.get();
  const czb::LocalProcess::Pointer process = czb::LocalProcess::start(command);
  out.write_end.reset();
  err.write_end.reset();
  std::string complaints;
  std::thread reader([&] { complaints = czb::transport_test::read_all(err.read_end.get()); });
  const std::string printed = czb::transport_test::read_all(out.read_end.get());
  reader.join();
  return {czb::transport_test::wait_for(*process).code, printed, complaints};
}

TEST(PluginsTestCommandTest, PrintsALineForEachCheckAndEndsWellWhereAllPass) {
  const Completed completed = plugins_test({CZB_PLUGINS "/naming-rfc3339.so", "--option", "prefix=auto-"});
  EXPECT_EQ(completed.status, 0) << completed.err;
  for (const auto& check : conformance_checks("naming-x.so"))
    EXPECT_THAT(completed.out, HasSubstr(check.name + " ")) << check.name;
  EXPECT_THAT(completed.out, AllOf(HasSubstr("naming-rfc3339.so: 7 of 7 checks passed"), Not(HasSubstr("FAILED"))));
}

TEST(PluginsTestCommandTest, SaysWhatIsWrongAndEndsWithOne) {
  const Completed completed = plugins_test({broken_naming, "--option", "fault=not-a-zfs-name"});
  EXPECT_EQ(completed.status, 1);
  EXPECT_THAT(completed.out, AllOf(HasSubstr("FAILED          naming/names-fit"), HasSubstr("ZFS takes no snapshot"),
                                   HasSubstr("6 of 7 checks passed")));
}

TEST(PluginsTestCommandTest, WhatNeedsAFailedCheckIsNotRun) {
  const Completed completed = plugins_test({broken_transport, "--option", "fault=cannot-be-reached"});
  EXPECT_EQ(completed.status, 1);
  EXPECT_THAT(completed.out, AllOf(HasSubstr("FAILED          transport/opens"),
                                   HasSubstr("not applicable  transport/argv"), HasSubstr("1 of 19 checks passed")));
}

TEST(PluginsTestCommandTest, ARefusedPluginOrOptionIsAWrongCommandLine) {
  const auto expect_usage_error = [](const Words& words, const std::string& message) {
    const Completed completed = plugins_test(words);
    EXPECT_EQ(completed.status, 2);
    EXPECT_EQ(completed.out, "");
    EXPECT_THAT(completed.err, HasSubstr(message));
  };
  expect_usage_error({}, "needs FILE");
  expect_usage_error({"a.so"}, "not called KIND-ID.so");
  expect_usage_error({broken_naming, broken_naming}, "belongs to no option");
  expect_usage_error({CZB_BROKEN "/naming-nowhere.so"}, "there is no naming plugin 'nowhere'");
  expect_usage_error({broken_naming, "--option", "falut=none"}, "option --option falut: unknown option 'falut'");
  expect_usage_error({broken_naming, "--option", "fault"}, "'fault' is not of the form NAME=VALUE");
  expect_usage_error({broken_naming, "--option", "fault=a", "--option", "fault=b"}, "is given twice");
  expect_usage_error({CZB_PLUGINS "/retention-gfs.so", "--option", "daily=some"}, "expected a number or `all`");
  expect_usage_error({broken_naming, "--option", "fault=refuses-its-options"}, "nothing is good enough");
}

TEST(PluginsTestCommandTest, PrintsJson) {
  const Completed completed = plugins_test({broken_naming, "--option=fault=long-names", "--json"});
  EXPECT_EQ(completed.status, 1);
  const auto json = nlohmann::json::parse(completed.out);
  EXPECT_EQ(json.at("file"), broken_naming);
  EXPECT_EQ(json.at("passed"), false);
  std::vector<std::string> failed;
  for (const auto& check : json.at("checks")) {
    if (check.at("outcome") == "passed") continue;
    failed.push_back(check.at("name"));
    EXPECT_FALSE(check.at("findings").empty());
  }
  EXPECT_THAT(failed, ElementsAre("naming/names-fit"));
}

}  // namespace
