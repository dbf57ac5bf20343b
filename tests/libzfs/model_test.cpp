// SPDX-License-Identifier: MIT
// The model against what is known of libzfs: what the attacks that broke an earlier receiver did on real OpenZFS, and
// what genuine streams do.
#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "libzfs/invariant.h"
#include "libzfs/play.h"
#include "libzfs/search.h"

namespace czb::libzfs {
namespace {

using receiver::Package;
using receiver::PackedDataset;
using receiver::PackedProperties;
using ::testing::ElementsAre;

using Names = std::vector<std::pair<std::string, Guid>>;

class LibzfsModel : public ::testing::TestWithParam<Version> {
 protected:
  LibzfsModel() {
    host_.version = GetParam();
    add("offsite", {});
  }

  enum class Encryption { none, inherits, root };

  Dataset& add(const std::string& name, const Names& snapshots, Encryption encryption = Encryption::none) {
    Pool& pool = host_.pool;
    Dataset dataset;
    dataset.object = pool.next_object++;
    dataset.guid = 1000 + dataset.object;
    dataset.name = name;
    for (const auto& [snapshot, guid] : snapshots)
      dataset.snapshots.push_back({pool.next_object++, guid, snapshot, ""});
    if (encryption != Encryption::none) {
      dataset.key = pool.next_object++;
      const Dataset* const parent = pool.find(parent_of(name));
      const bool is_root = encryption == Encryption::root;
      pool.keys[dataset.key] = {is_root ? dataset.object : pool.keys.at(parent->key).root, 7};
      if (is_root) dataset.key_location = "prompt";
    }
    pool.datasets.push_back(dataset);
    return pool.datasets.back();
  }

  static PackedDataset packed(const std::string& relative, const Names& snapshots, bool is_root = false,
                              Guid parent_from = 0) {
    PackedDataset dataset;
    dataset.id = "0x" + std::to_string(snapshots.back().second) + std::to_string(relative.size());
    dataset.relative = relative;
    dataset.is_encryption_root = is_root;
    dataset.parent_from = parent_from;
    dataset.properties.emplace();
    if (is_root) dataset.properties->push_back({"keylocation", "prompt"});
    for (const auto& [name, guid] : snapshots) dataset.snapshots.push_back({name, guid, PackedProperties()});
    return dataset;
  }

  static Stream stream(const std::string& dataset, Guid from, Guid to, std::optional<std::uint64_t> key = {}) {
    return {dataset, "2", to, from, false, false, key};
  }

  static Session session(const std::string& dataset, const std::string& top, Package package,
                         std::vector<Stream> streams) {
    Session session = {dataset, top, std::move(package), "", std::move(streams)};
    session.package->to = "2";
    write_head(session);
    return session;
  }

  void play(const Session& session) {
    const auto one = straight(host_, session);
    while (one->step()) {
    }
  }

  bool is_there(const std::string& name) const { return host_.pool.find(name) != nullptr; }

  std::string encryption_root(const std::string& name) const {
    const Dataset* const dataset = host_.pool.find(name);
    if (dataset == nullptr || dataset->key == 0) return "";
    return host_.pool.find(host_.pool.keys.at(dataset->key).root)->name;
  }

  std::vector<std::string> snapshots(const std::string& name) const {
    std::vector<std::string> names;
    for (const Snapshot& each : host_.pool.find(name)->snapshots) names.push_back(each.name);
    return names;
  }

  Host host_;
};

// The first attack of a review: an entry for a dataset that is not there lists what another one is about to receive.
TEST_P(LibzfsModel, AGuidThatIsListedTwiceRenamesADataset) {
  add("offsite/zippy", {{"1", 11}});
  add("offsite/zippy/x", {{"1", 21}});
  Package package;
  package.from = "1";
  package.recursive = true;
  package.datasets = {packed("", {{"1", 11}, {"2", 12}}), packed("y", {{"2", 22}}, false, 11),
                      packed("x", {{"1", 21}, {"2", 22}}, false, 11)};
  play(session("offsite/zippy", "zippy/t", package, {stream("zippy/t", 11, 12), stream("zippy/t/x", 21, 22)}));
  EXPECT_FALSE(is_there("offsite/zippy/x"));
  ASSERT_TRUE(is_there("offsite/zippy/y"));
  EXPECT_THAT(snapshots("offsite/zippy/y"), ElementsAre("1", "2"));
}

class EncryptionRoots : public LibzfsModel {
 protected:
  EncryptionRoots() {
    add("offsite/enc", {{"1", 11}}, Encryption::root);
    add("offsite/enc/a", {{"1", 31}}, Encryption::inherits);
    add("offsite/enc/x", {{"1", 21}}, Encryption::root);
  }

  static Package raw(std::vector<PackedDataset> datasets) {
    Package package;
    package.recursive = true;
    package.raw = true;
    package.datasets = std::move(datasets);
    return package;
  }

  const std::vector<Stream> streams_ = {stream("zippy/e", 11, 12, 7), stream("zippy/e/x", 21, 22, 7)};
};

// The second: the same of a raw header. 2.1 goes by the entries, so the last that finds x decides; 2.3 goes by what is
// here, so it is the first that lists the first snapshot of x.
TEST_P(EncryptionRoots, AGuidThatIsListedTwiceTakesTheRootFromADatasetIn21) {
  play(session("offsite/enc", "zippy/e",
               raw({packed("", {{"1", 11}, {"2", 12}}, true), packed("x", {{"1", 21}, {"2", 22}}, true),
                    packed("y", {{"2", 22}})}),
               streams_));
  EXPECT_EQ(encryption_root("offsite/enc/x"), GetParam() == Version::v2_1 ? "offsite/enc" : "offsite/enc/x");
}

TEST_P(EncryptionRoots, AGuidThatIsListedTwiceTakesTheRootFromADatasetIn23WhereItIsListedFirst) {
  play(session("offsite/enc", "zippy/e",
               raw({packed("", {{"1", 11}, {"2", 12}}, true), packed("y", {{"2", 21}}),
                    packed("x", {{"1", 21}, {"2", 22}}, true)}),
               streams_));
  // 2.1 makes it inherit, and a root again after that: forced, so that its key cannot be unwrapped any more.
  EXPECT_EQ(encryption_root("offsite/enc/x"), GetParam() == Version::v2_1 ? "offsite/enc/x" : "offsite/enc");
}

// The third: the header of one session, the guid in another one that ends while the first one goes on.
TEST_P(EncryptionRoots, TwoSessionsTakeTheRootFromADatasetIn21) {
  Package package = raw({packed("", {{"0", 22}, {"2", 32}})});
  package.recursive = false;
  const Session first = session("offsite/enc/a", "zippy/e/a", package, {stream("zippy/e/a", 31, 32, 7)});
  const Session second = {"offsite/enc/x", "zippy/e/x", std::nullopt, "", {stream("zippy/e/x", 21, 22, 7)}};
  const auto waits = straight(host_, first);
  ASSERT_TRUE(waits->step());  // its head
  ASSERT_TRUE(waits->step());  // its stream
  play(second);
  EXPECT_EQ(encryption_root("offsite/enc/x"), "offsite/enc/x");
  EXPECT_FALSE(waits->step());
  EXPECT_EQ(encryption_root("offsite/enc/x"), GetParam() == Version::v2_1 ? "offsite/enc" : "offsite/enc/x");
}

TEST_P(EncryptionRoots, TheWholePoolIsSearchedIn21) {
  add("offsite/other", {{"1", 41}}, Encryption::root);
  add("offsite/other/z", {{"1", 42}}, Encryption::root);
  play(session("offsite/enc", "zippy/e", raw({packed("", {{"1", 11}, {"2", 12}}, true), packed("y", {{"2", 42}})}),
               {stream("zippy/e", 11, 12, 7)}));
  EXPECT_EQ(encryption_root("offsite/other/z"), GetParam() == Version::v2_1 ? "offsite/other" : "offsite/other/z");
}

TEST_P(EncryptionRoots, AGenuineNewChildInheritsAfterwardsAndTheOthersStay) {
  play(session("offsite/enc", "zippy/e",
               raw({packed("", {{"1", 11}, {"2", 12}}, true), packed("x", {{"1", 21}, {"2", 22}}, true),
                    packed("n", {{"2", 52}})}),
               {streams_[0], streams_[1], stream("zippy/e/n", 0, 52, 7)}));
  EXPECT_EQ(encryption_root("offsite/enc/n"), "offsite/enc");
  EXPECT_EQ(encryption_root("offsite/enc/x"), "offsite/enc/x");
  EXPECT_EQ(encryption_root("offsite/enc/a"), "offsite/enc");
}

TEST_P(EncryptionRoots, AChildThatIsSentRawAloneIsARootOfItsOwn) {
  play({"offsite/enc/n", "zippy/e/n", std::nullopt, "", {stream("zippy/e/n", 0, 52, 7)}});
  EXPECT_EQ(encryption_root("offsite/enc/n"), "offsite/enc/n");
}

TEST_P(LibzfsModel, AGenuineIncrementAddsSnapshotsAndChangesNothingElse) {
  add("offsite/zippy", {{"1", 11}});
  add("offsite/zippy/x", {{"1", 21}});
  const Pool before = host_.pool;
  Package package;
  package.from = "1";
  package.recursive = true;
  package.datasets = {packed("", {{"1", 11}, {"2", 12}}), packed("x", {{"1", 21}, {"2", 22}}, false, 11)};
  play(session("offsite/zippy", "zippy/t", package, {stream("zippy/t", 11, 12), stream("zippy/t/x", 21, 22)}));
  EXPECT_THAT(snapshots("offsite/zippy/x"), ElementsAre("1", "2"));
  EXPECT_THAT(broken(before, host_.pool, before, {}, {"offsite/zippy", "offsite/zippy/x"}), ElementsAre());
}

// zfs_ioc_set_prop: those that it does not have any more are cleared.
TEST_P(LibzfsModel, SnapshotsThatAreHereGetThePropertiesThatAnIncrementsHeaderListsForThem) {
  add("offsite/zippy", {{"1", 11}, {"2", 12}});
  for (Snapshot& each : host_.pool.find("offsite/zippy")->snapshots) each.properties = "e:here=1;";
  Package package;
  package.from = "1";
  package.recursive = true;
  package.datasets = {packed("", {{"1", 11}, {"2", 12}})};
  package.datasets[0].snapshots[1].properties->push_back({"e:sent", std::string("2")});
  play(session("offsite/zippy", "zippy/t", package, {stream("zippy/t", 11, 12)}));
  const std::vector<Snapshot>& now = host_.pool.find("offsite/zippy")->snapshots;
  EXPECT_EQ(now[0].properties, "");
  EXPECT_EQ(now[1].properties, "e:sent=2;");
}

TEST_P(LibzfsModel, ADatasetThatWasRenamedAtTheSenderIsRenamedHere) {
  add("offsite/zippy", {{"1", 11}});
  add("offsite/zippy/x", {{"1", 21}});
  Package package;
  package.from = "1";
  package.recursive = true;
  package.datasets = {packed("", {{"1", 11}, {"2", 12}}), packed("z", {{"1", 21}, {"2", 22}}, false, 11)};
  play(session("offsite/zippy", "zippy/t", package, {stream("zippy/t", 11, 12), stream("zippy/t/z", 21, 22)}));
  EXPECT_FALSE(is_there("offsite/zippy/x"));
  ASSERT_TRUE(is_there("offsite/zippy/z"));
  EXPECT_THAT(snapshots("offsite/zippy/z"), ElementsAre("1", "2"));
}

TEST_P(LibzfsModel, ACloneThatWasPromotedAtTheSenderIsPromotedHere) {
  add("offsite/zippy", {{"1", 11}});
  const Object origin = add("offsite/zippy/x", {{"1", 21}}).snapshots[0].object;
  add("offsite/zippy/y", {{"b", 31}}).origin = origin;
  Package package;
  package.from = "b";
  package.recursive = true;
  package.datasets = {packed("", {{"1", 11}, {"2", 12}}), packed("y", {{"1", 21}, {"b", 31}, {"2", 32}}),
                      packed("x", {{"2", 22}})};
  package.datasets[2].origin = 21;
  play(session("offsite/zippy", "zippy/t", package, {stream("zippy/t", 11, 12)}));
  EXPECT_THAT(snapshots("offsite/zippy/y"), ElementsAre("1", "b"));
  EXPECT_NE(host_.pool.find("offsite/zippy/x")->origin, 0U);
}

TEST_P(LibzfsModel, ASnapshotThatIsHereIsSkippedAndAFullOneOverADatasetStopsTheRest) {
  add("offsite/zippy", {{"1", 11}, {"2", 12}});
  add("offsite/zippy/x", {{"1", 21}});
  Package package;
  package.recursive = true;
  package.datasets = {packed("", {{"1", 11}, {"2", 12}}), packed("x", {{"2", 22}}), packed("y", {{"2", 32}})};
  play(session("offsite/zippy", "zippy/t", package,
               {stream("zippy/t", 11, 12), stream("zippy/t/x", 0, 22), stream("zippy/t/y", 0, 32)}));
  EXPECT_THAT(snapshots("offsite/zippy/x"), ElementsAre("1"));
  EXPECT_FALSE(is_there("offsite/zippy/y"));
}

TEST_P(LibzfsModel, AHeaderWithAWrongSizeOrChecksumDoesNothing) {
  add("offsite/zippy", {{"1", 11}});
  Package package;
  package.recursive = true;
  package.datasets = {packed("", {{"1", 11}, {"2", 12}})};
  for (const std::size_t at : {4U, 312U + 40U, 700U}) {
    Session changed = session("offsite/zippy", "zippy/t", package, {stream("zippy/t", 11, 12)});
    changed.head.at(at) = static_cast<char>(changed.head[at] ^ 1);
    play(changed);
    EXPECT_THAT(snapshots("offsite/zippy"), ElementsAre("1")) << at;
  }
}

// guid_to_name_cb compares a dataset's guid as well, and what was searched is left out by the last part of its name.
TEST_P(LibzfsModel, TheSearchGoesFromTheDatasetOutwards) {
  add("offsite/o", {{"1", 5}});
  add("offsite/o/x", {{"1", 6}});
  add("offsite/o/r", {{"1", 8}});
  add("offsite/r", {{"1", 5}});
  add("offsite/r/x", {{"9", 7}});
  const Guid guid = host_.pool.find("offsite/o")->guid;
  EXPECT_EQ(guid_to_name(host_.pool, "offsite/r/x@1", 5), "offsite/r@1");
  EXPECT_EQ(guid_to_name(host_.pool, "offsite/r", guid), "offsite/o");
  EXPECT_EQ(guid_to_name(host_.pool, "offsite/r", 6), "offsite/o/x@1");
  EXPECT_EQ(guid_to_name(host_.pool, "offsite/r", 8), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Both, LibzfsModel, ::testing::Values(Version::v2_1, Version::v2_3));
INSTANTIATE_TEST_SUITE_P(Both, EncryptionRoots, ::testing::Values(Version::v2_1, Version::v2_3));

}  // namespace
}  // namespace czb::libzfs
