// SPDX-License-Identifier: MIT
#include "zfs/receiver.h"

#include <algorithm>
#include <initializer_list>

#include "text/visible.h"

namespace czb {
namespace {

// Each line of its own that goes on with `what`: what stands behind that.
template <typename Take>
void for_each_said(std::string_view text, std::string_view what, Take take) {
  const std::string begin = std::string(receiver_says) + std::string(what);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.substr(0, begin.size()) == begin) take(line.substr(begin.size()));
  }
}

// What stands behind `what` in the first such line, for people.
std::string first_said(std::string_view text, std::string_view what) {
  constexpr std::size_t longest = 2000;
  std::string told;
  for_each_said(text, what, [&](std::string_view rest) {
    if (told.empty()) told = visible(rest, longest);
  });
  return told;
}

}  // namespace

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
  std::optional<ReceiverMode> told;
  for_each_said(list_stderr, receiver_says_mode, [&](std::string_view word) {
    for (const ReceiverMode mode : {ReceiverMode::append_only, ReceiverMode::mirror, ReceiverMode::pull})
      if (!told && word == to_string(mode)) told = mode;
  });
  return told;
}

std::optional<OwnNames> own_names_told_in(std::string_view list_stderr) {
  std::optional<OwnNames> told;
  for_each_said(list_stderr, receiver_says_own_names, [&](std::string_view list) {
    if (!told) told = own_names_in(list);
  });
  return told;
}

std::string left_out_in(std::string_view receive_stderr) { return first_said(receive_stderr, receiver_says_left_out); }

std::string new_keys_in(std::string_view receive_stderr) { return first_said(receive_stderr, receiver_says_new_keys); }

std::string alarm_in(std::string_view receive_stderr) { return first_said(receive_stderr, receiver_says_alarm); }

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
