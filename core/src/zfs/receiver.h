// SPDX-License-Identifier: MIT
// A restricted receiver (receiver/) between us and the far zfs: what it has said of itself, and so what it allows. It
// says it on the standard error of every listing, at no cost; a plain zfs says nothing, and everything may be tried.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "zfs/user_properties.h"

namespace czb {

enum class ReceiverMode {
  append_only,  // list, receive
  mirror,       // and destroy snapshots by name, within limits of its own
  pull,         // list, send
};

inline constexpr std::string_view receiver_program = "cyber-zfs-backup-receiver";

// What it begins each line of its own with, and how it goes on where it refuses or tells something.
inline constexpr std::string_view receiver_says = "cyber-zfs-backup-receiver: ";
inline constexpr std::string_view receiver_says_mode = "mode ";
inline constexpr std::string_view receiver_says_refused = "refused: ";
inline constexpr std::string_view receiver_says_own_names = "user-properties ";  // that keep their names: "-", "site:"
inline constexpr std::string_view receiver_says_left_out = "left out: ";         // properties of a received stream
inline constexpr std::string_view receiver_says_new_keys = "keys taken as they came: ";  // of what was there, unknown
inline constexpr std::string_view receiver_says_alarm = "ALARM: ";  // what was there is not as it was

// Exit statuses of its own; any other one is zfs's, or 128 and a signal.
inline constexpr int receiver_busy_status = 75;           // another request holds the dataset, or too many go on
inline constexpr int receiver_refused_status = 77;        // the key may not do that
inline constexpr int receiver_misconfigured_status = 78;  // its own options or its state folder are wrong

const char* to_string(ReceiverMode mode);  // "append-only", as on its command line

// From a listing's standard error; nothing where no receiver told its mode, or one that is not known here.
std::optional<ReceiverMode> receiver_mode_in(std::string_view list_stderr);

// From the same: the user properties in a stream that it keeps under their own names (zfs/user_properties.h); nothing
// where no receiver told that.
std::optional<OwnNames> own_names_told_in(std::string_view list_stderr);

// From a receive's standard error: which properties of the stream were left out, and why, for people; empty: none.
std::string left_out_in(std::string_view receive_stderr);

// From the same: datasets whose key the receiver did not know and has taken for the right one; empty: none.
std::string new_keys_in(std::string_view receive_stderr);

// From the same, however the receive ended: that something which was there before is not as it was, for people; empty:
// nothing of the kind.
std::string alarm_in(std::string_view receive_stderr);

// Whether it refused a command: by its exit status and its words.
bool refused_by_receiver(int status, std::string_view command_stderr);

// Of a target: whether snapshots may be destroyed by name; whether datasets may be renamed, promoted, rolled back or
// destroyed. Of a source: whether a base may be recorded. `receiver`: nothing, where there is none.
bool allows_destroy(const std::optional<ReceiverMode>& receiver);
bool allows_changes(const std::optional<ReceiverMode>& receiver);
bool allows_record(const std::optional<ReceiverMode>& receiver);

// "its receiver (append-only) does not allow that", for messages.
std::string receiver_forbids(const std::optional<ReceiverMode>& receiver);

}  // namespace czb
