// SPDX-License-Identifier: MIT
// What inherits its key is told to zfs by ourselves (receiver/encryption_roots.h).
#include "receiver/keys/encryption_roots.h"

#include <gmock/gmock.h>

#include "error.h"
#include "fixtures/stream_builder.h"
#include "receiver/stream/stream_head.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string dataset = "far/x";

// As it is when a first raw stream of tank and tank/c has come: each a root of its own.
PresentTree arrived() {
  PresentTree present;
  present[""] = {1, {{2, "b"}}, "", dataset};
  present["c"] = {3, {{12, "b"}}, "", dataset + "/c"};
  return present;
}

KeyLocations locations() { return {{"", "prompt"}, {"c", "prompt"}}; }

bool any(const std::string& /*relative*/, bool /*is_root*/) { return true; }

Package told(bool child_is_root, const std::string& top_location = "prompt") {
  return parse_package(
      package({{"tank", {{"b", 2}}, 0, 0, NvBuilder().text("keylocation", top_location), true},
               {"tank/c", {{"b", 12}}, 2, 0, NvBuilder().text("keylocation", "file:///k"), child_is_root}},
              "b"),
      "tank");
}

TEST(EncryptionRoots, WhatInheritsAtTheSenderIsToInherit) {
  const auto changes = root_changes(told(false), dataset, arrived(), locations(), any);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].relative, "c");
  EXPECT_EQ(changes[0].guid, 12U);
  EXPECT_FALSE(changes[0].is_root);
}

TEST(EncryptionRoots, WhereAllIsAsToldNothingChanges) {
  PresentTree present = arrived();
  present["c"].encryption_root = dataset;
  EXPECT_THAT(root_changes(told(false), dataset, present, locations(), any), IsEmpty());
  EXPECT_THAT(root_changes(told(true), dataset, arrived(), {{"", "prompt"}, {"c", "file:///k"}}, any), IsEmpty());
}

TEST(EncryptionRoots, ARootHasTheKeyLocationThatItHasAtTheSender) {
  const auto changes = root_changes(told(true, "file:///t"), dataset, arrived(), locations(), any);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].key_location, "file:///t");
  EXPECT_TRUE(changes[1].is_root);
  EXPECT_EQ(changes[1].key_location, "file:///k");
}

TEST(EncryptionRoots, WhatMayNotBecomeSoStays) {
  std::vector<std::string> asked;
  const auto none = [&](const std::string& relative, bool is_root) {
    asked.push_back(relative + (is_root ? " root" : " child"));
    return false;
  };
  EXPECT_THAT(root_changes(told(false), dataset, arrived(), locations(), none), IsEmpty());
  PresentTree present = arrived();
  present["c"].encryption_root = dataset;
  EXPECT_THAT(root_changes(told(true), dataset, present, locations(), none), IsEmpty());
  // Nor is one that is a root told where its key is.
  EXPECT_THAT(root_changes(told(true, "file:///t"), dataset, arrived(), locations(), none), IsEmpty());
  EXPECT_THAT(asked, ElementsAre("c child", "c root", " root", "c root"));
}

// zfs receive never does that either.
TEST(EncryptionRoots, TheTopDoesNotInheritAndACloneBecomesNoRoot) {
  PresentTree present = arrived();
  Package package = told(true);
  package.datasets[0].is_encryption_root = false;
  present["c"].encryption_root = dataset;
  present["c"].origin = "far/x@b";
  EXPECT_THAT(root_changes(package, dataset, present, locations(), any), IsEmpty());
}

TEST(EncryptionRoots, OnlyWhatHasComeIsTold) {
  PresentTree present = arrived();
  present["c"].snapshots = {{99, "b"}};
  EXPECT_THAT(root_changes(told(false), dataset, present, locations(), any), IsEmpty())
      << "another snapshot of that name";
  present["c"].snapshots = {{12, "other"}};
  EXPECT_THAT(root_changes(told(false), dataset, present, locations(), any), IsEmpty()) << "under another name";
  present.erase("c");
  EXPECT_THAT(root_changes(told(false), dataset, present, locations(), any), IsEmpty());
  present = arrived();
  present["c"].encryption_root.clear();
  EXPECT_THAT(root_changes(told(false), dataset, present, locations(), any), IsEmpty()) << "it is not encrypted";
}

// zfs would take the first that it finds under the guid.
TEST(EncryptionRoots, AGuidThatAnotherHasTooIsNotUsed) {
  PresentTree present = arrived();
  present["copy"] = {5, {{12, "b"}}, "", dataset + "/copy"};
  EXPECT_THROW(root_changes(told(false), dataset, present, locations(), any), Error);
  present = arrived();
  present["d"].guid = 12;
  EXPECT_THROW(root_changes(told(false), dataset, present, locations(), any), Error) << "a dataset's";
  present["c"].encryption_root = dataset;
  EXPECT_THAT(root_changes(told(false), dataset, present, locations(), any), IsEmpty()) << "nothing is to change";
}

TEST(EncryptionRoots, ThePackageForItIsWhole) {
  const std::vector<RootChange> changes = {{"c", 12, false, ""}, {"d", 22, true, "file:///k"}};
  const std::string stream = root_changes_stream(changes, dataset, arrived().at(""), "b");
  const std::string begin = stream.substr(stream.size() - 4 * record_bytes, record_bytes);
  const BeginRecord top = parse_begin(begin);
  EXPECT_EQ(top.dataset + "@" + top.snapshot, dataset + "@b");
  EXPECT_EQ(top.features, feature_raw);
  EXPECT_EQ(top.to_guid, 2U);
  EXPECT_EQ(top.from_guid, 2U) << "an increment, of which no dataset is made";
  // zfs 2.1 has read one record when it begins to skip; there is one more before the end.
  EXPECT_EQ(stream.substr(stream.size() - 3 * record_bytes), free_objects_record() + end_record() + end_record());
  const NvBuilder none;
  const auto entry = [&](const char* name, std::uint64_t guid, const NvBuilder& properties, bool is_root) {
    return packed_dataset({name, {{"b", guid}}, 0, 0, properties, is_root});
  };
  EXPECT_EQ(
      stream.substr(0, stream.size() - 4 * record_bytes),
      package_head(
          "far/x@b",
          NvBuilder()
              .text("tosnap", "b")
              .boolean("raw")
              .list("fss", NvBuilder()
                               .list("0x1", entry("far/x/c", 12, none, false))
                               .list("0x2", entry("far/x/d", 22, NvBuilder().text("keylocation", "file:///k"), true)))
              .packed()));
}

TEST(EncryptionRoots, BelowATopInClearThePackageIsNotRaw) {
  PresentDataset top = arrived().at("");
  top.encryption_root.clear();
  const std::string stream = root_changes_stream({{"c", 12, false, ""}}, dataset, top, "b");
  const std::string begin = stream.substr(stream.size() - 4 * record_bytes, record_bytes);
  EXPECT_EQ(parse_begin(begin).features, 0U);
  EXPECT_THROW(root_changes_stream({{"c", 12, false, ""}}, dataset, top, "gone"), Error);
}

TEST(KeyLocations, AreReadFromAListing) {
  const KeyLocations read = parse_key_locations("far/x\tprompt\nfar/x/c\tfile:///a b\n", dataset);
  EXPECT_EQ(read, (KeyLocations{{"", "prompt"}, {"c", "file:///a b"}}));
  EXPECT_THROW(parse_key_locations("far/y\tprompt\n", dataset), Error);
  EXPECT_THROW(parse_key_locations("far/x\n", dataset), Error);
}

}  // namespace
}  // namespace czb::receiver
