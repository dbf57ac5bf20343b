// SPDX-License-Identifier: MIT
// A stream is of the kind that its beginning says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/stream_builder.h"
#include "fixtures/stream_head_of.h"
#include "receiver/answer.h"
#include "receiver/stream/stream_scan.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;

constexpr std::uint32_t filesystem = 2;
constexpr std::uint32_t volume = 3;

// What the scan says of a dataset's stream with these records, after which there is an end; empty: nothing.
std::string refusal_of(Begin begin, const std::string& records) {
  const std::string stream = begin_record(begin) + records + end_record();
  const StreamHead head = head_of(stream);
  StreamFacts facts;
  facts.parent_exists = true;
  if (begin.from != 0) {
    facts.present[""].snapshots[begin.from] = "a";
    facts.present[""].is_volume = begin.type == volume;
  }
  try {
    StreamScan scan(head, StreamRules("offsite/zippy", head, facts), [](const StreamPlace&, std::string_view) {});
    scan.feed(std::string_view(stream).substr(head.bytes));
    return "";
  } catch (const Refused& refused) {
    return refused.what();
  }
}

const std::string master_node = typed_object_record(1, 21);
const std::string data = volume_data_object();
const std::string its_properties = volume_properties_object();
const std::string its_size = volume_size_record(volume_size());

TEST(StreamKind, GenuineOnesAreTaken) {
  EXPECT_EQ(refusal_of({"tank@b", 2, 0, filesystem}, master_node + typed_object_record(2, 22)), "");
  EXPECT_EQ(refusal_of({"tank@b", 2, 0, volume}, free_objects_record() + data + its_properties + its_size), "");
  EXPECT_EQ(refusal_of({"tank@b", 2, 1, volume}, data + volume_data_record()), "");
}

TEST(StreamKind, OneThatLiesIsRefused) {
  EXPECT_THAT(refusal_of({"tank@b", 2, 0, volume}, master_node), HasSubstr("it says that it is of a volume"));
  EXPECT_THAT(refusal_of({"tank@b", 2, 0, filesystem}, data), HasSubstr("it says that it is of a file system"));
  // Also in an increment, where they come.
  EXPECT_THAT(refusal_of({"tank@b", 2, 1, volume}, typed_object_record(2, 22)), HasSubstr("volume"));
}

// The kernel asks each volume for its size, at each listing, and stops for good where it has none.
TEST(StreamKind, AVolumeInFullHasWhatMakesItOne) {
  for (const std::string& records :
       {std::string(), data, data + volume_data_record(), data + typed_object_record(3, 19), data + master_node})
    EXPECT_THAT(refusal_of({"tank@b", 2, 0, volume}, records), HasSubstr("it says that it is of a volume"));
  EXPECT_THAT(refusal_of({"tank@b", 2, 0, volume}, data + its_properties), HasSubstr("without its size"));
}

}  // namespace
}  // namespace czb::receiver
