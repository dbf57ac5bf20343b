// SPDX-License-Identifier: MIT
// A report that could not be written is no success: every command of both programs, with each output that takes
// nothing.
#include <gmock/gmock.h>

#include <filesystem>
#include <map>

#include "cli/commands.h"
#include "fixtures/temporary_folder.h"
#include "process/command.h"
#include "real_process.h"

namespace czb {
namespace {

using test::ended_with;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

// What each command needs to have something to say; of a shell.
const std::map<std::string, Words> words_of_command = {
    {"", {"--dry-run CONFIG", "--dry-run --json CONFIG"}},
    {"plan", {"plan CONFIG", "plan --json CONFIG"}},
    {"doctor", {"doctor CONFIG", "doctor --json CONFIG"}},
    {"plugins", {"plugins", "plugins --json"}},
    {"plugins describe", {"plugins describe ssh", "plugins describe ssh --json"}},
    {"plugins test", {"plugins test PLUGIN", "plugins test PLUGIN --json"}},
    {"config check", {"config check CONFIG"}},
    {"config show", {"config show CONFIG"}},
    {"setup", {"setup CONFIG"}},
};

class Output : public ::testing::Test {
 protected:
  Output() {
    folder_.file("config.yaml",
                 "jobs:\n  a:\n    dataset: tank/a\n    targets: {b: {dataset: far/a, transport: local}}\n");
    const std::string zfs = folder_.file("zfs", "#!/bin/sh\nexit 1\n");
    std::filesystem::permissions(zfs, std::filesystem::perms::owner_all);
  }

  std::string command_line(std::string words) const {
    const std::string bin = program_.substr(0, program_.rfind('/'));
    const std::map<std::string, std::string> values = {{"CONFIG", "--config " + folder_.path() + "/config.yaml"},
                                                       {"PLUGIN", bin + "/" CZB_BIN_TO_PLUGINS "/naming-rfc3339.so"}};
    for (const auto& [name, value] : values)
      if (const std::size_t at = words.find(name); at != std::string::npos) words.replace(at, name.size(), value);
    return words;
  }

  // On a full disk, to a reader that has gone away, and with no standard output at all.
  void expect_failure(const std::string& command) {
    const std::string environment = "PATH=" + folder_.path() + ":$PATH ";
    const std::map<std::string, std::string> shells = {
        {"a full disk", environment + command + " > /dev/full"},
        {"a reader that went away", "mkfifo " + folder_.path() + "/fifo; exec 3<> " + folder_.path() + "/fifo 4> " +
                                        folder_.path() + "/fifo 3<&-; rm " + folder_.path() + "/fifo; " + environment +
                                        command + " >&4"},
        {"none", environment + command + " >&-"}};
    for (const auto& [what, script] : shells) {
      const Completed completed = czb::run(*transport_, test::shell(script));
      EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1)) << what << ": " << command;
      EXPECT_THAT(completed.err.raw(), HasSubstr("cannot write to the standard output: ")) << what << ": " << command;
    }
  }

  const test::Deadline deadline_;
  const TemporaryFolder folder_;
  const std::string program_ = CZB_PROGRAM;
  std::shared_ptr<Transport> transport_ = test::local_transport();
};

TEST_F(Output, ThatCannotBeWrittenIsNoSuccessOfAnyCommand) {
  for (const Command& command : commands()) {
    std::string name;
    for (const std::string& word : command.words) name += (name.empty() ? "" : " ") + word;
    ASSERT_TRUE(words_of_command.count(name) != 0) << "this test does not know the command '" << name << "'";
    expect_failure(program_ + " " + name + " --help");
    for (const std::string& words : words_of_command.at(name)) expect_failure(program_ + " " + command_line(words));
  }
  expect_failure(program_ + " --version");
}

TEST_F(Output, ThatCannotBeWrittenIsNoSuccessOfTheReceiver) {
  const std::string receiver = CZB_RECEIVER;
  for (const std::string& words : Words{"--help", "--version", "setup --help"}) expect_failure(receiver + " " + words);
}

}  // namespace
}  // namespace czb
