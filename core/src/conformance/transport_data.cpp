// SPDX-License-Identifier: MIT
// Transports: what a command is given, and what comes back.
#include <algorithm>
#include <cstdint>

#include "config/wording.h"
#include "conformance/far_command.h"
#include "conformance/subject.h"
#include "conformance/transport_checks.h"
#include "cyber-zfs-backup/local_process.h"
#include "text_buffer.h"

namespace czb::conformance::transport {
namespace {

// Bytes without a pattern, the same on each run.
class Noise {
 public:
  void fill(char* bytes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) bytes[i] = next();
  }
  // How many bytes fit before the first that does not.
  std::size_t matching(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (bytes[i] != next()) return i;
    return bytes.size();
  }

 private:
  char next() {
    if (left_ == 0) {
      state_ ^= state_ << 13U;
      state_ ^= state_ >> 7U;
      state_ ^= state_ << 17U;
      word_ = state_;
      left_ = sizeof word_;
    }
    const char byte = static_cast<char>(word_ & 0xffU);
    word_ >>= 8U;
    --left_;
    return byte;
  }

  std::uint64_t state_ = 88172645463325252ULL;  // xorshift64, Marsaglia 2003
  std::uint64_t word_ = 0;
  std::size_t left_ = 0;
};

std::string noise(std::size_t size) {
  std::string text(size, '\0');
  Noise().fill(text.data(), size);
  return text;
}

Words split_at_nul(const std::string& text) {
  Words words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::string numbered(std::size_t index) { return "word " + std::to_string(index + 1); }

void compare(const Words& sent, const Ended& ended, Findings& findings) {
  const Words arrived = split_at_nul(ended.out);
  if (arrived.size() != sent.size())
    findings.add("of " + std::to_string(sent.size()) + " words " + std::to_string(arrived.size()) + " arrived (" +
                 to_text(ended.exit) + (ended.err.empty() ? ")" : "; " + quoted(ended.err) + ")"));
  for (std::size_t i = 0; i < std::min(sent.size(), arrived.size()); ++i) {
    if (arrived[i] != sent[i])
      findings.add(numbered(i) + ", " + quoted(sent[i]) + " of " + std::to_string(sent[i].size()) +
                   " bytes, arrived as " + quoted(arrived[i]) + " of " + std::to_string(arrived[i].size()));
  }
}

const Words& hostile_words() {
  static const Words words = {"",
                              " ",
                              "a b",
                              "  two  blanks  ",
                              "\t",
                              "\n",
                              "line\nline\n",
                              "\r\n",
                              "'",
                              "\"",
                              "''",
                              "it's",
                              "\\",
                              "\\\\",
                              "\\n",
                              "a\\",
                              "$HOME",
                              "${HOME}",
                              "$(id)",
                              "`id`",
                              "$",
                              "$$",
                              "$1",
                              "~",
                              "~root",
                              "*",
                              "?",
                              "[a-z]",
                              "{a,b}",
                              "!",
                              "!!",
                              "#",
                              "# x",
                              ";",
                              "; exit 3",
                              "&",
                              "&&",
                              "|",
                              "||",
                              "<",
                              ">",
                              ">/dev/null",
                              "(",
                              ")",
                              "-",
                              "--",
                              "-n",
                              "-e",
                              "--help",
                              "-c",
                              "=",
                              "a=b",
                              "%s",
                              "%n%n",
                              "\\0",
                              "\x01\x1b\x7f",
                              "\x03\x04\x1a",
                              "Grüße",
                              "\xff\xfe",
                              "\xc3",
                              "\xed\xa0\x80",
                              "end"};
  return words;
}

}  // namespace

void argv(Subject& subject, Findings& findings) {
  const Session session(subject);
  const auto check = [&](const Words& words) {
    Words command = {"printf", "%s\\0"};
    command.insert(command.end(), words.begin(), words.end());
    compare(words, run(session, command), findings);
  };
  check(hostile_words());
  Words each_byte;
  for (int byte = 1; byte < 256; ++byte) each_byte.push_back("x" + std::string(1, static_cast<char>(byte)) + "y");
  check(each_byte);
  check(Words(1000, "many"));
  // The longest word that the program makes: the list of snapshots of one zfs destroy.
  std::string list = "tank/data@";
  while (list.size() < std::size_t{96} * 1024) list += "2026-11-23T22:10:06Z,";
  check({list.substr(0, std::size_t{96} * 1024)});
  std::string quotes;
  for (int i = 0; i < 1000; ++i) quotes += "'\"\\ $x\n";
  check({quotes, "end"});
}

void large_streams(Subject& subject, Findings& findings) {
  const Session session(subject);
  const std::uint64_t size = subject.settings().stream_bytes;
  Running running = start_with_pipes(session, {"cat"});
  Noise sent;
  Noise expected;
  std::uint64_t left = size;
  std::uint64_t arrived = 0;
  bool differs = false;
  std::string err;
  carry(session, running,
        {[&](char* bytes, std::size_t room) {
           const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(room, left));
           sent.fill(bytes, count);
           left -= count;
           return count;
         },
         [&](std::string_view bytes) {
           if (!differs) {
             const std::size_t matching = expected.matching(bytes);
             differs = matching < bytes.size();
             if (differs && arrived + matching < size)
               findings.add("byte " + std::to_string(arrived + matching) + " of the stream came back as another");
           }
           arrived += bytes.size();
         },
         [&](std::string_view bytes) { err += bytes; }});
  const ExitStatus exit = end_of(session, *running.process);
  findings.expect(arrived == size, "of " + std::to_string(size) + " bytes through cat " + std::to_string(arrived) +
                                       " came back" + (left > 0 ? ", and not all were taken" : ""));
  findings.expect(exit.kind == ExitKind::exited && exit.code == 0,
                  "cat ended with " + to_text(exit) + (err.empty() ? "" : ": " + quoted(err)));
}

void standard_error(Subject& subject, Findings& findings) {
  const Session session(subject);
  const Ended few = run(session, script("printf out; printf err >&2; printf put; printf or >&2"));
  findings.expect(few.out == "output", "'output' on standard output arrived as " + quoted(few.out));
  findings.expect(few.err == "error", "'error' on standard error arrived as " + quoted(few.err));
  const std::string much = noise(std::size_t{1} << 20);
  const Ended many = run(session, script("cat >&2"), much);
  findings.expect(many.err == much, "of " + std::to_string(much.size()) + " bytes to standard error " +
                                        std::to_string(many.err.size()) + " arrived, or other ones");
  findings.expect(many.out.empty(), "what went to standard error alone came out of standard output");
}

void dev_null(Subject& subject, Findings& findings) {
  const Session session(subject);
  const auto ends_well = [&](const Words& command, const StandardDescriptors& descriptors, const std::string& what) {
    const ExitStatus exit = end_of(session, *start(session, command, descriptors));
    findings.expect(exit.kind == ExitKind::exited && exit.code == 0, what + ": " + to_text(exit));
  };
  ends_well(script("test -z \"$(cat)\""), {}, "standard input does not end where none is given");
  ends_well(script("echo out && echo err >&2"), {}, "a command without descriptors cannot write");
  Pipe out = make_pipe();
  const ProcessPointer process = start(session, script("cat; echo dropped >&2; echo kept"), {-1, out.write.get(), -1});
  out.write.reset();
  const std::string line = read_line(session, out.read.get());
  findings.expect(line == "kept", "of a command with standard output alone, 'kept' arrived as " + quoted(line));
  end_of(session, *process);
}

void described_command(Subject& subject, Findings& findings) {
  const Session session(subject);
  TextBuffer peer;
  session.transport().describe_peer(peer);
  findings.expect(!peer.text().empty() && peer.text().find('\n') == std::string::npos,
                  "describe_peer says " + quoted(peer.text()) + ", not a few words");

  Words words;
  for (const std::string& word : hostile_words())
    if (word.find_first_of("\n\r") == std::string::npos) words.push_back(word);
  Words command = {"printf", "%s\\0"};
  command.insert(command.end(), words.begin(), words.end());
  const std::vector<std::string_view> views(command.begin(), command.end());
  TextBuffer line;
  session.transport().describe_command({views.data(), views.size()}, line);
  findings.expect(line.text().find('\n') == std::string::npos, "describe_command gives more than one line");

  // Without a terminal, so that nothing can ask.
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  LocalCommand here;
  here.argv = {"/bin/sh", "-c", line.text()};
  here.descriptors.out = out.write.get();
  here.descriptors.err = err.write.get();
  here.new_session = true;
  Running running{Descriptor(), std::move(out.read), std::move(err.read), LocalProcess::start(here)};
  out.write.reset();
  err.write.reset();
  Ended ended;
  carry(session, running,
        {[](char*, std::size_t) { return std::size_t{0}; }, [&](std::string_view bytes) { ended.out += bytes; },
         [&](std::string_view bytes) { ended.err += bytes; }});
  ended.exit = end_of(session, *running.process);
  compare(words, ended, findings);
}

}  // namespace czb::conformance::transport
