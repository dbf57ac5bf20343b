// SPDX-License-Identifier: MIT
// The receive: the head of the stream is read, put to the rules, and given to a zfs receive of our own words.
#include <unistd.h>

#include <cstdio>
#include <sstream>

#include "error.h"
#include "execute/dataset_lock.h"
#include "receiver/answer.h"
#include "receiver/carry_out.h"
#include "receiver/foreign_keys.h"
#include "receiver/key_data.h"
#include "receiver/key_pins.h"
#include "receiver/leftovers.h"
#include "receiver/present_key.h"
#include "receiver/properties.h"
#include "receiver/receive_pump.h"
#include "receiver/state_folder.h"
#include "receiver/stream_head.h"
#include "receiver/stream_rules.h"
#include "receiver/stream_scan.h"
#include "receiver/zfs_process.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

bool exists(const std::string& zfs, const std::string& dataset) {
  const Output output = run_zfs(zfs, exists_command(dataset));
  if (output.status == 0) return true;
  if (says_missing(output, dataset)) return false;
  throw Error(ExitCode::failed, "could not look for " + dataset + ": " + visible(output.err));
}

PresentTree present_tree(const std::string& zfs, const std::string& dataset) {
  const Output output = run_zfs(zfs, present_command(dataset));
  if (output.status == 0) return parse_present(output.out, dataset);
  if (says_missing(output, dataset)) return {};
  throw Error(ExitCode::failed, "could not list " + dataset + ": " + visible(output.err));
}

std::map<std::string, std::uint64_t> snapshots_below(const std::string& zfs, const std::string& root) {
  std::map<std::string, std::uint64_t> snapshots;
  for (const auto& [relative, dataset] : present_tree(zfs, root))
    for (const auto& [guid, name] : dataset.snapshots)
      snapshots[(relative.empty() ? root : root + "/" + relative) + "@" + name] = guid;
  return snapshots;
}

StreamFacts look(const Receive& request, const StreamHead& head, const Options& options) {
  StreamFacts facts;
  if (head.begin.compound) {
    facts.present = present_tree(options.zfs, request.dataset);
    const std::string parent = parent_of(request.dataset).value_or("");
    if (facts.present.empty()) facts.parent_exists = !parent.empty() && exists(options.zfs, parent);
  } else if (!head.is_resuming() && (head.begin.features & feature_raw) != 0 && exists(options.zfs, request.dataset)) {
    facts.present[""];
  }
  if (needs_origins(head, facts.present)) facts.snapshots = snapshots_below(options.zfs, options.root);
  return facts;
}

// The header alone can change encryption roots: of any dataset that has a snapshot which it lists, whatever the name.
void check_encryption_roots(const Receive& request, const StreamHead& head, const StreamFacts& facts,
                            const KeyPins& keys, const std::string& zfs) {
  if (!head.package || !head.package->raw) return;
  if (!head.is_recursive() && head.package->datasets.size() > 1)
    throw Refused("the stream is of one dataset, and its header names more");
  check_listed_elsewhere(*head.package, facts.present);
  for (const auto& [relative, packed] : head.package->datasets) {
    if (facts.present.count(relative) == 0) continue;
    keys.check_root(relative.empty() ? request.dataset : request.dataset + "/" + relative, packed.is_encryption_root);
  }
  check_foreign_keys(zfs, request.dataset, guids_not_present(*head.package, facts.present));
}

// Before anything is written for it: names that lead nowhere would each leave their locks behind.
void check_place_exists(const Receive& request, const Options& options) {
  const std::string parent = parent_of(request.dataset).value_or("");
  if (exists(options.zfs, request.dataset) || (!parent.empty() && exists(options.zfs, parent))) return;
  throw Refused("the place for " + visible(request.dataset) + ", the dataset above it, is not here");
}

// What a tree's raw stream says of keys was compared with all of the root: nothing in it may change meanwhile.
std::string locked_dataset(const Receive& request, const StreamHead& head, const Options& options) {
  return head.is_recursive() && head.package->raw ? options.root : request.dataset;
}

DatasetKind kind_of(const StreamHead& head) {
  return head.first && head.first->is_volume ? DatasetKind::volume : DatasetKind::filesystem;
}

// By one command where zfs knows all of them: of several it does not say which it does not know.
Names known_properties(const std::string& zfs, const Names& names, const std::string& pool) {
  const auto knows = [&](const std::string& list) {
    return run_zfs(zfs, {"zfs", "get", "-H", "-o", "value", list, pool}).status == 0;
  };
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ",") + name;
  if (knows(all)) return names;
  Names known;
  if (names.size() > 1)
    for (const std::string& name : names)
      if (knows(name)) known.insert(name);
  return known;
}

ReceivedProperties properties_for(const Receive& request, const StreamHead& head, const std::string& zfs) {
  // They were given when it was begun.
  if (head.is_resuming()) {
    if (!request.properties.empty()) throw Refused("the rest of an interrupted stream takes no properties");
    return {};
  }
  StreamProperties stream;
  stream.kind = kind_of(head);
  stream.recursive = head.is_recursive();
  if (head.package) stream.names = head.package->properties;
  const std::string pool = request.dataset.substr(0, request.dataset.find('/'));
  return receive_properties(request.properties, stream,
                            [&](const Names& names) { return known_properties(zfs, names, pool); });
}

// Whether the dataset has these values. zfs receive exits with 0 where it may not set a property (measured, 2.1.11).
std::string not_in_effect(const std::string& zfs, const std::string& dataset, const ReceivedProperties& properties) {
  std::string names;
  for (const auto& [name, value] : properties) names += (names.empty() ? "" : ",") + name;
  std::istringstream lines(output_of(zfs, {"zfs", "get", "-H", "-p", "-o", "property,value", names, dataset}));
  std::string different;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    const auto wanted = properties.find(line.substr(0, tab));
    if (tab == std::string::npos || wanted == properties.end() || line.substr(tab + 1) == wanted->second) continue;
    different += (different.empty() ? "" : ", ") + wanted->first;
  }
  return different;
}

// What is left to do when the receive has ended: a quota on a root that has none, however it ended; where it was the
// rest of a first receive that was interrupted, the properties that the first may not have come to set; and when it
// went well a look at whether what was forced is in effect.
class Afterwards {
 public:
  Afterwards(const Receive& request, const StreamHead& head, const Options& options)
      : dataset_(request.dataset), zfs_(options.zfs), forced_(forced_properties(kind_of(head))) {
    const bool is_rest_of_first = head.is_resuming() && (head.begin.from_guid == 0 || head.begin.is_clone);
    if (is_rest_of_first) to_set_ = forced_;
    if (options.quota != 0 && dataset_ == options.root && kind_of(head) != DatasetKind::volume && has_no_quota())
      to_set_["quota"] = std::to_string(options.quota);
  }

  // What went wrong, as a sentence; empty: nothing.
  std::string run(bool well) const {
    if (!well && to_set_.empty()) return "";
    try {
      if (!exists(zfs_, dataset_)) return "";
      if (!to_set_.empty()) {
        CommandLine command = {"zfs", "set"};
        for (const auto& [name, value] : to_set_) command.push_back(name + "=" + value.value_or(""));
        command.push_back(dataset_);
        output_of(zfs_, command);
      }
      if (!well) return "";
      // A tree's stream sets canmount on its top alone (measured), and without a mountpoint it says nothing.
      ReceivedProperties to_hold = forced_;
      to_hold.erase("canmount");
      const std::string different = not_in_effect(zfs_, dataset_, to_hold);
      if (different.empty()) return "";
      return dataset_ + " was received, but these properties could not be set: " + different +
             ". Allow them to this user (zfs allow), then push again";
    } catch (const std::exception& error) {
      return "properties could not be set: " + std::string(error.what());
    }
  }

 private:
  // A quota that somebody here has set stays.
  bool has_no_quota() const {
    return !exists(zfs_, dataset_) ||
           output_of(zfs_, {"zfs", "get", "-H", "-p", "-o", "value", "quota", dataset_}) == "0\n";
  }

  std::string dataset_;
  std::string zfs_;
  ReceivedProperties forced_;
  ReceivedProperties to_set_;
};

}  // namespace

int carry_out_receive(const Receive& request, Session& session) {
  const Options& options = session.options;
  check_state_folder(options.state);
  const StreamLimits limits = {.most = options.max_stream};
  const StreamHead head = read_head(PatientReader(STDIN_FILENO, limits.longest_wait));
  session.bytes = head.bytes.size();
  check_place_exists(request, options);
  const std::string locked = locked_dataset(request, head, options);
  DatasetLock lock(options.state, locked, head.is_recursive() ? LockScope::tree : LockScope::dataset);
  Leftovers leftovers(options, locked, lock);
  const StreamFacts facts = look(request, head, options);
  KeyPins keys(options.state,
               {[&](const std::string& dataset) { return present_key_fingerprint(options.zfs, dataset); },
                [&](const std::string& dataset) { return present_encryption_root(options.zfs, dataset); }});
  check_encryption_roots(request, head, facts, keys, options.zfs);
  StreamScan scan(head, StreamRules(request.dataset, head, facts),
                  [&](const StreamPlace& place, std::string_view payload) {
                    if (!place.was_there) leftovers.may_key(place.dataset);
                    keys.admit(place.dataset, place.was_there,
                               {key_data_fingerprint(payload), place.is_encryption_root}, place.origin);
                  });
  const CommandLine command = receive_command(request.dataset, properties_for(request, head, options.zfs));

  const Afterwards afterwards(request, head, options);
  const auto finish = [&](bool well) {
    session.note = afterwards.run(well);
    if (!session.note.empty()) std::fprintf(stderr, "%s: %s\n", program_name.data(), session.note.c_str());
  };
  Pipe pipe = make_pipe(1024 * 1024);
  ZfsProcess zfs(options.zfs, command, pipe.read.get(), STDOUT_FILENO, STDERR_FILENO);
  pipe.read.reset();
  session.bytes = 0;
  int status = exit_ok;
  try {
    pump_stream(STDIN_FILENO, std::move(pipe.write), head.bytes, scan, limits, zfs, session.bytes);
    status = zfs.wait();
  } catch (...) {
    finish(false);
    throw;
  }
  finish(status == exit_ok);
  if (status == exit_ok) leftovers.all_well();
  return status == exit_ok && !session.note.empty() ? exit_failed : status;
}

}  // namespace czb::receiver
