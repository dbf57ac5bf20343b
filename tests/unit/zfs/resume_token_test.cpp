// SPDX-License-Identifier: MIT
// What a token says by itself, whatever anybody prints for it (zfs/resume_token.h).
#include "zfs/resume_token.h"

#include <gtest/gtest.h>

#include "fixtures/token_builder.h"

namespace czb {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)

TokenBuilder complete(std::string_view name = "tank/home@x") {
  return TokenBuilder()
      .number("object", 1)
      .number("offset", 2)
      .number("bytes", 3)
      .number("toguid", 4)
      .text("toname", name);
}

Completed said(const std::string& err = "", int code = 0) {
  Completed completed;
  completed.status = {ExitKind::exited, code};
  completed.err = err;
  return completed;
}

TEST(ResumeToken, OfAFullStreamHasNoFromGuid) {
  const auto contents = read_resume_token(resume_token("zippy/e/own@s 1: x", 0xd5c921a3f11226c0U, 0, true, 0x157c));
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->dataset, "zippy/e/own");
  EXPECT_EQ(contents->snapshot, "s 1: x");
  EXPECT_EQ(contents->full_name(), "zippy/e/own@s 1: x");
  EXPECT_EQ(contents->to_guid, 0xd5c921a3f11226c0U);
  EXPECT_EQ(contents->from_guid, 0U);
  EXPECT_EQ(contents->offset, 0x157cU);
  EXPECT_TRUE(contents->raw);
}

TEST(ResumeToken, OfAnIncrementHasBothGuids) {
  const auto contents = read_resume_token(resume_token("zippy/t/d1@s4", 0x78759f74fe8f831cU, 0x89e4af5b237eee7U));
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->to_guid, 0x78759f74fe8f831cU);
  EXPECT_EQ(contents->from_guid, 0x89e4af5b237eee7U);
  EXPECT_FALSE(contents->raw);
}

// zfs send -nvt prints it so that it reads like one of a raw stream.
TEST(ResumeToken, WhoseNameForgesALineStandsForNothing) {
  for (const char* name : {"tank/secret@s\n\trawok = 1", "tank/secret@s\ttab", "tank@a@b", "tank", "", "@x", "tank@",
                           "-tank@x", "tank//a@x"})
    EXPECT_FALSE(read_resume_token(complete(name).token())) << name;
  EXPECT_TRUE(read_resume_token(complete().token()));
}

TEST(ResumeToken, WithSomethingTwiceUnknownOrOfAnotherTypeStandsForNothing) {
  for (const TokenBuilder& builder :
       {complete().number("toguid", 5), complete().text("toname", "tank/other@x"), complete().boolean("savedok"),
        complete().number("redact_book", 1), complete().number("rawok", 1), complete().boolean("fromguid"),
        complete().pair("rawok", 1, 1, ""), complete().pair("fromguid", 8, 2, std::string(16, 'x')),
        complete().pair("fromguid", 8, 1, ""), complete().pair("rawok", 1, 0, "more")})
    EXPECT_FALSE(read_resume_token(builder.token()));
}

TEST(ResumeToken, WithoutAPartThatEachHasStandsForNothing) {
  EXPECT_FALSE(read_resume_token(TokenBuilder().token()));
  EXPECT_FALSE(read_resume_token(TokenBuilder().number("toguid", 4).text("toname", "tank@x").token()));
  EXPECT_FALSE(read_resume_token(
      TokenBuilder().number("object", 1).number("offset", 2).number("bytes", 3).number("toguid", 4).token()));
}

TEST(ResumeToken, ThatIsNotPackedAsOursAreStandsForNothing) {
  const std::string list = complete().list();
  EXPECT_TRUE(read_resume_token(token_of_list(list)));
  std::string xdr = list;
  xdr[0] = 1;
  std::string other_order = list;
  other_order[1] = static_cast<char>(1 - other_order[1]);
  std::string without_uniqueness = list;
  without_uniqueness[8] = 0;
  for (const std::string& wrong :
       {xdr, other_order, without_uniqueness, list + '\0', list.substr(0, list.size() - 1),
        list.substr(0, list.size() - 4), list.substr(0, 20), list.substr(0, 3), std::string()})
    EXPECT_FALSE(read_resume_token(token_of_list(wrong)));
}

TEST(ResumeToken, ThatIsNoneStandsForNothing) {
  const std::string token = complete().token();
  const std::size_t hex = token.rfind('-') + 1;
  std::string corrupt = token;
  corrupt[hex + 20] = corrupt[hex + 20] == '0' ? '1' : '0';
  for (const std::string& wrong :
       {std::string(), std::string("1"), std::string("1-2-3-"), std::string("1-5-ffffffffffffffff-00"),
        "2" + token.substr(1), token + "0", token + "00", token.substr(0, token.size() - 2), token + "-00",
        "1-5-1000000-" + token.substr(hex), "1-5-1-" + token.substr(hex), corrupt, token.substr(0, hex) + "zz"})
    EXPECT_FALSE(read_resume_token(wrong)) << wrong;
}

TEST(ResumeToken, ThatTheSenderCannotGoOnWithHasItsReason) {
  const std::string token = resume_token("zippy/k@s2", 7, 5, true);
  EXPECT_EQ(partial_receive(token, said())->problem, "");
  for (const std::string reason :
       {"cannot resume send: 'zippy/k@s2' used in the initial send no longer exists",
        "cannot resume send: 'zippy/k@s2' is no longer the same snapshot used in the initial send",
        "cannot resume send: incremental source 0x78759f74fe8f831c no longer exists"}) {
    const auto partial = partial_receive(token, said(reason + "\n", 255));
    ASSERT_TRUE(partial);
    EXPECT_EQ(partial->problem, reason);
    EXPECT_EQ(partial->to, "zippy/k@s2");
    EXPECT_EQ(partial->to_guid, 7U);
    EXPECT_EQ(partial->from_guid, 5U);
    EXPECT_TRUE(partial->raw);
  }
  EXPECT_EQ(partial_receive(token, said("", 1))->problem, "exit status 1");
  EXPECT_FALSE(partial_receive("1-abc", said()));
  EXPECT_EQ(partial_receive(token, said("cannot resume send: \x1b[2J\nfake line\n", 255))->problem,
            "cannot resume send: \\x1b[2J; fake line");
}

}  // namespace
}  // namespace czb
