// SPDX-License-Identifier: MIT
// Which datasets a job takes (config/selection.h).
#include "config/selection.h"

#include <gmock/gmock.h>

#include "inventory_builder.h"

namespace czb {
namespace {

using test::Tree;

Selection without(std::vector<std::string> patterns) {
  Selection selection;
  selection.exclude = std::move(patterns);
  return selection;
}

std::vector<std::string> names_of(const std::map<std::string, Dataset>& datasets) {
  std::vector<std::string> names;
  for (const auto& [relative, dataset] : datasets) names.push_back(relative);
  return names;
}

TEST(Selection, TakesAllByDefault) {
  EXPECT_TRUE(Selection().takes_all());
  EXPECT_FALSE(Selection().excludes("a"));
  EXPECT_FALSE(without({"a"}).takes_all());
}

TEST(Selection, NeverExcludesTheRoot) {
  Selection root_alone = without({"*", ""});
  root_alone.recursive = false;
  EXPECT_FALSE(root_alone.excludes(""));
  EXPECT_FALSE(root_alone.takes_all());
  EXPECT_TRUE(root_alone.excludes("a"));
}

TEST(Selection, MatchesWholeRelativeNames) {
  const Selection selection = without({"cache"});
  EXPECT_TRUE(selection.excludes("cache"));
  for (const char* other : {"caches", "my-cache", "cach", "a/cache", "Cache"})
    EXPECT_FALSE(selection.excludes(other)) << other;
}

TEST(Selection, ExcludesWhatIsBelowAnExcludedDataset) {
  EXPECT_TRUE(without({"cache"}).excludes("cache/a/b"));
  EXPECT_TRUE(without({"a/*"}).excludes("a/b/c"));
  EXPECT_FALSE(without({"cache/a"}).excludes("cache"));
  EXPECT_FALSE(without({"cache/a"}).excludes("cache/ab"));
}

TEST(Selection, AStarDoesNotCrossASlash) {
  const Selection selection = without({"vm/*/tmp", "?x", "d[0-9]"});
  EXPECT_TRUE(selection.excludes("vm/a/tmp"));
  EXPECT_TRUE(selection.excludes("vm/.a/tmp")) << "a dot is a character as any other";
  EXPECT_FALSE(selection.excludes("vm/tmp"));
  EXPECT_FALSE(selection.excludes("vm/a/b/tmp"));
  EXPECT_FALSE(selection.excludes("x/vm/a/tmp"));
  EXPECT_TRUE(selection.excludes("ax"));
  EXPECT_FALSE(selection.excludes("a/x"));
  EXPECT_TRUE(selection.excludes("d7"));
  EXPECT_TRUE(without({"*"}).excludes("a/b"));
}

TEST(Selection, MovesWhatItExcludes) {
  Inventory tree = Tree("tank").dataset("", "t1").dataset("a", "t1").dataset("a/b", "t1").dataset("c", "t1");
  without({"a"}).apply(tree);
  EXPECT_EQ(names_of(tree.datasets), (std::vector<std::string>{"", "c"}));
  EXPECT_EQ(names_of(tree.excluded), (std::vector<std::string>{"a", "a/b"}));
  EXPECT_EQ(tree.excluded.at("a/b").snapshots.size(), 1U);
  EXPECT_TRUE(tree.leaves_out("a"));
  EXPECT_TRUE(tree.leaves_out("a/b/c"));
  EXPECT_FALSE(tree.leaves_out("ab"));
  EXPECT_FALSE(tree.leaves_out("c"));
  EXPECT_FALSE(tree.leaves_out(""));
}

TEST(Selection, OfTheRootAloneMovesAllElse) {
  Selection root_alone;
  root_alone.recursive = false;
  Inventory tree = Tree("tank").dataset("", "t1").dataset("a").dataset("b");
  root_alone.apply(tree);
  EXPECT_EQ(names_of(tree.datasets), (std::vector<std::string>{""}));
  EXPECT_TRUE(tree.leaves_out("a/that/was/not/listed"));
}

}  // namespace
}  // namespace czb
