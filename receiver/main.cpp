// SPDX-License-Identifier: MIT
// The program: options → one request (serve.h) → a line in the log and an exit status.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "error.h"
#include "process/interrupt.h"
#include "process/standard_output.h"
#include "receiver/answer.h"
#include "receiver/host/memory_limit.h"
#include "receiver/options.h"
#include "receiver/serve/key_fingerprint.h"
#include "receiver/serve/log_entry.h"
#include "receiver/serve/serve.h"
#include "receiver/setup/setup_command.h"

namespace {

using namespace czb;
using namespace czb::receiver;

// In which a client may read what it has not read yet. Locks are free by then.
constexpr std::chrono::seconds patience_with_reader{60};

// Nothing else of the environment is looked at.
std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void say(const std::string& text) { std::fprintf(stderr, "%s: %s\n", program_name.data(), text.c_str()); }

int serve_and_log(const Options& options) {
  ClientWords words(STDERR_FILENO);
  Session session{options, words, std::nullopt, 0, "", "", "", "", std::nullopt};
  if (const char* command = std::getenv("SSH_ORIGINAL_COMMAND")) session.command = command;

  LogEntry entry;
  const std::string connection = environment("SSH_CONNECTION");
  entry.peer = connection.substr(0, connection.find(' '));
  if (const std::string file = environment("SSH_USER_AUTH"); !file.empty())
    entry.fingerprint = key_fingerprint_in(file);
  entry.command = session.command.value_or("");

  Served served;
  try {
    served = serve(session);
  } catch (const Interrupted& interrupted) {
    constexpr int signalled = 128;
    served = {signalled + interrupted.signal(), "", "ended by signal " + std::to_string(interrupted.signal())};
  }
  // The logs first: a client that does not read what is said to it must not keep them from being written.
  if (!session.alarm.empty()) {
    write_alarm(alarm_line(entry, options, session.alarm));
    served.status = exit_failed;
  }
  const std::string left_out = session.left_out.empty() ? "" : std::string(receiver_says_left_out) + session.left_out;
  entry.outcome = served.outcome;
  const std::string new_keys = session.new_keys.empty() ? "" : std::string(receiver_says_new_keys) + session.new_keys;
  for (const std::string& more : {session.note, left_out, new_keys})
    if (!more.empty()) entry.outcome += "; " + more;
  entry.bytes = session.bytes;
  write_log(log_line(entry, options), served.status == exit_ok);
  if (!served.said.empty()) words.say(served.said);
  if (!left_out.empty()) words.say(left_out);
  if (!new_keys.empty()) words.say(new_keys);
  if (!session.note.empty()) words.say(session.note);
  if (!session.alarm.empty()) words.say(std::string(receiver_says_alarm) + session.alarm);
  words.finish(patience_with_reader);
  return served.status;
}

// A key's line that is wrong refuses each request of that key: whoever looks for why finds it in the log, too. Not what
// somebody types here.
void log_misconfigured(const std::string& why) {
  const std::string connection = environment("SSH_CONNECTION");
  if (connection.empty()) return;
  LogEntry entry;
  entry.peer = connection.substr(0, connection.find(' '));
  entry.command = environment("SSH_ORIGINAL_COMMAND");
  entry.outcome = "misconfigured: " + why;
  write_log(log_line(entry, Options()), false);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    hold_standard_descriptors();
    catch_interrupts();
    const std::vector<std::string> words(argv + 1, argv + argc);
    // By root, and never for a client: these words are those of authorized_keys, not what the client sent.
    if (!words.empty() && words.front() == "setup") return receiver_setup({words.begin() + 1, words.end()});
    const Options options = parse_options(words);
    if (options.help) {
      write_standard_output(help_text());
      return exit_ok;
    }
    if (options.version) {
      write_standard_output(std::string(program_name) + " " + CZB_VERSION + "\n");
      return exit_ok;
    }
    limit_own_memory();
    return serve_and_log(options);
  } catch (const Misconfigured& error) {
    log_misconfigured(error.what());
    say(error.what());
    return receiver_misconfigured_status;
  } catch (const std::exception& error) {
    say(error.what());
    return exit_failed;
  }
}
