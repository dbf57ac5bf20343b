// SPDX-License-Identifier: MIT
// libFuzzer: what shell_quote writes, a POSIX shell reads back as the same words. The input is words separated by NUL
// bytes. Every run is held to a small reference parser of the shell's words (XCU 2.2 and 2.3), which aborts on any byte
// that a shell could expand; the first few (the seeds) and every 4096th also to the real sh. Seeds:
// tests/fuzz/corpus/quoting.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cyber-zfs-backup/local_process.h"
#include "cyber-zfs-backup/shell_quote.h"
#include "remote_command.h"

namespace {

using Words = std::vector<std::string>;

[[noreturn]] void fail(const char* why, const std::string& line) {
  std::fprintf(stderr, "%s: %s\n", why, line.c_str());
  std::abort();
}

Words split_at_nul(std::string_view text) {
  Words words(1);
  for (const char byte : text) {
    if (byte == '\0') {
      words.emplace_back();
    } else {
      words.back() += byte;
    }
  }
  return words;
}

// Bytes that mean themselves to every shell when they stand unquoted in a word, wherever that is.
bool is_literal(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         std::string_view("_@+:,./-").find(byte) != std::string_view::npos;
}

// One line as a shell splits it; double quotes, expansions and operators are not among what shell_quote may write.
Words parse(const std::string& line) {
  Words words;
  bool in_word = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char byte = line[i];
    if (byte == ' ') {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    if (byte == '\'') {
      const std::size_t end = line.find('\'', i + 1);
      if (end == std::string::npos) fail("a quote is left open", line);
      words.back().append(line, i + 1, end - i - 1);
      i = end;
    } else if (byte == '\\') {
      if (++i >= line.size() || line[i] == '\n') fail("a backslash joins lines or stands last", line);
      words.back() += line[i];
    } else if (is_literal(byte) || (byte == '=' && in_word && words.size() > 1)) {
      words.back() += byte;
    } else {
      fail("a byte is left to the shell", line);
    }
    in_word = true;
  }
  return words;
}

std::string output_of_sh(const std::string& line) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  czb::LocalCommand command;
  command.argv = {"sh", "-c", line};
  command.descriptors.out = ends[1];
  const czb::LocalProcess::Pointer process = czb::LocalProcess::start(command);
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Words words = split_at_nul(input);

  const std::string line = czb::shell_quote_command(words);
  if (parse(line) != words) fail("read back otherwise", line);

  Words argv = {"printf", "%s\\0"};
  argv.insert(argv.end(), words.begin(), words.end());
  const std::string remote = czb::ssh::remote_command(argv, false);
  const std::string_view prefix = czb::ssh::remote_prefix;
  if (remote.compare(0, prefix.size(), prefix) != 0 || parse(remote.substr(prefix.size())) != argv) {
    fail("the remote command is read back otherwise", remote);
  }

  static unsigned runs = 0;
  if (size < 10'000 && (runs++ % 4096 == 0 || runs < 16)) {
    if (output_of_sh(remote) != std::string(input) + '\0') fail("sh reads it back otherwise", remote);
  }
  return 0;
}
