// SPDX-License-Identifier: MIT
#include "zfs/host.h"

#include "error.h"
#include "log/log.h"
#include "text_buffer.h"
#include "zfs/failure.h"
#include "zfs/listing.h"
#include "zfs/resume_token.h"

namespace czb {

Host::Host(std::shared_ptr<Transport> transport, std::chrono::seconds command_timeout)
    : transport_(std::move(transport)), command_timeout_(command_timeout) {}

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

void Host::reopen() {
  transport_->close();
  open();
}

Completed Host::completed(const CommandLine& command, std::string_view input) {
  log_debug("running: {}", command_line(command));
  RunLimits limits;
  limits.time_limit = command_timeout_;
  limits.input = input;
  return czb::run(*transport_, command, limits);
}

Inventory Host::observe(const std::string& root, const std::vector<std::string>& user_properties, bool recursive) {
  const CommandLine command = list_command(root, user_properties, recursive);
  const Completed result = completed(command);
  Inventory inventory;
  if (is_missing_dataset(result, root)) {
    inventory.root = root;
  } else {
    if (!result.ok()) throw command_error(peer(), command, result);
    if (leaves_out_datasets(result)) throw command_error(peer(), command, result);
    inventory = parse_listing(result.out, root, user_properties);
  }
  inventory.receiver = receiver_mode_in(result.err.raw());
  inventory.own_names = own_names_told_in(result.err.raw());
  return inventory;
}

std::vector<std::string> Host::dataset_names(const std::string& root) {
  const CommandLine command = list_names_command(root);
  const Completed result = completed(command);
  if (is_missing_dataset(result, root)) return {};
  if (!result.ok()) throw command_error(peer(), command, result);
  return parse_names(result.out);
}

std::set<std::string> Host::user_property_names(const std::string& root) {
  const CommandLine command = property_names_command(root);
  const Completed result = completed(command);
  if (!result.ok()) throw command_error(peer(), command, result);
  return user_properties_in(result.out);
}

bool Host::is_set_locally(const std::string& dataset, const std::string& property) {
  const CommandLine command = property_source_command(dataset, property);
  const Completed result = completed(command);
  if (!result.ok()) throw command_error(peer(), command, result);
  return result.out == "local\n";
}

std::optional<PartialReceive> Host::read_token(const std::string& token) {
  const CommandLine command = read_token_command(token);
  Completed result = completed(command);
  tell_from_ssh(result);
  if (result.status.kind == ExitKind::transport_failed || result.timed_out)
    throw command_error(peer(), command, result);
  return partial_receive(token, result);
}

bool Host::exists(const std::string& dataset) {
  const CommandLine command = exists_command(dataset);
  const Completed result = completed(command);
  if (is_missing_dataset(result, dataset)) return false;
  if (!result.ok()) throw command_error(peer(), command, result);
  return true;
}

std::optional<ReceivePlace> Host::place(const std::string& dataset) {
  const CommandLine command = place_command(dataset);
  const Completed result = completed(command);
  if (is_missing_dataset(result, dataset)) return std::nullopt;
  if (!result.ok()) throw command_error(peer(), command, result);
  return parse_place(result.out, dataset);
}

void Host::run(const CommandLine& command, std::string_view input) {
  const Completed result = completed(command, input);
  if (!result.ok()) throw command_error(peer(), command, result);
}

std::optional<Host::Failure> Host::failure_of(const CommandLine& command) {
  const Completed result = completed(command);
  if (result.ok()) return std::nullopt;
  return Failure{command_error(peer(), command, result), result.err.raw()};
}

}  // namespace czb
