// SPDX-License-Identifier: MIT
// libFuzzer: what the receiver accepts of any bytes as SSH_ORIGINAL_COMMAND is a command that our builders could have
// made of parts that are what they should be, and written again it is the input byte for byte. The first byte chooses
// the mode. Corpus: corpus/receiver.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "receiver/answer.h"
#include "receiver/request/grammar.h"
#include "receiver/request/policy.h"
#include "remote_command.h"

namespace {

using namespace czb;
using namespace czb::receiver;

void require(bool holds, const std::string& input) {
  if (holds) return;
  std::fprintf(stderr, "input: %s\n", visible(input, 10'000).c_str());
  std::abort();
}

// What stands in a word where a dataset does: no word is an option that the builder did not write itself.
void check_words(const CommandLine& words, const Options& options, const std::string& line) {
  require(!words.empty() && (words[0] == "zfs" || words[0] == program_name), line);
  if (words[0] == program_name) {
    require(words == CommandLine{std::string(program_name), "report"}, line);
    return;
  }
  require(
      words.size() >= 3 && (words[1] == "list" || words[1] == "receive" || words[1] == "destroy" || words[1] == "send"),
      line);
  for (const std::string& word : words) require(word != "-F" && word != "-f" && !word.empty(), line);
  const std::string& last = words.back();
  const bool is_token = words[1] == "send" && (words[2] == "-nvt" || words[words.size() - 2] == "-t");
  const bool in_root = last == options.root || last.rfind(options.root + "/", 0) == 0 ||
                       last.rfind(options.root + "@", 0) == 0 || (words[1] == "list" && last == "offsite");
  require(is_token || in_root, line);
  require(words[1] != "destroy" || (options.mode == Mode::mirror && last.find('@') != std::string::npos), line);
  require(words[1] != "send" || options.mode == Mode::pull, line);
  require(words[1] != "receive" || options.mode != Mode::pull, line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Options options;
  options.root = "offsite/zippy";
  options.mode = data[0] % 3 == 0 ? Mode::append_only : data[0] % 3 == 1 ? Mode::mirror : Mode::pull;
  // The prefix is put before it, so that inputs need not find it.
  const std::string line = std::string(ssh::remote_prefix) + std::string(data + 1, data + size);
  CommandLine words;
  try {
    words = parse_command(line);
    const std::string again = ssh::remote_command(words, false);
    require(again == line || ssh::remote_command(words, true) == line, line);
    const Request request = parse_request(words);
    require(command_of(request) == words, line);
    check_allowed(request, options);
  } catch (const Refused& refused) {
    const std::string why = refused.what();
    require(why.size() < 2000 && why.find_first_of("\n\x1b") == std::string::npos, line);
    return 0;
  }
  check_words(words, options, line);
  try {
    parse_command(std::string(data + 1, data + size));
  } catch (const Refused&) {
  }
  return 0;
}
