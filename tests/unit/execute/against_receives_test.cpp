// SPDX-License-Identifier: MIT
// An expiry and the receives of a restricted receiver keep each other out (execute/against_receives.h).
#include "execute/against_receives.h"

#include <gmock/gmock.h>

#include "error.h"
#include "fixtures/temporary_folder.h"

namespace czb {
namespace {

using ::testing::HasSubstr;

class AgainstReceivesTest : public ::testing::Test {
 protected:
  AgainstReceivesTest() {
    job_.dataset = "tank/x";
    job_.transport.id = "local";
    job_.actions = {Action::expire, Action::push};
  }

  JobReport run(const std::string& state) {
    return run_against_receives(job_, options_, state,
                                [&](const RunOptions& options, std::optional<DatasetLock> no_receives) {
                                  ran_with_ = options.actions;
                                  had_lock_ = no_receives.has_value();
                                  was_busy_ = had_lock_ && is_busy(folder_.path());
                                  return JobReport();
                                });
  }
  bool is_busy(const std::string& state) const {
    try {
      const DatasetLock lock(state, job_.dataset + "/below", LockScope::dataset);
    } catch (const Error& error) {
      return error.code() == ExitCode::busy;
    }
    return false;
  }

  const TemporaryFolder folder_;
  // Not even root can use a file as a folder.
  const std::string unusable_ = folder_.file("no-folder", "");
  JobConfig job_;
  RunOptions options_;
  std::set<Action> ran_with_;
  bool had_lock_ = false;
  bool was_busy_ = false;
};

TEST_F(AgainstReceivesTest, WhileItExpiresNothingIsReceived) {
  const JobReport report = run(folder_.path());
  EXPECT_TRUE(had_lock_ && was_busy_);
  EXPECT_EQ(report.code(), ExitCode::ok);
  EXPECT_FALSE(is_busy(folder_.path())) << "afterwards";
}

TEST_F(AgainstReceivesTest, WhereTheLocksCannotBeUsedItPushesAndExpiresNothing) {
  const JobReport report = run(unusable_);
  EXPECT_EQ(ran_with_.count(Action::expire), 0U);
  EXPECT_EQ(ran_with_.count(Action::push), 1U);
  EXPECT_FALSE(had_lock_);
  EXPECT_EQ(report.code(), ExitCode::failed);
  ASSERT_EQ(report.general.errors.size(), 1U);
  EXPECT_THAT(report.general.errors[0], HasSubstr("nothing expired: the receiver's locks in " + unusable_));
}

TEST_F(AgainstReceivesTest, AndWhereItWouldOnlyExpireItDoesNothing) {
  for (const bool by_option : {false, true}) {
    job_.actions = {Action::expire, Action::push};
    options_.actions = {Action::expire};
    if (!by_option) std::swap(job_.actions, options_.actions);
    try {
      run(unusable_);
      FAIL() << "it ran";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::failed);
      EXPECT_THAT(error.what(), HasSubstr("cannot be used: "));
    }
  }
  EXPECT_TRUE(ran_with_.empty());
}

TEST_F(AgainstReceivesTest, AReceiveThatGoesOnKeepsAllOfItOut) {
  const DatasetLock receive(folder_.path(), "tank/x/below", LockScope::dataset);
  try {
    run(folder_.path());
    FAIL() << "it ran";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::busy);
  }
  EXPECT_TRUE(ran_with_.empty());
}

TEST_F(AgainstReceivesTest, WithoutAReceiverOrForATreeOfItsOwnNoLockIsNeeded) {
  EXPECT_EQ(run(folder_ / "absent").code(), ExitCode::ok);
  EXPECT_EQ(ran_with_.count(Action::expire), 1U);
  job_.actions.insert(Action::snapshot);
  EXPECT_EQ(run(unusable_).code(), ExitCode::ok);
  EXPECT_EQ(ran_with_.count(Action::expire), 1U);
  EXPECT_FALSE(had_lock_);
}

TEST_F(AgainstReceivesTest, WhatExpiresNothingHereNeedsNone) {
  options_.dry_run = true;
  EXPECT_EQ(run(unusable_).code(), ExitCode::ok);
  options_.dry_run = false;
  options_.actions = {Action::push};
  EXPECT_EQ(run(unusable_).code(), ExitCode::ok);
  options_ = {};
  job_.transport.id = "ssh";
  EXPECT_EQ(run(unusable_).code(), ExitCode::ok);
  EXPECT_FALSE(had_lock_);
}

}  // namespace
}  // namespace czb
