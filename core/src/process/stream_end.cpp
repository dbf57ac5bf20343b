// SPDX-License-Identifier: MIT
#include "process/stream_end.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace czb {

StreamEnd::StreamEnd(Transport& transport, const std::vector<std::string>& argv, int in, int out)
    : error_pipe_(make_pipe()) {
  const int error = error_pipe_.write.get();
  process_ = start(transport, argv, {in, out >= 0 ? out : error, error});
  error_pipe_.write.reset();
}

void StreamEnd::on_poll(short text_events, short ready_events) {
  if (text_events != 0) read_text();
  if (ready_events == 0 || ended_) return;
  completed_.status = wait(*process_, completed_.transport_error);
  ended_ = true;
}

std::size_t StreamEnd::read_text() {
  std::array<char, 16 * 1024> buffer;
  const ssize_t got = read(error_pipe_.read.get(), buffer.data(), buffer.size());
  if (got == 0 || (got < 0 && errno != EINTR)) error_pipe_.read.reset();
  if (got <= 0) return 0;
  error_.append({buffer.data(), static_cast<std::size_t>(got)});
  return static_cast<std::size_t>(got);
}

void StreamEnd::terminate() {
  if (!ended_) process_->terminate();
}

void StreamEnd::finish() {
  std::size_t left = bytes_in_pipe(error_pipe_.read.get());
  while (left > 0 && error_pipe_.read) left -= std::min(left, read_text());
}

Completed StreamEnd::completed() const {
  Completed completed = completed_;
  if (!ended_) completed.status = {ExitKind::signalled, SIGKILL};
  completed.err = error_.text();
  return completed;
}

}  // namespace czb
