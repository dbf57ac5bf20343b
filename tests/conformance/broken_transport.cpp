// SPDX-License-Identifier: MIT
// A transport to this machine that breaks one promise.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "broken.h"
#include "cyber-zfs-backup/local_process.h"
#include "cyber-zfs-backup/shell_quote.h"
#include "cyber-zfs-backup/transport_plugin.h"

namespace {

using czb::ExitKind;
using czb::ExitStatus;
using Words = std::vector<std::string>;

// A process that does as the one inside, but for its fault.
class BrokenProcess final : public czb::Process {
 public:
  BrokenProcess(czb::LocalProcess::Pointer inside, broken::Fault fault)
      : inside_(std::move(inside)), fault_(std::move(fault)) {}

  std::int32_t ready_descriptor() noexcept override {
    return fault_.is("always-ready") ? always_ready_.get() : inside_->ready_descriptor();
  }
  czb::Status wait(ExitStatus& status, czb::TextSink& error) noexcept override {
    const czb::Status answer = inside_->wait(status, error);
    if (fault_.is("forgets-the-end") && ++waits_ > 2) status = {ExitKind::exited, 0};
    return answer;
  }
  void terminate() noexcept override {
    if (fault_.is("terminates-one-process")) {
      ::kill(inside_->pid(), SIGKILL);
    } else if (!fault_.is("never-terminates")) {
      inside_->terminate();
    }
  }
  void release() noexcept override {
    const bool runs = !inside_->ended_within(std::chrono::milliseconds(0));
    if (fault_.is("releases-without-end") && runs) static_cast<void>(inside_.release());
    delete this;
  }

 private:
  ~BrokenProcess() = default;

  czb::LocalProcess::Pointer inside_;
  broken::Fault fault_;
  czb::local_process_detail::OwnedDescriptor always_ready_{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  int waits_ = 0;
};

ExitStatus every_failure_is_one(ExitStatus status) {
  if (status.kind == ExitKind::exited && status.code != 0) status.code = 1;
  return status;
}

ExitStatus killed_is_well(ExitStatus status) {
  return status.kind == ExitKind::signalled ? ExitStatus{ExitKind::exited, 0} : status;
}

bool one_is_open = false;

class BrokenTransport final : public czb::TransportPlugin {
 public:
  explicit BrokenTransport(const czb::CreateArguments& arguments) : fault_(arguments) {}

 private:
  std::string peer() const override { return "this machine"; }

  std::string command_line(const Words& argv) const override {
    if (!fault_.is("describes-without-quotes")) return czb::shell_quote_command(argv);
    std::string line;
    for (const std::string& word : argv) line += word + " ";
    return line;
  }

  void open_session() override {
    if (fault_.is("cannot-be-reached")) throw czb::Unreachable("nobody is there");
    if (fault_.is("hangs")) ::pause();
    if (fault_.is("serves-one") && one_is_open) throw czb::Unreachable("somebody else is using it");
    one_is_open = true;
    if (fault_.is("leaves-a-process")) {
      czb::LocalCommand command;
      command.argv = {"sleep", "1000"};
      static_cast<void>(czb::LocalProcess::start(command).release());
    }
    if (fault_.is("leaves-a-daemon")) {
      czb::LocalCommand command;
      command.argv = {"setsid", "--wait", "sh", "-c", "sleep 1000 & exit 0"};
      czb::LocalProcess::start(command)->ended_within(std::chrono::seconds(10));
    }
  }

  void close_session() noexcept override { one_is_open = false; }

  czb::ProcessPointer start_command(const Words& argv, const czb::StandardDescriptors& given) override {
    czb::LocalCommand command;
    command.argv = argv;
    command.descriptors = given;
    if (fault_.is("joins-words")) command.argv = {"sh", "-c", joined(argv)};
    if (fault_.is("cuts-streams") && argv.front() == "cat") command.argv = {"head", "-c", "1000000"};
    if (fault_.is("swallows-standard-error")) command.descriptors.err = -1;
    if (fault_.is("mixes-standard-error") && given.err >= 0) command.descriptors.err = given.out;
    if (fault_.is("inherits-standard-input") && given.in < 0) command.descriptors.in = endless_input();
    if (fault_.is("every-failure-is-one")) command.map_exit = every_failure_is_one;
    if (fault_.is("killed-is-well")) command.map_exit = killed_is_well;
    if (fault_.is("a-descriptor-too-many"))
      command.argv.insert(command.argv.begin(), {"sh", "-c", "exec 7</dev/null; exec \"$@\"", "sh"});
    if (fault_.is("crashes-on-a-missing-program") && argv.front().find("no-such") != std::string::npos) std::abort();
    if (fault_.is("closes-the-hosts-descriptor") && given.err >= 0) {
      const int other = ::open("/dev/null", O_RDWR | O_CLOEXEC);
      command.descriptors.err = ::fcntl(given.err, F_DUPFD_CLOEXEC, 0);
      ::dup3(other, given.err, O_CLOEXEC);
      ::close(other);
    }
    czb::LocalProcess::Pointer process = czb::LocalProcess::start(command);
    if (fault_.is("closes-the-hosts-descriptor") && given.err >= 0) ::close(command.descriptors.err);
    if (fault_.is("leaks-a-descriptor") && given.in < 0) static_cast<void>(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (fault_.is("makes-descriptors-inheritable") && given.err >= 0) ::fcntl(given.err, F_SETFD, 0);
    return czb::ProcessPointer(new BrokenProcess(std::move(process), fault_));
  }

  static std::string joined(const Words& argv) {
    std::string line = argv.front();
    // Quoted well enough for scripts, not for every word.
    for (std::size_t i = 1; i < argv.size(); ++i)
      line += argv.front() == "/bin/sh" ? " " + czb::shell_quote(argv[i]) : " \"" + argv[i] + "\"";
    return line;
  }

  // The reading end of a pipe that never ends.
  int endless_input() {
    if (pipe_[0] < 0 && ::pipe2(pipe_, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    return pipe_[0];
  }

  broken::Fault fault_;
  int pipe_[2] = {-1, -1};
};

}  // namespace

CZB_PLUGIN_ENTRY {
  static constexpr czb::PluginDescriptor descriptor = czb::transport_descriptor<BrokenTransport>(
      "broken", "1.0.0", "MIT", "commands on this machine, with a promise broken", broken::option_table);
  return &descriptor;
}
