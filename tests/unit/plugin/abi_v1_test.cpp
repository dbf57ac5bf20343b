// SPDX-License-Identifier: MIT
// Plugins that were built against the headers of plugin ABI 1.0 (tests/abi/v1) load and work.
#include <gmock/gmock.h>

#include "fixtures/temporary_folder.h"
#include "plan/judge.h"
#include "plugin/registry.h"
#include "process/command.h"
#include "real_process.h"
#include "text_buffer.h"

namespace czb {
namespace {

class AbiV1Test : public ::testing::Test {
 protected:
  const TemporaryFolder folder_;
  PluginRegistry plugins_{CZB_ABI_V1, folder_.path()};
};

TEST_F(AbiV1Test, PluginsLoadAndTellTheirVersion) {
  const auto listings = plugins_.list();
  ASSERT_EQ(listings.size(), 3U);
  for (const PluginListing& listing : listings) {
    ASSERT_NE(listing.descriptor, nullptr) << listing.refusal;
    EXPECT_EQ(listing.descriptor->abi_major, 1U);
    EXPECT_EQ(listing.descriptor->abi_minor, 0U);
    EXPECT_EQ(listing.descriptor->size, 128U);
  }
}

TEST_F(AbiV1Test, ANamingPluginWorks) {
  const auto naming = plugins_.create_naming({"days", "here", {RawOption{"prefix", "d", "here", "here"}}});
  TextBuffer name, error;
  EXPECT_EQ(naming->format(86400, name, error), Status::ok);
  EXPECT_EQ(name.text(), "d1");
  std::int64_t time = 0;
  EXPECT_TRUE(naming->parse("d20000", time));
  EXPECT_EQ(time, 20'000 * 86400);
  EXPECT_FALSE(naming->parse("d01", time));
  EXPECT_EQ(naming->format(1, name, error), Status::failed);
  EXPECT_EQ(error.text(), "only the beginning of a day has a name");
}

TEST_F(AbiV1Test, ARetentionPluginWorks) {
  const auto retention = plugins_.create_retention({"young", "here", {RawOption{"age", "1m", "here", "here"}}});
  const Snapshot snapshots[2] = {};
  const auto verdicts = judge({{&snapshots[0], 990}, {&snapshots[1], 900}}, "tank", *retention, 1000);
  EXPECT_EQ(verdicts.at(0).decision, Decision::keep);
  EXPECT_EQ(verdicts.at(1).decision, Decision::expire);
  EXPECT_EQ(verdicts.at(1).rule, "old");
}

TEST_F(AbiV1Test, ATransportPluginWorks) {
  const test::Deadline deadline;
  const auto transport = plugins_.create_transport({"plain", "here", {}});
  const Completed completed = czb::run(*transport, test::shell("cat; echo err >&2; exit 3"), {{}, "in"});
  EXPECT_EQ(completed.out, "in");
  EXPECT_EQ(completed.err, "err\n");
  EXPECT_TRUE(test::ended_with(completed.status, ExitKind::exited, 3));
  const Completed stopped = czb::run(*transport, {"sleep", "1000"}, {std::chrono::seconds(1), ""});
  EXPECT_TRUE(test::ended_with(stopped.status, ExitKind::signalled, SIGTERM));
  EXPECT_FALSE(test::has_children());
}

}  // namespace
}  // namespace czb
