// SPDX-License-Identifier: MIT
// A plugin is tried in a process of its own (plugin/probe.h), after what its file tells (plugin/elf_symbols.h).
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "plugin/elf_symbols.h"
#include "plugin/probe.h"
#include "process/interrupt.h"
#include "real_process.h"

namespace czb {
namespace {

using test::Deadline;
using test::has_children;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr char entry[] = "cyber_zfs_backup_plugin";

std::string probed(const std::string& folder, const std::string& id,
                   std::chrono::milliseconds limit = std::chrono::seconds(100)) {
  const std::string name = "naming-" + id + ".so";
  return probe_problems({{CZB_FIXTURES "/" + folder + "/" + name, name}}, limit).front().value_or("none");
}

TEST(PluginProbe, FindsNothingWrongWithAGoodPluginAndLeavesNoProcess) {
  const Deadline deadline;
  EXPECT_EQ(probed("good", "good"), "none");
  EXPECT_FALSE(has_children());
}

TEST(PluginProbe, EndsAPluginThatHangs) {
  const Deadline deadline;
  EXPECT_THAT(probed("hanging", "hanging-constructor", std::chrono::milliseconds(300)),
              HasSubstr("it hangs when it is loaded"));
  EXPECT_FALSE(has_children());
}

TEST(PluginProbe, OfSeveralBlamesTheOneThatCrashesAndTheOneThatHangs) {
  const Deadline deadline;
  const std::vector<std::optional<std::string>> problems =
      probe_problems({{CZB_FIXTURES "/good/naming-good.so", "naming-good.so"},
                      {CZB_FIXTURES "/refused/naming-crashing-entry.so", "naming-crashing-entry.so"},
                      {CZB_FIXTURES "/good/transport-good.so", "transport-good.so"},
                      {CZB_FIXTURES "/hanging/naming-hanging-constructor.so", "naming-hanging-constructor.so"},
                      {CZB_FIXTURES "/refused/naming-other-id.so", "naming-other-id.so"},
                      {CZB_FIXTURES "/good/retention-good.so", "retention-good.so"}},
                     std::chrono::seconds(2));
  EXPECT_THAT(problems, ElementsAre(std::nullopt, Optional(HasSubstr("it crashes (signal 6, Aborted)")), std::nullopt,
                                    Optional(HasSubstr("it hangs when it is loaded")),
                                    Optional(HasSubstr("it is the ")), std::nullopt));
  EXPECT_FALSE(has_children());
}

TEST(PluginProbe, OfNoneNeedsNoProcess) { EXPECT_TRUE(probe_problems({}).empty()); }

TEST(PluginProbe, EndsWhatThePluginStarted) {
  const Deadline deadline;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // an orphan would become our child
  EXPECT_EQ(probed("good", "forking"), "none");
  while (::waitpid(-1, nullptr, 0) > 0) {  // ends only if it was ended too
  }
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST(PluginProbe, ASignalEndsIt) {
  EXPECT_EQ(test::in_a_child([]() -> std::string {
              catch_interrupts();
              const TemporaryFolder folder;
              const std::string fifo = folder / "constructed";
              if (::mkfifo(fifo.c_str(), 0600) != 0) return "no fifo";
              const Descriptor constructed(::open(fifo.c_str(), O_RDWR | O_CLOEXEC));
              ::setenv("CZB_FIXTURE_SENTINEL", fifo.c_str(), 1);
              const pid_t parent = ::getpid();
              if (::fork() == 0) {
                ::prctl(PR_SET_PDEATHSIG, SIGKILL);
                char byte = 0;
                if (::read(constructed.get(), &byte, 1) == 1) ::kill(parent, SIGTERM);
                ::_exit(0);
              }
              try {
                probed("hanging", "hanging-constructor");
              } catch (const Interrupted& interrupted) {
                return std::to_string(interrupted.signal());
              }
              return "went on";
            }),
            "15");
}

TEST(PluginProbe, WritesNothingToOurOutput) {
  ::testing::internal::CaptureStderr();
  EXPECT_THAT(probed("refused", "throwing-entry"), HasSubstr("threw an exception"));
  EXPECT_THAT(probed("refused", "crashing-entry"), HasSubstr("it crashes (signal 6, Aborted)"));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(ExportedFunction, IsFoundByEitherHashTable) {
  EXPECT_TRUE(exports_function(CZB_FIXTURES "/good/naming-good.so", entry));
  EXPECT_TRUE(exports_function(CZB_FIXTURES "/good/naming-sysv-hash.so", entry));
  EXPECT_FALSE(exports_function(CZB_FIXTURES "/good/naming-good.so", "cyber_zfs_backup_plugi"));
  EXPECT_FALSE(exports_function(CZB_FIXTURES "/good/naming-good.so", "getenv"));  // only used there
}

TEST(ExportedFunction, IsNeitherDataNorAbsent) {
  EXPECT_FALSE(exports_function(CZB_FIXTURES "/refused/naming-data-symbol.so", entry));
  EXPECT_FALSE(exports_function(CZB_FIXTURES "/refused/naming-no-symbol.so", entry));
  EXPECT_FALSE(exports_function("/nonexistent", entry));
}

// Whatever a byte of the file says, it is read without harm.
TEST(ExportedFunction, OfADamagedFileIsReadWithoutHarm) {
  const TemporaryFolder folder;
  std::ifstream good(CZB_FIXTURES "/good/naming-good.so", std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(good), {}};
  bytes.resize(std::min<std::size_t>(bytes.size(), 8192));
  for (std::size_t i = 24; i < bytes.size(); i += 97) {
    std::string damaged = bytes;
    for (std::size_t j = i; j < std::min(i + 8, bytes.size()); ++j) damaged[j] = '\xff';
    exports_function(folder.file("damaged.so", damaged), entry);
  }
}

}  // namespace
}  // namespace czb
