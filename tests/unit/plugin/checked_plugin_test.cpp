// SPDX-License-Identifier: MIT
// What plugins that load well answer is held to the interfaces' contracts (plugin/checked_*.h).
#include <gmock/gmock.h>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "plan/judge.h"
#include "plugin/registry.h"
#include "process/command.h"
#include "text_buffer.h"

namespace czb {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class CheckedPluginTest : public ::testing::Test {
 protected:
  static PluginChoice nonsense(const std::string& mode) {
    return {"nonsense", "c.yaml:4:5", {RawOption{"mode", mode, "c.yaml:5:3", "c.yaml:5:9"}}};
  }
  std::shared_ptr<Naming> naming(const std::string& mode) { return plugins_.create_naming(nonsense(mode)); }
  std::shared_ptr<Transport> transport(const std::string& mode) { return plugins_.create_transport(nonsense(mode)); }

  // Of three snapshots.
  std::vector<Verdict> verdicts(const std::string& mode) {
    const Snapshot snapshots[3] = {};
    const std::vector<OwnSnapshot> own = {{&snapshots[0], 3}, {&snapshots[1], 2}, {&snapshots[2], 1}};
    return judge(own, "tank", *plugins_.create_retention(nonsense(mode)), 10);
  }

  std::string failure_of_judge(const std::string& mode) {
    try {
      verdicts(mode);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::failed);
      return error.what();
    }
    return "none";
  }

  std::string failure_of_run(const std::string& mode, ExitCode code = ExitCode::failed) {
    try {
      const Completed completed = czb::run(*transport(mode), {"true"});
      return to_string(completed.status) + ": " + completed.transport_error;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
  }

  const TemporaryFolder folder_;
  PluginRegistry plugins_{CZB_FIXTURES "/nonsense", folder_.path()};
};

TEST_F(CheckedPluginTest, ANameIsNotTooLong) {
  TextBuffer name, error;
  EXPECT_EQ(naming("long")->format(1'800'000'000, name, error), Status::failed);
  EXPECT_EQ(error.text(), "its name has 205 bytes, and may have 200");
  EXPECT_EQ(name.text(), "");
}

TEST_F(CheckedPluginTest, AFailureAlwaysHasWords) {
  TextBuffer name, error;
  EXPECT_EQ(naming("format-fails-silently")->format(0, name, error), Status::failed);
  EXPECT_EQ(error.text(), "it gives no reason");
  TextBuffer opening;
  EXPECT_EQ(transport("open-fails-silently")->open(opening), Status::failed);
  EXPECT_EQ(opening.text(), "the transport plugin 'nonsense' failed and gives no reason");
  EXPECT_EQ(failure_of_run("start-fails-silently", ExitCode::unreachable), opening.text());
  EXPECT_EQ(failure_of_run("wait-fails-silently"), "the connection failed: " + opening.text());
  EXPECT_THAT(failure_of_judge("fails-silently"), HasSubstr("retention plugin 'nonsense': it gives no reason"));
}

TEST_F(CheckedPluginTest, WhatATransportRepeatsOfTheFarEndIsOneLineWithoutControlCharacters) {
  TextBuffer opening;
  EXPECT_EQ(transport("open-fails-with-far-words")->open(opening), Status::unreachable);
  EXPECT_EQ(opening.text(), "no\\x1b[2J; fake line of '/srv/M\xc3\xbcller'");
  EXPECT_EQ(failure_of_run("loses-it-with-far-words"),
            "the connection failed: no\\x1b[2J; fake line of '/srv/M\xc3\xbcller'");
}

TEST_F(CheckedPluginTest, ANameIsOursOnlyIfThePluginWouldWriteIt) {
  std::int64_t time = 5;
  EXPECT_FALSE(naming("claims-all")->parse("somebody-elses", time));
  EXPECT_FALSE(naming("reads-another-time")->parse("name-7", time));
  EXPECT_FALSE(naming("format-fails")->parse("name-7", time));
  EXPECT_FALSE(naming("usual")->parse("name-007", time));
  EXPECT_EQ(time, 5);
  EXPECT_TRUE(naming("usual")->parse("name-7", time));
  EXPECT_EQ(time, 7);
}

TEST_F(CheckedPluginTest, TheFirstNameThatItWouldNotWriteIsWarnedOf) {
  const auto checked = naming("claims-all");
  std::int64_t time = 0;
  ::testing::internal::CaptureStdout();  // where spdlog writes before it is set up
  ::testing::internal::CaptureStderr();
  checked->parse("somebody-elses", time);
  checked->parse("another", time);
  const std::string said = ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, AllOf(HasSubstr("naming plugin 'nonsense' claims the snapshot name 'somebody-elses'"),
                          HasSubstr("it writes 'name-1'"), HasSubstr("never expire")));
  EXPECT_EQ(said.find("another'"), std::string::npos);
}

TEST_F(CheckedPluginTest, VerdictsAreOneForEachSnapshotOrNone) {
  EXPECT_THAT(verdicts("usual"), AllOf(SizeIs(3), Each(::testing::Field(&Verdict::decision, Decision::expire))));
  EXPECT_THAT(failure_of_judge("misses-one"), HasSubstr("no verdict for some snapshots"));
  EXPECT_THAT(failure_of_judge("invents-one"), HasSubstr("a verdict for a snapshot that it was not given"));
  EXPECT_THAT(failure_of_judge("says-it-twice"), HasSubstr("two verdicts for one snapshot"));
  EXPECT_THAT(failure_of_judge("neither"), HasSubstr("neither keep nor expire"));
  EXPECT_THAT(failure_of_judge("fails"), HasSubstr("retention plugin 'nonsense': the moon is not full"));
}

TEST_F(CheckedPluginTest, ARuleIsALineThatCanBeShown) {
  EXPECT_EQ(verdicts("usual").at(0).rule, "all expire");
  EXPECT_EQ(verdicts("strange-rule").at(0).rule, "(a rule that cannot be shown)");
}

TEST_F(CheckedPluginTest, ACommandThatStartedIsAProcessThatCanBeWaitedFor) {
  EXPECT_THAT(failure_of_run("no-process"), HasSubstr("transport plugin 'nonsense' says that it started the command"));
  for (const char* mode : {"no-descriptor", "closed-descriptor"})
    EXPECT_THAT(failure_of_run(mode), HasSubstr("no descriptor that tells when the command has ended"));
}

TEST_F(CheckedPluginTest, AnExitStatusIsOfAKindThatThereIs) {
  TextBuffer error;
  Process* process = nullptr;
  const auto checked = transport("usual");
  ASSERT_EQ(checked->start({}, {}, &process, error), Status::ok);
  ExitStatus status;
  EXPECT_EQ(process->wait(status, error), Status::failed);
  EXPECT_THAT(error.text(), HasSubstr("exit status of no known kind"));
  process->release();
}

TEST_F(CheckedPluginTest, WhoeverTestsAPluginGetsItsRawAnswers) {
  PluginRegistry raw(CZB_FIXTURES "/nonsense", folder_.path(), Answers::raw);
  std::int64_t time = 0;
  EXPECT_TRUE(raw.create_naming(nonsense("claims-all"))->parse("somebody-elses", time));
}

}  // namespace
}  // namespace czb
