// SPDX-License-Identifier: MIT
#include "zfs/receiver.h"

#include <initializer_list>

namespace czb {

const char* to_string(ReceiverMode mode) {
  switch (mode) {
    case ReceiverMode::append_only:
      return "append-only";
    case ReceiverMode::mirror:
      return "mirror";
    case ReceiverMode::pull:
      return "pull";
  }
  return "append-only";
}

std::optional<ReceiverMode> receiver_mode_in(std::string_view list_stderr) {
  const std::string begin = std::string(receiver_says) + std::string(receiver_says_mode);
  while (!list_stderr.empty()) {
    const std::size_t end = list_stderr.find('\n');
    const std::string_view line = list_stderr.substr(0, end);
    list_stderr.remove_prefix(end == std::string_view::npos ? list_stderr.size() : end + 1);
    if (line.substr(0, begin.size()) != begin) continue;
    for (const ReceiverMode mode : {ReceiverMode::append_only, ReceiverMode::mirror, ReceiverMode::pull})
      if (line.substr(begin.size()) == to_string(mode)) return mode;
  }
  return std::nullopt;
}

bool refused_by_receiver(int status, std::string_view command_stderr) {
  return status == receiver_refused_status &&
         command_stderr.find(std::string(receiver_says) + std::string(receiver_says_refused)) != std::string_view::npos;
}

bool allows_destroy(const std::optional<ReceiverMode>& receiver) {
  return !receiver || *receiver == ReceiverMode::mirror;
}

bool allows_changes(const std::optional<ReceiverMode>& receiver) { return !receiver; }

bool allows_record(const std::optional<ReceiverMode>& receiver) { return !receiver; }

std::string receiver_forbids(const std::optional<ReceiverMode>& receiver) {
  return "its receiver (" + std::string(receiver ? to_string(*receiver) : "none") + ") does not allow that";
}

}  // namespace czb
