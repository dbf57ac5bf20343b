// SPDX-License-Identifier: MIT
// `setup`: what stands between a configuration and its first push over ssh.
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/session.h"
#include "log/log.h"
#include "process/interrupt.h"
#include "setup/connection.h"
#include "setup/sender.h"
#include "zfs/host.h"

namespace czb {
namespace {

// A line that a person types; the end of the input is an empty one.
std::optional<std::string> ask(const std::string& question) {
  if (isatty(STDIN_FILENO) == 0) return std::nullopt;
  std::fputs(question.c_str(), stderr);
  std::string line;
  for (;;) {
    std::array<pollfd, 2> polled = {pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{interrupt_descriptor(), POLLIN, 0}};
    poll(polled.data(), polled.size(), -1);
    throw_if_interrupted();
    char byte = 0;
    if (polled[0].revents == 0) continue;
    if (read(STDIN_FILENO, &byte, 1) != 1 || byte == '\n') return line;
    line += byte;
  }
}

setup::SenderOptions options_of(const Arguments& arguments) {
  const SetupArguments& given = arguments.setup;
  setup::SenderOptions options;
  options.key = given.key.value_or(options.key);
  options.known_hosts = given.known_hosts.value_or(options.known_hosts);
  options.root = given.root;
  options.mode = given.mode;
  options.quota = given.quota;
  options.host_name = given.host_name.value_or("");
  options.port = given.port.value_or("");
  options.receiver_user = given.receiver_user.value_or(options.receiver_user);
  options.receiver_program = given.receiver_program.value_or(options.receiver_program);
  options.accepted_fingerprints = given.accepted_host_keys;
  options.encrypted = given.encrypted;
  options.yes = given.yes;
  options.dry_run = arguments.run.dry_run;
  return options;
}

setup::ConnectionVerdict test_connection(const setup::FarEnd& far_end, const setup::FarEndOutcome& outcome,
                                         PluginRegistry& plugins) {
  PluginChoice transport = far_end.transport;
  if (!far_end.config && outcome.config) {
    const Origin origin = "the ssh configuration of setup";
    transport.options.push_back({"config", *outcome.config, origin, origin});
  }
  try {
    Host host(plugins.create_transport(transport), std::chrono::seconds(120));
    host.open();
    return setup::judge_connection(run(host.transport(), setup::report_command(), {std::chrono::seconds(120), {}}),
                                   outcome.receiver);
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
}

ExitCode set_up(const setup::FarEnd& far_end, bool dry_run, setup::SenderSetup& setup, PluginRegistry& plugins) {
  std::string users;
  for (const std::string& user : far_end.users) users.append(users.empty() ? "" : ", ").append(user);
  say(fmt::format("\n== {} ({})\n", far_end.destination, users));
  const setup::FarEndOutcome outcome = setup.set_up(far_end);
  ExitCode code = outcome.code;
  if (outcome.may_connect && !dry_run) {
    const setup::ConnectionVerdict verdict = test_connection(far_end, outcome, plugins);
    if (verdict.code == ExitCode::ok) {
      say("Tested: " + verdict.text + "\n");
      return code;
    }
    say("Not there yet: " + verdict.text + "\n");
    code = worse_of(code, verdict.code);
    if (!verdict.setup_helps) return code;
  }
  setup.tell_receivers_part(outcome);
  if (!dry_run) say("Then run this again: it ends with a test of the connection.\n");
  return code;
}

}  // namespace

ExitCode command_setup(const Arguments& arguments) {
  const auto far_ends = setup::far_ends_of(effective_config(arguments));
  if (far_ends.empty()) {
    say("There is nothing to set up: no job goes over ssh.\n");
    return ExitCode::ok;
  }
  const setup::SenderOptions options = options_of(arguments);
  // What is wrong with the options comes out before anything is touched.
  for (const setup::FarEnd& far_end : far_ends) setup::receiver_for(far_end, options, {});
  const RunFolder folder;
  PluginRegistry plugins(plugin_directory(arguments), folder.path());
  setup::SenderSetup setup(options, {say, ask}, folder.path());
  setup.make_key();
  ExitCode code = ExitCode::ok;
  for (const setup::FarEnd& far_end : far_ends) {
    try {
      code = worse_of(code, set_up(far_end, arguments.run.dry_run, setup, plugins));
    } catch (const Error& error) {
      log_error("{}: {}", far_end.destination, error.what());
      code = worse_of(code, error.code());
    }
  }
  return code;
}

}  // namespace czb
