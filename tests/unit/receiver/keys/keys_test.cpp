// SPDX-License-Identifier: MIT
// The wrapped keys that raw streams bring (receiver/key_data.h, key_pins.h, stream_scan.h).
#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <set>

#include "fixtures/key_data_builder.h"
#include "fixtures/stream_builder.h"
#include "fixtures/stream_head_of.h"
#include "fixtures/temporary_folder.h"
#include "receiver/answer.h"
#include "receiver/keys/key_pins.h"
#include "receiver/stream/key_data.h"
#include "receiver/stream/listed_guids.h"
#include "receiver/stream/stream_scan.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::ElementsAre;
using ::testing::HasSubstr;

bool is_malformed(const std::string& payload) {
  try {
    key_data_fingerprint(payload);
  } catch (const Refused&) {
    return true;
  }
  return false;
}

TEST(KeyData, IsReadAsLibnvpairPacksIt) {
  // {"crypt_keydata": {"DSL_CRYPTO_SUITE": 8, … "DSL_CRYPTO_MASTER_KEY_1": 00 01 … 1f, …}} by libnvpair 3 of OpenZFS
  // 2.1.11 on amd64; the digest by another program.
  constexpr char bytes[] =
      "\x00\x01\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x38\x00\x00\x00\x0e\x00\x00\x00\x01\x00\x00\x00\x13\x00\x00\x00"
      "\x63\x72\x79\x70\x74\x5f\x6b\x65\x79\x64\x61\x74\x61\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"
      "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x30\x00\x00\x00\x11\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00"
      "\x44\x53\x4c\x5f\x43\x52\x59\x50\x54\x4f\x5f\x53\x55\x49\x54\x45\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00"
      "\x00\x00\x00\x00\x28\x00\x00\x00\x10\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00\x44\x53\x4c\x5f\x43\x52\x59\x50"
      "\x54\x4f\x5f\x47\x55\x49\x44\x00\x22\x11\x00\x00\x00\x00\x00\x00\x30\x00\x00\x00\x13\x00\x00\x00\x01\x00\x00\x00"
      "\x08\x00\x00\x00\x44\x53\x4c\x5f\x43\x52\x59\x50\x54\x4f\x5f\x56\x45\x52\x53\x49\x4f\x4e\x00\x00\x00\x00\x00\x00"
      "\x01\x00\x00\x00\x00\x00\x00\x00\x48\x00\x00\x00\x18\x00\x00\x00\x20\x00\x00\x00\x1a\x00\x00\x00\x44\x53\x4c\x5f"
      "\x43\x52\x59\x50\x54\x4f\x5f\x4d\x41\x53\x54\x45\x52\x5f\x4b\x45\x59\x5f\x31\x00\x00\x01\x02\x03\x04\x05\x06\x07"
      "\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x68\x00\x00\x00"
      "\x16\x00\x00\x00\x40\x00\x00\x00\x1a\x00\x00\x00\x44\x53\x4c\x5f\x43\x52\x59\x50\x54\x4f\x5f\x48\x4d\x41\x43\x5f"
      "\x4b\x45\x59\x5f\x31\x00\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13"
      "\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x20\x21\x22\x23\x24\x25\x26\x27\x28\x29\x2a\x2b\x2c\x2d\x2e\x2f"
      "\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x3a\x3b\x3c\x3d\x3e\x3f\x30\x00\x00\x00\x0e\x00\x00\x00\x0c\x00\x00\x00"
      "\x1a\x00\x00\x00\x44\x53\x4c\x5f\x43\x52\x59\x50\x54\x4f\x5f\x49\x56\x00\x00\x00\x31\x32\x33\x34\x35\x36\x37\x38"
      "\x39\x30\x31\x32\x00\x00\x00\x00\x30\x00\x00\x00\x0f\x00\x00\x00\x10\x00\x00\x00\x1a\x00\x00\x00\x44\x53\x4c\x5f"
      "\x43\x52\x59\x50\x54\x4f\x5f\x4d\x41\x43\x00\x00\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x61\x62\x63\x64\x65\x66"
      "\x40\x00\x00\x00\x0d\x00\x00\x00\x20\x00\x00\x00\x1a\x00\x00\x00\x70\x6f\x72\x74\x61\x62\x6c\x65\x5f\x6d\x61\x63"
      "\x00\x00\x00\x00\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70\x70"
      "\x70\x70\x70\x70\x70\x70\x70\x70\x28\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00\x6b\x65\x79\x66"
      "\x6f\x72\x6d\x61\x74\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x28\x00\x00\x00\x0c\x00\x00\x00"
      "\x01\x00\x00\x00\x08\x00\x00\x00\x70\x62\x6b\x64\x66\x32\x69\x74\x65\x72\x73\x00\x00\x00\x00\x00\x30\x57\x05\x00"
      "\x00\x00\x00\x00\x28\x00\x00\x00\x0b\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00\x70\x62\x6b\x64\x66\x32\x73\x61"
      "\x6c\x74\x00\x00\x00\x00\x00\x00\x4d\x00\x00\x00\x00\x00\x00\x00\x28\x00\x00\x00\x0d\x00\x00\x00\x01\x00\x00\x00"
      "\x08\x00\x00\x00\x6d\x64\x6e\x5f\x63\x68\x65\x63\x6b\x73\x75\x6d\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00"
      "\x28\x00\x00\x00\x0e\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00\x74\x6f\x5f\x69\x76\x73\x65\x74\x5f\x67\x75\x69"
      "\x64\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x28\x00\x00\x00\x10\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00"
      "\x66\x72\x6f\x6d\x5f\x69\x76\x73\x65\x74\x5f\x67\x75\x69\x64\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
      "\x00\x00\x00\x00";
  EXPECT_EQ(key_data_fingerprint(std::string(bytes, sizeof bytes - 1)),
            "a965e9e0e502ad1cbcaaa2ba72194600fa2c55d9b1298fa3570bed59b86f7c1d");
}

TEST(KeyData, IsTheSameInEachSnapshotAndAnotherWithAnotherKey) {
  const std::string first = key_data_fingerprint(key_payload());
  EXPECT_EQ(first.size(), 64U);
  KeyData next;
  next.ivset_guid = 6;
  EXPECT_EQ(key_data_fingerprint(key_payload(next)), first);
  KeyData wrapped_anew;
  wrapped_anew.master_key[31] = 'x';
  EXPECT_NE(key_data_fingerprint(key_payload(wrapped_anew)), first);
  KeyData salted;
  salted.salt = 78;
  EXPECT_NE(key_data_fingerprint(key_payload(salted)), first);
}

TEST(KeyData, WhatInheritsIsWrappedAsItsRootIs) {
  KeyData child;
  child.master_key[31] = 'x';
  EXPECT_EQ(key_data_wrapping(key_payload(child)), key_data_wrapping(key_payload()));
  KeyData salted;
  salted.salt = 78;
  EXPECT_NE(key_data_wrapping(key_payload(salted)), key_data_wrapping(key_payload()));
}

TEST(KeyData, NothingElseBesideItMatters) {
  const std::string payload =
      NativeNvBuilder().number("object", 5).number("offset", 9).list("crypt_keydata", key_list({})).packed();
  EXPECT_EQ(key_data_fingerprint(payload), key_data_fingerprint(key_payload()));
}

TEST(KeyData, WhatTheKernelMightReadOtherwiseIsRefused) {
  const std::string good = key_payload();
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_TRUE(is_malformed(good.substr(0, size))) << size;
  EXPECT_TRUE(is_malformed(good + std::string(4, '\0')));
  EXPECT_TRUE(is_malformed(NativeNvBuilder().number("object", 5).packed()));
  EXPECT_TRUE(is_malformed(NativeNvBuilder().number("crypt_keydata", 5).packed()));
  EXPECT_TRUE(
      is_malformed(NativeNvBuilder().list("crypt_keydata", key_list({})).list("crypt_keydata", key_list({})).packed()));
  NativeNvBuilder twice = key_list({});
  twice.number("keyformat", 1);
  EXPECT_TRUE(is_malformed(NativeNvBuilder().list("crypt_keydata", twice).packed()));
  EXPECT_TRUE(is_malformed(NativeNvBuilder().list("crypt_keydata", key_list({})).pair("a", 20, 0, "").packed()));
  for (const std::size_t at : {0U, 1U, 4U, 8U}) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] + 1);
    EXPECT_TRUE(is_malformed(changed)) << at;
  }
  EXPECT_TRUE(is_malformed(NvBuilder().list("crypt_keydata", NvBuilder()).packed()));  // XDR
}

TEST(KeyData, EachChangedByteIsReadOrRefused) {
  const std::string good = key_payload();
  const std::string fingerprint = key_data_fingerprint(good);
  int same = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int changed : {0, 1, 0x7f, 0x80, 0xff}) {
      std::string other = good;
      other[at] = static_cast<char>(changed);
      if (other != good && !is_malformed(other) && key_data_fingerprint(other) == fingerprint) ++same;
    }
  }
  EXPECT_GT(same, 0);  // in what differs from snapshot to snapshot
}

class KeyPinsTest : public ::testing::Test {
 protected:
  KeyPins pins() {
    return KeyPins(folder_.path(), {[this](const std::string& dataset) -> std::optional<std::string> {
                                      asked_.push_back(dataset);
                                      const auto found = present_.find(dataset);
                                      return found == present_.end() ? std::nullopt : std::optional(found->second);
                                    },
                                    [this](const std::string& dataset) -> std::optional<bool> {
                                      const auto found = present_roots_.find(dataset);
                                      return found == present_roots_.end() ? std::nullopt
                                                                           : std::optional(found->second);
                                    },
                                    [this](const std::string& dataset) { return hidden_.count(dataset) == 0; }});
  }
  std::string refusal_of(const std::string& dataset, bool was_there, const PinnedKey& key,
                         const std::optional<std::string>& origin = std::nullopt,
                         PlaceInStream in_stream = PlaceInStream::below) {
    try {
      pins().admit(dataset, was_there, key, origin, in_stream);
    } catch (const Refused& refused) {
      return refused.what();
    }
    return "";
  }

  const TemporaryFolder folder_;
  const std::string one_ = std::string(64, '1');
  const std::string two_ = std::string(64, '2');
  std::map<std::string, std::string> present_;
  std::map<std::string, bool> present_roots_;
  std::set<std::string> hidden_;
  std::vector<std::string> asked_;
};

TEST_F(KeyPinsTest, TheFirstKeyStays) {
  EXPECT_EQ(refusal_of("t/a", false, {one_, {}}), "");
  EXPECT_EQ(refusal_of("t/a", true, {one_, {}}), "");
  const std::string why = refusal_of("t/a", true, {two_, {}});
  EXPECT_THAT(why, HasSubstr("another key for t/a"));
  EXPECT_THAT(why, HasSubstr("touch " + (folder_ / "t%a.newkey")));
  EXPECT_EQ(refusal_of("t/a", true, {one_, {}}), "");
  EXPECT_THAT(asked_, ElementsAre());
}

TEST_F(KeyPinsTest, ADatasetThatIsMadeAnewMayHaveAnotherKey) {
  EXPECT_EQ(refusal_of("t/a", false, {one_, {}}), "");
  EXPECT_EQ(refusal_of("t/a", false, {two_, {}}), "");
  EXPECT_NE(refusal_of("t/a", true, {one_, {}}), "");
}

TEST_F(KeyPinsTest, ADatasetThatIsHereAndNotListedKeepsItsKey) {
  EXPECT_EQ(refusal_of("t/a", false, {one_, {}}), "");
  hidden_.insert("t/a");
  EXPECT_THAT(refusal_of("t/a", false, {two_, {}}), HasSubstr("another key for t/a"));
  EXPECT_EQ(refusal_of("t/a", false, {one_, {}}), "");
}

TEST_F(KeyPinsTest, WhatWasThereBeforeIsHeldToTheKeyThatItHas) {
  present_["t/a"] = one_;
  EXPECT_THAT(refusal_of("t/a", true, {two_, {}}), HasSubstr("another key"));
  EXPECT_EQ(refusal_of("t/a", true, {one_, {}}), "");
  EXPECT_THAT(asked_, ElementsAre("t/a", "t/a"));
  present_.clear();
  EXPECT_NE(refusal_of("t/a", true, {two_, {}}), "");
}

TEST_F(KeyPinsTest, WhereNobodyKnowsTheFirstThatComesIsKept) {
  EXPECT_EQ(refusal_of("t/a", true, {one_, {}}), "");
  EXPECT_NE(refusal_of("t/a", true, {two_, {}}), "");
}

TEST_F(KeyPinsTest, ACloneHasTheKeyOfItsOrigin) {
  EXPECT_EQ(refusal_of("t/a", false, {one_, {}}), "");
  EXPECT_THAT(refusal_of("t/c", false, {two_, {}}, "t/a"), HasSubstr("clone of t/a with another key"));
  EXPECT_EQ(refusal_of("t/c", false, {one_, {}}, "t/a"), "");
  present_["t/b"] = one_;
  EXPECT_NE(refusal_of("t/d", false, {two_, {}}, "t/b"), "");
}

TEST_F(KeyPinsTest, WhatInheritsAndWhatDoesNotStaysSo) {
  EXPECT_EQ(refusal_of("t/a", false, {one_, {}}), "");
  EXPECT_EQ(refusal_of("t/a", true, {one_, true}), "");
  EXPECT_EQ(refusal_of("t/a", true, {one_, {}}), "");
  EXPECT_THAT(refusal_of("t/a", true, {one_, false}), HasSubstr("inherit its key from above"));
  EXPECT_THROW(pins().check_root("t/a", false), Refused);
  EXPECT_NO_THROW(pins().check_root("t/a", true));
  EXPECT_NO_THROW(pins().check_root("t/unknown", false));
}

TEST_F(KeyPinsTest, WhatWasThereBeforeInheritsOrNotAsItDoesNow) {
  present_roots_ = {{"t", true}, {"t/a", false}};
  EXPECT_THROW(pins().check_root("t", false), Refused);
  EXPECT_THROW(pins().check_root("t/a", true), Refused);
  EXPECT_NO_THROW(pins().check_root("t", true));
  EXPECT_NO_THROW(pins().check_root("t/a", false));
  // Also once a stream has come that does not say it.
  EXPECT_EQ(refusal_of("t/a", true, {one_, {}}), "");
  EXPECT_THROW(pins().check_root("t/a", true), Refused);
  EXPECT_THAT(refusal_of("t/a", true, {one_, true}), HasSubstr("an encryption root"));
  // What comes anew is what it is said to be.
  EXPECT_EQ(refusal_of("t/a", false, {one_, true}), "");
}

// Without a header raw data make an encryption root, and no later claim makes it something else.
TEST_F(KeyPinsTest, WhatCameWithoutAWordIsWhatItIsHere) {
  EXPECT_EQ(refusal_of("t/a", false, {one_, {}}), "");
  present_roots_["t/a"] = true;
  EXPECT_THROW(pins().check_root("t/a", false), Refused);
  EXPECT_THAT(refusal_of("t/a", true, {one_, false}), HasSubstr("inherit its key from above"));
  EXPECT_NO_THROW(pins().check_root("t/a", true));
  EXPECT_FALSE(pins().may_become("t/a", false));
}

TEST_F(KeyPinsTest, AChildMayInheritFromTheDatasetThatItCameBelow) {
  EXPECT_EQ(refusal_of("t", false, {one_, true, "3:1:77"}, {}, PlaceInStream::top), "");
  EXPECT_EQ(refusal_of("t/a", false, {two_, false, "3:1:77"}, {}, PlaceInStream::alone), "");
  EXPECT_EQ(refusal_of("t/a/b", false, {one_, false, "3:1:77"}), "");
  for (const char* child : {"t/a", "t/a/b"}) {
    EXPECT_TRUE(pins().may_become(child, false)) << child;
    EXPECT_FALSE(pins().may_become(child, true)) << child;
  }
  EXPECT_TRUE(pins().may_become("t", true));
  EXPECT_FALSE(pins().may_become("t", false));
  // An increment changes nothing of it.
  EXPECT_EQ(refusal_of("t/a", true, {two_, false, "3:1:77"}), "");
  EXPECT_EQ(refusal_of("t/a", true, {two_, {}, "3:1:77"}), "");
  EXPECT_TRUE(pins().may_become("t/a", false));
  // The dataset above is made anew, with another key.
  EXPECT_EQ(refusal_of("t", false, {two_, true, "3:1:77"}), "");
  EXPECT_FALSE(pins().may_become("t/a", false));
}

// What inherits at its sender is an encryption root here where it is the top of what came: two claims in two sessions
// do not make it inherit from what happens to be above it.
TEST_F(KeyPinsTest, AChildMayInheritFromNothingElseThatIsAboveIt) {
  EXPECT_EQ(refusal_of("t/home", false, {one_, false, "3:1:77"}, {}, PlaceInStream::top), "");
  EXPECT_EQ(refusal_of("t/single", false, {one_, false, "3:1:77"}, {}, PlaceInStream::alone), "");
  // The dataset above has a key of its own, of which a stream brings a copy.
  EXPECT_EQ(refusal_of("t", true, {two_, true, "3:1:77"}, {}, PlaceInStream::top), "");
  for (const char* dataset : {"t/home", "t/single"}) {
    EXPECT_NO_THROW(pins().check_root(dataset, false)) << "said so before";
    EXPECT_FALSE(pins().may_become(dataset, false)) << dataset;
  }
  // It came through here, and what came below it was wrapped with something else.
  EXPECT_EQ(refusal_of("t/other", false, {one_, false, "3:1:78"}, {}, PlaceInStream::alone), "");
  EXPECT_FALSE(pins().may_become("t/other", false));
  EXPECT_EQ(refusal_of("t/tree", false, {one_, false, "3:1:77"}, {}, PlaceInStream::top), "");
  EXPECT_FALSE(pins().may_become("t/tree", false)) << "the top of a tree of its own";
}

// As encrypted trees were kept before there was a receiver: rpool/home inherits from rpool, which is not sent.
TEST_F(KeyPinsTest, OfATopThatWasThereItDoesNotMatterThatItInheritsAtItsSender) {
  present_["t/home"] = one_;
  present_roots_["t/home"] = true;
  for (const PlaceInStream place : {PlaceInStream::top, PlaceInStream::alone})
    EXPECT_EQ(refusal_of("t/home", true, {one_, false, "3:1:77"}, {}, place), "");
  EXPECT_THAT(refusal_of("t/home", true, {one_, false, "3:1:77"}), HasSubstr("inherit its key from above"));
  EXPECT_FALSE(pins().may_become("t/home", false));
}

TEST_F(KeyPinsTest, AFileOfAnOlderVersionIsUnderstood) {
  folder_.file("t.key", "t\t" + one_ + "\troot\n");
  folder_.file("t%a.key", "t/a\t" + one_ + "\tchild\n");
  EXPECT_EQ(refusal_of("t/a", true, {one_, false, "3:1:77"}), "");
  EXPECT_THAT(refusal_of("t/a", true, {two_, false, "3:1:77"}), HasSubstr("another key"));
  EXPECT_FALSE(pins().may_become("t/a", false)) << "it does not say below what it came";
}

TEST_F(KeyPinsTest, WhoHasChangedAKeySaysSoForADay) {
  present_["t/a/b"] = one_;
  EXPECT_EQ(refusal_of("t/a", false, {one_, true}), "");
  const std::string file = folder_.file("t%a.newkey", "");
  EXPECT_EQ(refusal_of("t/a", true, {two_, false}), "");
  EXPECT_EQ(refusal_of("t/a/b", true, {two_, {}}), "") << "what is below belongs to it";
  EXPECT_NO_THROW(pins().check_root("t/a", true));
  EXPECT_EQ(refusal_of("t/a2", false, {one_, {}}), "");
  EXPECT_NE(refusal_of("t/a2", true, {two_, {}}), "") << "a cousin does not";
  std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(25));
  EXPECT_EQ(refusal_of("t/a", true, {two_, {}}), "") << "it is held to the new one now";
  EXPECT_NE(refusal_of("t/a", true, {one_, {}}), "");
  EXPECT_NE(refusal_of("t/a/b", true, {one_, {}}), "");
}

TEST_F(KeyPinsTest, AKeyThatNobodyCouldTellIsTakenAndTold) {
  present_roots_["t/a"] = true;
  present_["t/b"] = one_;
  present_roots_["t/b"] = true;
  KeyPins keys = pins();
  for (const char* each : {"t/a", "t/b", "t/without-a-snapshot"}) keys.admit(each, true, {one_, {}});
  keys.admit("t/new", false, {one_, {}});
  EXPECT_THAT(keys.taken_on_trust(), ElementsAre("t/a"));
  KeyPins later = pins();
  later.admit("t/a", true, {one_, {}});
  EXPECT_THAT(later.taken_on_trust(), ElementsAre());
}

TEST_F(KeyPinsTest, OneFileIsNamedForAllThatHasTheSameKey) {
  const auto touch = [&](const char* file) { return HasSubstr("touch " + (folder_ / file) + " at the receiver"); };
  EXPECT_EQ(refusal_of("t/a", false, {one_, true}), "");
  EXPECT_EQ(refusal_of("t/a/b", false, {one_, false}), "");
  EXPECT_EQ(refusal_of("t/a/b/c", false, {one_, false}), "");
  EXPECT_EQ(refusal_of("t/a/own", false, {one_, true}), "");
  for (const char* each : {"t/a", "t/a/b", "t/a/b/c"})
    EXPECT_THAT(refusal_of(each, true, {two_, {}}), touch("t%a.newkey"));
  EXPECT_THAT(refusal_of("t/a/b", true, {one_, true}), touch("t%a.newkey"));
  EXPECT_THAT(refusal_of("t/a/own", true, {two_, {}}), touch("t%a%own.newkey"));
  // What is to inherit: the tree's as a whole.
  KeyPins of_tree(folder_.path(),
                  {[](const std::string&) { return std::nullopt; }, [](const std::string&) { return std::nullopt; },
                   [](const std::string&) { return true; }},
                  "t/a");
  try {
    of_tree.check_root("t/a/own", false);
    FAIL();
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.what(), touch("t%a.newkey"));
  }
}

TEST_F(KeyPinsTest, AFileHasServedWhereItLetSomethingThrough) {
  EXPECT_EQ(refusal_of("t/a", false, {one_, true}), "");
  EXPECT_EQ(refusal_of("t/a/b", false, {one_, false}), "");
  folder_.file("t%a.newkey", "");
  const auto served_by = [&](const std::string& dataset, bool was_there, const PinnedKey& key) {
    KeyPins keys = pins();
    keys.admit(dataset, was_there, key, std::nullopt);
    return keys.served();
  };
  EXPECT_THAT(served_by("t/a", true, {one_, true}), ElementsAre()) << "touched before the key was changed";
  EXPECT_THAT(served_by("t/a/b", true, {one_, {}}), ElementsAre());
  EXPECT_THAT(served_by("t/a/new", false, {one_, false}), ElementsAre());
  EXPECT_THAT(served_by("t/a/unknown", true, {one_, false}), ElementsAre("t/a"));
  EXPECT_THAT(served_by("t/a/b", true, {two_, {}}), ElementsAre("t/a"));
  EXPECT_THAT(served_by("t/a", true, {one_, false}), ElementsAre("t/a"));
}

TEST_F(KeyPinsTest, AFileThatIsNotUnderstoodIsRefused) {
  EXPECT_EQ(refusal_of("t/a", false, {one_, {}}), "");
  for (const std::string& wrong :
       {std::string(), std::string("t/a"), "t/b\t" + one_ + "\t?\n", "t/a\t" + one_ + "\n", "t/a\t" + one_ + "\tx\n",
        "t/a\t" + one_ + "\t?\t-\n", "t/a\t" + one_ + "\t?\tx\t-\n", "t/a\t" + one_ + "\t?\t-\tx\n",
        "t/a\t" + one_ + "\t?\t-\t-\tx\n", "t/a\t" + one_ + "\t?", "t/a\t" + one_.substr(1) + "\t?\n",
        "t/a\t" + one_ + "\t?\nmore\n", "t/a\t" + std::string(64, 'g') + "\t?\n"}) {
    folder_.file("t%a.key", wrong);
    EXPECT_THAT(refusal_of("t/a", true, {one_, {}}), HasSubstr("not understood")) << wrong;
  }
}

// A raw stream's key is seen before its last byte goes on.
TEST(StreamScan, TellsOfEachRawStreamsKeyBeforeItHasGoneOn) {
  const std::string payload = key_payload();
  Begin top = {"tank@b", 2, 1, 2, 0, feature_raw, payload};
  Begin child = {"tank/c@b", 12, 11, 2, 0, feature_raw, payload};
  const std::string header = package({{"tank", {{"a", 1}, {"b", 2}}}, {"tank/c", {{"a", 11}, {"b", 12}}, 1}}, "b", "a");
  const std::string stream = package_head("tank@b", header) + substream(top) + substream(child) + end_record();
  const StreamHead head = head_of(stream);
  StreamFacts facts;
  facts.present[""].snapshots = {{1, "a"}};
  facts.present["c"].snapshots = {{11, "a"}};

  std::size_t fed = 0;
  std::vector<std::string> told;
  StreamScan scan(head, StreamRules("far/x", head, facts), [&](const StreamPlace& place, std::string_view key) {
    EXPECT_TRUE(key == payload);
    EXPECT_TRUE(place.was_there);
    EXPECT_EQ(place.is_encryption_root, false);
    told.push_back(place.dataset + " " + std::to_string(fed));
  });
  for (const char byte : stream.substr(head.bytes)) {
    scan.feed({&byte, 1});
    ++fed;
  }
  EXPECT_TRUE(scan.at_end());
  const std::size_t first = payload.size() - 1;
  const std::size_t second = substream(top).size() - record_bytes + record_bytes + payload.size() - 1;
  EXPECT_THAT(told, ElementsAre("far/x " + std::to_string(first), "far/x/c " + std::to_string(second)));
}

TEST(StreamScan, ARawStreamWithoutAKeyIsRefused) {
  for (const std::string& payload : {std::string(), std::string(largest_key_payload + 1, 'x')}) {
    const std::string stream = substream({"tank@b", 2, 1, 2, 0, feature_raw, payload});
    const StreamHead head = read_head([&](std::size_t count) { return stream.substr(0, count); });
    EXPECT_THROW(StreamScan(head, StreamRules("far/x", head, {}), {}), Refused);
  }
}

// What a header says of a dataset's key is said of the one that has the snapshots.
TEST(ListedGuids, ASnapshotIsListedForTheDatasetThatHasItHere) {
  PresentTree present;
  present[""].snapshots = {{1, "a"}};
  present["c"].snapshots = {{11, "a"}};
  present["copy"].snapshots = {{11, "a"}};
  const auto refusal_of = [&](const std::string& relative, std::uint64_t guid) -> std::string {
    Package package;
    package.datasets.emplace_back();
    package.datasets.back().relative = relative;
    package.datasets.back().snapshots = {{"a", guid, {}}};
    try {
      check_listed_elsewhere(package, present);
    } catch (const Refused& refused) {
      return refused.what();
    }
    return "";
  };
  EXPECT_EQ(refusal_of("", 1), "");
  EXPECT_EQ(refusal_of("c", 11), "");
  EXPECT_EQ(refusal_of("copy", 11), "");
  EXPECT_EQ(refusal_of("new", 12), "");
  EXPECT_THAT(refusal_of("new", 11), HasSubstr("could be meant for the first"));
  EXPECT_THAT(refusal_of("c", 1), HasSubstr("lists the snapshot a of '' as one of 'c'"));
}

}  // namespace
}  // namespace czb::receiver
