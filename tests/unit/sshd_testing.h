// SPDX-License-Identifier: MIT
// A real sshd on 127.0.0.1 for one test: its own keys, its own configuration, a free port, a log that can be asked.
// Works as root and as a normal user; nothing of the machine's own ssh configuration is read, and no shell start-up
// file.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <string>
#include <vector>

#include "process_testing.h"

namespace czb::transport_test {

inline constexpr char sshd_program[] = "/usr/sbin/sshd";

// A port of 127.0.0.1 that nobody else is given while this lives, and at which nobody listens: but whoever asks for
// this very port, with SO_REUSEADDR as sshd does, may.
class ReservedPort {
 public:
  ReservedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const int yes = 1;
    if (::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        ::bind(socket_.get(), generic, size) != 0 || ::getsockname(socket_.get(), generic, &size) != 0) {
      throw std::runtime_error("no free port");
    }
    port_ = ntohs(address.sin_port);
  }
  int number() const { return port_; }

 protected:
  Descriptor socket_;

 private:
  int port_;
};

// Whoever connects is let in by the kernel and hears nothing.
class SilentServer : public ReservedPort {
 public:
  SilentServer() {
    if (::listen(socket_.get(), 5) != 0) throw std::runtime_error("cannot listen");
  }
  int port() const { return number(); }
};

inline void make_key(const std::string& file) {
  LocalCommand command;
  command.argv = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file};
  if (wait_for(*LocalProcess::start(command)).code != 0) throw std::runtime_error("ssh-keygen");
}

class TestSshd {
 public:
  TestSshd() {
    if (::geteuid() == 0) ::mkdir("/run/sshd", 0755);
    make_key(folder_ / "host_key");
    make_key(folder_ / "key");
    make_key(folder_ / "stranger_key");
    std::filesystem::copy_file(folder_ / "key.pub", folder_ / "authorized_keys");
    start();
    write_file(folder_ / "known_hosts",
               "[127.0.0.1]:" + std::to_string(port()) + " " + read_file(folder_ / "host_key.pub"));
    config_ = write_config("config", "");
  }

  // A client configuration with the Host `offsite`; `first` stands at its beginning and so wins.
  std::string write_config(const std::string& name, const std::string& first) const {
    write_file(folder_ / name,
               "Host offsite\n" + first + "\nHostName 127.0.0.1\nPort " + std::to_string(port()) + "\nIdentityFile " +
                   folder_ / "key" + "\nIdentitiesOnly yes\nIdentityAgent none\nUserKnownHostsFile " +
                   folder_ / "known_hosts" + "\nGlobalKnownHostsFile none\nPreferredAuthentications publickey\n");
    return folder_ / name;
  }

  TestSshd(const TestSshd&) = delete;
  TestSshd& operator=(const TestSshd&) = delete;
  ~TestSshd() {
    for (const pid_t pid : stopped_) ::kill(pid, SIGCONT);
  }

  // The processes of the present connections live on but say nothing more.
  void stop_answering() {
    for (const pid_t pid : children_of(process_->pid())) {
      stopped_.push_back(pid);
      for (const pid_t unprivileged : children_of(pid)) stopped_.push_back(unprivileged);
    }
    for (const pid_t pid : stopped_) ::kill(pid, SIGSTOP);
  }

  int port() const { return port_.number(); }
  const std::string& config() const { return config_; }
  std::string operator/(const std::string& name) const { return folder_ / name; }

  std::string log() const { return read_file(folder_ / "log"); }

  std::size_t count_in_log(const std::string& text) const {
    const std::string all = log();
    std::size_t count = 0;
    for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
    return count;
  }

 private:
  void start() {
    write_file(folder_ / "log", "");
    // Without PAM an ordinary user counts as locked, since sshd cannot see the shadow file; root needs no PAM.
    const std::string use_pam = ::geteuid() == 0 ? "no" : "yes";
    write_file(folder_ / "sshd_config",
               "ListenAddress 127.0.0.1:" + std::to_string(port()) + "\nHostKey " + folder_ / "host_key" +
                   "\nAuthorizedKeysFile " + folder_ / "authorized_keys" +
                   "\nPidFile none\nStrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\n"
                   "KbdInteractiveAuthentication no\nLogLevel VERBOSE\nMaxSessions 30\nPrintMotd no\nPrintLastLog no\n"
                   "SetEnv HOME=" +
                   folder_ / "home" + "\nUsePAM " + use_pam + "\n");
    const Descriptor log_file(::open((folder_ / "log").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    LocalCommand command;
    command.argv = {sshd_program, "-D", "-e", "-f", folder_ / "sshd_config"};
    command.descriptors.err = log_file.get();
    process_ = LocalProcess::start(command);
    if (!wait_for_log("Server listening on", *process_)) throw std::runtime_error("sshd: " + log());
  }

  bool wait_for_log(const std::string& text, LocalProcess& process) const {
    const Descriptor watch(::inotify_init1(IN_CLOEXEC));
    ::inotify_add_watch(watch.get(), (folder_ / "log").c_str(), IN_MODIFY);
    const auto deadline = Clock::now() + patience;
    while (log().find(text) == std::string::npos) {
      pollfd entries[] = {{watch.get(), POLLIN, 0}, {process.ready_descriptor(), POLLIN, 0}};
      if (Clock::now() > deadline || ::poll(entries, 2, 1000) < 0 || entries[1].revents != 0) return false;
      std::array<char, 4096> events;
      if (entries[0].revents != 0 && ::read(watch.get(), events.data(), events.size()) <= 0) return false;
    }
    return true;
  }

  TemporaryFolder folder_;
  LocalProcess::Pointer process_;
  std::vector<pid_t> stopped_;
  const ReservedPort port_;
  std::string config_;
};

}  // namespace czb::transport_test
