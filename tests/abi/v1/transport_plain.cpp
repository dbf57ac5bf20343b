// SPDX-License-Identifier: MIT
// Runs commands on this machine, with what the system offers and no more.
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <string>
#include <vector>

#include "cyber-zfs-backup/abi.h"
#include "cyber-zfs-backup/transport.h"

namespace {

using czb::Status;

class PlainProcess final : public czb::Process {
 public:
  explicit PlainProcess(pid_t child)
      : child_(child), ready_(static_cast<std::int32_t>(::syscall(SYS_pidfd_open, child, 0))) {}

  std::int32_t ready_descriptor() noexcept override { return ready_; }

  Status wait(czb::ExitStatus& status, czb::TextSink&) noexcept override {
    while (!ended_ && ::waitpid(child_, &raw_, 0) < 0 && errno == EINTR) {
    }
    ended_ = true;
    if (WIFSIGNALED(raw_))
      status = {czb::ExitKind::signalled, WTERMSIG(raw_)};
    else
      status = {czb::ExitKind::exited, WEXITSTATUS(raw_)};
    return Status::ok;
  }

  void terminate() noexcept override {
    if (!ended_) ::kill(child_, terminated_ ? SIGKILL : SIGTERM);
    terminated_ = true;
  }

  void release() noexcept override {
    if (!ended_) {
      ::kill(child_, SIGKILL);
      while (::waitpid(child_, &raw_, 0) < 0 && errno == EINTR) {
      }
    }
    ::close(ready_);
    delete this;
  }

 private:
  ~PlainProcess() = default;

  pid_t child_;
  std::int32_t ready_;
  int raw_ = 0;
  bool ended_ = false;
  bool terminated_ = false;
};

class Plain final : public czb::Transport {
 public:
  void describe_peer(czb::TextSink& text) noexcept override { text.write("this machine, plainly"); }

  void describe_command(const czb::Argv& argv, czb::TextSink& text) noexcept override {
    for (std::uint64_t i = 0; i < argv.count; ++i) {
      if (i > 0) text.write(" ");
      text.write(argv.words[i]);
    }
  }

  Status open(czb::TextSink&) noexcept override { return Status::ok; }

  Status start(const czb::Argv& argv, const czb::StandardDescriptors& descriptors, czb::Process** process,
               czb::TextSink& error) noexcept override {
    std::vector<std::string> words(argv.words, argv.words + argv.count);
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const pid_t child = ::fork();
    if (child < 0) {
      error.write("cannot fork");
      return Status::failed;
    }
    if (child == 0) {
      const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
      ::dup2(descriptors.in < 0 ? nowhere : descriptors.in, 0);
      ::dup2(descriptors.out < 0 ? nowhere : descriptors.out, 1);
      ::dup2(descriptors.err < 0 ? nowhere : descriptors.err, 2);
      ::execvp(pointers[0], pointers.data());
      ::_exit(127);
    }
    *process = new PlainProcess(child);
    return Status::ok;
  }

  void close() noexcept override {}
};

czb::Transport* create(const czb::CreateArguments& arguments, czb::TextSink& error) {
  if (arguments.run_directory == nullptr) {
    error.write("there is no run directory");
    return nullptr;
  }
  return new (std::nothrow) Plain();
}

void destroy(czb::Transport* transport) { delete static_cast<Plain*>(transport); }

}  // namespace

CZB_PLUGIN_ENTRY {
  static const czb::PluginDescriptor descriptor = {
      czb::plugin_magic,
      sizeof(czb::PluginDescriptor),
      czb::abi_major,
      czb::abi_minor,
      czb::PluginKind::transport,
      czb::toolchain_tag,
      "plain",
      "1.0",
      "MIT",
      "commands on this machine",
      nullptr,
      0,
      0,
      create,
      destroy,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
  };
  return &descriptor;
}
