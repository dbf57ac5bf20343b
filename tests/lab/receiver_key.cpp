// SPDX-License-Identifier: MIT
#include "receiver_key.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "cyber-zfs-backup/shell_quote.h"
#include "lab.h"
#include "remote_command.h"
#include "restricted.h"

namespace czb::lab {

Input::Input(const std::string& bytes) : file_(::memfd_create("in", MFD_CLOEXEC)) {
  if (::write(file_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("no memory for a stream");
  ::lseek(file_, 0, SEEK_SET);
}

Input::~Input() { ::close(file_); }

SlowInput::SlowInput() {
  int ends[2] = {};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("no socket");
  ours_ = ends[0];
  theirs_ = ends[1];
  constexpr int enough = 64 << 20;
  ::setsockopt(ours_, SOL_SOCKET, SO_SNDBUFFORCE, &enough, sizeof enough);
}

SlowInput::~SlowInput() {
  started();
  end();
}

void SlowInput::started() {
  if (theirs_ >= 0) ::close(theirs_);
  theirs_ = -1;
}

void SlowInput::end() {
  if (ours_ >= 0) ::close(ours_);
  ours_ = -1;
}

void SlowInput::send(const std::string& bytes) const {
  // It fails where the program has ended.
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t taken = ::send(ours_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (taken <= 0) return;
    sent += static_cast<std::size_t>(taken);
  }
}

bool SlowInput::was_read() const {
  int left = 0;
  return ::ioctl(ours_, SIOCOUTQ, &left) != 0 || left == 0;
}

Receiving asking(const ReceiverKey& key, const Words& words) {
  const Words command = Words{CZB_RECEIVER, "--root", key.root, "--state", key.state} + key.options;
  return {key.is_roots ? command : non_root(command),
          {"SSH_ORIGINAL_COMMAND=" + std::string(ssh::remote_prefix) + shell_quote_command(words)}};
}

Receiving with_key(const ReceiverKey& key, const std::string& dataset) {
  return asking(key, {"zfs", "receive", "-s", "-u", dataset});
}

Receiving plainly(const std::string& dataset, const Words& options) {
  return {Words{"zfs", "receive", "-u"} + options + Words{dataset}, {}};
}

Result receive(const Receiving& receiving, const std::string& stream) {
  const Input input(stream);
  return Process(receiving.command, receiving.environment, input.descriptor()).wait();
}

TwoResults receive_around(const Receiving& slow, const std::string& slow_stream, std::size_t held_back,
                          const Receiving& quick, const std::string& quick_stream) {
  const std::size_t first = slow_stream.size() - std::min(held_back, slow_stream.size());
  SlowInput input;
  Process patient(slow.command, slow.environment, input.descriptor());
  input.started();
  input.send(slow_stream.substr(0, first));
  while (!input.was_read() && !patient.ended()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  Result other = receive(quick, quick_stream);
  input.send(slow_stream.substr(first));
  input.end();
  return {patient.wait(), std::move(other)};
}

}  // namespace czb::lab
