// SPDX-License-Identifier: MIT
// What becomes of the properties that a stream brings (receiver/stream/kept_properties.h).
#include "receiver/stream/kept_properties.h"

#include <gmock/gmock.h>

namespace czb::receiver {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string neutral(kept_name_prefix);

PackedProperty text(const std::string& name, const std::string& value = "v") { return {name, value}; }

struct Kept {
  PackedProperties properties;
  std::string told;
};

Kept kept(const PackedProperties& properties, const PropertyRules& rules = {}, bool is_new = true) {
  LeftOut left_out;
  Kept result{kept_of_dataset(properties, rules, "tank/a", is_new, left_out), ""};
  result.told = left_out.text();
  return result;
}

TEST(KeptProperties, AUserPropertyIsKeptUnderANameThatNoProgramObeys) {
  const Kept result = kept({text("com.sun:auto-snapshot", "true"), text("org.znapzend:pre_znap_cmd", "/bin/sh -c id"),
                            text("site:x", ""), text("cyber-zfs-backup:base.far", "tank@1")});
  EXPECT_EQ(result.properties,
            (PackedProperties{text(neutral + "com.sun:auto-snapshot", "true"),
                              text(neutral + "org.znapzend:pre_znap_cmd", "/bin/sh -c id"),
                              text(neutral + "site:x", ""), text(neutral + "cyber-zfs-backup:base.far", "tank@1")}));
  EXPECT_EQ(result.told, "");
}

TEST(KeptProperties, WhatTheKeysLineAllowsHasItsOwnNameAndWhatProgramsObeyHasNot) {
  const PropertyRules rules = {{"site:", "org.znapzend:"}, {}};
  EXPECT_EQ(kept({text("site:x"), text("sites:x"), text("org.znapzend:enabled")}, rules).properties,
            (PackedProperties{text("site:x"), text(neutral + "sites:x"), text(neutral + "org.znapzend:enabled")}));
}

TEST(KeptProperties, OneOfAnEarlierBackupKeepsItsNameAndNothingElseGetsIt) {
  EXPECT_EQ(kept({text(neutral + "a:b")}).properties, (PackedProperties{text(neutral + "a:b")}));
  const Kept both = kept({text("a:b", "mine"), text(neutral + "a:b", "theirs"), text(neutral + "c:d")});
  EXPECT_EQ(both.properties, (PackedProperties{text(neutral + "a:b", "theirs"), text(neutral + "c:d")}));
  EXPECT_EQ(both.told, "a:b of tank/a (another one from an earlier backup has the name under which it would be kept)");
  const Kept same = kept({text("a:b"), text(neutral + "a:b")});
  EXPECT_EQ(same.properties, (PackedProperties{text(neutral + "a:b")}));
  EXPECT_EQ(same.told, "") << "nothing is lost";
  const std::string record = "cyber-zfs-backup:base.far";
  EXPECT_EQ(kept({text(record, "new"), text(neutral + record, "old")}).told, "") << "as in a tree that was restored";
}

TEST(KeptProperties, ValuesAreOnePrintableLineOfBoundedLength) {
  for (const char* value : {"", " spaces ", "it's \"$(quoted)\" \\", "B\xc3\xbcro \xe2\x82\xac"})
    EXPECT_EQ(kept({text("a:b", value)}).properties, (PackedProperties{text(neutral + "a:b", value)})) << value;
  for (const char* value : {"two\nlines", "a\ttab", "\x1b[2J", "\x7f", "\xff", "\xc2\x9b", "\xe2\x80\xa8", "\r"}) {
    const Kept result = kept({text("a:b", value)});
    EXPECT_THAT(result.properties, IsEmpty()) << value;
    EXPECT_EQ(result.told, "a:b of tank/a (its value is not one printable line)");
  }
  EXPECT_EQ(kept({text("a:b", std::string(longest_value, 'x'))}).properties.size(), 1U);
  const Kept longer = kept({text("a:b", std::string(longest_value + 1, 'x'))});
  EXPECT_THAT(longer.properties, IsEmpty());
  EXPECT_EQ(longer.told, "a:b of tank/a (its value is longer than 4096 bytes)");
  EXPECT_EQ(kept({{"a:b", std::uint64_t{7}}}).told, "a:b of tank/a (its value is no text)");
}

TEST(KeptProperties, NamesThatZfsCouldNotKeepAreLeftOutWhicheverTheyAre) {
  const std::string longest = "s:" + std::string(longest_received_name - neutral.size() - 2, 'x');
  EXPECT_EQ(kept({text(longest)}).properties, (PackedProperties{text(neutral + longest)}));
  const Kept longer = kept({text(longest + "x")});
  EXPECT_THAT(longer.properties, IsEmpty());
  EXPECT_THAT(longer.told, AllOf(StartsWith("s:xxx"), EndsWith("(its name would become longer than 247 bytes)")));
  const PropertyRules own = {{"s:"}, {}};
  EXPECT_EQ(kept({text(longest + "x")}, own).properties, (PackedProperties{text(longest + "x")}));
  const std::string too_long = "s:" + std::string(longest_received_name - 1, 'x');
  EXPECT_THAT(kept({text(too_long)}, own).properties, IsEmpty());
  EXPECT_THAT(kept({text(neutral + too_long)}).properties, IsEmpty());
}

TEST(KeptProperties, WhatTheSenderDoesNotWantIsLeftOutOfDatasetsWithoutAWord) {
  const PropertyRules rules = {{}, {"a:b"}};
  const Kept result = kept({text("a:b"), text("c:d")}, rules);
  EXPECT_EQ(result.properties, (PackedProperties{text(neutral + "c:d")}));
  EXPECT_EQ(result.told, "");
  LeftOut left_out;
  EXPECT_EQ(kept_of_snapshot({text("a:b")}, rules, "tank@1", left_out), (PackedProperties{text(neutral + "a:b")}));
}

TEST(KeptProperties, ASnapshotHasOnlyThoseOfAUser) {
  LeftOut left_out;
  EXPECT_EQ(kept_of_snapshot({{"atime", std::uint64_t{0}}, text("mountpoint", "/etc"), text("a:b"), text("c:d", "\n")},
                             {}, "tank@1", left_out),
            (PackedProperties{text(neutral + "a:b")}));
  EXPECT_EQ(left_out.text(), "c:d of tank@1 (its value is not one printable line)");
}

TEST(KeptProperties, WhatWeakensWhatIsToComeIsLeftOutAndToldOnce) {
  const std::pair<const char*, std::uint64_t> weak[] = {
      {"checksum", 2}, {"checksum", 10}, {"compression", 2}, {"redundant_metadata", 2}, {"redundant_metadata", 3}};
  for (const auto& [name, value] : weak) {
    const Kept first = kept({{name, value}});
    EXPECT_THAT(first.properties, IsEmpty()) << name;
    EXPECT_THAT(first.told, StartsWith(std::string(name) + " of tank/a (its value would weaken"));
    EXPECT_EQ(kept({{name, value}}, {}, false).told, "");
    EXPECT_THAT(kept({text(name, "off")}).properties, IsEmpty()) << "zfs send writes a number";
  }
  const PackedProperties strong = {{"checksum", std::uint64_t{8}},
                                   {"compression", std::uint64_t{15}},
                                   {"redundant_metadata", std::uint64_t{1}},
                                   {"copies", std::uint64_t{2}}};
  EXPECT_EQ(kept(strong).properties, strong);
}

TEST(KeptProperties, WhatIsToldIsOneBoundedLine) {
  LeftOut left_out;
  EXPECT_EQ(left_out.text(), "");
  left_out.add("a:b", "why", "tank/a");
  left_out.add("a:b", "why", "tank/b");
  left_out.add("a:b", "why not", "tank/b@\n\x1b[2J");
  EXPECT_EQ(left_out.text(), "a:b of tank/a and 1 more (why); a:b of tank/b@\\x0a\\x1b[2J (why not)");
  for (int i = 0; i < 1000; ++i)
    left_out.add(std::to_string(i) + ":" + std::string(500, 'n'), "why", std::string(500, 'w'));
  EXPECT_LT(left_out.text().size(), 2000U);
  EXPECT_THAT(left_out.text(), EndsWith("; and 997 more"));
}

}  // namespace
}  // namespace czb::receiver
