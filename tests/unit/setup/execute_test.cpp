// SPDX-License-Identifier: MIT
// The actions of setting up, done for real (setup/execute.h).
#include "setup/execute.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixtures/temporary_folder.h"
#include "setup/path_state.h"
#include "setup/setup_testing.h"

namespace czb::setup {
namespace {

using ::testing::HasSubstr;
using Kind = PathState::Kind;

class SetupExecute : public ::testing::Test {
 protected:
  std::string refused(const Action& action) {
    return refusal_of([&] { execute(action); });
  }
  const TemporaryFolder folder_;
};

TEST_F(SetupExecute, ALineIsAddedOnceToANewFileThatAllCanRead) {
  const AddLine add{folder_ / "keys", "one \"line\""};
  execute(add);
  execute(add);
  EXPECT_EQ(text_of_file(folder_ / "keys"), "one \"line\"\n");
  EXPECT_EQ(state_of_path(folder_ / "keys").mode, 0644U);
}

TEST_F(SetupExecute, ALineIsAddedBehindAnUnfinishedOneAndLeavesTheModeAlone) {
  folder_.file("keys", "first");
  ASSERT_EQ(::chmod((folder_ / "keys").c_str(), 0600), 0);
  execute(AddLine{folder_ / "keys", "second"});
  EXPECT_EQ(text_of_file(folder_ / "keys"), "first\nsecond\n");
  EXPECT_EQ(state_of_path(folder_ / "keys").mode, 0600U);
}

TEST_F(SetupExecute, ALineIsNotAddedThroughALinkOrToAFileWithAnotherName) {
  folder_.file("real", "");
  ASSERT_EQ(::symlink((folder_ / "real").c_str(), (folder_ / "link").c_str()), 0);
  EXPECT_THAT(refused(AddLine{folder_ / "link", "x"}), HasSubstr("could not write"));
  ASSERT_EQ(::link((folder_ / "real").c_str(), (folder_ / "second").c_str()), 0);
  EXPECT_THAT(refused(AddLine{folder_ / "real", "x"}), HasSubstr("with this one name"));
  ASSERT_EQ(::symlink(folder_.path().c_str(), (folder_ / "folder").c_str()), 0);
  EXPECT_THAT(refused(AddLine{folder_ / "folder/real", "x"}), HasSubstr("could not write"));
  EXPECT_EQ(text_of_file(folder_ / "real"), "");
}

TEST_F(SetupExecute, ANewFileNeverReplacesOne) {
  execute(NewFile{folder_ / "config", "mine\n"});
  EXPECT_THAT(refused(NewFile{folder_ / "config", "other\n"}), HasSubstr("it exists already"));
  EXPECT_EQ(text_of_file(folder_ / "config"), "mine\n");
  EXPECT_EQ(state_of_path(folder_ / "config").mode, 0644U);
}

TEST_F(SetupExecute, ACommandThatFailsIsToldWithItsWords) {
  EXPECT_THAT(refused(RunCommand{{"ssh-keygen", "-l", "-f", folder_ / "none"}}),
              AllOf(HasSubstr("ssh-keygen -l -f"), HasSubstr("exit status 255"), HasSubstr("No such file")));
  EXPECT_THAT(refused(RunCommand{{"there-is-no-such-program"}}), HasSubstr("there-is-no-such-program"));
}

TEST_F(SetupExecute, AWordReachesTheProgramAsItIs) {
  const std::string odd = folder_ / "a b;$(id)'\"";
  execute(RunCommand{{"install", "-d", "-m", "0700", odd}});
  EXPECT_EQ(state_of_path(odd).kind, Kind::folder);
  EXPECT_EQ(state_of_path(odd).mode, 0700U);
}

TEST_F(SetupExecute, APlanTellsEachStepAndStopsAtTheFirstFailure) {
  Plan plan;
  plan.steps = {{"what was there", {}},
                {"the file", {NewFile{folder_ / "a", "x\n"}}},
                {"the same file", {NewFile{folder_ / "a", "x\n"}}},
                {"the last", {NewFile{folder_ / "b", "x\n"}}}};
  std::string said;
  EXPECT_THAT(refusal_of([&] { execute(plan, [&](const std::string& text) { said += text; }); }),
              HasSubstr("it exists already"));
  EXPECT_EQ(said, "already there: what was there\ndone: the file\n");
  EXPECT_EQ(state_of_path(folder_ / "b").kind, Kind::absent);
}

TEST_F(SetupExecute, APathIsLookedAtWithoutFollowingIt) {
  ASSERT_EQ(::symlink("/etc", (folder_ / "link").c_str()), 0);
  EXPECT_EQ(state_of_path(folder_ / "link").kind, Kind::link);
  EXPECT_EQ(state_of_path(folder_ / "none/none").kind, Kind::absent);
  EXPECT_EQ(state_of_path("/dev/null").kind, Kind::other);
  EXPECT_EQ(text_of_file(folder_ / "link"), "");
}

}  // namespace
}  // namespace czb::setup
