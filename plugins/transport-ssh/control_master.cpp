// SPDX-License-Identifier: MIT
#include "control_master.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "cyber-zfs-backup/transport_plugin.h"
#include "failure_text.h"

namespace czb::ssh {

namespace {

constexpr std::chrono::seconds authentication_time{15};  // what a login may take beyond connect-timeout
constexpr std::chrono::milliseconds farewell_time{2000};
constexpr std::size_t binding_suffix = 17;  // while it binds, ssh appends a dot and 16 random characters

class WithoutText final : public TextSink {
 public:
  void write(std::string_view) noexcept override {}
};

[[noreturn]] void fail_with_errno(const std::string& what) {
  const int error = errno;
  throw std::runtime_error(what + ": " + std::generic_category().message(error));
}

std::string checked_socket_path(const std::string& folder) {
  std::string socket = folder + "/control";
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1 - binding_suffix;
  if (socket.size() > longest) {
    throw std::runtime_error("transport ssh: the path of the control socket, " + socket + ", is " +
                             std::to_string(socket.size() - longest) +
                             " bytes too long for a socket: use a run directory with a shorter path");
  }
  if (socket.find("${") != std::string::npos) {
    throw std::runtime_error("transport ssh: the run directory's path, " + folder +
                             ", holds ${, which ssh would replace: use another one");
  }
  return socket;
}

}  // namespace

PrivateFolder::PrivateFolder(const std::string& parent) : path_(parent + "/ssh-XXXXXX") {
  if (parent.empty() || parent.front() != '/') {
    throw std::runtime_error("transport ssh: the run directory '" + parent + "' is not an absolute path");
  }
  if (::mkdtemp(path_.data()) == nullptr) fail_with_errno("transport ssh: cannot make a folder in " + parent);
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

ControlMaster::ControlMaster(const Settings& settings)
    : settings_(settings),
      deadline_(std::chrono::steady_clock::now() + settings.connect_timeout + authentication_time),
      folder_(settings.run_directory),
      socket_(checked_socket_path(folder_.path())),
      folder_watch_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      standard_error_(::memfd_create("ssh-master-stderr", MFD_CLOEXEC)) {
  // Watched before ssh starts, so that the socket cannot appear unseen.
  if (folder_watch_.get() < 0 ||
      ::inotify_add_watch(folder_watch_.get(), folder_.path().c_str(), IN_CREATE | IN_MOVED_TO) < 0) {
    fail_with_errno("transport ssh: cannot watch " + folder_.path());
  }
  if (standard_error_.get() < 0) fail_with_errno("transport ssh: memfd_create");

  LocalCommand command;
  command.argv = master_argv(settings, socket_);
  command.descriptors.err = standard_error_.get();
  // No terminal and no askpass: a jump host's ssh does not inherit BatchMode, and nobody is there to answer it.
  command.new_session = true;
  command.environment = {"SSH_ASKPASS_REQUIRE=never"};
  master_ = LocalProcess::start(command);
}

ControlMaster::~ControlMaster() {
  if (!master_) return;
  master_->terminate();
  master_->ended_within(farewell_time);  // then the pointer's release kills what is left and reaps
}

bool ControlMaster::socket_exists() const noexcept {
  struct stat found = {};
  return ::lstat(socket_.c_str(), &found) == 0 && S_ISSOCK(found.st_mode);
}

void ControlMaster::wait_for_change(std::chrono::milliseconds time) const {
  pollfd entries[] = {{folder_watch_.get(), POLLIN, 0},
                      {master_->ready_descriptor(), POLLIN, 0},
                      {settings_.interrupt_descriptor, POLLIN, 0}};  // poll skips a negative one
  if (::poll(entries, 3, static_cast<int>(time.count())) < 0 && errno != EINTR) fail_with_errno("transport ssh: poll");
  if (entries[2].revents != 0) {
    throw std::runtime_error("interrupted while waiting for ssh " + settings_.destination + " to answer");
  }
  alignas(inotify_event) char events[4096];
  while (::read(folder_watch_.get(), events, sizeof events) > 0) {
  }
}

std::string ControlMaster::ssh_said() const {
  constexpr off_t most = 16 * 1024;
  struct stat found = {};
  if (::fstat(standard_error_.get(), &found) != 0 || found.st_size == 0) return "";
  const off_t from = found.st_size > most ? found.st_size - most : 0;
  std::string text(static_cast<std::size_t>(found.st_size - from), '\0');
  const ssize_t got = ::pread(standard_error_.get(), text.data(), text.size(), from);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

void ControlMaster::fail(const std::string& what) {
  failure_ = failure_sentence(what, ssh_said(), settings_);
  throw Unreachable(failure_);
}

void ControlMaster::fail_if_ended(const std::string& what) {
  using std::chrono::milliseconds;
  if (!master_->ended_within(milliseconds(0))) return;
  ExitStatus status;
  WithoutText ignored;
  if (ssh_said().empty() && master_->wait(status, ignored) == Status::ok) {
    fail(what + ": " + settings_.program + " ended with " +
         (status.kind == ExitKind::signalled ? "signal " : "exit status ") + std::to_string(status.code) +
         " and said nothing");
  }
  fail(what);
}

void ControlMaster::require_connection() {
  using std::chrono::milliseconds;
  if (!failure_.empty()) throw Unreachable(failure_);
  const std::string peer = "ssh " + settings_.destination;
  while (!connected_) {
    // In this order: a master that has ended leaves no socket, and its end must win over a stale one.
    fail_if_ended("cannot reach " + peer);
    if (socket_exists()) {
      connected_ = true;
      break;
    }
    const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      const auto time = settings_.connect_timeout + authentication_time;
      const std::string what = "cannot reach " + peer + ": no login within " + std::to_string(time.count()) + " s";
      master_->terminate();
      fail(what + (ssh_said().empty() ? " (the connection or the login hangs: is the far host overloaded?)" : ""));
    }
    wait_for_change(left + milliseconds(1));
  }
  fail_if_ended("the connection to " + peer + " was lost");
}

}  // namespace czb::ssh
