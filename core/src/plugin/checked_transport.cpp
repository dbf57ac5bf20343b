// SPDX-License-Identifier: MIT
#include "plugin/checked_transport.h"

#include <fcntl.h>

#include <utility>

#include "plugin/plugin_call.h"
#include "text/far_text.h"
#include "text_buffer.h"

namespace czb {
namespace {

using PluginName = std::shared_ptr<const std::string>;

// Hands on the outcome of a call, with a sentence where it failed.
Status checked(Status status, const std::string& plugin, const TextBuffer& reason, TextSink& error) {
  if (status == Status::ok) return status;
  const std::string said = FarText(reason.text()).shown();
  error.write(said.empty() ? "the " + plugin + " failed and gives no reason" : said);
  return status == Status::unreachable ? status : Status::failed;
}

class CheckedProcess final : public Process {
 public:
  CheckedProcess(Process* process, PluginName plugin) : process_(process), plugin_(std::move(plugin)) {}

  std::int32_t ready_descriptor() noexcept override {
    const PluginCall call(*plugin_, "ready_descriptor");
    return process_->ready_descriptor();
  }

  Status wait(ExitStatus& status, TextSink& error) noexcept override {
    const PluginCall call(*plugin_, "wait");
    TextBuffer reason;
    ExitStatus told;
    const Status outcome = process_->wait(told, reason);
    const bool known =
        told.kind == ExitKind::exited || told.kind == ExitKind::signalled || told.kind == ExitKind::transport_failed;
    if (outcome == Status::ok && !known) {
      error.write("the " + *plugin_ + " gave an exit status of no known kind, which is an error of the plugin");
      return Status::failed;
    }
    status = told;
    if (outcome == Status::ok) {
      error.write(FarText(reason.text()).shown());  // of a command whose connection was lost
      return outcome;
    }
    return checked(outcome, *plugin_, reason, error);
  }

  void terminate() noexcept override {
    const PluginCall call(*plugin_, "terminate");
    process_->terminate();
  }

  void release() noexcept override {
    {
      const PluginCall call(*plugin_, "release");
      process_->release();
    }
    delete this;
  }

 private:
  Process* process_;
  PluginName plugin_;
};

bool can_be_polled(int descriptor) { return descriptor >= 0 && ::fcntl(descriptor, F_GETFD) >= 0; }

}  // namespace

CheckedTransport::CheckedTransport(std::shared_ptr<Transport> transport, std::string plugin)
    : transport_(std::move(transport)), plugin_(std::make_shared<const std::string>(std::move(plugin))) {}

void CheckedTransport::describe_peer(TextSink& text) noexcept {
  const PluginCall call(*plugin_, "describe_peer");
  transport_->describe_peer(text);
}

void CheckedTransport::describe_command(const Argv& argv, TextSink& text) noexcept {
  const PluginCall call(*plugin_, "describe_command");
  transport_->describe_command(argv, text);
}

Status CheckedTransport::open(TextSink& error) noexcept {
  const PluginCall call(*plugin_, "open");
  TextBuffer reason;
  return checked(transport_->open(reason), *plugin_, reason, error);
}

Status CheckedTransport::start(const Argv& argv, const StandardDescriptors& descriptors, Process** process,
                               TextSink& error) noexcept {
  const PluginCall call(*plugin_, "start");
  TextBuffer reason;
  Process* started = nullptr;
  if (const Status status = transport_->start(argv, descriptors, &started, reason); status != Status::ok)
    return checked(status, *plugin_, reason, error);
  if (started == nullptr) {
    error.write("the " + *plugin_ + " says that it started the command, but gives no process: that is an error of it");
    return Status::failed;
  }
  if (!can_be_polled(started->ready_descriptor())) {
    error.write("the " + *plugin_ +
                " gives no descriptor that tells when the command has ended: that is an error of "
                "it. The command was ended");
    started->release();
    return Status::failed;
  }
  *process = std::make_unique<CheckedProcess>(started, plugin_).release();  // which deletes itself in the end
  return Status::ok;
}

void CheckedTransport::close() noexcept {
  const PluginCall call(*plugin_, "close");
  transport_->close();
}

}  // namespace czb
