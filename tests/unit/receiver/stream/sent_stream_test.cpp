// SPDX-License-Identifier: MIT
// What leaves is compared with what was asked for (receiver/sent_stream.h), and goes on to a reader who takes it
// (receiver/host/send_pump.h); with the program: requests_test.cpp.
#include "receiver/stream/sent_stream.h"

#include <gmock/gmock.h>
#include <signal.h>

#include "fixtures/stream_builder.h"
#include "process/descriptor.h"
#include "receiver/answer.h"
#include "receiver/host/send_pump.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;

std::optional<SentHead> head_of(std::string_view stream) {
  return read_sent_head([&](std::size_t count) {
    const std::string piece(stream.substr(0, count));
    stream.remove_prefix(piece.size());
    return piece;
  });
}

std::string refusal_of(const std::string& stream, const AskedStream& asked) {
  try {
    check_sent(head_of(stream).value(), asked);
  } catch (const Refused& refused) {
    return refused.what();
  }
  return "";
}

Begin begin_of(const std::string& name, std::uint64_t guid, std::uint64_t features) {
  Begin begin{name, guid};
  begin.features = features;
  return begin;
}

const AskedStream one{"tank/a", "x", 5, true, false};
const AskedStream several{"tank/a", "x", std::nullopt, true, false};
const AskedStream tree{"tank/a", "x", std::nullopt, true, true};
const std::string header = package_head("tank/a@x", "any header");

TEST(SentStream, OfWhatWasAskedForMayLeave) {
  EXPECT_EQ(refusal_of(substream(begin_of("tank/a@x", 5, feature_raw)), one), "");
  EXPECT_EQ(refusal_of(header + substream(begin_of("tank/a@x", 5, feature_raw)), one), "");
  EXPECT_EQ(refusal_of(header + substream(begin_of("tank/a@w", 4, feature_raw)), several), "");
  EXPECT_EQ(refusal_of(header + substream(begin_of("tank/a/b@w", 4, 0)), tree), "");
  EXPECT_EQ(refusal_of(header + end_record(), tree), "");
  EXPECT_EQ(refusal_of(substream(begin_of("tank/a@x", 5, 0)), {"tank/a", "x", 5, false, false}), "");
}

TEST(SentStream, InClearOfWhatIsEncryptedMayNot) {
  for (const AskedStream& asked : {one, several, tree})
    for (const std::string& stream :
         {substream(begin_of("tank/a@x", 5, 0)), header + substream(begin_of("tank/a@x", 5, feature_resuming))})
      EXPECT_THAT(refusal_of(stream, asked), HasSubstr("is tank/a@x in clear"));
}

TEST(SentStream, OfAnotherSnapshotOrDatasetMayNot) {
  EXPECT_THAT(refusal_of(substream(begin_of("tank/a@x", 6, feature_raw)), one), HasSubstr("(guid 6)"));
  EXPECT_THAT(refusal_of(substream(begin_of("tank/a@y", 5, feature_raw)), one), HasSubstr("tank/a@y"));
  for (const char* name : {"tank/ab@x", "tank@x", "tank/secret@x"})
    for (const AskedStream& asked : {one, several, tree})
      EXPECT_THAT(refusal_of(substream(begin_of(name, 5, feature_raw)), asked), HasSubstr("which is not in tank/a"));
  EXPECT_THAT(refusal_of(header + substream(begin_of("tank/a/b@x", 5, feature_raw)), several), HasSubstr("tank/a/b@x"));
  EXPECT_THAT(refusal_of(package_head("tank/b@x", "h") + substream(begin_of("tank/a@x", 5, feature_raw)), one),
              HasSubstr("is of tank/b@x and not of tank/a@x"));
}

TEST(SentStream, WithoutAHeadIsAFailureAndWhatIsNoStreamIsRefused) {
  const std::string whole = header + substream(begin_of("tank/a@x", 5, feature_raw));
  for (const std::size_t size : {0U, 1U, 311U, 312U, 320U, 600U, 700U}) EXPECT_FALSE(head_of(whole.substr(0, size)));
  EXPECT_THROW(head_of(std::string(1000, 'x')), Refused);
  EXPECT_THROW(head_of(begin_record({"tank/a@x", 0, 0, 0, 0, 0, "h", 2}) + file_records(8) + end_record()), Refused);
  EXPECT_THROW(head_of(header + header), Refused);
}

TEST(SentStream, IsPassedOnFromItsFirstByte) {
  const std::string whole = header + substream(begin_of("tank/a@x", 5, feature_raw));
  const std::optional<SentHead> head = head_of(whole);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->bytes, whole.substr(0, head->bytes.size()));
  EXPECT_EQ(head->bytes.size(), header.size() + record_bytes);
}

TEST(SendPump, AReaderWhoTakesNothingIsNotWaitedForForEver) {
  Pipe in = make_pipe();
  const Pipe out = make_pipe();
  ZfsProcess zfs("/bin/sleep", {"sleep", "1000"}, -1, -1, -1);
  std::uint64_t bytes = 0;
  const std::string head(std::size_t{1} << 20, 'x');
  try {
    pump_sent(in.read.get(), out.write.get(), head, std::chrono::seconds(1), zfs, bytes);
    FAIL() << "it went on";
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("not taken for 1 s"));
  }
  EXPECT_GT(bytes, 0U);
  EXPECT_LT(bytes, head.size());
}

TEST(SendPump, EndsWhereNobodyReadsAnyMore) {
  ::signal(SIGPIPE, SIG_IGN);
  const Pipe in = make_pipe();
  Pipe out = make_pipe();
  out.read.reset();
  ZfsProcess zfs("/bin/sleep", {"sleep", "1000"}, -1, -1, -1);
  std::uint64_t bytes = 0;
  pump_sent(in.read.get(), out.write.get(), "head", std::chrono::seconds(100), zfs, bytes);
  EXPECT_EQ(bytes, 0U);
}

}  // namespace
}  // namespace czb::receiver
