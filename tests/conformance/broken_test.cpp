// SPDX-License-Identifier: MIT
// That the kit can fail: a plugin that breaks one promise fails the check of that promise, and no other.
#include <gmock/gmock.h>

#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "cyber-zfs-backup/testing/run_conformance.h"

namespace {

using czb::testing::ConformanceOutcome;
using czb::testing::ConformanceSettings;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// How long a check waits: for what a broken plugin does not let come, and for all that does come.
constexpr std::chrono::seconds in_vain{5};
constexpr std::chrono::seconds patience{600};

// In small, so that each check of each broken plugin can be run.
ConformanceSettings in_small(std::chrono::seconds time = patience) {
  ConformanceSettings settings;
  settings.cycles = 20;
  settings.stream_bytes = std::uint64_t{1} << 21;
  settings.patience = time;
  return settings;
}

struct Broken {
  const char* kind;
  const char* fault;
  const char* check;                      // that fails
  const char* finding;                    // part of what it says
  std::chrono::seconds waits = patience;  // in that check
};

void PrintTo(const Broken& broken, std::ostream* stream) { *stream << broken.kind << " " << broken.fault; }

class BrokenPluginTest : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenPluginTest, FailsTheCheckOfItsPromiseAndNoOther) {
  const Broken& broken = GetParam();
  const std::string file = std::string(CZB_BROKEN "/") + broken.kind + "-broken.so";
  const std::string options = std::string("{fault: ") + broken.fault + "}";
  std::vector<std::string> failed;
  std::string findings;
  for (const auto& check : czb::testing::conformance_checks(file)) {
    const auto result = czb::testing::run_conformance_check(
        file, options, check.name, in_small(check.name == broken.check ? broken.waits : patience));
    if (result.outcome == ConformanceOutcome::passed) continue;
    failed.push_back(check.name);
    for (const std::string& finding : result.findings) findings += check.name + ": " + finding + "\n";
  }
  EXPECT_THAT(failed, ElementsAre(broken.check)) << findings;
  EXPECT_THAT(findings, HasSubstr(broken.finding));
}

std::string test_name(const ::testing::TestParamInfo<Broken>& info) {
  std::string name = info.param.kind;
  bool first = true;
  for (const char character : std::string("-") + info.param.fault) {
    if (character != '-') name += first ? static_cast<char>(::toupper(character)) : character;
    first = character == '-';
  }
  return name;
}

const Broken broken_transports[] = {
    {"transport", "joins-words", "transport/argv", "arrived"},
    {"transport", "cuts-streams", "transport/large-streams", "1000000 came back"},
    {"transport", "swallows-standard-error", "transport/standard-error", "arrived as ''"},
    {"transport", "mixes-standard-error", "transport/standard-error", "came out of standard output"},
    {"transport", "inherits-standard-input", "transport/dev-null", "not ready", in_vain},
    {"transport", "every-failure-is-one", "transport/exit-status", "exit status 2 arrives as exit status 1"},
    {"transport", "killed-is-well", "transport/signals", "arrives as exit status 0"},
    {"transport", "crashes-on-a-missing-program", "transport/not-started", "signal 6"},
    {"transport", "forgets-the-end", "transport/wait-again", "said exit status 3, and then exit status 0"},
    {"transport", "always-ready", "transport/ready-descriptor", "readable while the command runs"},
    {"transport", "never-terminates", "transport/terminate", "still runs", in_vain},
    {"transport", "terminates-one-process", "transport/terminate", "still holds its standard output", in_vain},
    {"transport", "releases-without-end", "transport/release", "still holds its standard output", in_vain},
    {"transport", "describes-without-quotes", "transport/described-command", "words"},
    {"transport", "closes-the-hosts-descriptor", "transport/own-descriptors", "was closed by the plugin"},
    {"transport", "makes-descriptors-inheritable", "transport/own-descriptors", "not closed on exec"},
    {"transport", "a-descriptor-too-many", "transport/no-other-descriptors", "has the descriptors 7"},
    {"transport", "serves-one", "transport/two-at-once", "somebody else is using it"},
    {"transport", "leaves-a-process", "transport/close", "(sleep) is left behind"},
    {"transport", "leaves-a-daemon", "transport/close", "(sleep) is left behind"},
    {"transport", "leaks-a-descriptor", "transport/cycles", "descriptors more are open"},
};
INSTANTIATE_TEST_SUITE_P(Transports, BrokenPluginTest, ::testing::ValuesIn(broken_transports), test_name);

const Broken broken_namings[] = {
    {"naming", "reads-nothing-odd", "naming/reads-back", "is not read back"},
    {"naming", "folds-an-hour", "naming/every-second", "not after that of"},
    {"naming", "not-a-zfs-name", "naming/names-fit", "'/'"},
    {"naming", "long-names", "naming/names-fit", "200 are allowed"},
    {"naming", "one-name-an-instance", "naming/pure", "a second instance answers differently"},
    {"naming", "time-zone", "naming/pure", "in the time zone BBB+11"},
    {"naming", "reads-too-much", "naming/foreign-names", "which no snapshot can be called"},
    {"naming", "crashes-on-long-names", "naming/foreign-names", "signal 6"},
    {"naming", "refuses-without-words", "naming/limits", "without a sentence"},
    {"naming", "crashes-before-1970", "naming/limits", "signal 6"},
};
INSTANTIATE_TEST_SUITE_P(Namings, BrokenPluginTest, ::testing::ValuesIn(broken_namings), test_name);

const Broken broken_retentions[] = {
    {"retention", "forgets-one", "retention/one-verdict-each", "no verdict on snapshot 7"},
    {"retention", "judges-twice", "retention/one-verdict-each", "2 verdicts on snapshot 7"},
    {"retention", "judges-a-stranger", "retention/one-verdict-each", "which it was not given"},
    {"retention", "fails-on-the-future", "retention/one-verdict-each", "the future is not written"},
    {"retention", "throws-on-nothing", "retention/nothing", "signal 6"},
    {"retention", "judges-nothing", "retention/nothing", "without snapshots"},
    {"retention", "remembers", "retention/pure", "a second time"},
    {"retention", "no-rule", "retention/rules", "no rule"},
    {"retention", "two-lines", "retention/rules", "more than one line"},
    {"retention", "silent-at-the-edges", "retention/limits", "without a sentence"},
};
INSTANTIATE_TEST_SUITE_P(Retentions, BrokenPluginTest, ::testing::ValuesIn(broken_retentions), test_name);

// Where nothing is wrong with them, nothing is found.
class SoundPluginTest : public ::testing::TestWithParam<const char*> {};

TEST_P(SoundPluginTest, PassesEveryCheck) {
  const std::string file = std::string(CZB_BROKEN "/") + GetParam() + "-broken.so";
  for (const auto& check : czb::testing::conformance_checks(file)) {
    const auto result = czb::testing::run_conformance_check(file, "", check.name, in_small());
    EXPECT_EQ(result.outcome, ConformanceOutcome::passed)
        << check.name << ": " << (result.findings.empty() ? "" : result.findings.front());
  }
}

INSTANTIATE_TEST_SUITE_P(All, SoundPluginTest, ::testing::Values("transport", "naming", "retention"));

TEST(BrokenPluginsTest, EveryCheckHasOneThatFailsIt) {
  // For loads and opens see kit_test.cpp.
  std::set<std::string> failed = {"transport/loads", "transport/opens", "naming/loads", "retention/loads"};
  for (const Broken& broken : broken_transports) failed.insert(broken.check);
  for (const Broken& broken : broken_namings) failed.insert(broken.check);
  for (const Broken& broken : broken_retentions) failed.insert(broken.check);
  std::set<std::string> all;
  for (const char* file : {"transport-x.so", "naming-x.so", "retention-x.so"})
    for (const auto& check : czb::testing::conformance_checks(file)) all.insert(check.name);
  EXPECT_EQ(failed, all);
}

}  // namespace
