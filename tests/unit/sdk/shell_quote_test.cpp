// SPDX-License-Identifier: MIT
#include "cyber-zfs-backup/shell_quote.h"

#include "process_testing.h"
#include "remote_command.h"

namespace czb {
namespace {

using namespace transport_test;  // NOLINT(google-build-using-namespace)

const std::string child = CZB_MISBEHAVING_CHILD;

struct Case {
  std::string word;
  std::string quoted;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> table = {
      {"zfs", "zfs"},
      {"pool/data@2024-01-31T00:00:00+00:00", "pool/data@2024-01-31T00:00:00+00:00"},
      {"-o", "-o"},
      {"compression=lz4", "compression=lz4"},
      {"a,b.c_d:e", "a,b.c_d:e"},
      {"", "''"},
      {" ", "' '"},
      {"two words", "'two words'"},
      {"tab\there", "'tab\there'"},
      {"line\nline", "'line\nline'"},
      {"\n", "'\n'"},
      {"it's", R"('it'\''s')"},
      {"'", R"(\')"},
      {"''", R"(\'\')"},
      {"\"double\"", R"('"double"')"},
      {"back\\slash", R"('back'\\'slash')"},
      {"ends in \\", R"('ends in '\\)"},
      {"\\'", R"(\\\')"},
      {"wow!", R"('wow'\!)"},
      {"!!", R"(\!\!)"},
      {"$HOME", "'$HOME'"},
      {"${HOME}", "'${HOME}'"},
      {"$(id)", "'$(id)'"},
      {"`id`", "'`id`'"},
      {"~", "'~'"},
      {"~root", "'~root'"},
      {"a=~root", "'a=~root'"},
      {"=ls", R"('=ls')"},
      {"*", "'*'"},
      {"[a-z]?", "'[a-z]?'"},
      {"{a,b}", "'{a,b}'"},
      {"#comment", "'#comment'"},
      {"a;b&c|d", "'a;b&c|d'"},
      {"<in>out", "'<in>out'"},
      {"(sub)", "'(sub)'"},
      {"%recv", "'%recv'"},
      {"^caret^", "'^caret^'"},
      {"Grüße", "'Grüße'"},
      {"\xff\xfe\x80", "'\xff\xfe\x80'"},
      {"\x01\x7f\x1b", "'\x01\x7f\x1b'"},
      {"\r\n", "'\r\n'"},
  };
  return table;
}

TEST(ShellQuote, QuotesOnlyWhereItMust) {
  for (const Case& each : cases()) EXPECT_EQ(shell_quote(each.word), each.quoted);
}

TEST(ShellQuote, JoinsACommandByOneSpace) {
  EXPECT_EQ(shell_quote_command(Words{}), "");
  EXPECT_EQ(shell_quote_command(Words{"zfs", "list", "-H", "a b", ""}), "zfs list -H 'a b' ''");
}

TEST(ShellQuote, QuotesAFirstWordThatIsAnAssignmentOrAKeyword) {
  EXPECT_EQ(shell_quote_command(Words{"a=b", "a=b"}), "'a=b' a=b");
  EXPECT_EQ(shell_quote_command(Words{"if", "if"}), "'if' if");
}

TEST(RemoteCommand, IsTheFixedPrefixAndTheQuotedWords) {
  EXPECT_EQ(ssh::remote_command({"zfs", "get", "a b"}, false),
            R"(env LC_ALL=C PATH="$PATH":/usr/local/sbin:/usr/sbin:/sbin zfs get 'a b')");
  EXPECT_EQ(ssh::remote_command({"zfs", "list"}, true),
            R"(env LC_ALL=C PATH="$PATH":/usr/local/sbin:/usr/sbin:/sbin sudo -n zfs list)");
}

// Each shell that is installed here reads back what was quoted. More of them can be put into PATH. Not yash: it reads
// characters of the locale, not bytes.
class EachShell : public ::testing::TestWithParam<std::vector<std::string>> {
 protected:
  void SetUp() override {
    try {
      local_process_detail::find_program(GetParam().front(), search_path());
    } catch (const std::runtime_error&) {
      GTEST_SKIP() << GetParam().front() << " is not installed";
    }
  }

  // csh knows no quoted newline.
  static bool can_carry(const std::string& word) {
    return GetParam().front() != "tcsh" || word.find('\n') == std::string::npos;
  }

  static std::string output_of(const std::string& line) {
    Pipe out = make_pipe();
    LocalCommand command;
    command.argv = GetParam();
    command.argv.push_back(line);
    command.descriptors = {-1, out.write_end.get(), 2};
    const LocalProcess::Pointer process = LocalProcess::start(command);
    out.write_end.reset();
    std::string text = read_all(out.read_end.get());
    EXPECT_TRUE(ended_with(wait_for(*process), ExitKind::exited, 0)) << line;
    return text;
  }

  // The words of all cases behind `first`.
  static Words argv(const Words& first) {
    Words words = first;
    for (const Case& each : cases()) {
      if (can_carry(each.word)) words.push_back(each.word);
    }
    return words;
  }
};

TEST_P(EachShell, ReadsBackEveryWord) {
  const Words words = argv({child, "print-argv"});
  EXPECT_EQ(split_at_nul(output_of(shell_quote_command(words))), words);
}

TEST_P(EachShell, ReadsBackEveryByteAloneAndInTheMiddle) {
  Words words = {child, "print-argv"};
  for (int byte = 1; byte < 256; ++byte) {
    const std::string word(1, static_cast<char>(byte));
    if (!can_carry(word)) continue;
    words.insert(words.end(), {word, "a" + word + "b", word + word});
  }
  EXPECT_EQ(split_at_nul(output_of(shell_quote_command(words))), words);
}

TEST_P(EachShell, RunsACommandWhoseNameIsAKeywordOrLooksLikeAnAssignment) {
  if (GetParam().front() == "fish") GTEST_SKIP() << "a quoted keyword is one to fish";
  const TemporaryFolder folder;
  for (const char* name : {"if", "a=b", "while", "function"}) {
    std::filesystem::create_symlink(child, folder / name);
    const PathIs path(folder.path() + ":" + present_path());
    const Words words = {name, "print-argv"};
    EXPECT_EQ(split_at_nul(output_of(shell_quote_command(words))), words);
  }
}

TEST_P(EachShell, RunsTheRemoteCommandWithTheWordsAndTheEnvironmentItPromises) {
  const Words words = argv({child, "print-argv"});
  EXPECT_EQ(split_at_nul(output_of(ssh::remote_command(words, false))), words);
  EXPECT_EQ(output_of(ssh::remote_command({child, "environment", "LC_ALL"}, false)), "C");
  const std::string path = output_of(ssh::remote_command({child, "environment", "PATH"}, false));
  EXPECT_EQ(path, search_path() + ":/usr/local/sbin:/usr/sbin:/sbin");
}

INSTANTIATE_TEST_SUITE_P(Posix, EachShell,
                         ::testing::Values(Words{"sh", "-c"}, Words{"dash", "-c"}, Words{"bash", "-c"},
                                           Words{"busybox", "sh", "-c"}, Words{"zsh", "-c"}, Words{"mksh", "-c"},
                                           Words{"ksh93", "-c"}));
INSTANTIATE_TEST_SUITE_P(Other, EachShell, ::testing::Values(Words{"fish", "-c"}, Words{"tcsh", "-f", "-c"}));

}  // namespace
}  // namespace czb
