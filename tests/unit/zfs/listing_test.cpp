// SPDX-License-Identifier: MIT
// What zfs prints, read into values (zfs/listing.h). The good lines have the shape that OpenZFS 2.1.11 prints.
#include "zfs/listing.h"

#include <gmock/gmock.h>

#include "error.h"

namespace czb {
namespace {

using ::testing::HasSubstr;
using Properties = std::vector<std::string>;

const std::string root_line = "tank/home\tfilesystem\t111\t5\t-\t-\t-\t-\t-\t0\n";

Inventory parsed(const std::string& output, const Properties& properties = {}) {
  return parse_listing(output, "tank/home", properties);
}

std::string refusal_of(const std::string& output, const Properties& properties = {}) {
  try {
    parsed(output, properties);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::failed);
    return error.what();
  }
  return "(accepted)";
}

std::vector<std::string> names_of(const Dataset& dataset) {
  std::vector<std::string> names;
  for (const Snapshot& s : dataset.snapshots) names.push_back(s.name);
  return names;
}

TEST(Listing, ReadsATreeWithItsSnapshots) {
  const Inventory inventory =
      parsed(root_line +
             "tank/home@2026-06-25T12:13:15Z\tsnapshot\t18446744073709551615\t77\t0\t\t-\t-\t-\t0\n"
             "tank/home/a\tfilesystem\t112\t6\t-\t-\t-\t-\t-\t0\n"
             "tank/home/a@2026-06-25T12:13:15Z\tsnapshot\t42\t77\t0\t\t-\t-\t-\t0\n");
  EXPECT_EQ(inventory.root, "tank/home");
  ASSERT_EQ(inventory.datasets.size(), 2U);
  const Dataset& root = inventory.datasets.at("");
  EXPECT_EQ(root.guid, 111U);
  EXPECT_EQ(root.createtxg, 5U);
  ASSERT_EQ(root.snapshots.size(), 1U);
  EXPECT_EQ(root.snapshots[0].name, "2026-06-25T12:13:15Z");
  EXPECT_EQ(root.snapshots[0].guid, 18446744073709551615U);
  EXPECT_EQ(root.snapshots[0].createtxg, 77U);
  EXPECT_EQ(root.snapshots[0].holds, 0U);
  EXPECT_FALSE(root.snapshots[0].has_clones);
  EXPECT_EQ(inventory.datasets.at("a").snapshots.at(0).guid, 42U);
}

TEST(Listing, NothingListedIsATreeThatDoesNotExist) {
  EXPECT_FALSE(parsed("").exists());
  EXPECT_EQ(parsed("").root, "tank/home");
}

TEST(Listing, SnapshotsMayComeBeforeTheirDatasets) {
  const Inventory inventory = parsed(
      "tank/home/a@t1\tsnapshot\t1\t10\t0\t\t-\t-\t-\t0\n"
      "tank/home@t1\tsnapshot\t2\t10\t0\t\t-\t-\t-\t0\n" +
      root_line + "tank/home@t2\tsnapshot\t3\t20\t0\t\t-\t-\t-\t0\n" +
      "tank/home/a\tfilesystem\t112\t6\t-\t-\t-\t-\t-\t0\n");
  EXPECT_EQ(names_of(inventory.datasets.at("")), (std::vector<std::string>{"t1", "t2"}));
  EXPECT_EQ(names_of(inventory.datasets.at("a")), (std::vector<std::string>{"t1"}));
}

TEST(Listing, OrdersSnapshotsByCreatetxgWhateverTheOrderOfTheLines) {
  const Inventory inventory = parsed(root_line +
                                     "tank/home@b\tsnapshot\t1\t30\t0\t\t-\t-\t-\t0\n"
                                     "tank/home@c\tsnapshot\t2\t10\t0\t\t-\t-\t-\t0\n"
                                     "tank/home@a\tsnapshot\t3\t20\t0\t\t-\t-\t-\t0\n");
  EXPECT_EQ(names_of(inventory.datasets.at("")), (std::vector<std::string>{"c", "a", "b"}));
}

TEST(Listing, SnapshotsOfSeveralDatasetsMayBeMixed) {
  const Inventory inventory = parsed(root_line + "tank/home/a\tfilesystem\t112\t6\t-\t-\t-\t-\t-\t0\n" +
                                     "tank/home@t1\tsnapshot\t1\t10\t0\t\t-\t-\t-\t0\n"
                                     "tank/home/a@t1\tsnapshot\t2\t10\t0\t\t-\t-\t-\t0\n"
                                     "tank/home@t2\tsnapshot\t3\t20\t0\t\t-\t-\t-\t0\n");
  EXPECT_EQ(names_of(inventory.datasets.at("")), (std::vector<std::string>{"t1", "t2"}));
  EXPECT_EQ(names_of(inventory.datasets.at("a")), (std::vector<std::string>{"t1"}));
}

TEST(Listing, NamesMayHaveSpacesAndColons) {
  const Inventory inventory = parsed(root_line +
                                     "tank/home/my files:2\tfilesystem\t112\t6\t-\t-\t-\t-\t-\t0\n"
                                     "tank/home/my files:2@a b\tsnapshot\t1\t10\t0\t\t-\t-\t-\t0\n");
  EXPECT_EQ(names_of(inventory.datasets.at("my files:2")), (std::vector<std::string>{"a b"}));
}

TEST(Listing, ReadsUserPropertiesThatAreSet) {
  const Properties properties = {"cyber-zfs-backup:base.offsite", "cyber-zfs-backup:base.b"};
  const Inventory inventory = parsed(
      "tank/home\tfilesystem\t1\t5\t-\t-\t-\t-\t-\t0\tt 7\t-\n"
      "tank/home@t7\tsnapshot\t1\t10\t0\t\t-\t-\t-\t0\tt 7\t-\n",
      properties);
  EXPECT_EQ(inventory.datasets.at("").user_properties,
            (std::map<std::string, std::string>{{"cyber-zfs-backup:base.offsite", "t 7"}}));
}

TEST(Listing, TellsVolumesFromFileSystems) {
  const Inventory inventory = parsed(root_line + "tank/home/v\tvolume\t112\t6\t-\t-\t-\t-\t-\t0\n");
  EXPECT_EQ(inventory.datasets.at("").kind, DatasetKind::filesystem);
  EXPECT_EQ(inventory.datasets.at("v").kind, DatasetKind::volume);
}

TEST(Listing, ReadsHoldsAndClones) {
  const Inventory inventory = parsed(root_line +
                                     "tank/home@t1\tsnapshot\t1\t10\t2\t\t-\t-\t-\t0\n"
                                     "tank/home@t2\tsnapshot\t2\t20\t0\ttank/c1,tank/c2\t-\t-\t-\t0\n"
                                     "tank/home@t3\tsnapshot\t3\t30\t-\t-\t-\t-\t-\t0\n");
  const std::vector<Snapshot>& snapshots = inventory.datasets.at("").snapshots;
  EXPECT_EQ(snapshots[0].holds, 2U);
  EXPECT_FALSE(snapshots[0].has_clones);
  EXPECT_TRUE(snapshots[1].has_clones);
  EXPECT_EQ(snapshots[2].holds, 0U);
  EXPECT_FALSE(snapshots[2].has_clones);
}

TEST(Listing, ReadsResumeTokensAndEncryptionRoots) {
  const Inventory inventory = parsed(
      "tank/home\tfilesystem\t1\t5\t-\t-\t-\ttank/home\t-\t0\n"
      "tank/home/a\tfilesystem\t2\t6\t-\t-\t1-e604ea4bf-e0-789c63\ttank/home\t-\t0\n");
  EXPECT_EQ(inventory.datasets.at("").resume_token, "");
  EXPECT_EQ(inventory.datasets.at("").encryption_root, "tank/home");
  EXPECT_EQ(inventory.datasets.at("a").resume_token, "1-e604ea4bf-e0-789c63");
}

TEST(Listing, ReadsOriginsAndWhatWasWritten) {
  const Inventory inventory = parsed(
      "tank/home\tfilesystem\t1\t5\t-\t-\t-\t-\t-\t57344\n"
      "tank/home/c\tfilesystem\t2\t6\t-\t-\t-\t-\ttank/home@t1\t-\n");
  EXPECT_EQ(inventory.datasets.at("").origin, "");
  EXPECT_EQ(inventory.datasets.at("").written, 57344U);
  EXPECT_EQ(inventory.datasets.at("c").origin, "tank/home@t1");
  EXPECT_EQ(inventory.datasets.at("c").written, 0U);
}

TEST(Listing, ReadsBookmarksOldestFirst) {
  const Inventory inventory = parsed(root_line +
                                     "tank/home#b2\tbookmark\t22\t20\t-\t-\t-\t-\t-\t-\n"
                                     "tank/home#cyber-zfs-backup:far:t 1\tbookmark\t11\t10\t-\t-\t-\t-\t-\t-\n"
                                     "tank/home/a#b3\tbookmark\t33\t30\t-\t-\t-\t-\t-\t-\n"
                                     "tank/home/a\tfilesystem\t112\t6\t-\t-\t-\t-\t-\t0\n");
  const std::vector<Bookmark>& bookmarks = inventory.datasets.at("").bookmarks;
  ASSERT_EQ(bookmarks.size(), 2U);
  EXPECT_EQ(bookmarks[0].name, "cyber-zfs-backup:far:t 1");
  EXPECT_EQ(bookmarks[0].guid, 11U);
  EXPECT_EQ(bookmarks[0].createtxg, 10U);
  EXPECT_EQ(bookmarks[1].name, "b2");
  EXPECT_EQ(inventory.datasets.at("a").bookmarks.at(0).guid, 33U);
  EXPECT_TRUE(inventory.datasets.at("").snapshots.empty());
}

struct MalformedLine {
  const char* what;
  std::string output;
  const char* complaint;
};

TEST(Listing, RefusesEachMalformedLineAndQuotesIt) {
  const std::vector<MalformedLine> lines = {
      {"cut off", "tank/home\tfilesystem\t1\t5\t-\t-\t-\t-", "cut off"},
      {"empty line", root_line + "\n", "wrong number of columns"},
      {"a column too few", "tank/home\tfilesystem\t1\t5\t-\t-\t-\t-\t0\n", "wrong number of columns"},
      {"a column too many", "tank/home\tfilesystem\t1\t5\t-\t-\t-\t-\t-\t-\t0\n", "wrong number of columns"},
      {"guid no number", "tank/home\tfilesystem\t-\t5\t-\t-\t-\t-\t-\t0\n", "guid is not a number"},
      {"guid signed", "tank/home\tfilesystem\t-4\t5\t-\t-\t-\t-\t-\t0\n", "guid is not a number"},
      {"guid too large", "tank/home\tfilesystem\t18446744073709551616\t5\t-\t-\t-\t-\t-\t0\n", "guid is not a number"},
      {"guid with rest", "tank/home\tfilesystem\t1x\t5\t-\t-\t-\t-\t-\t0\n", "guid is not a number"},
      {"createtxg empty", "tank/home\tfilesystem\t1\t\t-\t-\t-\t-\t-\t0\n", "createtxg is not a number"},
      {"userrefs no number", root_line + "tank/home@t\tsnapshot\t1\t5\tone\t\t-\t-\t-\t0\n",
       "userrefs is not a number"},
      {"human numbers", root_line + "tank/home@t\tsnapshot\t1\t1.5K\t0\t\t-\t-\t-\t0\n", "createtxg is not a number"},
      {"unknown type", "tank/home\tpool\t1\t5\t-\t-\t-\t-\t-\t0\n", "unknown type"},
      {"snapshot without @", root_line + "tank/home/a\tsnapshot\t1\t5\t0\t\t-\t-\t-\t0\n", "without '@'"},
      {"snapshot without a name", root_line + "tank/home@\tsnapshot\t1\t5\t0\t\t-\t-\t-\t0\n", "without '@'"},
      {"dataset with @", root_line + "tank/home@a\tfilesystem\t1\t5\t0\t\t-\t-\t-\t0\n", "with '@'"},
      {"dataset twice", root_line + root_line, "listed twice"},
      {"outside of the root", root_line + "tank/homeless\tfilesystem\t1\t5\t-\t-\t-\t-\t-\t0\n", "not below tank/home"},
      {"the root's parent", root_line + "tank\tfilesystem\t1\t5\t-\t-\t-\t-\t-\t0\n", "not below tank/home"},
      {"an empty child", root_line + "tank/home/\tfilesystem\t1\t5\t-\t-\t-\t-\t-\t0\n", "not below tank/home"},
      {"no root", "tank/home/a\tfilesystem\t1\t5\t-\t-\t-\t-\t-\t0\n", "root is missing"},
      {"snapshot of nothing", root_line + "tank/home/a@t1\tsnapshot\t1\t5\t0\t\t-\t-\t-\t0\n",
       "dataset that is not listed"},
      {"only a snapshot", "tank/home@t1\tsnapshot\t1\t5\t0\t\t-\t-\t-\t0\n", "dataset that is not listed"},
      {"written no number", "tank/home\tfilesystem\t1\t5\t-\t-\t-\t-\t-\t8K\n", "written is not a number"},
      {"bookmark without #", root_line + "tank/home\tbookmark\t1\t5\t-\t-\t-\t-\t-\t-\n", "without '#'"},
      {"bookmark without a name", root_line + "tank/home#\tbookmark\t1\t5\t-\t-\t-\t-\t-\t-\n", "without '#'"},
      {"bookmark of nothing", root_line + "tank/home/a#b\tbookmark\t1\t5\t-\t-\t-\t-\t-\t-\n",
       "a bookmark of a dataset that is not listed"},
      {"bookmark's guid", root_line + "tank/home#b\tbookmark\tx\t5\t-\t-\t-\t-\t-\t-\n", "guid is not a number"},
      {"a message", "no datasets available\n", "wrong number of columns"},
  };
  for (const MalformedLine& line : lines) {
    EXPECT_THAT(refusal_of(line.output), HasSubstr(line.complaint)) << line.what;
    EXPECT_THAT(refusal_of(line.output), HasSubstr("zfs list printed a line that was not understood")) << line.what;
  }
  EXPECT_THAT(refusal_of("tank/home\tweird\t1\t5\t-\t-\t-\t-\t-\t0\n"), HasSubstr("tank/home\\x09weird\\x091"));
}

TEST(Listing, RefusesNamesThatZfsWouldNotPrint) {
  const std::string rest = "\t1\t5\t0\t\t-\t-\t-\t0\n";
  for (const char* name : {"t\x1b[2J", "t\xff", "t,u", "t%u", "t@u", "t/u", "t\\u", "t\r", "."}) {
    EXPECT_THAT(refusal_of(root_line + "tank/home@" + name + "\tsnapshot" + rest),
                HasSubstr("a snapshot's name: it has"));
    EXPECT_THAT(refusal_of(root_line + "tank/home#" + name + "\tbookmark" + rest),
                HasSubstr("a bookmark's name: it has"));
  }
  for (const char* name : {"a\x1b[2J", "a\xff", "a,b", "%recv", "", "..", "a//b"})
    EXPECT_NE(refusal_of(root_line + "tank/home/" + name + "\tfilesystem\t112\t6\t-\t-\t-\t-\t-\t0\n"), "(accepted)");
}

TEST(Listing, RefusesTokensOriginsAndEncryptionRootsThatZfsWouldNotPrint) {
  const auto line = [](const std::string& token, const std::string& root, const std::string& origin) {
    return "tank/home\tfilesystem\t1\t5\t-\t-\t" + token + "\t" + root + "\t" + origin + "\t0\n";
  };
  EXPECT_EQ(refusal_of(line("1-ab-c", "tank", "tank/a@b")), "(accepted)");
  for (const char* token : {"1-\x1b", "-n", "1 2", "1;2"})
    EXPECT_THAT(refusal_of(line(token, "-", "-")), HasSubstr("resume token")) << token;
  for (const char* root : {"tank/\x1b", "tank@a", "/"})
    EXPECT_THAT(refusal_of(line("-", root, "-")), HasSubstr("encryption root")) << root;
  for (const char* origin : {"tank", "tank@\x1b", "tank/\x1b@a", "@a"})
    EXPECT_THAT(refusal_of(line("-", "-", origin)), HasSubstr("origin")) << origin;
}

TEST(Listing, QuotesALineThatItRefusesWithoutItsControlCharacters) {
  const std::string refusal = refusal_of(root_line + "tank/home@\x1b[2J\tsnapshot\t1\t5\t0\t\t-\t-\t-\t0\n");
  EXPECT_EQ(refusal.find('\x1b'), std::string::npos);
  EXPECT_THAT(refusal, HasSubstr("tank/home@\\x1b[2J"));
}

TEST(Listing, RefusesASnapshotThatIsListedTwice) {
  const std::string line = "tank/home@t1\tsnapshot\t1\t10\t0\t\t-\t-\t-\t0\n";
  EXPECT_THAT(refusal_of(root_line + line + line), HasSubstr("listed twice"));
}

TEST(Listing, RefusesAMissingPropertyColumn) {
  EXPECT_THAT(refusal_of(root_line, {"a:b"}), HasSubstr("wrong number of columns"));
}

TEST(Listing, DoesNotRepeatAnEndlessLine) { EXPECT_LT(refusal_of(std::string(100'000, 'x') + "\n").size(), 1000U); }

TEST(Names, AreOneALine) {
  EXPECT_EQ(parse_names("tank/home\ntank/home/my files\n"),
            (std::vector<std::string>{"tank/home", "tank/home/my files"}));
  EXPECT_TRUE(parse_names("").empty());
}

TEST(Names, ThatAreNoDatasetsOrCutOffAreRefused) {
  for (const char* text : {"tank/home", "tank\n\n", "tank@t1\n", "tank\tfilesystem\n", "no datasets available!\n"})
    EXPECT_THROW(parse_names(text), Error) << text;
}

TEST(UserPropertiesIn, AreThoseWithAColonEachOnce) {
  EXPECT_EQ(user_properties_in("compression\na:b\ncom.sun:auto-snapshot\na:b\nno name:\n\x1b:x\n"),
            (std::set<std::string>{"a:b", "com.sun:auto-snapshot"}));
  EXPECT_TRUE(user_properties_in("").empty());
}

TEST(EstimatedSize, IsTheNumberOfTheSizeLine) {
  EXPECT_EQ(estimated_size("full\ttank@t1\t100\nincremental\tt1\ttank@t2\t20\nsize\t120\n"), 120U);
  EXPECT_EQ(estimated_size("size\t18446744073709551615\n"), 18446744073709551615U);
}

TEST(EstimatedSize, IsAbsentUntilItsWholeLineIsThere) {
  for (const char* text : {"", "full\ttank@t1\t100\n", "size\t120", "siz", "size\t\n", "size\t12x\n", "size\t-1\n",
                           "size 120\n", "xsize\t120\n", "size\t18446744073709551616\n"})
    EXPECT_EQ(estimated_size(text), std::nullopt) << text;
}

}  // namespace
}  // namespace czb
