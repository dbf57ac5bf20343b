// SPDX-License-Identifier: MIT
// The fixture of the ssh transport's tests: a real sshd, a run directory and a transport for each test, and the check
// that nothing of them is left.
#pragma once

#include <sys/wait.h>

#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "plugins/transport_testing.h"
#include "ssh_transport.h"
#include "sshd_testing.h"

namespace czb::transport_test {

inline constexpr PluginDescriptor ssh_descriptor =
    transport_descriptor<ssh::SshTransport>("ssh", "1.0.0", "MIT", "test", ssh::option_table);

inline bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline pid_t master_pid(const std::vector<pid_t>& all_children) {
  for (const pid_t pid : all_children) {
    const Words argv = split_at_nul(read_file("/proc/" + std::to_string(pid) + "/cmdline"));
    if (std::find(argv.begin(), argv.end(), "-M") != argv.end()) return pid;
  }
  return -1;
}

// Waits for a child's end and leaves it to whom it belongs.
inline void wait_until_ended(pid_t pid) {
  siginfo_t info = {};
  EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
}

// Every process whose session is `session`.
inline std::vector<pid_t> processes_of_session(pid_t session) {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0 && ::getsid(pid) == session) pids.push_back(pid);
  }
  return pids;
}

class SshTransportFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(sshd_program)) GTEST_SKIP() << "no sshd here";
    server_.emplace();
    options_.set("destination", "offsite").set("config", server_->config());
    options_.set("connect-timeout", static_cast<int>(patience.count()));
    children_before_ = children();
  }

  void TearDown() override {
    if (!server_) return;
    close();
    EXPECT_EQ(children(), children_before_);
    EXPECT_TRUE(run_folder_.is_empty());
    if (HasFailure()) std::cerr << "sshd says:\n" << server_->log();
  }

  TransportHandle& open() {
    transport_.emplace(ssh_descriptor, options_.arguments(run_folder_.path()));
    if (!transport_->created()) throw std::runtime_error(transport_->create_error());
    StringSink error;
    EXPECT_EQ((*transport_)->open(error), Status::ok) << error.text();
    return *transport_;
  }

  void close() {
    if (transport_ && transport_->created()) (*transport_)->close();
    transport_.reset();
  }

  // A far command that runs until its standard input ends.
  struct Listening {
    Descriptor in;
    Descriptor out;
    ProcessPointer process;
  };
  Listening start_listening() {
    Pipe in = make_pipe();
    Pipe out = make_pipe();
    Status status = Status::failed;
    std::string error;
    ProcessPointer process = transport_->start({"sh", "-c", "echo listening; exec cat >/dev/null"},
                                               {in.read_end.get(), out.write_end.get(), -1}, status, error);
    EXPECT_EQ(error, "");
    out.write_end.reset();
    EXPECT_EQ(read_line(out.read_end.get()), "listening");
    return {std::move(in.write_end), std::move(out.read_end), std::move(process)};
  }

  // What start says when it must answer `unreachable`.
  std::string unreachable() {
    const Outcome outcome = run(open(), {"true"});
    EXPECT_EQ(outcome.status, Status::unreachable) << outcome.start_error;
    EXPECT_EQ(run(*transport_, {"true"}).start_error, outcome.start_error);  // and it says the same again, at once
    return outcome.start_error;
  }

  std::string created_error() {
    const TransportHandle transport(ssh_descriptor, options_.arguments(run_folder_.path()));
    return transport.created() ? "(created)" : transport.create_error();
  }

  std::optional<TestSshd> server_;
  TemporaryFolder run_folder_;
  Options options_{ssh_descriptor};
  std::vector<pid_t> children_before_;
  std::optional<TransportHandle> transport_;
};

}  // namespace czb::transport_test
