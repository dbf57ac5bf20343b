// SPDX-License-Identifier: MIT
// TransportPlugin: a transport plugin in ordinary C++ that may throw. Derive from it, write the private functions, and
// give the class to transport_descriptor (plugin.h). No exception leaves the plugin: Unreachable becomes
// Status::unreachable, any other one Status::failed, and what() the sentence in the error sink.
//
// start refuses, before the plugin sees them, commands that a transport could not carry faithfully: without words, with
// a NUL byte in a word, or with a first word that is empty, begins with '-' or holds '=' (whatever program carries the
// command, sudo or env, would take it for an option or a variable).
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cyber-zfs-backup/local_process.h"
#include "cyber-zfs-backup/plugin.h"
#include "cyber-zfs-backup/transport.h"

namespace czb {

// The far end could not be reached, or the connection was lost.
class Unreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class TransportPlugin : public Transport {
 public:
  virtual ~TransportPlugin() = default;

  // The interface that the host calls.
  void describe_peer(TextSink& text) noexcept final {
    guarded(text, [&] {
      text.write(peer());
      return Status::ok;
    });
  }

  void describe_command(const Argv& argv, TextSink& text) noexcept final {
    guarded(text, [&] {
      text.write(command_line(copy(argv)));
      return Status::ok;
    });
  }

  Status open(TextSink& error) noexcept final {
    return reaching(error, [&] { open_session(); });
  }

  Status start(const Argv& argv, const StandardDescriptors& descriptors, Process** process,
               TextSink& error) noexcept final {
    return reaching(error, [&] {
      const std::vector<std::string> words = copy(argv);
      check_words(words);
      *process = start_command(words, descriptors).release();
    });
  }

  void close() noexcept final { close_session(); }

 protected:
  TransportPlugin() = default;
  TransportPlugin(const TransportPlugin&) = default;
  TransportPlugin& operator=(const TransportPlugin&) = default;

 private:
  // What Transport's functions of similar names promise (transport.h). start_command never returns null, and its argv
  // has passed the checks above.
  virtual std::string peer() const = 0;
  virtual std::string command_line(const std::vector<std::string>& argv) const = 0;
  virtual void open_session() {}
  virtual ProcessPointer start_command(const std::vector<std::string>& argv,
                                       const StandardDescriptors& descriptors) = 0;
  virtual void close_session() noexcept {}

  template <typename Body>
  static Status reaching(TextSink& error, Body&& body) noexcept {
    return guarded(error, [&] {
      try {
        body();
        return Status::ok;
      } catch (const Unreachable& exception) {
        error.write(exception.what());
        return Status::unreachable;
      }
    });
  }

  static std::vector<std::string> copy(const Argv& argv) {
    return std::vector<std::string>(argv.words, argv.words + argv.count);
  }

  static void check_words(const std::vector<std::string>& words) {
    if (words.empty() || words.front().empty()) throw std::invalid_argument("cannot start a command without a name");
    if (words.front().front() == '-' || words.front().find('=') != std::string::npos) {
      throw std::invalid_argument("cannot start '" + words.front() +
                                  "': a command's name cannot begin with '-' or hold '='");
    }
    for (const std::string& word : words) {
      if (word.find('\0') != std::string::npos) {
        throw std::invalid_argument("cannot start a command: one of its words holds a NUL byte");
      }
    }
  }
};

}  // namespace czb
