// SPDX-License-Identifier: MIT
// What others wrote, made fit for a terminal and a log (text/visible.h, text/far_text.h, text/json_text.h).
#include "text/visible.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "text/far_text.h"
#include "text/json_text.h"

namespace czb {
namespace {

using ::testing::HasSubstr;

TEST(Visible, IsPrintableAsciiWithoutABackslashOfTheTextsOwn) {
  EXPECT_EQ(visible("tank/a b@c"), "tank/a b@c");
  EXPECT_EQ(visible("a\nb\x1b\\\xff"), "a\\x0ab\\x1b\\x5c\\xff");
  EXPECT_EQ(visible("\xc3\xa9"), "\\xc3\\xa9");
  EXPECT_EQ(visible(std::string_view("\0", 1)), "\\x00");
}

TEST(Visible, EscapesEachByteThatATerminalCouldObey) {
  for (int byte = 0; byte < 256; ++byte)
    for (const char c : visible(std::string(1, static_cast<char>(byte)))) {
      EXPECT_GE(c, 0x20) << byte;
      EXPECT_LT(c, 0x7f) << byte;
    }
}

TEST(Visible, CutsLongTextsAndNeverAnEscape) {
  EXPECT_EQ(visible("abcdef", 4), "abcd...");
  EXPECT_EQ(visible("abc\n", 4), "abc...");
}

// A command to copy keeps its paths and its quotes.
TEST(Legible, LeavesLettersOfAnyScriptAndBackslashesAlone) {
  const std::string text = "ssh-keygen -R '/root/M\xc3\xbcller'\\''s/\xe5\xa4\x87\xe4\xbb\xbd' \xe2\x80\x93 C:\\new";
  EXPECT_EQ(legible(text), text);
}

TEST(Legible, IsOneLineWithoutWhatIsNotSeenOrTurnsTheDirection) {
  EXPECT_EQ(legible("a\n\tb\x1b[2J"), "a\\x0a\\x09b\\x1b[2J");
  EXPECT_EQ(legible("\xc2\x9b"
                    "1m \xff \xc2"),
            "\\xc2\\x9b1m \\xff \\xc2");
  for (const char* character : {"\xe2\x80\xae", "\xe2\x80\x8b", "\xe2\x81\xa6", "\xe2\x80\xa8", "\xef\xbb\xbf",
                                "\xd8\x9c", "\xc2\xad", "\xe1\xa0\x8e", "\xef\xbf\xbb", "\xf3\xa0\x81\x81",
                                "\xf3\xa0\x84\x80", "\xef\xb8\x8f", "\xe3\x85\xa4", "\xee\x80\x80", "\xef\xbf\xbe"})
    EXPECT_THAT(legible(character), ::testing::StartsWith("\\x"));
}

TEST(Legible, WhatLooksLikeAnEscapeIsOne) {
  EXPECT_EQ(legible("\\x1b"), "\\x5cx1b");
  EXPECT_EQ(legible("\\x1"), "\\x1");
  EXPECT_EQ(legible("\\\\x1B"), "\\\\x5cx1B");
}

TEST(Printable, LeavesLinesTabsAndLettersAlone) {
  const std::string text = "job home:\n\t\xe2\x80\xa6 \xc3\xa9 \xf0\x9f\x98\x80 C:\\x\n";
  EXPECT_EQ(printable(text), text);
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, EscapesControlCharactersOfBothSets) {
  EXPECT_EQ(printable("\x1b[31m\r\a\x7f"), "\\x1b[31m\\x0d\\x07\\x7f");
  EXPECT_EQ(printable("a\xc2\x9b\x31m"), "a\\xc2\\x9b1m");  // CSI as one character
}

TEST(Printable, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(printable("\x9b\x31m"), "\\x9b1m");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");  // longer than it need be
  EXPECT_EQ(printable("\xe2\x80"), "\\xe2\\x80");
}

TEST(Printable, EscapesWhatIsNotSeenAndWhatTurnsTheDirection) {
  for (const char* character :
       {"\xe2\x80\xae", "\xe2\x80\x8b", "\xe2\x81\xa6", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xd8\x9c"})
    EXPECT_THAT(printable(character), ::testing::StartsWith("\\x"));
}

TEST(Printable, GivenItsOwnResultChangesNothing) {
  const std::string once = printable("\x1b[2J\xff\xc2\x85");
  EXPECT_EQ(printable(once), once);
}

TEST(FarText, IsShownAsOneLine) {
  EXPECT_EQ(FarText("  one\r\n\n\t\ntwo\x1b[1m\n").shown(), "one; two\\x1b[1m");
  EXPECT_EQ(FarText("").shown(), "");
  EXPECT_EQ(FarText("\n \n").shown(), "");
}

TEST(FarText, LettersStayLetters) {
  EXPECT_EQ(FarText("cannot open '/srv/M\xc3\xbcller': no\nmore \xc3\n").shown(),
            "cannot open '/srv/M\xc3\xbcller': no; more \\xc3");
  std::string letters;
  for (int i = 0; i < 100; ++i) letters += "\xe2\x82\xac";
  for (const std::size_t longest : {90U, 91U, 92U, 93U, 94U, 95U}) {
    const std::string shown = FarText(letters).shown(longest);
    EXPECT_EQ(legible(shown), shown) << "no letter is cut";
  }
}

TEST(FarText, OfALongOneTheBeginningAndTheEndAreShown) {
  const std::string shown = FarText("first\n" + std::string(100'000, '\x1b') + "\nlast").shown(100);
  EXPECT_LE(shown.size(), 108U);
  EXPECT_THAT(shown, ::testing::StartsWith("first; "));
  EXPECT_THAT(shown, HasSubstr(" [...] "));
  EXPECT_THAT(shown, ::testing::EndsWith("; last"));
}

TEST(FarText, DoesNotBecomeTextByItself) {
  EXPECT_FALSE((std::is_convertible_v<FarText, std::string>));
  EXPECT_FALSE((std::is_convertible_v<FarText, std::string_view>));
  EXPECT_FALSE((std::is_constructible_v<std::string, FarText>));
}

TEST(JsonText, IsAsciiAndReplacesWhatIsNotUtf8) {
  const nlohmann::ordered_json json = {{"said", "\x1b[1m\x7f\xc2\x9b\xff \xc3\xa9"}};
  const std::string text = json_text(json, -1);
  for (const char c : text) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << text;
  EXPECT_EQ(nlohmann::json::parse(text).at("said"), "\x1b[1m\x7f\xc2\x9b\xef\xbf\xbd \xc3\xa9");
  EXPECT_EQ(printable(text), text);
}

}  // namespace
}  // namespace czb
