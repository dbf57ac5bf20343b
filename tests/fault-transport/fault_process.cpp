// SPDX-License-Identifier: MIT
#include "fault_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace czb::fault {
namespace {

Descriptor checked(int number, const char* what) {
  if (number < 0) throw std::runtime_error(std::string("cannot make ") + what);
  return Descriptor(number);
}

Descriptor make_event() { return checked(::eventfd(0, EFD_CLOEXEC), "an event"); }

void raise_event(int event) noexcept {
  const std::uint64_t one = 1;
  const ssize_t written = ::write(event, &one, sizeof one);
  static_cast<void>(written);
}

}  // namespace

ProcessPointer FaultProcess::start(const std::vector<std::string>& argv, const StandardDescriptors& descriptors,
                                   Fault fault, const std::string& what, const std::shared_ptr<Session>& session) {
  LocalCommand command;
  command.argv = argv;
  command.descriptors = descriptors;

  Pump::Ends ends;
  ends.into_command = descriptors.in >= 0;
  std::int32_t& replaced = ends.into_command ? command.descriptors.in : command.descriptors.out;
  Descriptor of_command;
  if (replaced >= 0) {
    Descriptor of_host = checked(::fcntl(replaced, F_DUPFD_CLOEXEC, 3), "a copy of a descriptor");
    int pipe_ends[2] = {-1, -1};
    if (::pipe2(pipe_ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    Descriptor read_end(pipe_ends[0]);
    Descriptor write_end(pipe_ends[1]);
    ends.from = std::move(ends.into_command ? of_host : read_end);
    ends.to = std::move(ends.into_command ? write_end : of_host);
    of_command = std::move(ends.into_command ? read_end : write_end);
    replaced = of_command.get();
  }

  Descriptor ready = make_event();
  Descriptor stop = make_event();
  LocalProcess::Pointer started = LocalProcess::start(command);
  of_command.reset();
  const pid_t pid = started->pid();
  const int pidfd = started->ready_descriptor();
  auto* process = new FaultProcess(std::move(started), std::move(ready), std::move(stop));
  ProcessPointer pointer(process);
  process->pump_ = std::make_unique<Pump>(std::move(ends), fault, what, session, pid, pidfd, process->stop_.get());
  const local_process_detail::SignalsBlocked blocked;  // the thread inherits it
  process->thread_ = std::thread([process] {
    process->pump_->run();
    raise_event(process->ready_.get());
  });
  return pointer;
}

Status FaultProcess::wait(ExitStatus& status, TextSink& error) noexcept {
  pollfd entry = {ready_.get(), POLLIN, 0};
  while (::poll(&entry, 1, -1) < 0 && errno == EINTR) {
  }
  const Status answer = command_->wait(status, error);
  if (answer == Status::ok && pump_->dropped()) {
    status = {ExitKind::transport_failed, 0};
    error.write("the link was dropped");
  }
  return answer;
}

void FaultProcess::terminate() noexcept {
  command_->terminate();
  raise_event(stop_.get());
}

void FaultProcess::release() noexcept {
  command_->terminate();
  command_->terminate();
  raise_event(stop_.get());
  if (thread_.joinable()) thread_.join();
  delete this;
}

}  // namespace czb::fault
