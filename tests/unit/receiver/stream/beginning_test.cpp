// SPDX-License-Identifier: MIT
// Behind the beginning of a dataset's stream comes what zfs send writes there, and nothing else.
#include "receiver/stream/beginning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "fixtures/key_data_builder.h"
#include "receiver/answer.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string refusal_of(const NativeNvBuilder& list, bool is_raw, bool is_rest) {
  StreamForm form;
  form.is_raw = is_raw;
  form.is_rest = is_rest;
  try {
    check_beginning(list.packed(), form);
    return "";
  } catch (const Refused& refused) {
    return refused.what();
  }
}

NativeNvBuilder rest() { return NativeNvBuilder().number("resume_object", 7).number("resume_offset", 131072); }
NativeNvBuilder key() { return NativeNvBuilder().list("crypt_keydata", key_list({})); }

TEST(Beginning, OfARestAndOfARawStreamIsTaken) {
  EXPECT_EQ(refusal_of(rest(), false, true), "");
  EXPECT_EQ(refusal_of(key(), true, false), "");
  EXPECT_EQ(refusal_of(rest().list("crypt_keydata", key_list({})), true, true), "");
}

TEST(Beginning, HasWhatItsStreamIs) {
  EXPECT_THAT(refusal_of(rest(), true, false), HasSubstr("there is resume_object"));
  EXPECT_THAT(refusal_of(key(), false, true), HasSubstr("there is crypt_keydata"));
  EXPECT_THAT(refusal_of(rest(), true, true), HasSubstr("malformed key data"));
  EXPECT_THAT(refusal_of(key(), true, true), HasSubstr("does not say where it begins"));
  EXPECT_THAT(refusal_of(NativeNvBuilder().number("resume_object", 7), false, true), HasSubstr("where it begins"));
  EXPECT_THAT(refusal_of(NativeNvBuilder().number("resume_offset", 7), false, true), HasSubstr("where it begins"));
}

// Of a redacted stream's the kernel stops where it cannot store them.
TEST(Beginning, HasNothingElse) {
  const std::string two(16, 'g');
  for (const char* const name : {"redact_from_snaps", "redact_snaps", "book_redaction", "any"})
    for (const bool raw : {false, true}) {
      NativeNvBuilder list = raw ? key() : rest();
      list.pair(name, 15, 2, two);  // DATA_TYPE_UINT64_ARRAY
      EXPECT_THAT(refusal_of(list, raw, !raw), HasSubstr(std::string("there is ") + name + " of type 15"));
    }
  EXPECT_THAT(refusal_of(rest().number("a\x1b[2J", 1), false, true), Not(HasSubstr("\x1b")));
}

TEST(Beginning, HasNumbersWhereNumbersAre) {
  for (const std::int32_t type : {0, 1, 5, 7, 9, 15, 19, 20, 26, 27}) {
    NativeNvBuilder list;
    list.number("resume_object", 7).pair("resume_offset", type, 1, std::string(8, '\0'));
    EXPECT_NE(refusal_of(list, false, true), "") << type;
  }
  EXPECT_NE(refusal_of(NativeNvBuilder().number("resume_object", 7).pair("resume_offset", 8, 2, std::string(16, '1')),
                       false, true),
            "");
  EXPECT_NE(refusal_of(NativeNvBuilder().number("resume_object", 7).pair("resume_offset", 8, 1, std::string(16, '1')),
                       false, true),
            "");
}

TEST(Beginning, OfAKeyIsWhatAKeyHas) {
  const auto with = [](const std::string& name, std::int32_t type, std::int32_t elements, const std::string& value) {
    return refusal_of(NativeNvBuilder().list("crypt_keydata", key_list({}).pair(name, type, elements, value)), true,
                      false);
  };
  EXPECT_THAT(with("mdn_more", 8, 1, std::string(8, '\0')), HasSubstr("there is mdn_more of type 8"));
  EXPECT_THAT(with("key", 9, 1, std::string(8, 'k')), StartsWith("invalid stream ("));
  EXPECT_THAT(with("list", 19, 1, std::string(24, '\0')), StartsWith("invalid stream ("));
  for (const auto& [type, elements, size] :
       {std::tuple(8, 1, 8), std::tuple(26, 0, 0), std::tuple(26, -1, 8), std::tuple(26, 12, 8), std::tuple(26, 12, 24),
        std::tuple(26, 2048, 2048)}) {
    NativeNvBuilder only;
    only.pair("DSL_CRYPTO_IV", type, elements, std::string(static_cast<std::size_t>(size), 'i'));
    EXPECT_THAT(refusal_of(NativeNvBuilder().list("crypt_keydata", only), true, false),
                HasSubstr("there is DSL_CRYPTO_IV"))
        << type << " " << elements << " " << size;
  }
  EXPECT_THAT(refusal_of(NativeNvBuilder().number("crypt_keydata", 1), true, false), StartsWith("invalid stream ("));
}

}  // namespace
}  // namespace czb::receiver
