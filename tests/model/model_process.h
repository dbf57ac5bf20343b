// SPDX-License-Identifier: MIT
// A command of the model as a Process: a thread that reads and writes the descriptors it was given.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "cyber-zfs-backup/transport.h"

namespace czb::model {

// What a command's thread works with. Descriptors of the host's are duplicated by the constructor and closed here.
class ModelStreams {
 public:
  explicit ModelStreams(const StandardDescriptors& descriptors);
  ModelStreams(const ModelStreams&) = delete;
  ModelStreams& operator=(const ModelStreams&) = delete;
  ~ModelStreams();

  enum class Outcome { done, closed, killed };
  // closed: nobody reads any more (write), or the end of the input (read; then text is empty).
  Outcome write_out(std::string_view text) { return write(out_, text); }
  Outcome write_err(std::string_view text) { return write(err_, text); }
  Outcome read_in(std::string& text);  // what is there, at most 4 KiB
  void close_in();
  void close_all();  // but for kill

  void kill();

 private:
  Outcome write(int fd, std::string_view text) const;

  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  int kill_ = -1;
};

class ModelProcess final : public Process {
 public:
  // `body` runs in a thread of its own and returns how the command ended. SIGPIPE is blocked there.
  using Body = std::function<ExitStatus(ModelStreams&)>;
  ModelProcess(const StandardDescriptors& descriptors, Body body);
  ModelProcess(const ModelProcess&) = delete;
  ModelProcess& operator=(const ModelProcess&) = delete;

  std::int32_t ready_descriptor() noexcept override { return ready_; }
  Status wait(ExitStatus& status, TextSink& error) noexcept override;
  void terminate() noexcept override { streams_->kill(); }
  void release() noexcept override { delete this; }

 private:
  ~ModelProcess();
  void join();

  std::unique_ptr<ModelStreams> streams_;
  int ready_ = -1;
  ExitStatus status_;
  std::thread thread_;
};

}  // namespace czb::model
