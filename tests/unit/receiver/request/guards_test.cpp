// SPDX-License-Identifier: MIT
// What mirror mode may destroy (receiver/guards.h, day_counts.h).
#include "receiver/request/guards.h"

#include <gmock/gmock.h>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "receiver/answer.h"
#include "receiver/host/day_counts.h"

namespace czb::receiver {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t today = 20'000;
const std::string root = "offsite/zippy";

std::string name(unsigned number) {
  return "2026-01-" + std::string(number < 10 ? "0" : "") + std::to_string(number) + "T00:00:00Z";
}

// So many snapshots, the newest last.
std::vector<PresentSnapshot> snapshots(unsigned count) {
  std::vector<PresentSnapshot> result;
  for (unsigned i = 1; i <= count; ++i) result.push_back({name(i), i * 10U});
  return result;
}

Options options() {
  Options result;
  result.root = root;
  result.mode = Mode::mirror;
  return result;
}

DayCounts after(const Destroy& request, const PresentSnapshots& present, const DayCounts& before = {},
                const Options& with = options()) {
  return check_destroy(request, present, before, today, with);
}

std::string refusal_of(const Destroy& request, const PresentSnapshots& present, const DayCounts& before = {},
                       const Options& with = options()) {
  try {
    after(request, present, before, with);
  } catch (const Refused& refused) {
    return refused.what();
  }
  return "";
}

TEST(MirrorGuards, OldSnapshotsOfOurNamingMayGoAndAreCounted) {
  const DayCounts counts = after({root, {name(1), name(2)}, false}, {{root, snapshots(20)}});
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts.at(root).day, today);
  EXPECT_EQ(counts.at(root).present, 20U);
  EXPECT_EQ(counts.at(root).destroyed, 2U);
}

TEST(MirrorGuards, NamesThatAreNotOursMayNot) {
  for (const char* foreign :
       {"manual", "2026-01-01", "2026-02-31T00:00:00Z", "2026-01-01T00:00:00z", "x2026-01-01T00:00:00Z"})
    EXPECT_THAT(refusal_of({root, {foreign}, false}, {{root, snapshots(20)}}), HasSubstr("no name of a snapshot that"))
        << foreign;
  EXPECT_THAT(refusal_of({root, {name(1), "manual"}, false}, {{root, snapshots(20)}}), HasSubstr("'manual'"));
}

TEST(MirrorGuards, TheNamingIsTheKeysOwn) {
  Options with = options();
  with.naming = rfc3339::NameFormat("czb-", "");
  EXPECT_THAT(refusal_of({root, {name(1)}, false}, {{root, snapshots(20)}}, {}, with), HasSubstr("no name"));
  EXPECT_EQ(refusal_of({root, {"czb-" + name(1)}, false}, {{root, snapshots(20)}}, {}, with), "");
}

TEST(MirrorGuards, TheNewestByCreationStayWhateverTheirNames) {
  std::vector<PresentSnapshot> present = snapshots(20);
  std::swap(present[0].createtxg, present[19].createtxg);  // the oldest name came last
  for (const unsigned number : {1U, 18U, 19U})
    EXPECT_THAT(refusal_of({root, {name(number)}, false}, {{root, present}}), HasSubstr("one of the 3 newest"))
        << number;
  EXPECT_EQ(refusal_of({root, {name(17)}, false}, {{root, present}}), "");
  EXPECT_EQ(refusal_of({root, {name(20)}, false}, {{root, present}}), "");
}

TEST(MirrorGuards, HowManyStayIsAnOption) {
  Options with = options();
  with.keep_newest = 1;
  EXPECT_EQ(refusal_of({root, {name(19)}, false}, {{root, snapshots(20)}}, {}, with), "");
  with.keep_newest = 100;
  EXPECT_NE(refusal_of({root, {name(1)}, false}, {{root, snapshots(20)}}, {}, with), "");
}

TEST(MirrorGuards, ForeignSnapshotsCountAmongTheNewest) {
  std::vector<PresentSnapshot> present = snapshots(5);
  for (unsigned i = 0; i < 3; ++i) present.push_back({"manual" + std::to_string(i), 1000 + i});
  EXPECT_EQ(refusal_of({root, {name(5)}, false}, {{root, present}}), "");
}

TEST(MirrorGuards, AQuarterADayMayGoAndNotOneMore) {
  const PresentSnapshots present = {{root, snapshots(20)}};
  EXPECT_EQ(refusal_of({root, {name(1), name(2), name(3), name(4), name(5)}, false}, present), "");
  EXPECT_THAT(refusal_of({root, {name(1), name(2), name(3), name(4), name(5), name(6)}, false}, present),
              HasSubstr("at most 25 percent"));
}

TEST(MirrorGuards, TheDaysShareIsOfWhatWasThereAtFirst) {
  const PresentSnapshots present = {{root, snapshots(15)}};
  EXPECT_EQ(refusal_of({root, {name(1)}, false}, present, {{root, {today, 20, 4}}}), "");
  EXPECT_NE(refusal_of({root, {name(1)}, false}, present, {{root, {today, 20, 5}}}), "");
  const DayCounts counts = after({root, {name(1)}, false}, present, {{root, {today, 20, 4}}});
  EXPECT_EQ(counts.at(root).present, 20U);
  EXPECT_EQ(counts.at(root).destroyed, 5U);
}

TEST(MirrorGuards, ANewDayBeginsAnewAndAClockThatWasSetBackDoesNot) {
  const PresentSnapshots present = {{root, snapshots(20)}};
  const DayCounts counts = after({root, {name(1)}, false}, present, {{root, {today - 1, 30, 7}}});
  EXPECT_EQ(counts.at(root).day, today);
  EXPECT_EQ(counts.at(root).present, 20U);
  EXPECT_EQ(counts.at(root).destroyed, 1U);
  EXPECT_NE(refusal_of({root, {name(1)}, false}, present, {{root, {today + 1, 20, 5}}}), "");
}

TEST(MirrorGuards, TheShareIsAnOption) {
  const PresentSnapshots present = {{root, snapshots(20)}};
  Options with = options();
  with.destroy_limit = 0;
  EXPECT_NE(refusal_of({root, {name(1)}, false}, present, {}, with), "");
  with.destroy_limit = 100;
  std::vector<std::string> names;
  for (unsigned i = 1; i <= 17; ++i) names.push_back(name(i));
  EXPECT_EQ(refusal_of({root, names, false}, present, {}, with), "");
}

TEST(MirrorGuards, AllDatasetsThatRefuseAreNamedAtOnce) {
  const PresentSnapshots present = {
      {root, snapshots(20)}, {root + "/few", snapshots(4)}, {root + "/full", snapshots(20)}};
  const std::string refusal = refusal_of({root, {name(2)}, true}, present, {{root + "/full", {today, 20, 5}}});
  EXPECT_THAT(refusal, HasSubstr("offsite/zippy/few@"));
  EXPECT_THAT(refusal, HasSubstr("; of the 20 snapshots that offsite/zippy/full had today"));
}

TEST(MirrorGuards, ADestroyThatTookNothingIsNotCounted) {
  const DayCounts before = {{root, {today, 20, 4}}, {root + "/old", {today - 1, 20, 4}}};
  const DayCounts counted = {{root, {today, 20, 5}}, {root + "/old", {today, 16, 1}}, {root + "/new", {today, 9, 2}}};
  const DayCounts result = taken_back(counted, before);
  EXPECT_EQ(result.at(root).destroyed, 4U);
  EXPECT_EQ(result.at(root + "/old").destroyed, 0U);
  EXPECT_EQ(result.at(root + "/old").present, 16U);
  EXPECT_EQ(result.at(root + "/new").destroyed, 0U);
}

TEST(MirrorGuards, EachDescendantThatARecursiveDestroyReachesIsGuarded) {
  PresentSnapshots present = {{root, snapshots(20)}, {root + "/few", snapshots(4)}, {root + "/none", {}}};
  EXPECT_THAT(refusal_of({root, {name(2)}, true}, present), HasSubstr("offsite/zippy/few@"));
  EXPECT_EQ(refusal_of({root, {name(2)}, false}, present), "");
  present[root + "/few"] = snapshots(8);
  EXPECT_EQ(refusal_of({root, {name(2)}, true}, present), "");
  EXPECT_THAT(refusal_of({root, {name(1), name(2), name(3)}, true}, present), HasSubstr("offsite/zippy/few had today"));
  const DayCounts counts = after({root, {name(2)}, true}, present);
  EXPECT_EQ(counts.size(), 2U);
}

TEST(MirrorGuards, WhatIsNotThereIsLeftToZfs) {
  EXPECT_THAT(after({root, {"2020-01-01T00:00:00Z"}, false}, {{root, snapshots(20)}}), IsEmpty());
  EXPECT_THAT(after({root, {name(1)}, true}, {}), IsEmpty());
}

TEST(MirrorGuards, TheSameNameTwiceCountsOnce) {
  EXPECT_EQ(after({root, {name(1), name(1)}, false}, {{root, snapshots(20)}}).at(root).destroyed, 1U);
}

TEST(MirrorGuards, TheListingIsReadInFull) {
  const PresentSnapshots present = parse_snapshots("t/a@x y\t5\nt/a@z\t18446744073709551615\nt/a/b@x y\t6\n");
  ASSERT_EQ(present.size(), 2U);
  EXPECT_EQ(present.at("t/a").at(1).createtxg, ~std::uint64_t{0});
  EXPECT_EQ(present.at("t/a/b").at(0).name, "x y");
  for (const char* wrong : {"t/a\t5\n", "t/a@x\n", "t/a@x\t\n", "t/a@x\t5 \n", "\n", "t@x\t5\tmore\n"})
    EXPECT_THROW(parse_snapshots(wrong), Error) << wrong;
}

TEST(DayCounts, AreThereAgain) {
  const TemporaryFolder folder;
  write_day_counts(folder.path(), {{"t/a", {5, 20, 3}}, {"t/a b", {6, 2, 0}}});
  const DayCounts counts = read_day_counts(folder.path(), {"t/a", "t/a b", "t/none"});
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts.at("t/a").day, 5);
  EXPECT_EQ(counts.at("t/a").present, 20U);
  EXPECT_EQ(counts.at("t/a").destroyed, 3U);
  write_day_counts(folder.path(), {{"t/a", {7, 9, 1}}});
  EXPECT_EQ(read_day_counts(folder.path(), {"t/a"}).at("t/a").day, 7);
}

TEST(DayCounts, WhatIsNotUnderstoodIsRefusedAndNeverBegunAnew) {
  const TemporaryFolder folder;
  write_day_counts(folder.path(), {{"t/a", {5, 20, 3}}});
  const std::string file = "t%a.destroyed";
  for (const char* wrong :
       {"", "t/a", "t/a\t5\t20", "t/a\t5\t20\t3", "t/b\t5\t20\t3\n", "t/a\t5\t20\tx\n", "t/a\t5\t2\t3\n",
        "t/a\t5\t20\t3\n\n", "t/a\t5\t20\t99999999999999999999\n", "t/a\t\t20\t3\n"}) {
    folder.file(file, wrong);
    EXPECT_THROW(read_day_counts(folder.path(), {"t/a"}), Refused) << wrong;
  }
  std::filesystem::remove(folder / file);
  std::filesystem::create_symlink(folder.file("elsewhere", "t/a\t5\t20\t3\n"), folder / file);
  EXPECT_THROW(read_day_counts(folder.path(), {"t/a"}), Refused);
  std::filesystem::remove(folder / file);
  std::filesystem::create_directory(folder / file);
  EXPECT_THROW(read_day_counts(folder.path(), {"t/a"}), Refused);
}

TEST(DayCounts, AFolderThatCannotBeWrittenIsMisconfigured) {
  EXPECT_THROW(write_day_counts("/no/such/folder", {{"t", {5, 20, 3}}}), Misconfigured);
}

}  // namespace
}  // namespace czb::receiver
