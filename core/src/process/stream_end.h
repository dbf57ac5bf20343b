// SPDX-License-Identifier: MIT
// One end of a stream: the sender or the receiver, and what it says.
#pragma once

#include <poll.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "process/command.h"
#include "process/descriptor.h"

namespace czb {

class StreamEnd {
 public:
  // Starts the command. `in`: -1 for none; `out`: -1 for "together with its standard error". Throws Error.
  StreamEnd(Transport& transport, const std::vector<std::string>& argv, int in, int out);

  bool ended() const { return ended_; }
  bool ended_well() const { return ended_ && completed_.ok(); }

  pollfd text() const { return {error_pipe_.read.get(), POLLIN, 0}; }
  pollfd ready() const { return {ended_ ? -1 : process_->ready_descriptor(), POLLIN, 0}; }
  void on_poll(short text_events, short ready_events);

  // Asks it to end; the second time by force.
  void terminate();

  // Collects what is left of its words; a descendant that keeps the pipe open, or talks on, is not
  // waited for.
  void finish();

  std::string_view head() const { return error_.head(); }
  std::string_view tail() const { return error_.tail(); }
  // How it ended. One that has not, though it was ended by force, counts as killed.
  Completed completed() const;

 private:
  std::size_t read_text();

  Pipe error_pipe_;
  BoundedText error_;
  ProcessPointer process_;
  Completed completed_;
  bool ended_ = false;
};

}  // namespace czb
