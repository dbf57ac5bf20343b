// SPDX-License-Identifier: MIT
// What sshd would start for a key that is limited to the receiver, without sshd: a tenth of the time.
#pragma once

#include <string>

#include "process.h"

namespace czb::lab {

// A program's standard input, from memory.
class Input {
 public:
  explicit Input(const std::string& bytes);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  int descriptor() const { return file_; }

 private:
  int file_;
};

// A program's standard input that comes piece by piece. Nothing here waits for the program.
class SlowInput {
 public:
  SlowInput();
  ~SlowInput();
  SlowInput(const SlowInput&) = delete;
  SlowInput& operator=(const SlowInput&) = delete;

  int descriptor() const { return theirs_; }
  // The program has been started: it alone has the other end now.
  void started();
  void send(const std::string& bytes) const;
  // Whether the program has read all that was sent, or has ended.
  bool was_read() const;
  void end();

 private:
  int ours_ = -1;
  int theirs_ = -1;
};

struct ReceiverKey {
  std::string root;
  std::string state;     // folder
  Words options;         // more of the receiver's
  bool is_roots = true;  // else it runs as the system user (restricted.h)
};

// A program that takes a stream.
struct Receiving {
  Words command;
  Words environment;
};

// The receiver of this key, asked for these words as our sender writes them.
Receiving asking(const ReceiverKey& key, const Words& words);
// For `zfs receive -s -u DATASET`.
Receiving with_key(const ReceiverKey& key, const std::string& dataset);
// `zfs receive -u OPTIONS DATASET` by root, without a receiver: what a forgery does where nobody looks at it.
Receiving plainly(const std::string& dataset, const Words& options = {});

Result receive(const Receiving& receiving, const std::string& stream = "");

struct TwoResults {
  Result slow;
  Result quick;
};

// One is given all but the last `held_back` bytes of its stream, and the rest only when another, begun when the first
// had read that far, has ended.
TwoResults receive_around(const Receiving& slow, const std::string& slow_stream, std::size_t held_back,
                          const Receiving& quick, const std::string& quick_stream);

}  // namespace czb::lab
