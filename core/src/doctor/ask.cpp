// SPDX-License-Identifier: MIT
#include "doctor/ask.h"

#include "error.h"
#include "log/log.h"
#include "text_buffer.h"

namespace czb::doctor {
namespace {

constexpr std::size_t longest_reason = 500;

}  // namespace

Completed ask(Transport& transport, const CommandLine& question, std::chrono::seconds limit) {
  const std::vector<std::string_view> words(question.begin(), question.end());
  TextBuffer line;
  transport.describe_command({words.data(), words.size()}, line);
  log_debug("asking: {}", line.text());
  RunLimits limits;
  limits.time_limit = limit;
  Completed completed;
  try {
    completed = run(transport, question, limits);
  } catch (const Error& error) {
    if (error.code() == ExitCode::unreachable) throw;
    constexpr int status_not_found = 127;
    completed.status = {ExitKind::exited, status_not_found};
    completed.err = error.what();
  }
  if (completed.status.kind == ExitKind::transport_failed && !completed.timed_out)
    throw Error(ExitCode::unreachable, "the connection was lost while " + question.front() +
                                           " ran: " + completed.transport_error +
                                           (completed.err.empty() ? "" : " " + completed.err.shown(longest_reason)));
  return completed;
}

std::string reason_of(const Completed& completed) {
  if (completed.timed_out) return ending_of(completed);
  // nologin says why on its standard output.
  const FarText out(completed.out.substr(0, longest_reason));
  const std::string said = completed.err.empty() ? out.shown(longest_reason) : completed.err.shown(longest_reason);
  return said.empty() ? ending_of(completed) : said;
}

std::string answer_of(const Completed& completed) {
  std::string text = completed.out;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace czb::doctor
