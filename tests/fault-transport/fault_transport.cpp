// SPDX-License-Identifier: MIT
#include "fault_transport.h"

#include <algorithm>
#include <stdexcept>

#include "cyber-zfs-backup/shell_quote.h"
#include "fault_process.h"

namespace czb::fault {
namespace {

Kind kind_called(const std::string& word) {
  constexpr const char* words[] = {"none", "cut", "stall", "delay", "garble", "drop", "fail", "kill", "refuse", "stop"};
  const auto* const found = std::find(std::begin(words), std::end(words), word);
  if (found == std::end(words)) throw std::invalid_argument("there is no fault '" + word + "'");
  return static_cast<Kind>(found - std::begin(words));
}

LocalCommand command_of(std::vector<std::string> argv, const StandardDescriptors& descriptors) {
  LocalCommand command;
  command.argv = std::move(argv);
  command.descriptors = descriptors;
  return command;
}

}  // namespace

FaultTransport::FaultTransport(const CreateArguments& arguments) {
  const PluginOptions options(arguments);
  fault_.kind = kind_called(options.text("fault"));
  fault_.after = static_cast<std::uint64_t>(options.integer("after"));
  fault_.pause = std::chrono::seconds(options.integer("pause"));
  at_ = options.integer("at-command");
  match_ = options.text("match");
  hook_ = options.text("hook");
  ssh_config_ = options.text("ssh-config");
  session_ = std::make_shared<Session>(options.text("log"));
}

std::string FaultTransport::command_line(const std::vector<std::string>& argv) const {
  return shell_quote_command(argv);
}

void FaultTransport::open_session() {
  ++openings_;
  if (fault_.kind == Kind::refuse && is_meant(openings_)) throw Unreachable("the link refuses to open");
  session_->begin();
}

bool FaultTransport::matches(const std::vector<std::string>& argv) const {
  return match_.empty() || std::find(argv.begin(), argv.end(), match_) != argv.end();
}

ProcessPointer FaultTransport::start_command(const std::vector<std::string>& argv,
                                             const StandardDescriptors& descriptors) {
  if (session_->lost()) throw Unreachable("the link was dropped");
  ++commands_;
  const std::string what = std::to_string(commands_) + " " + shell_quote_command(argv);
  session_->note(what);
  std::vector<std::string> words = local_words(argv);
  if (!matches(argv) || !is_meant(++matching_)) return LocalProcess::start(command_of(std::move(words), descriptors));

  if (!hook_.empty()) run_hook();
  switch (fault_.kind) {
    case Kind::none:
    case Kind::refuse:
      return LocalProcess::start(command_of(std::move(words), descriptors));
    case Kind::fail:
      session_->note("fault after 0 bytes of " + what);
      return LocalProcess::start(command_of({"sh", "-c", "echo 'failed on purpose' >&2; exit 1"}, descriptors));
    default:
      return FaultProcess::start(words, descriptors, fault_, what, session_);
  }
}

std::vector<std::string> FaultTransport::local_words(const std::vector<std::string>& argv) const {
  if (ssh_config_.empty()) return argv;
  return {"ssh", "-F", ssh_config_, "offsite",
          R"(env LC_ALL=C PATH="$PATH":/usr/local/sbin:/usr/sbin:/sbin )" + shell_quote_command(argv)};
}

void FaultTransport::run_hook() const {
  LocalCommand command = command_of({hook_}, {});
  command.environment = {"CZB_FAULT_COMMAND=" + std::to_string(commands_)};
  const LocalProcess::Pointer process = LocalProcess::start(command);
  class Ignored final : public TextSink {
    void write(std::string_view) noexcept override {}
  } ignored;
  ExitStatus status;
  process->wait(status, ignored);
  if (status.kind != ExitKind::exited || status.code != 0) throw std::runtime_error("the hook " + hook_ + " failed");
}

}  // namespace czb::fault
