// SPDX-License-Identifier: MIT
// The bound on a key's root, with a shell script in the place of zfs that answers from files.
#include "receiver/serve/root_bound.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>

#include "error.h"
#include "fixtures/temporary_folder.h"

namespace czb::receiver {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::uint64_t mebi = std::uint64_t{1} << 20U;
const std::string root = "offsite/zippy";

class RootBoundTest : public ::testing::Test {
 protected:
  RootBoundTest() {
    options_.root = root;
    options_.quota = 64 * mebi;
    options_.zfs = script("zfs", R"(
echo "$*" >> $here/called
case $1 in
  get) [ -e $here/type ] || { echo "cannot open 'offsite/zippy': dataset does not exist" >&2; exit 1; }
       printf 'type\t%s\nused\t%s\nquota\t%s\n' $(cat $here/type) $(cat $here/used) $(cat $here/quota);;
  set) [ ! -e $here/no-set ] || { echo 'permission denied' >&2; exit 1; }
       echo ${2#quota=} > $here/quota;;
esac
)");
  }

  std::string script(const std::string& name, const std::string& text) const {
    const std::string file = folder_.file(name, "#!/bin/sh\nhere=" + folder_.path() + text);
    ::chmod(file.c_str(), 0700);
    return file;
  }
  void is(const std::string& type, std::uint64_t used, const std::string& quota = "0") const {
    folder_.file("type", type);
    folder_.file("quota", quota);
    uses(used);
  }
  void uses(std::uint64_t used) const { folder_.file("used", std::to_string(used)); }

  RootBound bound(const std::string& dataset = root, DatasetKind kind = DatasetKind::filesystem) const {
    return {Receive{dataset, {}}, kind, options_};
  }
  static std::string quota_in(const RootBound& bound) {
    ReceivedProperties properties = {{"quota", std::nullopt}};
    bound.set_in(properties);
    return properties.at("quota").value_or("(left out)");
  }
  std::string called() const {
    std::ifstream file(folder_ / "called");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::string error_of(const std::function<void()>& body) {
    try {
      body();
    } catch (const Error& error) {
      return error.what();
    }
    return "(none)";
  }

  const TemporaryFolder folder_;
  Options options_;
};

TEST_F(RootBoundTest, ANewRootIsReceivedWithTheQuota) {
  RootBound first = bound();
  EXPECT_EQ(quota_in(first), std::to_string(64 * mebi));
  EXPECT_THAT(called(), Not(HasSubstr("set")));
  is("filesystem", mebi, std::to_string(64 * mebi));
  EXPECT_EQ(first.afterwards(), "");
  EXPECT_THAT(called(), Not(HasSubstr("set")));
}

TEST_F(RootBoundTest, ARootWithoutAQuotaGetsItBeforeTheStream) {
  is("filesystem", mebi);
  for (const char* dataset : {"offsite/zippy", "offsite/zippy/a"}) {
    folder_.file("quota", "0");
    folder_.file("called", "");
    bound(dataset);
    EXPECT_THAT(called(), HasSubstr("set quota=67108864 offsite/zippy\n")) << dataset;
  }
}

TEST_F(RootBoundTest, AQuotaOfTheRootsOwnCountsAndGoesWithEachReceiveOfTheRoot) {
  is("filesystem", mebi, std::to_string(5 * mebi));
  for (const std::uint64_t option : {64 * mebi, std::uint64_t{0}}) {
    options_.quota = option;
    EXPECT_EQ(quota_in(bound()), std::to_string(5 * mebi));
    EXPECT_EQ(quota_in(bound(root + "/a")), "(left out)");
  }
  EXPECT_THAT(called(), Not(HasSubstr("set")));
  uses(5 * mebi);
  EXPECT_THAT(error_of([&] { bound(); }),
              AllOf(HasSubstr("may hold 5M"), HasSubstr("zfs set quota=SIZE offsite/zippy")));
}

TEST_F(RootBoundTest, AQuotaThatIsLostMeanwhileIsSetAgain) {
  is("filesystem", mebi, std::to_string(5 * mebi));
  RootBound held = bound();
  folder_.file("quota", "0");
  EXPECT_EQ(held.afterwards(), "");
  EXPECT_THAT(called(), HasSubstr("set quota=5242880 offsite/zippy\n"));
}

TEST_F(RootBoundTest, WithoutAnyThereIsNothingToHold) {
  options_.quota = 0;
  is("filesystem", mebi);
  RootBound none = bound();
  EXPECT_EQ(quota_in(none), "(left out)");
  none.watch(1000 * mebi);
  EXPECT_EQ(none.afterwards(), "");
  EXPECT_EQ(called(), "get -H -p -o property,value type,used,quota offsite/zippy\n");
}

TEST_F(RootBoundTest, WhereTheBoundIsReachedNothingIsTaken) {
  is("filesystem", 65 * mebi);
  const std::string why = "quota exceeded: offsite/zippy holds 65M, and may hold 64M. ";
  EXPECT_THAT(error_of([&] { bound(); }), StartsWith(why));
  EXPECT_THAT(error_of([&] { bound(root + "/a"); }), StartsWith(why));
  is("volume", 64 * mebi, "-");
  EXPECT_THAT(error_of([&] { bound(root, DatasetKind::volume); }), HasSubstr("a larger --quota in this key's line"));
}

TEST_F(RootBoundTest, AVolumeIsWatchedAndAskedAboutAllTheMoreTheLessIsLeft) {
  is("volume", 0, "-");
  RootBound watched = bound(root, DatasetKind::volume);
  EXPECT_EQ(quota_in(watched), "(left out)");
  folder_.file("called", "");
  watched.watch(mebi - 1);
  EXPECT_EQ(called(), "");
  for (std::uint64_t bytes = mebi; bytes <= 63 * mebi; bytes += mebi) {
    uses(bytes);
    watched.watch(bytes);
  }
  uses(64 * mebi);
  EXPECT_THAT(error_of([&] { watched.watch(64 * mebi); }), StartsWith("quota exceeded: offsite/zippy holds 64M"));
  EXPECT_EQ(watched.afterwards(), "") << "it has been told";
  EXPECT_THAT(called(), Not(HasSubstr("set")));
}

TEST_F(RootBoundTest, FarFromTheBoundItIsAskedSeldom) {
  options_.quota = 64 * 1024 * mebi;
  is("volume", 0, "-");
  RootBound watched = bound(root, DatasetKind::volume);
  folder_.file("called", "");
  for (std::uint64_t bytes = 0; bytes < 1024 * mebi; bytes += mebi) watched.watch(bytes);
  EXPECT_EQ(called(), "");
  watched.watch(1024 * mebi);
  EXPECT_NE(called(), "");
}

// What a header says of a root that is here does not decide what it is.
TEST_F(RootBoundTest, ARootThatIsHereIsWhatItIs) {
  is("filesystem", 0, "0");
  EXPECT_EQ(quota_in(bound(root, DatasetKind::volume)), std::to_string(64 * mebi));
  is("volume", 0, "-");
  EXPECT_EQ(quota_in(bound(root, DatasetKind::filesystem)), "(left out)");
}

TEST_F(RootBoundTest, AQuotaThatCannotBeSetIsSaidAndWatchedUntilThen) {
  folder_.file("no-set", "");
  is("filesystem", mebi);
  RootBound unset = bound();
  unset.watch(2 * mebi);
  EXPECT_THAT(unset.afterwards(), AllOf(StartsWith("the quota of offsite/zippy could not be set"),
                                        HasSubstr("zfs allow -u "), HasSubstr(" quota offsite/zippy")));
  uses(64 * mebi);
  EXPECT_THAT(error_of([&] { unset.watch(4 * mebi); }), StartsWith("quota exceeded"));
}

TEST_F(RootBoundTest, OnceZfsHoldsItItIsNotWatched) {
  RootBound first = bound();
  is("filesystem", mebi, std::to_string(64 * mebi));
  first.watch(2 * mebi);
  folder_.file("called", "");
  first.watch(500 * mebi);
  EXPECT_EQ(called(), "");
}

TEST_F(RootBoundTest, AReceiveThatCameToTheBoundIsToldOfWhateverItsEnd) {
  RootBound first = bound();
  is("filesystem", 64 * mebi, std::to_string(64 * mebi));
  EXPECT_THAT(first.afterwards(), AllOf(StartsWith("quota exceeded: offsite/zippy holds 64M, and may hold 64M. "),
                                        HasSubstr("the next push goes on")));
}

TEST_F(RootBoundTest, WhatHasNotReachedTheDiskIsCounted) {
  script("zpool", "\necho \"zpool $*\" >> $here/called\necho 67108864 > $here/used\n");
  is("volume", 0, "-");
  RootBound watched = bound(root, DatasetKind::volume);
  EXPECT_THAT(error_of([&] { watched.watch(mebi); }), StartsWith("quota exceeded"));
  EXPECT_THAT(called(), HasSubstr("zpool sync offsite\n"));
}

TEST_F(RootBoundTest, WhatCannotBeLearntIsAnError) {
  options_.zfs = script("zfs", "\necho 'internal error' >&2; exit 1\n");
  EXPECT_THAT(error_of([&] { bound(); }), HasSubstr("could not learn what offsite/zippy uses: internal error"));
}

}  // namespace
}  // namespace czb::receiver
