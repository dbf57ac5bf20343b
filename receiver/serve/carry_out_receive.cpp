// SPDX-License-Identifier: MIT
// The receive: the head of the stream is read and put to the rules; a zfs receive of our own words gets a head of our
// own, and the rest as it comes; what was there before is looked at again.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "error.h"
#include "execute/dataset_lock.h"
#include "process/interrupt.h"
#include "receiver/answer.h"
#include "receiver/host/leftovers.h"
#include "receiver/host/memory_limit.h"
#include "receiver/host/present_listing.h"
#include "receiver/host/pump.h"
#include "receiver/host/receive_pump.h"
#include "receiver/host/state_file.h"
#include "receiver/host/state_folder.h"
#include "receiver/host/zfs_process.h"
#include "receiver/keys/correct_roots.h"
#include "receiver/keys/key_pins.h"
#include "receiver/keys/listed_roots.h"
#include "receiver/keys/present_key.h"
#include "receiver/request/properties.h"
#include "receiver/serve/carry_out.h"
#include "receiver/serve/forced_afterwards.h"
#include "receiver/serve/local_values.h"
#include "receiver/serve/root_bound.h"
#include "receiver/stream/key_data.h"
#include "receiver/stream/stream_head.h"
#include "receiver/stream/stream_rules.h"
#include "receiver/stream/stream_scan.h"
#include "receiver/stream/unchanged.h"
#include "receiver/stream/written_head.h"
#include "zfs/inventory.h"
#include "zfs/resume_token.h"

namespace czb::receiver {
namespace {

// What nobody else changes while the stream comes, and what is compared afterwards.
struct Locked {
  std::string dataset;
  LockScope scope = LockScope::dataset;
};

// What a package says of keys is held against all of the root, also where it is of one dataset; where a clone's
// origin is, zfs looks for in all of it.
Locked locked_part(const Receive& request, const StreamHead& head, const Options& options) {
  if (head.tells_of_keys() || needs_origins(head, {})) return {options.root, LockScope::tree};
  return {request.dataset, head.is_recursive() ? LockScope::tree : LockScope::dataset};
}

// Where a listing of what is above does not have them, they are asked for by their own names: nothing that is here is
// taken for new.
void check_absent(const Receive& request, const StreamHead& head, const Options& options, const Locked& locked,
                  const PresentTree& before) {
  std::set<std::string> missing;
  const auto look_for = [&](const std::string& dataset) {
    if (before.count(relative_name(dataset, locked.dataset).value_or("")) == 0) missing.insert(dataset);
  };
  look_for(request.dataset);
  // Of one dataset, the listing is of it alone, and a header that names more is refused (check_listed_roots).
  if (head.package && locked.scope == LockScope::tree)
    for (const PackedDataset& packed : head.package->datasets)
      look_for(packed.relative.empty() ? request.dataset : request.dataset + "/" + packed.relative);
  const std::set<std::string> gone = absent(options.zfs, missing);
  for (const std::string& dataset : missing)
    if (gone.count(dataset) == 0)
      throw Error(ExitCode::failed, visible(dataset) + " is here, and zfs list " + locked.dataset +
                                        " does not tell of it, so nothing is done: look at that pool");
}

// A partial state takes on what its rest is: in clear, the key of a raw one, and what had come could not be read.
void check_rest(const Receive& request, const StreamHead& head, const Options& options) {
  if (!head.is_resuming()) return;
  std::string token =
      output_of(options.zfs, {"zfs", "get", "-H", "-o", "value", "receive_resume_token", request.dataset});
  if (!token.empty()) token.pop_back();
  const std::string give_up = ". Give up what has come (zfs receive -A), and send it anew";
  const std::optional<TokenContents> partial = read_resume_token(token);
  if (!partial)
    throw Refused("the stream is the rest of one, and " + visible(request.dataset) +
                  " holds no partly received state that is understood" + (token == "-" ? "" : give_up));
  const bool is_raw = (head.begin.features & feature_raw) != 0;
  if (is_raw == partial->raw) return;
  throw Refused("the stream is the rest of one, " + std::string(is_raw ? "raw" : "not raw") +
                ", and what has come to " + visible(request.dataset) + " is " + (is_raw ? "not" : "raw") + give_up);
}

StreamFacts look(const Receive& request, const StreamHead& head, const Options& options, const Locked& locked,
                 const PresentTree& before) {
  StreamFacts facts;
  if (head.begin.compound) {
    facts.present = part_of(before, locked.dataset, request.dataset);
    const std::string parent = parent_of(request.dataset).value_or("");
    if (facts.present.empty()) facts.parent_exists = !parent.empty() && exists(options.zfs, parent);
  } else if (const auto there = before.find(relative_name(request.dataset, locked.dataset).value_or(""));
             there != before.end()) {
    facts.present[""].is_volume = there->second.is_volume;
  }
  if (needs_origins(head, facts.present)) {
    const bool is_root = locked.dataset == options.root && locked.scope == LockScope::tree;
    const PresentTree in_root = is_root ? PresentTree() : list_present(options.zfs, options.root);
    facts.snapshots = snapshots_of(is_root ? before : in_root, options.root);
    facts.volumes = volumes_of(is_root ? before : in_root, options.root);
  }
  return facts;
}

// Before anything is written for it: names that lead nowhere would each leave their locks behind.
void check_place_exists(const Receive& request, const Options& options) {
  const std::string parent = parent_of(request.dataset).value_or("");
  if (exists(options.zfs, request.dataset) || (!parent.empty() && exists(options.zfs, parent))) return;
  throw Refused("the place for " + visible(request.dataset) + ", the dataset above it, is not here");
}

ReceivedProperties properties_for(const Receive& request, const StreamHead& head, const RootBound& bound) {
  // They were given when it was begun.
  if (head.is_resuming()) {
    if (!request.properties.empty()) throw Refused("the rest of an interrupted stream takes no properties");
    return {};
  }
  ReceivedProperties properties = receive_properties(
      request.properties, kind_of(head), head.package ? property_names(*head.package) : std::set<std::string>());
  bound.set_in(properties);
  return properties;
}

// What the sender does not want it does not get under any name. By zfs's own -x a property that it has here would
// become another one.
PropertyRules property_rules(const Receive& request, const Options& options) {
  return {options.own_names, not_wanted_of(request.properties)};
}

void leave_out(const std::set<std::string>& not_wanted, StreamHead& head) {
  if (!head.package) return;
  for (PackedDataset& dataset : head.package->datasets)
    if (dataset.properties)
      std::erase_if(*dataset.properties, [&](const PackedProperty& each) { return not_wanted.count(each.name) != 0; });
}

constexpr char not_compared[] = "what was here before could not be compared with what is here now: ";
constexpr std::chrono::seconds longest_after_a_signal = std::chrono::minutes(5);

// What is left to do and to look at when zfs receive has ended, however it ended. Nothing of it throws. What it is
// given outlives it.
class Afterwards {
 public:
  Afterwards(const Receive& request, const StreamHead& head, const KeyPins& keys, Session& session, RootBound& bound,
             Locked locked, PresentTree before)
      : keys_(keys),
        dataset_(request.dataset),
        package_(head.package ? &*head.package : nullptr),
        tells_of_keys_(head.tells_of_keys()),
        session_(session),
        properties_(request, head, session.options),
        bound_(bound),
        locked_(std::move(locked)),
        before_(std::move(before)) {
    if (package_ != nullptr && before_.count(relative_name(dataset_, locked_.dataset).value_or("")) != 0)
      local_values_.emplace(session.options.zfs, dataset_, head.is_recursive(), forced_properties(kind_of(head)));
    // The rest of a first receive: zfs may give up what had come of it.
    const auto dataset = before_.find("");
    if (head.is_resuming() && dataset != before_.end() && dataset->second.snapshots.empty()) before_.erase(dataset);
  }

  // `well`: zfs has said so. `taken`: nothing was refused; then what has come is told where its keys are, as libzfs
  // does also where a stream breaks off. Not after a signal: this host may be going down, and the next push does it.
  void run(bool well, bool taken) {
    const bool ends = interrupt_signal() != 0;
    const InterruptsHeld held;  // what zfs did until then is looked at all the same
    try {
      PresentTree now = list_present(session_.options.zfs, locked_.dataset, locked_.scope,
                                     ends ? longest_after_a_signal : std::chrono::hours(1));
      std::set<std::string> moved;
      if (taken && tells_of_keys_ && correct_roots(now, moved))
        now = list_present(session_.options.zfs, locked_.dataset, locked_.scope);
      compare(now, moved);
    } catch (const std::bad_alloc&) {
      note(std::string(not_compared) + needs_more_memory);
      if (ends) return;
    } catch (const std::exception& error) {
      note(std::string(not_compared) + error.what());
      if (ends) return;
    }
    note(properties_.run(well));
    set_local_values_again();
    note(bound_.afterwards());
  }

 private:
  void set_local_values_again() {
    try {
      if (local_values_) note(local_values_->set_again());
    } catch (const std::exception& error) {
      note("whether what was set here is still so could not be learnt: " + std::string(error.what()));
    }
  }

  // Whether something has changed, or may have.
  bool correct_roots(const PresentTree& now, std::set<std::string>& moved) {
    try {
      moved = correct_encryption_roots(
          session_.options.zfs, *package_, dataset_, part_of(now, locked_.dataset, dataset_),
          [this](const std::string& relative, bool is_root) { return may_become(relative, is_root); }, session_.words);
      return !moved.empty();
    } catch (const RootsNotSet& error) {
      moved = error.intended();  // some of them may be
      note(error.what());
      return true;
    } catch (const std::exception& error) {
      note(error.what());
      return true;
    }
  }

  // What has come by this stream is what its sender says; what was there is what it came as.
  bool may_become(const std::string& relative, bool is_root) const {
    const std::string dataset = relative.empty() ? dataset_ : dataset_ + "/" + relative;
    const auto was = before_.find(relative_name(dataset, locked_.dataset).value_or(""));
    return was == before_.end() || was->second.snapshots.empty() || keys_.may_become(dataset, is_root);
  }

  void compare(const PresentTree& now, const std::set<std::string>& moved) {
    const std::vector<std::string> found = differences(before_, now, locked_.dataset, moved);
    if (found.empty()) return;
    constexpr std::size_t most_told = 5;
    std::string& alarm = session_.alarm;
    alarm = "what was here before this stream is not as it was: ";
    for (std::size_t i = 0; i < std::min(found.size(), most_told); ++i) alarm += (i == 0 ? "" : "; ") + found[i];
    if (found.size() > most_told) alarm += "; and " + std::to_string(found.size() - most_told) + " more";
    alarm += ". Unless you have changed it yourself just now, take this key out of authorized_keys and look at " +
             locked_.dataset;
  }

  void note(const std::string& what) {
    if (what.empty()) return;
    session_.note += (session_.note.empty() ? "" : "; ") + what;
  }

  const KeyPins& keys_;
  std::string dataset_;
  const Package* package_;
  bool tells_of_keys_;
  Session& session_;
  ForcedAfterwards properties_;
  std::optional<LocalValues> local_values_;
  RootBound& bound_;
  Locked locked_;
  PresentTree before_;
};

std::string some_of(const std::set<std::string>& datasets) {
  if (datasets.empty()) return "";
  return visible(*datasets.begin()) +
         (datasets.size() > 1 ? " and " + std::to_string(datasets.size() - 1) + " more" : "");
}

// The word for which the owner of this host has come has been used. Of a dataset whose tree comes one by one it is
// needed for what is below it, too, and ends by its age.
void forget_new_keys(const KeyPins& keys, const std::string& received, const std::string& state) {
  for (const std::string& each : keys.served())
    if (relative_name(each, received)) unlink(state_file_path(state, each, "newkey").c_str());
}

}  // namespace

int carry_out_receive(const Receive& request, Session& session) {
  const Options& options = session.options;
  check_state_folder(options.state);
  StreamLimits limits = {.most = options.max_stream};
  StreamHead head = read_head(PatientReader(STDIN_FILENO, limits.longest_wait));
  session.bytes = head.bytes;
  check_place_exists(request, options);
  const Locked locked = locked_part(request, head, options);
  DatasetLock lock(options.state, locked.dataset, locked.scope);
  Leftovers leftovers(options, locked.dataset, lock);
  PresentTree before = list_present(options.zfs, locked.dataset, locked.scope);
  check_rest(request, head, options);
  check_absent(request, head, options, locked, before);
  StreamFacts facts = look(request, head, options, locked, before);
  KeyPins keys(options.state,
               {[&](const std::string& dataset) { return present_key_fingerprint(options.zfs, dataset); },
                [&](const std::string& dataset) { return present_encryption_root(options.zfs, dataset); },
                [&](const std::string& dataset) { return absent(options.zfs, {dataset}).count(dataset) != 0; }},
               request.dataset);
  check_listed_roots(head, request.dataset, facts.present, keys);
  leave_out(not_wanted_of(request.properties), head);
  LeftOut left_out;
  const std::string our_head = head_for_zfs(head, facts.present, property_rules(request, options), left_out);
  // The listing is large where there are many snapshots: nobody keeps one that is not needed any more.
  std::optional<StreamScan> scan;
  scan.emplace(head, StreamRules(request.dataset, head, std::move(facts)),
               [&](const StreamPlace& place, std::string_view payload) {
                 if (!place.was_there) leftovers.may_key(place.dataset);
                 keys.admit(place.dataset, place.was_there,
                            {key_data_fingerprint(payload), place.is_encryption_root, key_data_wrapping(payload)},
                            place.origin, place.in_stream);
               });
  RootBound bound(request, kind_of(head), options);
  limits.on_bytes = [&](std::uint64_t bytes) { bound.watch(bytes); };
  const CommandLine command = receive_command(request.dataset, properties_for(request, head, bound));

  const bool is_all_of_it = head.is_recursive() || (locked.scope == LockScope::tree &&
                                                    part_of(before, locked.dataset, request.dataset).size() <= 1);
  Afterwards afterwards(request, head, keys, session, bound, locked, std::move(before));
  Pipe pipe = make_pipe(1024 * 1024);
  ZfsProcess zfs(options.zfs, command, pipe.read.get(), std::nullopt, session.words);
  pipe.read.reset();
  int status = exit_ok;
  try {
    pump_stream(STDIN_FILENO, std::move(pipe.write), our_head, *scan, limits, zfs, session.bytes);
    status = zfs.wait();
  } catch (...) {
    zfs.end();
    scan.reset();
    afterwards.run(false, false);
    throw;
  }
  scan.reset();
  afterwards.run(status == exit_ok, true);
  if (status == exit_ok) {
    leftovers.all_well();
    if (is_all_of_it) forget_new_keys(keys, request.dataset, options.state);
    session.left_out = left_out.text();
    session.new_keys = some_of(keys.taken_on_trust());
  }
  return status == exit_ok && !session.note.empty() ? exit_failed : status;
}

}  // namespace czb::receiver
