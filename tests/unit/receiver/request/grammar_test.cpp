// SPDX-License-Identifier: MIT
// The words of a command line as the ssh plugin writes them (receiver/grammar.h).
#include "receiver/request/grammar.h"

#include <gtest/gtest.h>

#include "receiver/answer.h"
#include "remote_command.h"

namespace czb::receiver {
namespace {

const std::string prefix(ssh::remote_prefix);

bool is_refused(const std::string& line) {
  try {
    parse_command(line);
  } catch (const Refused&) {
    return true;
  }
  return false;
}

TEST(ReceiverGrammar, ReadsWhatTheSshPluginWrites) {
  for (const CommandLine& words :
       {CommandLine{"zfs"}, CommandLine{"zfs", "list", "-H"}, CommandLine{"zfs", "destroy", "tank/a b@c,d"},
        CommandLine{"a", ""}, CommandLine{"", "a"}, CommandLine{"it's", "a\\b", "wow!", "$(id)", "`id`", "a\nb"},
        CommandLine{"'", "''", "\\", "!!"}, CommandLine{"if", "x"}, CommandLine{"a=b", "c=d", "=e"},
        CommandLine{"zfs", "\xff\xfe", "Grüße", "\x01"}}) {
    EXPECT_EQ(parse_command(ssh::remote_command(words, false)), words);
    EXPECT_EQ(parse_command(ssh::remote_command(words, true)), words);
  }
}

TEST(ReceiverGrammar, EveryByteGoesThereAndBack) {
  for (int byte = 1; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    for (const std::string& word : {one, one + one, "a" + one + "b", one + "'", "'" + one, "\\" + one + "!"}) {
      const CommandLine words = {"zfs", word, "x"};
      EXPECT_EQ(parse_command(ssh::remote_command(words, false)), words) << byte;
    }
  }
}

TEST(ReceiverGrammar, ThePrefixIsThereByteForByte) {
  for (const char* line :
       {"", " ", "zfs list", "env LC_ALL=C zfs list", "env LC_ALL=C PATH=\"$PATH:/usr/local/sbin\" zfs list",
        "env LC_ALL=c PATH=\"$PATH\":/usr/local/sbin:/usr/sbin:/sbin zfs list",
        " env LC_ALL=C PATH=\"$PATH\":/usr/local/sbin:/usr/sbin:/sbin zfs list",
        "env LC_ALL=C PATH=\"$PATH\":/usr/local/sbin:/usr/sbin:/sbin\tzfs list",
        "env  LC_ALL=C PATH=\"$PATH\":/usr/local/sbin:/usr/sbin:/sbin zfs list"})
    EXPECT_TRUE(is_refused(line)) << line;
  EXPECT_TRUE(is_refused(prefix));
  EXPECT_TRUE(is_refused(prefix + "sudo -n "));
  EXPECT_FALSE(is_refused(prefix + "zfs"));
}

TEST(ReceiverGrammar, SudoIsTakenOnceAndOnlyAsThePluginWritesIt) {
  EXPECT_EQ(parse_command(prefix + "sudo -n zfs list"), (CommandLine{"zfs", "list"}));
  EXPECT_EQ(parse_command(prefix + "sudo zfs list"), (CommandLine{"sudo", "zfs", "list"}));
  EXPECT_EQ(parse_command(prefix + "sudo -n sudo -n zfs"), (CommandLine{"sudo", "-n", "zfs"}));
  EXPECT_EQ(parse_command(prefix + "sudo -u root zfs"), (CommandLine{"sudo", "-u", "root", "zfs"}));
}

TEST(ReceiverGrammar, AnotherWayToWriteTheSameWordsIsRefused) {
  for (const char* rest :
       {"'zfs' list",   "zf's' list", "zfs  list", "zfs list ", " zfs list",    "zfs ''''",    "zfs 'a'' b'",
        "zfs 'it\\'s'", "zfs \\a",    "zfs a\\ b", "zfs 'ab'",  "zfs 'a b''c'", "zfs \"a b\"", "zfs '\\'",
        "zfs '!'",      "zfs 'a",     "zfs a'",    "zfs \\",    "zfs a=b'c'",   "if x",        "a=b c"})
    EXPECT_TRUE(is_refused(prefix + rest)) << rest;
}

TEST(ReceiverGrammar, WhatAShellWouldExpandIsRefused) {
  for (const char* rest : {"zfs $HOME",     "zfs ${HOME}", "zfs $(id)", "zfs `id`",  "zfs ~",    "zfs *",  "zfs a?",
                           "zfs [a]",       "zfs {a,b}",   "zfs;id",    "zfs|id",    "zfs&id",   "zfs &",  "zfs>f",
                           "zfs <f",        "zfs #c",      "zfs a\nid", "zfs\tlist", "zfs (id)", "zfs !x", "zfs ^a",
                           "zfs \"$(id)\"", "zfs %a",      "zfs a\rb",  "zfs \x7f"})
    EXPECT_TRUE(is_refused(prefix + rest)) << rest;
}

TEST(ReceiverGrammar, NulBytesAndEndlessCommandsAreRefused) {
  EXPECT_TRUE(is_refused(prefix + std::string("zfs\0list", 8)));
  EXPECT_TRUE(is_refused(prefix + std::string("zfs '\0'", 7)));
  EXPECT_TRUE(is_refused(prefix + "zfs " + std::string(std::size_t{1} << 20, 'a')));
  EXPECT_TRUE(is_refused(std::string(std::size_t{1} << 20, '\'')));
  EXPECT_FALSE(is_refused(prefix + "zfs " + std::string(100'000, 'a')));
}

TEST(ReceiverGrammar, TheReasonIsOneLineWithoutTheSendersBytes) {
  try {
    parse_command("\x1b[2J\nid");
    FAIL();
  } catch (const Refused& refused) {
    const std::string why = refused.what();
    EXPECT_EQ(why.find_first_of("\x1b\n"), std::string::npos);
  }
}

TEST(Visible, ShowsControlCharactersAndCutsLongTexts) {
  EXPECT_EQ(visible("tank/a b@c"), "tank/a b@c");
  EXPECT_EQ(visible("a\nb\x1b\\\xff"), "a\\x0ab\\x1b\\x5c\\xff");
  EXPECT_EQ(visible("abcdef", 4), "abcd...");
  EXPECT_EQ(visible("abc\n", 4), "abc...");
}

}  // namespace
}  // namespace czb::receiver
