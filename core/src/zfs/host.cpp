// SPDX-License-Identifier: MIT
#include "zfs/host.h"

#include "error.h"
#include "log/log.h"
#include "text_buffer.h"
#include "zfs/failure.h"
#include "zfs/listing.h"

namespace czb {

Host::Host(std::shared_ptr<Transport> transport) : transport_(std::move(transport)) {}

Host::~Host() { transport_->close(); }

std::string Host::peer() const {
  TextBuffer text;
  transport_->describe_peer(text);
  return text.text();
}

std::string Host::command_line(const CommandLine& command) const {
  std::vector<std::string_view> words(command.begin(), command.end());
  TextBuffer text;
  transport_->describe_command({words.data(), words.size()}, text);
  return text.text();
}

void Host::open() {
  TextBuffer error;
  const Status status = transport_->open(error);
  if (status != Status::ok)
    throw Error(status == Status::unreachable ? ExitCode::unreachable : ExitCode::failed, error.text());
}

Completed Host::completed(const CommandLine& command) {
  log_debug("running: {}", command_line(command));
  return czb::run(*transport_, command);
}

Inventory Host::observe(const std::string& root, const std::vector<std::string>& user_properties) {
  const CommandLine command = list_command(root, user_properties);
  const Completed result = completed(command);
  if (is_missing_dataset(result, root)) {
    Inventory nothing;
    nothing.root = root;
    return nothing;
  }
  if (!result.ok()) throw command_error(peer(), command, result);
  return parse_listing(result.out, root, user_properties);
}

bool Host::exists(const std::string& dataset) {
  const CommandLine command = exists_command(dataset);
  const Completed result = completed(command);
  if (is_missing_dataset(result, dataset)) return false;
  if (!result.ok()) throw command_error(peer(), command, result);
  return true;
}

void Host::run(const CommandLine& command) {
  const Completed result = completed(command);
  if (!result.ok()) throw command_error(peer(), command, result);
}

}  // namespace czb
