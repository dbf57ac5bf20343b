// SPDX-License-Identifier: MIT
#include "zfs/failure.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <set>
#include <utility>

#include "text/visible.h"
#include "zfs/meaning.h"
#include "zfs/permissions.h"
#include "zfs/receiver.h"

namespace czb {
namespace {

constexpr std::size_t most_of_output = 4000;

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

// The lines that `zfs send -P` prints for its estimate are no error: "full<TAB>…", "incremental<TAB>…",
// "size<TAB>…"; nor is what `-t` prints of its token, the snapshots that -R leaves out by itself,
// how a person could go on with an interrupted stream, or what a restricted receiver tells of itself and of properties.
bool is_estimate(const std::string& line) {
  static constexpr std::array<const char*, 15> beginnings = {"Partially received snapshot is saved.",
                                                             "A resuming stream can be generated",
                                                             "    zfs send -t ",
                                                             "full\t",
                                                             "incremental\t",
                                                             "size\t",
                                                             "\t",
                                                             "resume token contents:",
                                                             "nvlist version:",
                                                             "skipping snapshot ",
                                                             "Warning: ",
                                                             "cyber-zfs-backup-receiver: mode ",
                                                             "cyber-zfs-backup-receiver: user-properties ",
                                                             "cyber-zfs-backup-receiver: left out: ",
                                                             "cyber-zfs-backup-receiver: keys taken as they came: "};
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](const char* beginning) { return line.rfind(beginning, 0) == 0; });
}

std::string without_estimate(const std::string& text) {
  std::string rest;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) end = text.size();
    const std::string line = text.substr(begin, end - begin);
    if (!is_estimate(line)) rest += line + "\n";
    begin = end + 1;
  }
  return trimmed(rest);
}

// What stands between us and zfs there, and is set up wrongly.
std::string advice_on_receiver(const Completed& completed, const std::string& said) {
  constexpr int status_not_found = 127;
  if (completed.status.kind != ExitKind::exited) return "";
  if (completed.status.code == receiver_misconfigured_status && contains(said, receiver_says.data()))
    return "The receiver there cannot work: correct its line in authorized_keys, or what it names.";
  if (completed.status.code == status_not_found && contains(said, receiver_program.data()))
    return "The key's line in authorized_keys there names a program that is not there: install it, or correct the path "
           "in that line.";
  return "";
}

std::string what_to_do(const CommandLine& command, const Completed& completed, const std::string& said) {
  if (std::string advice = advice_on_receiver(completed, said); !advice.empty()) return advice;
  // A lost connection's "Permission denied" is that of ssh.
  if (completed.status.kind == ExitKind::transport_failed) return advice_on(said);
  // Silence tells of a permission only where zfs itself ended so.
  const bool zfs_failed = completed.status.kind == ExitKind::exited && completed.status.code == 1;
  const bool snapshots = command.size() > 1 && command[1] == "snapshot";
  if (snapshots && contains(said, "out of space"))
    return "The pool of the source is full, or a quota of the dataset is reached, so that not even a snapshot can be "
           "taken: make room there.";
  const std::string advice = said.empty() && !zfs_failed ? "" : permission_advice(command, said);
  return advice.empty() ? advice_on(said) : advice;
}

std::string sentence_on(const std::string& what, const std::string& peer, const CommandLine& command,
                        const Completed& completed) {
  std::string text = what + " on " + peer + ": ";
  text += ending_of(completed);
  if (completed.status.kind == ExitKind::transport_failed && !completed.transport_error.empty())
    text += ": " + completed.transport_error;
  std::string said = without_estimate(completed.err.raw());
  // nologin says why on its standard output.
  if (said.empty()) said = trimmed(completed.out.substr(0, most_of_output));
  if (!said.empty()) text += ": " + FarText(without_zfs_advice(said)).shown();
  const std::string advice = what_to_do(command, completed, said);
  if (!advice.empty()) text += "\n" + advice;
  return text;
}

// A failure that stays so until a person has changed something.
bool is_permanent(const Completed& end) {
  if (end.ok() || end.status.kind != ExitKind::exited) return false;
  return lasting_of(end.err.raw()) == Lasting::permanent;
}

// Whether one side only died of the other's failure, by a broken pipe or because we ended it then: it says nothing new.
bool follows(const Completed& end, const Completed& other) {
  if (other.ok() || end.status.kind != ExitKind::signalled) return false;
  const bool other_was_ended_too = other.status.kind == ExitKind::signalled && other.status.code == SIGTERM;
  return end.status.code == SIGPIPE || (end.status.code == SIGTERM && !other_was_ended_too);
}

}  // namespace

bool is_missing_dataset(const Completed& completed, const std::string& dataset) {
  return completed.status.kind == ExitKind::exited && completed.status.code == 1 &&
         contains(completed.err.raw(), ("cannot open '" + dataset + "': dataset does not exist").c_str());
}

void tell_from_ssh(Completed& completed) {
  constexpr int ambiguous = 255;
  if (completed.status.kind == ExitKind::transport_failed && completed.status.code == ambiguous &&
      contains(completed.err.raw(), "cannot resume send"))
    completed.status.kind = ExitKind::exited;
}

bool leaves_out_datasets(const Completed& listing) {
  const std::string& said = listing.err.raw();
  return said.rfind("cannot ", 0) == 0 || contains(said, "\ncannot ");
}

bool ends_for_nothing(const StreamResult& result) {
  const Completed& end = result.receiver;
  if (!result.sender.ok() || end.status.kind != ExitKind::exited || end.status.code != 1) return false;
  return without_estimate(end.err.raw()).empty() || contains(end.err.raw(), "failed to read from stream");
}

bool stream_ok(const StreamResult& result) { return result.ok() && !contains(result.sender.err.raw(), "cannot send"); }

bool may_pass(const StreamResult& result) {
  if (result.not_started) return may_pass(*result.not_started);
  if (result.stalled) return true;
  const auto was_cut_off = [](const Completed& end, const Completed& other) {
    return end.status.kind == ExitKind::transport_failed ||
           (end.status.kind == ExitKind::signalled && !follows(end, other));
  };
  if (was_cut_off(result.sender, result.receiver) || was_cut_off(result.receiver, result.sender)) return true;
  // A receiver that lacks the end of the stream says nothing either where the sender has given up.
  const bool sender_gave_up = result.sender.status.kind == ExitKind::exited && result.sender.status.code != 0 &&
                              contains(result.receiver.err.raw(), "failed to read from stream");
  return may_pass(Error(ExitCode::failed, result.sender.err.raw() + (sender_gave_up ? "" : result.receiver.err.raw())));
}

bool may_pass(const Error& error) {
  if (error.code() == ExitCode::unreachable) return true;
  if (error.code() == ExitCode::needs_person) return false;
  return lasting_of(error.what()) == Lasting::passing;
}

bool lacks_origin(const std::string& failure) { return contains(failure, "local origin for clone "); }

Error command_error(const std::string& peer, const CommandLine& command, const Completed& completed) {
  const bool lost = completed.status.kind == ExitKind::transport_failed;
  const std::string what = command.size() > 1 ? command[0] + " " + command[1] + " " + command.back() : command.front();
  const ExitCode code = lost                                                              ? ExitCode::unreachable
                        : refused_by_receiver(completed.status.code, completed.err.raw()) ? ExitCode::refused
                        : is_permanent(completed)                                         ? ExitCode::needs_person
                                                                                          : ExitCode::failed;
  return {code, sentence_on(what.substr(0, 300), peer, command, completed)};
}

Error stream_error(const std::string& sending_peer, const std::string& receiving_peer, const StreamResult& result,
                   const CommandLine& sending, const CommandLine& receiving) {
  if (result.not_started) return *result.not_started;
  const bool lost = result.sender.status.kind == ExitKind::transport_failed ||
                    result.receiver.status.kind == ExitKind::transport_failed;
  std::string text;
  const std::string into = receiving.empty() ? "" : " " + receiving.back();
  // The rest of an interrupted stream is named by its token, which tells nobody anything.
  const bool is_named = !sending.empty() && contains(sending.back(), "@");
  const std::string from = is_named ? " " + sending.back() : "";
  if (!result.receiver.ok()) text = sentence_on("zfs receive" + into, receiving_peer, receiving, result.receiver);
  if (text.empty() || (!result.sender.ok() && !follows(result.sender, result.receiver)))
    text += (text.empty() ? "" : "\n") + sentence_on("zfs send" + from, sending_peer, sending, result.sender);
  if (result.stalled) text += "\nThe stream stood still for too long, so both ends were ended (idle-timeout).";
  const bool permanent = is_permanent(result.receiver) || is_permanent(result.sender);
  return {lost ? ExitCode::unreachable : permanent ? ExitCode::needs_person : ExitCode::failed, text};
}

std::vector<std::string> property_notes(const std::string& receiving_peer, const CommandLine& receiving,
                                        const StreamResult& result) {
  std::vector<std::string> notes;
  const std::string left_out = left_out_in(result.receiver.err.raw());
  if (!left_out.empty())
    notes.push_back("the receiver on " + receiving_peer + " left out properties of the stream: " + left_out);
  std::string refused = refused_properties_note(receiving_peer, receiving, result);
  if (!refused.empty()) notes.push_back(std::move(refused));
  return notes;
}

std::string new_keys_warning(const std::string& receiving_peer, const StreamResult& result) {
  const std::string datasets = new_keys_in(result.receiver.err.raw());
  if (datasets.empty()) return "";
  return "the receiver on " + receiving_peer + " did not know the keys of " + datasets +
         ", which were there before, and holds them from now on to those that have come. If that was not this sender's "
         "own backup, look there now whether it can still be read (zfs load-key -n)";
}

std::string refused_properties_note(const std::string& receiving_peer, const CommandLine& receiving,
                                    const StreamResult& result) {
  std::map<std::string, std::set<std::string>> properties;  // by reason
  std::set<std::string> datasets;
  for (const RefusedProperty& each : refused_properties(result.receiver.err.raw())) {
    properties[visible(property_reason(each.property, each.reason))].insert(visible(each.property));
    datasets.insert(visible(each.dataset));
  }
  if (datasets.empty()) return "";
  std::string text =
      "the data is there, but zfs receive on " + receiving_peer + " could not set properties of " + *datasets.begin();
  if (datasets.size() > 1) text += " and " + std::to_string(datasets.size() - 1) + " more";
  const char* separator = ": ";
  for (const auto& [reason, names] : properties) {
    for (const std::string& name : names) {
      text += separator + name;
      separator = ", ";
    }
    text += ": " + reason;
    separator = "; ";
  }
  const std::string advice = permission_advice(receiving, result.receiver.err.raw());
  return advice.empty() ? text : text + "\n" + advice;
}

}  // namespace czb
