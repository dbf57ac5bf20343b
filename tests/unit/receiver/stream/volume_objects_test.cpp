// SPDX-License-Identifier: MIT
// A volume's stream leaves it with the two objects that the kernel asks for at each listing.
#include "receiver/stream/volume_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/key_data_builder.h"
#include "fixtures/stream_builder.h"
#include "fixtures/stream_head_of.h"
#include "receiver/answer.h"
#include "receiver/stream/stream_scan.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;

const std::string unusual = "invalid stream (of a volume, ";

std::string scanned(const Begin& begin, const std::string& records, std::size_t piece) {
  const std::string stream = begin_record(begin) + records + end_record();
  const StreamHead head = head_of(stream);
  StreamFacts facts;
  facts.parent_exists = true;
  if (begin.from != 0 || (begin.features & feature_resuming) != 0) facts.present[""].is_volume = true;
  try {
    StreamScan scan(head, StreamRules("offsite/zippy", head, facts), [](const StreamPlace&, std::string_view) {});
    for (std::size_t at = head.bytes; at < stream.size(); at += piece)
      scan.feed(std::string_view(stream).substr(at, piece));
    return scan.at_end() ? "" : "(cut)";
  } catch (const Refused& refused) {
    return refused.what();
  }
}

// What the scan says of such a stream; empty: nothing. In whatever pieces it comes.
std::string refusal_of(const Begin& begin, const std::string& records) {
  const std::string said = scanned(begin, records, 100'000);
  EXPECT_EQ(scanned(begin, records, 1), said);
  EXPECT_EQ(scanned(begin, records, 313), said);
  return said;
}

const std::string raw_payload = NativeNvBuilder().list("crypt_keydata", key_list({})).packed();

Begin full() { return {"tank@b", 2, 0, 3, 0, feature_embedded}; }
Begin increment() { return {"tank@b", 2, 1, 3, 0, feature_embedded}; }
Begin raw(Begin begin) {
  begin.features |= feature_raw;
  begin.payload = raw_payload;
  return begin;
}
Begin rest_from(std::uint64_t object, Begin begin = full()) {
  begin.features |= feature_resuming;
  begin.payload = rest_payload(object);
  return begin;
}

const std::string data = volume_data_object();
const std::string its_properties = volume_properties_object();
const std::string its_size = volume_size_record(volume_size());

// Everything but the size.
std::string full_with(const std::string& size) { return data + volume_data_record(8192) + its_properties + size; }

std::string raw_objects(const RecordBuilder& properties) {
  return object_range_record() + VolumeObject{1, 8192, true}.record().bytes() + properties.bytes();
}
RecordBuilder raw_properties() { return VolumeObject{2, 512, true}.record(); }
std::string raw_size(std::uint8_t flags = 0, bool swapped = false) {
  return raw_write_of(2, 512).put<std::uint8_t>(49, flags).bytes() + volume_size(512, swapped);
}

std::string free_objects(std::uint64_t first, std::uint64_t count) {
  return RecordBuilder(2).put<std::uint64_t>(8, first).put<std::uint64_t>(16, count).bytes();
}
std::string free_in(std::uint64_t object, std::uint64_t offset, std::uint64_t bytes = ~std::uint64_t{0}) {
  return RecordBuilder(4)
      .put<std::uint64_t>(8, object)
      .put<std::uint64_t>(16, offset)
      .put<std::uint64_t>(24, bytes)
      .bytes();
}
RecordBuilder embedded_in(std::uint64_t object) {
  return RecordBuilder(8)
      .put<std::uint64_t>(8, object)
      .put<std::uint64_t>(24, 512)
      .put<std::uint8_t>(40, 15)
      .put<std::uint32_t>(48, 512)
      .put<std::uint32_t>(52, 42);
}
const std::string embedded_size = embedded_in(2).bytes() + genuine_embedded_size() + std::string(6, '\0');

TEST(VolumeObjects, GenuineStreamsAreTaken) {
  const std::string first = free_objects(0, 1) + data + free_in(1, 1U << 20U);
  const std::string behind = free_in(2, 512) + free_objects(3, 29);
  EXPECT_EQ(refusal_of(full(), first + volume_data_record() + its_properties + its_size + behind), "");
  EXPECT_EQ(refusal_of(full(), first + volume_data_record() + its_properties + embedded_size + behind), "");
  EXPECT_EQ(refusal_of(increment(), first + volume_data_record() + its_properties + behind), "");
  EXPECT_EQ(refusal_of(increment(), data + free_in(1, 0) + its_properties + embedded_size + behind), "");
  EXPECT_EQ(refusal_of(increment(), ""), "");
  EXPECT_EQ(refusal_of(raw(full()), raw_objects(raw_properties()) + raw_size()), "");
  EXPECT_EQ(refusal_of(raw(increment()), raw_objects(raw_properties())), "");
}

TEST(VolumeObjects, TheSizeIsWhereTheKernelLooksForIt) {
  const std::string no_size = unusual + "without its size where that is)";
  for (const std::string& block :
       {std::string(512, '\0'), micro_zap({}), micro_zap({{"sizf", 512}}), micro_zap({{"size", 512}, {"size", 512}}),
        micro_zap({{"size", 512}, {"other", 1}}), volume_size(512, true)})
    for (const Begin& begin : {full(), increment()})
      EXPECT_EQ(refusal_of(begin, full_with(volume_size_record(block))), no_size);
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{513}, std::uint64_t{1} << 63U})
    EXPECT_THAT(refusal_of(full(), full_with(volume_size_record(volume_size(size)))), HasSubstr("whose size, "));
  EXPECT_EQ(refusal_of(raw(full()), raw_objects(raw_properties()) + raw_size(0, true)), no_size);
  // Whatever is in it.
  for (const bool swapped : {false, true})
    EXPECT_THAT(refusal_of(raw(full()), raw_objects(raw_properties()) + raw_size(write_is_swapped, swapped)),
                HasSubstr("a machine of the other byte order"));
  // Only in raw streams does a record say so.
  const std::string lies = write_of(2, 512).put(49, write_is_swapped).bytes() + volume_size(512, true);
  EXPECT_THAT(refusal_of(full(), full_with(lies)), HasSubstr("with the flags 2"));
}

TEST(VolumeObjects, TheSizeIsWrittenAsZfsWritesIt) {
  const std::string otherwise = unusual + "whose properties are written otherwise than zfs does)";
  const std::string block = volume_size();
  for (const Begin& begin : {full(), increment()}) {
    EXPECT_EQ(refusal_of(begin, full_with(write_of(2, 512).put<std::uint64_t>(24, 512).bytes() + block)), otherwise);
    EXPECT_EQ(refusal_of(begin, full_with(volume_size_record(block + block))), otherwise);
    const RecordBuilder compressed = write_of(2, 512).put<std::uint64_t>(96, 512);
    for (const std::uint8_t kind : {std::uint8_t{2}, std::uint8_t{15}})
      EXPECT_EQ(refusal_of(begin, full_with(RecordBuilder(compressed).put(50, kind).bytes() + block)), otherwise);
    EXPECT_THAT(refusal_of(begin, full_with(write_of(2, 512).put<std::uint32_t>(16, 23).bytes() + block)),
                HasSubstr("it says that it is of a volume"));
  }
  const RecordBuilder raw_write = write_of(2, 512).put<std::uint64_t>(96, 512);
  EXPECT_EQ(refusal_of(raw(full()), raw_objects(raw_properties()) +
                                        RecordBuilder(raw_write).put<std::uint8_t>(50, 15).bytes() + block),
            otherwise);
}

TEST(VolumeObjects, AnEmbeddedSizeIsLookedInto) {
  const std::string filled = genuine_embedded_size() + std::string(6, '\0');
  const auto with = [&](const RecordBuilder& record, const std::string& payload) {
    return refusal_of(full(), full_with(record.bytes() + payload));
  };
  ASSERT_EQ(with(embedded_in(2), filled), "");
  std::string no_size = filled;
  no_size.replace(no_size.find("size"), 4, "sizf");
  EXPECT_EQ(with(embedded_in(2), no_size), unusual + "without its size where that is)");
  EXPECT_EQ(with(embedded_in(2), std::string(48, '\0')), unusual + "without its size where that is)");
  const std::string otherwise = unusual + "whose properties are written otherwise than zfs does)";
  EXPECT_EQ(with(embedded_in(2).put<std::uint64_t>(16, 512), filled), otherwise);
  EXPECT_EQ(with(embedded_in(2).put<std::uint64_t>(24, 1024), filled), otherwise);
  EXPECT_EQ(with(embedded_in(2).put<std::uint8_t>(40, 5), filled), otherwise);
  EXPECT_EQ(with(embedded_in(2).put<std::uint8_t>(41, 1), filled), otherwise);
  EXPECT_EQ(with(embedded_in(2).put<std::uint32_t>(48, 1024), filled), otherwise);
  EXPECT_EQ(with(embedded_in(2).put<std::uint32_t>(52, 113), std::string(120, '\0')), otherwise);
  EXPECT_EQ(with(embedded_in(2).put<std::uint32_t>(52, 0), ""), otherwise);
  EXPECT_EQ(refusal_of(raw(full()), raw_objects(raw_properties()) + embedded_size), otherwise);
  // 8192 zeros.
  const std::string zeros =
      std::string("\0\0\0\x32\x1f\0\1\0", 8) + std::string(31, '\xff') + '\xfe' + '\xd0' + std::string(13 + 2, '\0');
  const RecordBuilder its_data =
      embedded_in(1).put<std::uint64_t>(24, 8192).put<std::uint32_t>(48, 8192).put<std::uint32_t>(52, 54);
  EXPECT_EQ(refusal_of(full(), data + its_data.bytes() + zeros + its_properties + its_size), "") << "its data may be";
}

TEST(VolumeObjects, AnObjectThatTheKernelWouldMakeAnewIsRefused) {
  const std::string shape = "of another shape than zfs makes)";
  const auto properties = [](auto change) {
    RecordBuilder record = VolumeObject{2, 512}.record();
    change(record);
    return record.bytes();
  };
  for (const std::string& other :
       {properties([](auto& r) { r.template put<std::uint32_t>(24, 1024); }),
        properties([](auto& r) { r.template put<std::uint8_t>(34, 2); }),
        properties([](auto& r) { r.template put<std::uint32_t>(20, 44); }),
        properties([](auto& r) { r.template put<std::uint32_t>(28, 8); }) + std::string(8, 'b'),
        properties([](auto& r) { r.template put<std::uint32_t>(36, 8); }) + std::string(8, 'b')})
    for (const Begin& begin : {full(), increment()})
      EXPECT_THAT(refusal_of(begin, data + other + its_size), HasSubstr(shape));
  for (const RecordBuilder& other :
       {raw_properties().put<std::uint8_t>(48, 14), raw_properties().put<std::uint8_t>(49, 2),
        raw_properties().put<std::uint64_t>(56, 1)})
    for (const Begin& begin : {raw(full()), raw(increment())})
      EXPECT_THAT(refusal_of(begin, raw_objects(other) + raw_size()), HasSubstr(shape));
  // The place of object 2 is its own.
  EXPECT_THAT(refusal_of(full(), VolumeObject{}.record().put<std::uint8_t>(34, 2).bytes()), HasSubstr(shape));
  for (const std::uint32_t size : {0U, 256U, 12'288U, 32U << 20U})
    EXPECT_THAT(refusal_of(full(), VolumeObject{1, size}.record().bytes()), HasSubstr(shape)) << size;
  EXPECT_THAT(refusal_of(full(), its_properties + data + its_size), HasSubstr("come before its data"));
  EXPECT_THAT(refusal_of(full(), full_with(its_size) + its_properties), HasSubstr("come twice"));
}

TEST(VolumeObjects, NothingTakesAwayWhatMakesItOne) {
  const std::string away = unusual + "of which it takes away what makes it one)";
  for (const Begin& begin : {full(), increment()}) {
    for (const auto& [first, count] : {std::pair(0, 2), std::pair(1, 1), std::pair(2, 1), std::pair(0, 100)})
      EXPECT_EQ(refusal_of(begin, full_with(its_size) + free_objects(static_cast<std::uint64_t>(first),
                                                                     static_cast<std::uint64_t>(count))),
                away)
          << first;
    EXPECT_EQ(refusal_of(begin, full_with(its_size) + free_objects(3, ~std::uint64_t{0})), away) << "overflows";
    for (const std::uint64_t offset : {0, 511})
      EXPECT_EQ(refusal_of(begin, full_with(its_size) + free_in(2, offset)), away);
    EXPECT_EQ(refusal_of(begin, full_with(its_size) + free_in(2, 512) + free_objects(3, 1'000'000)), "");
  }
}

TEST(VolumeObjects, AVolumeHasNoOtherObjects) {
  const std::string filled = genuine_embedded_size() + std::string(6, '\0');
  const std::string spill = RecordBuilder(7).put<std::uint64_t>(8, 2).put<std::uint64_t>(16, 512).bytes();
  for (const std::string& other :
       {free_in(3, 0), write_of(3, 512).bytes() + std::string(512, 'x'), embedded_in(3).bytes() + filled,
        spill + std::string(512, 's'), write_of(~std::uint64_t{0}, 512).bytes() + std::string(512, 'x')})
    EXPECT_THAT(refusal_of(increment(), other), HasSubstr("it says that it is of a volume"));
  EXPECT_THAT(refusal_of(increment(), write_of(1, 512).put<std::uint32_t>(16, 24).bytes() + std::string(512, 'x')),
              HasSubstr("it says that it is of a volume"));
}

// What came before lies here, and cannot be looked into; but the last block that came comes again.
TEST(VolumeObjects, TheRestOfAVolumeBringsItsSize) {
  EXPECT_EQ(refusal_of(rest_from(1), full_with(its_size)), "");
  EXPECT_EQ(refusal_of(rest_from(2), its_properties + embedded_size), "");
  const std::string none = "it says that it is of a volume";
  EXPECT_THAT(refusal_of(rest_from(1), its_properties + its_size), HasSubstr("come before its data"));
  EXPECT_THAT(refusal_of(rest_from(1), data), HasSubstr("zfs receive -A"));
  EXPECT_THAT(refusal_of(rest_from(2), ""), HasSubstr("zfs receive -A"));
  EXPECT_THAT(refusal_of(rest_from(2), its_properties), HasSubstr("without its size; give up"));
  EXPECT_THAT(refusal_of(rest_from(3), its_properties + its_size), HasSubstr(none));
  Begin silent = rest_from(1);
  silent.payload = NativeNvBuilder().number("resume_offset", 0).packed();
  EXPECT_THAT(refusal_of(silent, full_with(its_size)), HasSubstr("does not say where it begins"));
  silent.payload = "";
  EXPECT_THAT(refusal_of(silent, full_with(its_size)), HasSubstr("0 bytes"));
  silent.payload = "no list";
  EXPECT_THAT(refusal_of(silent, full_with(its_size)), HasSubstr("malformed"));
  Begin raw_rest = raw(rest_from(2));
  raw_rest.payload = NativeNvBuilder()
                         .number("resume_object", 2)
                         .number("resume_offset", 0)
                         .list("crypt_keydata", key_list({}))
                         .packed();
  EXPECT_EQ(refusal_of(raw_rest, object_range_record() + raw_properties().bytes() + raw_size()), "");
  // Of an increment: what it continues from has both.
  EXPECT_EQ(refusal_of(rest_from(1, increment()), data + volume_data_record()), "");
}

}  // namespace
}  // namespace czb::receiver
