// SPDX-License-Identifier: MIT
#include "model/model_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <memory>
#include <stdexcept>

namespace czb::model {
namespace {

int duplicate(int fd) {
  if (fd < 0) return -1;
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) throw std::runtime_error("cannot duplicate a descriptor");
  return copy;
}

void close_one(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

}  // namespace

ModelStreams::ModelStreams(const StandardDescriptors& descriptors)
    : in_(duplicate(descriptors.in)),
      out_(duplicate(descriptors.out)),
      err_(duplicate(descriptors.err)),
      kill_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

ModelStreams::~ModelStreams() {
  for (int* fd : {&in_, &out_, &err_, &kill_}) close_one(*fd);
}

void ModelStreams::close_in() { close_one(in_); }

void ModelStreams::close_all() {
  for (int* fd : {&in_, &out_, &err_}) close_one(*fd);
}

void ModelStreams::kill() { eventfd_write(kill_, 1); }

ModelStreams::Outcome ModelStreams::write(int fd, std::string_view text) const {
  while (fd >= 0 && !text.empty()) {
    std::array<pollfd, 2> polled = {pollfd{fd, POLLOUT, 0}, pollfd{kill_, POLLIN, 0}};
    poll(polled.data(), polled.size(), -1);
    if (polled[1].revents != 0) return Outcome::killed;
    // A pipe with room has room for that much, so this does not block; O_NONBLOCK would be the host's copy's, too.
    const ssize_t count = ::write(fd, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (count > 0)
      text.remove_prefix(static_cast<std::size_t>(count));
    else if (errno != EAGAIN && errno != EINTR)
      return Outcome::closed;
  }
  return Outcome::done;
}

ModelStreams::Outcome ModelStreams::read_in(std::string& text) {
  text.clear();
  while (in_ >= 0) {
    std::array<pollfd, 2> polled = {pollfd{in_, POLLIN, 0}, pollfd{kill_, POLLIN, 0}};
    poll(polled.data(), polled.size(), -1);
    if (polled[1].revents != 0) return Outcome::killed;
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(in_, buffer.data(), buffer.size());
    if (count > 0) {
      text.assign(buffer.data(), static_cast<std::size_t>(count));
      return Outcome::done;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return Outcome::closed;
}

ModelProcess::ModelProcess(const StandardDescriptors& descriptors, Body body)
    : streams_(std::make_unique<ModelStreams>(descriptors)), ready_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  // The thread inherits the mask, so that a broken pipe is an error there and ends no program.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this, work = std::move(body)] {
    status_ = work(*streams_);
    // As an exiting process: its descriptors close first, then it has ended. The killing one stays for terminate.
    streams_->close_all();
    eventfd_write(ready_, 1);
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ModelProcess::~ModelProcess() {
  streams_->kill();
  join();
  close(ready_);
}

void ModelProcess::join() {
  if (thread_.joinable()) thread_.join();
}

Status ModelProcess::wait(ExitStatus& status, TextSink& error) noexcept {
  join();
  status = status_;
  if (status.kind == ExitKind::transport_failed) error.write("the model's connection was lost");
  return Status::ok;
}

}  // namespace czb::model
