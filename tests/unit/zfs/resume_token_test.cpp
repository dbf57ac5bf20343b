// SPDX-License-Identifier: MIT
// The words of `zfs send -nvt TOKEN`, as OpenZFS 2.1.11 prints them (zfs/resume_token.h).
#include "zfs/resume_token.h"

#include <gtest/gtest.h>

namespace czb {
namespace {

const std::string initial =
    "resume token contents:\n"
    "nvlist version: 0\n"
    "\tobject = 0x2\n"
    "\toffset = 0x0\n"
    "\tbytes = 0x157c\n"
    "\ttoguid = 0xd5c921a3f11226c0\n"
    "\ttoname = zippy/e/own@s1\n"
    "\tcompressok = 1\n"
    "\trawok = 1\n";
const std::string incremental =
    "resume token contents:\n"
    "nvlist version: 0\n"
    "\tfromguid = 0x89e4af5b237eee7\n"
    "\tobject = 0x80\n"
    "\toffset = 0x20000\n"
    "\tbytes = 0x3c1d8\n"
    "\ttoguid = 0x78759f74fe8f831c\n"
    "\ttoname = zippy/t/d1@s 4 = x\n"
    "\tembedok = 1\n"
    "\tcompressok = 1\n";

Completed said(const std::string& out, const std::string& err = "", int code = 0) {
  Completed completed;
  completed.status = {ExitKind::exited, code};
  completed.out = out;
  completed.err = err;
  return completed;
}

TEST(ResumeToken, OfAFullStreamHasNoFromGuid) {
  const auto partial = parse_token_contents(said(initial + "full send of zippy/e/own@s1 estimated size is 325K\n"
                                                           "total estimated size is 325K\n"));
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->to, "zippy/e/own@s1");
  EXPECT_EQ(partial->to_guid, 0xd5c921a3f11226c0U);
  EXPECT_EQ(partial->from_guid, 0U);
  EXPECT_EQ(partial->problem, "");
}

TEST(ResumeToken, OfAnIncrementHasBothGuids) {
  const auto partial = parse_token_contents(
      said(incremental + "send from zippy/t/d1@s3 to zippy/t/d1@s 4 = x estimated size is 241K\n"));
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->to, "zippy/t/d1@s 4 = x");
  EXPECT_EQ(partial->to_guid, 0x78759f74fe8f831cU);
  EXPECT_EQ(partial->from_guid, 0x89e4af5b237eee7U);
}

TEST(ResumeToken, MayBePrintedOnStandardErrorToo) {
  EXPECT_EQ(parse_token_contents(said("", initial))->to, "zippy/e/own@s1");
}

TEST(ResumeToken, ThatTheSenderCannotGoOnWithHasItsReason) {
  for (const std::string reason :
       {"cannot resume send: 'zippy/k@s2' used in the initial send no longer exists",
        "cannot resume send: 'zippy/k@s2' is no longer the same snapshot used in the initial send",
        "cannot resume send: incremental source 0x78759f74fe8f831c no longer exists"}) {
    const auto partial = parse_token_contents(said(incremental, reason + "\n", 255));
    ASSERT_TRUE(partial);
    EXPECT_EQ(partial->problem, reason);
    EXPECT_EQ(partial->to_guid, 0x78759f74fe8f831cU);
  }
}

TEST(ResumeToken, ThatFailedWithoutAReasonIsAProblemAllTheSame) {
  EXPECT_EQ(parse_token_contents(said(initial, "", 1))->problem, "exit status 1");
}

TEST(ResumeToken, WhatASenderPrintsOfItIsEscaped) {
  std::string forged = initial;
  forged.replace(forged.find("own@s1"), 6, "own\x1b[2J@s1");
  const auto partial = parse_token_contents(said(forged, "cannot resume send: \x1b[2J\nfake line\n", 255));
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->to, "zippy/e/own\\x1b[2J@s1");
  EXPECT_EQ(partial->problem, "cannot resume send: \\x1b[2J; fake line");
}

TEST(ResumeToken, ThatIsCorruptStandsForNothing) {
  for (const char* why : {"invalid format", "incorrect checksum"})
    EXPECT_FALSE(parse_token_contents(
        said("", std::string("cannot resume send: resume token is corrupt (") + why + ")\n", 255)));
}

TEST(ResumeToken, WhoseContentsAreNotUnderstoodStandsForNothing) {
  for (const char* text :
       {"", "\ttoname = a@b\n", "\ttoguid = 0x1\n", "toguid = 0x1\ntoname = a@b\n", "\ttoguid = 1\n\ttoname = a@b\n",
        "\ttoguid = 0xg\n\ttoname = a@b\n", "\ttoguid = 0x\n\ttoname = a@b\n",
        "\ttoguid = 0x1ffffffffffffffff\n\ttoname = a@b\n", "\ttoguids = 0x1\n\ttoname = a@b\n"})
    EXPECT_FALSE(parse_token_contents(said(text))) << text;
}

TEST(ResumeToken, NamedLikeAFieldIsNotMistakenForIt) {
  const auto partial = parse_token_contents(said("\ttoguid = 0x1\n\ttoname = tank@toguid = 0x2\n"));
  EXPECT_EQ(partial->to_guid, 1U);
  EXPECT_EQ(partial->to, "tank@toguid = 0x2");
}

}  // namespace
}  // namespace czb
