// SPDX-License-Identifier: MIT
// The examples, as tests/sdk/out-of-tree has built them from an installation alone, do the whole job.
#include <filesystem>

#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

class PluginTest : public LabTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(std::filesystem::exists(std::string(CZB_SDK_PLUGINS) + "/transport-command.so"))
        << "first: tests/sdk/out-of-tree BUILD_DIR " << CZB_SDK_PLUGINS;
  }
  const Words with_plugins = {"--plugin-dir", CZB_SDK_PLUGINS};
};

TEST_F(PluginTest, ATransportBuiltAgainstTheInstalledSdkDoesAWholePush) {
  make_tree({"child"});
  transport = "{plugin: command, prefix: [chroot, /]}";
  for (int day = 1; day <= 3; ++day) {
    write("child", "data", noise(static_cast<unsigned>(day)));
    expect_backup(day, with_plugins);
  }
  EXPECT_THAT(snapshots_of(target), Contains(Pair("child", SizeIs(3))));
}

TEST_F(PluginTest, NamesOfAnotherToolAndARetentionOfOnesOwnDoTheDailyJob) {
  make_tree({"child"});
  job_options = {"naming: {plugin: sanoid, type: daily}"};
  retention = "{plugin: keep-last, count: 2}";
  for (int day = 1; day <= 4; ++day) expect_backup(day, with_plugins + Words{"--force-destroy-lots"});
  EXPECT_THAT(snapshots_of(source),
              Contains(Pair("child", ElementsAre(HasSubstr("autosnap_"), HasSubstr("autosnap_")))));
}

}  // namespace
}  // namespace czb::lab
