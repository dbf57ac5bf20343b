// SPDX-License-Identifier: MIT
// In what form datasets go, and how they lie at the target (adr/0020).
#include "plan/at_rest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/encryption.h"
#include "push_plan_testing.h"

namespace czb::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Inventory nothing_in(const std::string& place, const std::string& encryption_root, bool key_is_loaded = true) {
  Inventory target;
  target.root = "far/tank";
  target.place = ReceivePlace{place, encryption_root, key_is_loaded};
  return target;
}

TargetConfig encrypting() {
  TargetConfig config = far_config();
  config.at_rest = AtRest::encrypt;
  return config;
}

const ReceivedProperties left_to_the_place = {{"encryption", std::nullopt}};

Tree clear_tree() { return Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2"); }
Tree mixed_tree() { return clear_tree().dataset("key", "t1 t2").encrypted("key", "tank/key"); }

TEST(StreamForms, OfATreeInClearIsPlainAndOfAnEncryptedOneRaw) {
  const PushPlan clear = plan(clear_tree(), nothing_in("far", ""), asked_for_full());
  EXPECT_EQ(tree_stream_of(clear), "tank@t2");
  const PushPlan encrypted =
      plan(clear_tree().encrypted("", "tank").encrypted("a", "tank"), nothing_in("far", ""), asked_for_full());
  EXPECT_EQ(tree_stream_of(encrypted), "raw: tank@t2");
}

TEST(StreamForms, WhereTheyDifferEachDatasetGoesInItsOwn) {
  const PushPlan first = plan(mixed_tree(), nothing_in("far", ""), asked_for_full());
  EXPECT_EQ(tree_stream_of(first), "none");
  EXPECT_THAT(streams_of(first, ""), ElementsAre("tank@t1", "-I @t1 tank@t2"));
  EXPECT_THAT(streams_of(first, "a"), ElementsAre("tank/a@t1", "-I @t1 tank/a@t2"));
  EXPECT_THAT(streams_of(first, "key"), ElementsAre("raw: tank/key@t1", "raw: -I @t1 tank/key@t2"));
  const PushPlan next =
      plan(mixed_tree(),
           Tree("far/tank").dataset("", "t1").dataset("a", "t1").dataset("key", "t1").encrypted("key", "far/tank/key"));
  EXPECT_EQ(tree_stream_of(next), "none");
  EXPECT_THAT(streams_of(next, "key"), ElementsAre("raw: -I @t1 tank/key@t2"));
}

TEST(StreamForms, OneRawStreamOfAllPutsTheEncryptionRootsRightAndBringsNothingNew) {
  const Inventory source = mixed_tree().dataset("key/below", "t1 t2").encrypted("key/below", "tank/key");
  const PushPlan next = plan(source, Tree("far/tank")
                                         .dataset("", "t1 t2")
                                         .dataset("a", "t1 t2")
                                         .dataset("key", "t1 t2")
                                         .dataset("key/below", "t1 t2")
                                         .encrypted("key", "far/tank/key")
                                         .encrypted("key/below", "far/tank/key/below"));
  EXPECT_EQ(tree_stream_of(next), "raw: -I @t1 tank@t2");
  EXPECT_THAT(next.send->properties, IsEmpty());
}

TEST(AtRest, IsNotSpokenOfWhereNothingEncrypts) {
  const PushPlan result = plan(clear_tree(), nothing_in("far", ""), asked_for_full());
  EXPECT_THAT(result.at_rest, IsEmpty());
  EXPECT_THAT(result.send->properties, IsEmpty());
}

TEST(AtRest, AsSentBelowAnEncryptedPlaceIsToldBeforeItIsDone) {
  const PushPlan result = plan(clear_tree(), nothing_in("far", "far"), asked_for_full());
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_THAT(result.at_rest, ElementsAre(HasSubstr("far/tank will lie in clear at the target, as at the source, "
                                                    "though far above is encrypted. 'at-rest: encrypt'")));
  EXPECT_THAT(result.send->properties, IsEmpty());
}

TEST(AtRest, EncryptLeavesItToThePlaceAndSaysWhoseKeyIsNeeded) {
  const PushPlan result = plan(clear_tree(), nothing_in("far", "far"), asked_for_full(), encrypting());
  EXPECT_EQ(result.send->properties, left_to_the_place);
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("far/tank and 1 more will be encrypted at the target with the key of "
                                                  "far, which has to be loaded there for every push")));
  EXPECT_THAT(result.at_rest, IsEmpty());
}

TEST(AtRest, EncryptIsRefusedWhereThePlaceCannot) {
  const PushPlan clear = plan(clear_tree(), nothing_in("far", ""), asked_for_full(), encrypting());
  EXPECT_EQ(clear.code, ExitCode::needs_person);
  EXPECT_THAT(clear.refusal, Contains(HasSubstr("far, in which it would be made, is not encrypted")));
  const PushPlan locked = plan(clear_tree(), nothing_in("far", "far", false), asked_for_full(), encrypting());
  EXPECT_EQ(locked.code, ExitCode::needs_person);
  EXPECT_THAT(locked.refusal, Contains(HasSubstr("zfs load-key far")));
  EXPECT_TRUE(sends_nothing(locked));
}

TEST(AtRest, EncryptIsRefusedWhereThePlaceCouldNotBeAskedOrWhatHasBegunIsInClear) {
  Inventory unknown;
  unknown.root = "far/tank";
  EXPECT_EQ(plan(clear_tree(), unknown, asked_for_full(), encrypting()).code, ExitCode::needs_person);
  EXPECT_EQ(plan(clear_tree(), unknown, asked_for_full()).code, ExitCode::ok);
  const PushPlan begun =
      plan(clear_tree(), Tree("far/tank").dataset("").partial("", "", "t1"), asked_for_full(), encrypting());
  EXPECT_EQ(begun.code, ExitCode::needs_person);
  EXPECT_THAT(begun.refusal, Contains(HasSubstr("zfs receive -A far/tank")));
}

TEST(StreamForms, AKeyOfItsOwnAtTheTargetIsNotTouchedByARepair) {
  const Inventory source = mixed_tree().dataset("key/below", "t1 t2").encrypted("key/below", "tank/key");
  const PushPlan next = plan(source, Tree("far/tank")
                                         .dataset("", "t1 t2")
                                         .dataset("a", "t1 t2")
                                         .dataset("key", "t1 t2")
                                         .dataset("key/below", "t1 t2")
                                         .encrypted("a", "far/tank/a")
                                         .encrypted("key", "far/tank/key")
                                         .encrypted("key/below", "far/tank/key/below"));
  EXPECT_TRUE(sends_nothing(next));
}

TEST(AtRest, EncryptHoldsForWhatIsInClearAndNotBelowAnEncryptedDataset) {
  const Inventory source = mixed_tree().dataset("key/clear", "t1 t2");
  const PushPlan result = plan(source, nothing_in("far", "far"), asked_for_full(), encrypting());
  const auto properties = [&](const std::string& relative) {
    return std::get<SendDataset>(plan_of(result, relative).steps.at(0)).properties;
  };
  EXPECT_EQ(properties(""), left_to_the_place);
  EXPECT_EQ(properties("a"), left_to_the_place);
  EXPECT_THAT(properties("key"), IsEmpty());
  EXPECT_THAT(properties("key/clear"), IsEmpty());  // nobody there has the key of what is above it
}

TEST(AtRest, WhatLiesInClearAlreadyStaysSoAndThatIsToldEachTime) {
  const PushPlan result =
      plan(clear_tree(), Tree("far/tank").dataset("", "t1").dataset("a", "t1"), PushOptions{}, encrypting());
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_THAT(result.at_rest, ElementsAre(HasSubstr("far/tank and 1 more lie in clear at the target")));
}

TEST(AtRest, WhatIsUnprotectedBelowSomethingThatEncryptsIsKnownLongAfterItCame) {
  const Inventory source = clear_tree();
  Inventory target = Tree("far/tank").dataset("", "t1").dataset("a", "t1").encrypted("", "far");
  EXPECT_THAT(view_at_rest(source, target, far_config()).in_clear, ElementsAre("far/tank/a"));
  EXPECT_THAT(view_at_rest(source, target, far_config()).warnings, IsEmpty()) << "it was told when it came";
  target.datasets.at("").encryption_root = "";
  target.place = ReceivePlace{"far", "far", true};
  EXPECT_THAT(view_at_rest(source, target, far_config()).in_clear, ElementsAre("far/tank"));
  EXPECT_THAT(view_at_rest(mixed_tree().encrypted("", "tank"), target, far_config()).in_clear, IsEmpty())
      << "nobody there has the key of what is above";
}

TEST(AtRest, ADatasetIsToBeRenamedOutOfTheTreeOrTheNextPushTakesItBack) {
  EXPECT_THAT(to_have_it_encrypted("far/tank/a", "far/tank"), HasSubstr("outside of far/tank: with"));
  EXPECT_THAT(to_have_it_encrypted("far/tank", "far/tank"), HasSubstr("outside of far/tank, and push again in full"));
}

TEST(AtRest, ANewDatasetBelowWhatIsEncryptedThereIsToldToo) {
  const Inventory source = clear_tree().dataset("new", "t2", 15);
  const Inventory target =
      Tree("far/tank").dataset("", "t1").dataset("a", "t1").encrypted("", "far").encrypted("a", "far");
  EXPECT_THAT(plan(source, target).at_rest, ElementsAre(HasSubstr("far/tank/new will lie in clear at the target")));
  const PushPlan encrypted = plan(source, target, PushOptions{}, encrypting());
  EXPECT_THAT(encrypted.at_rest, IsEmpty());
  EXPECT_EQ(encrypted.send->properties, left_to_the_place);
}

}  // namespace
}  // namespace czb::test
