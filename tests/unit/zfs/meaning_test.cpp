// SPDX-License-Identifier: MIT
// What is permanent, what passes, and what of zfs's own advice is left out. The messages are OpenZFS 2.1's and 2.3's.
#include "zfs/meaning.h"

#include <gmock/gmock.h>

#include <csignal>

#include "zfs/failure.h"

namespace czb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* permanent_messages[] = {
    "cannot receive incremental stream: IV set guid mismatch. See the 'zfs receive' man page section\n discussing the "
    "limitations of raw encrypted send streams.",
    "cannot receive incremental stream: IV set guid missing. See errata 4 at "
    "https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-ER.",
    "cannot receive incremental stream: zfs receive: cannot perform raw receive on top of existing unencrypted dataset",
    "cannot receive incremental stream: encryption key does not match existing key",
    "cannot receive new filesystem stream: inherited key must be loaded",
    "cannot receive incremental stream: incremental send stream requires -L (--large-block), to match previous "
    "receive.",
    "cannot receive new filesystem stream: pool must be upgraded to receive this stream.",
    "cannot receive: stream has unsupported feature, feature flags = 8000000",
    "cannot receive: stream has unsupported feature, feature flags = 80000000 (unknown flags = 80000000)",
    "cannot receive new filesystem stream: stream uses crypto parameters not compatible with this pool",
    "cannot receive incremental stream: Spill block flag missing for raw send.\nThe zfs software on the sending system "
    "must be updated.",
    "cannot open 'far/x': name is too long",
    "cannot receive: invalid name",
    "cannot receive: parent 'far/v' is not a filesystem",
};

Completed ended(int code, const std::string& err = "", const std::string& out = "", ExitKind kind = ExitKind::exited) {
  Completed completed;
  completed.status = {kind, code};
  completed.err = err;
  completed.out = out;
  return completed;
}

StreamResult received_with(const std::string& words) {
  StreamResult result;
  result.sender = ended(SIGPIPE, "", "", ExitKind::signalled);
  result.receiver = ended(1, words);
  return result;
}

const CommandLine receiving = {"zfs", "receive", "-s", "-u", "far/tank/a"};
const CommandLine sending = {"zfs", "send", "-w", "-I", "@1", "tank/a@2"};

TEST(Meaning, WhatIsPermanentNeedsAPersonHasAdviceAndIsNotTriedAgain) {
  for (const char* words : permanent_messages) {
    EXPECT_EQ(lasting_of(words), Lasting::permanent) << words;
    EXPECT_NE(advice_on(words), "") << words;
    EXPECT_FALSE(may_pass(received_with(words))) << words;
    const Error error = stream_error("here", "ssh far", received_with(words), sending, receiving);
    EXPECT_EQ(error.code(), ExitCode::needs_person) << words;
    EXPECT_THAT(error.what(), AllOf(HasSubstr("zfs receive far/tank/a on ssh far"), HasSubstr(advice_on(words))));
    EXPECT_EQ(command_error("ssh far", receiving, ended(1, words)).code(), ExitCode::needs_person) << words;
  }
}

TEST(Meaning, WhatIsPermanentIsSoBesideWhatPasses) {
  EXPECT_EQ(lasting_of("IV set guid mismatch; incomplete stream"), Lasting::permanent);
  EXPECT_EQ(lasting_of("out of space; dataset is busy"), Lasting::passing);
  EXPECT_EQ(lasting_of("out of space"), Lasting::unknown);
}

TEST(Meaning, ALostConnectionIsNothingPermanentWhateverWasSaidBefore) {
  StreamResult result = received_with(permanent_messages[0]);
  result.receiver.status.kind = ExitKind::transport_failed;
  EXPECT_EQ(stream_error("here", "ssh far", result, sending, receiving).code(), ExitCode::unreachable);
}

TEST(Meaning, ZfsAdviceThatCannotHelpOrDestroysIsNotRepeated) {
  const auto said = [](const std::string& words) {
    return std::string(stream_error("here", "ssh far", received_with(words), sending, receiving).what());
  };
  EXPECT_THAT(said(permanent_messages[5]), AllOf(HasSubstr("blocks above 128 KiB"), Not(HasSubstr("-L"))));
  EXPECT_THAT(
      said("cannot receive: IV set guid mismatch. The incremental source snapshot on the\ndestination no longer "
           "has the IV set. Raw replication\ncan be resumed by rolling the destination back to x. See the\n'zfs "
           "receive' man page section discussing the limitations of raw\nencrypted send streams."),
      AllOf(HasSubstr("IV set guid mismatch."), Not(HasSubstr("rolling"))));
  EXPECT_THAT(said("cannot receive new filesystem stream: destination 'far/a' exists\nmust specify -F to overwrite it"),
              AllOf(HasSubstr("destination 'far/a' exists"), Not(HasSubstr("-F"))));
  EXPECT_THAT(said("destination has snapshots (eg. far/a@1)\nmust destroy them to overwrite it"),
              Not(HasSubstr("must destroy")));
  EXPECT_THAT(command_error("here", {"zfs", "destroy", "far/a"},
                            ended(1,
                                  "cannot destroy 'far/a': filesystem has children\nuse '-r' to destroy the "
                                  "following datasets:\nfar/a/b\n"))
                  .what(),
              AllOf(HasSubstr("has children"), Not(HasSubstr("-r"))));
}

TEST(Meaning, WhatNologinSaysOnItsStandardOutputIsQuoted) {
  const Error error =
      command_error("ssh far", {"zfs", "list", "far"}, ended(1, "", "This account is currently not available.\n"));
  EXPECT_THAT(error.what(), AllOf(HasSubstr("exit status 1: This account is currently not available."),
                                  HasSubstr("no login shell"), Not(HasSubstr("zfs allow"))));
  EXPECT_THAT(command_error("ssh far", {"zfs", "list", "far"}, ended(1, "cannot open", "half a list")).what(),
              Not(HasSubstr("half a list")));
  EXPECT_LT(
      std::string(command_error("ssh far", {"zfs", "list", "far"}, ended(1, "", std::string(1 << 20, 'x'))).what())
          .size(),
      2500U);
}

TEST(Meaning, TheRestOfAnInterruptedStreamIsNamedByItsDatasetNotByItsToken) {
  const Error error =
      stream_error("here", "ssh far", received_with("out of space"), {"zfs", "send", "-t", "1-c740b4779"}, receiving);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("zfs receive far/tank/a on ssh far"), Not(HasSubstr("c740b"))));
  StreamResult result;
  result.sender = ended(1, "cannot resume send: broken");
  EXPECT_THAT(stream_error("here", "ssh far", result, {"zfs", "send", "-t", "1-c740b4779"}, receiving).what(),
              Not(HasSubstr("c740b")));
  EXPECT_THAT(stream_error("here", "ssh far", result, sending, receiving).what(),
              HasSubstr("zfs send tank/a@2 on here"));
}

TEST(Meaning, ARecordsizeThatIsTooLargeIsNoMatterOfBootableDatasets) {
  EXPECT_THAT(property_reason("recordsize", "property setting is not allowed on bootable datasets"),
              HasSubstr("zfs_max_recordsize"));
  EXPECT_EQ(property_reason("recordsize", "out of space"), "out of space");
  EXPECT_THAT(property_reason("compression", "property setting is not allowed on bootable datasets"),
              HasSubstr("bootable"));
  StreamResult result;
  result.receiver = ended(0,
                          "cannot receive recordsize property on far/a: property setting is not allowed on bootable "
                          "datasets\n");
  EXPECT_THAT(refused_properties_note("ssh far", receiving, result),
              AllOf(HasSubstr("recordsize: it is above what the kernel there allows"), Not(HasSubstr("bootable"))));
}

}  // namespace
}  // namespace czb
