// SPDX-License-Identifier: MIT
// How a stream goes on to zfs (receiver/receive_pump.h); with the program: program_test.cpp.
#include <gmock/gmock.h>
#include <unistd.h>

#include "fixtures/stream_builder.h"
#include "receiver/answer.h"
#include "receiver/host/receive_pump.h"
#include "receiver/host/zfs_process.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;

TEST(ReceivePump, ASenderThatKeepsStillIsNotWaitedForForEver) {
  const std::string begin = begin_record({"tank@b", 2});
  std::string_view rest = begin;
  const StreamHead head = read_head([&](std::size_t count) {
    const std::string piece(rest.substr(0, count));
    rest.remove_prefix(piece.size());
    return piece;
  });
  StreamScan scan(head, StreamRules("far/x", head, {}), {});
  const Pipe in = make_pipe();
  Pipe out = make_pipe();
  ZfsProcess zfs("/bin/cat", {"zfs"}, out.read.get(), -1, STDERR_FILENO);
  out.read.reset();
  std::uint64_t bytes = head.bytes;
  try {
    pump_stream(in.read.get(), std::move(out.write), head.last_record, scan, {.longest_wait = std::chrono::seconds(1)},
                zfs, bytes);
    FAIL() << "it went on";
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("stood still for 1 s"));
  }
  EXPECT_EQ(bytes, record_bytes);
}

TEST(PatientReader, WaitsForTheBeginningOfAStreamOnlySoLong) {
  const Pipe in = make_pipe();
  ASSERT_EQ(::write(in.write.get(), "abcd", 4), 4);
  PatientReader reader(in.read.get(), std::chrono::seconds(1));
  EXPECT_EQ(reader(3), "abc");
  try {
    reader(3);
    FAIL() << "it went on";
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("did not come within 1 s"));
  }
}

TEST(PassThrough, EndsACommandThatNobodyReads) {
  try {
    pass_through("/bin/sleep", {"sleep", "100"}, std::chrono::seconds(1));
    FAIL() << "it went on";
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("did not end within 1 s"));
  }
}

}  // namespace
}  // namespace czb::receiver
