// SPDX-License-Identifier: MIT
#include "model/receiver.h"

#include <cerrno>
#include <stdexcept>

#include "model/names.h"
#include "model/native_properties.h"

namespace czb::model {
const FilesystemEntry* entry_with(const std::vector<FilesystemEntry>& list, std::uint64_t snapshot_guid) {
  for (const FilesystemEntry& entry : list)
    for (const auto& [name, guid] : entry.snapshots)
      if (guid == snapshot_guid) return &entry;
  return nullptr;
}

Receiver::Receiver(ZfsModel& model, const Words& argv) : model_(model) {
  const std::lock_guard lock(model_.mutex_);
  for (std::size_t i = 2; i < argv.size(); ++i) {
    const std::string& word = argv[i];
    if (word.empty() || word.front() != '-') {
      target_ = word;
      continue;
    }
    for (std::size_t c = 1; c < word.size(); ++c) {
      resumable_ |= word[c] == 's';
      if ((word[c] == 'o' || word[c] == 'x') && i + 1 < argv.size()) {
        const std::string& value = argv[++i];
        const std::size_t equals = value.find('=');
        if (word[c] == 'x')
          properties_[value] = std::nullopt;
        else
          properties_[value.substr(0, equals)] = equals == std::string::npos ? "" : value.substr(equals + 1);
        break;
      }
      if (std::string_view("suvh").find(word[c]) == std::string_view::npos) {
        fail("invalid option '" + word + "' (to the model)");
        result_.status = 2;
        return;
      }
    }
  }
  if (target_.empty() || has(target_, "@")) {
    fail("missing snapshot argument, or one with '@' (to the model)");
    result_.status = 2;
  }
}

Receiver::~Receiver() { kill(); }

bool Receiver::feed(std::string_view bytes) {
  const std::lock_guard lock(model_.mutex_);
  try {
    while (wants_ != Wants::nothing) {
      if (wants_ == Wants::payload) {
        take_payload(bytes);
        if (wants_ == Wants::payload) return true;
        continue;
      }
      const std::size_t newline = bytes.find('\n');
      buffer_.append(bytes.substr(0, newline));
      if (newline == std::string_view::npos) return true;
      bytes.remove_prefix(newline + 1);
      const std::string line = std::move(buffer_);
      buffer_.clear();
      take_line(line);
    }
  } catch (const Failure& failure) {
    fail(failure.text);
  } catch (const std::runtime_error&) {
    fail("cannot receive: invalid backup stream");
  }
  return false;
}

void Receiver::take_line(const std::string& line) {
  started_ = true;
  if (wants_ == Wants::end) {
    if (line + "\n" != snapshot_end) throw std::runtime_error("no end");
    if (!skipping_) complete_snapshot();
    skipping_ = false;
    if (wants_ == Wants::nothing) return;
    wants_ = Wants::record;
    if (!package_) end();
  } else if (is_package(line) && !package_) {
    begin_package(package_of(line));
  } else if (is_snapshot(line)) {
    begin_snapshot(snapshot_of(line));
  } else if (line + "\n" == package_end && package_) {
    end();
  } else {
    throw std::runtime_error("an unknown record");
  }
}

void Receiver::begin_package(PackageHead head) {
  package_ = std::move(head);
  if (package_->recursive && !package_->fromsnap.empty())
    soft_error_ = Replication(model_, *package_, target_, result_.err).follow_changes();
}

// Where the snapshot goes; what it is called at the source below the root that was sent is called the same here.
std::string Receiver::destination_of(const std::string& what, const FilesystemEntry* entry, std::string& origin) {
  const std::string root = dataset_part(package_ ? package_->toname : head_.toname);
  const std::string below = dataset_part(head_.toname).substr(root.size());
  std::string name = target_ + below;
  const bool is_new = (head_.fromguid == 0 || head_.clone) && !head_.resuming;
  if (head_.clone && !head_.resuming) {
    origin = model_.by_guid(name, head_.fromguid);
    if (origin.empty())
      throw Failure{"cannot receive: local origin for clone " + name + "@" + short_part(head_.toname) +
                    " does not exist"};
  }
  // Not where it should be? Then near what it continues.
  if (is_new) {
    const std::string parent = parent_of(name);
    if (!parent.empty() && model_.find(parent) == nullptr) {
      const std::string near = entry == nullptr ? "" : model_.by_guid(parent, entry->parent_from);
      if (!near.empty()) name = dataset_part(near) + tail_of(name);
    }
  } else if (!below.empty() && model_.find(name) == nullptr) {
    const std::string near = model_.by_guid(name, head_.fromguid);
    if (!near.empty()) name = dataset_part(near);
  }

  const DatasetState* there = model_.find(name);
  if (there != nullptr) {
    if (is_new) throw Failure{what + ": destination '" + name + "' exists\nmust specify -F to overwrite it"};
    if (head_.raw && there->encryption_root == 0)
      throw Failure{what + ": cannot perform raw receive on top of existing unencrypted dataset"};
    return name;
  }
  if (!is_new || parent_of(name).empty()) throw Failure{what + ": destination '" + name + "' does not exist"};
  const DatasetState* parent = model_.find(parent_of(name));
  if (parent == nullptr)
    throw Failure{"cannot open '" + parent_of(name) + "': dataset does not exist\n" + what +
                  ": unable to restore to destination"};
  if (parent->volume) throw Failure{what + ": parent '" + parent_of(name) + "' is not a filesystem"};
  return name;
}

void Receiver::begin_snapshot(SnapshotHead head) {
  head_ = std::move(head);
  left_ = head_.size - head_.offset;
  const FilesystemEntry* entry = package_ ? entry_with(package_->filesystems, head_.toguid) : nullptr;
  const bool is_new = (head_.fromguid == 0 || head_.clone) && !head_.resuming;
  const std::string what = is_new           ? "cannot receive new filesystem stream"
                           : head_.resuming ? "cannot receive resume stream"
                                            : "cannot receive incremental stream";
  std::string origin;
  const std::string name = destination_of(what, entry, origin);
  if (top_.empty()) top_ = name;
  for (const auto& [property, value] : properties_) {
    if (applies(property, head_.volume)) continue;
    if (!value)
      result_.err += "Warning: " + name + ": property '" + property + "' does not apply to datasets of this type\n";
    else if (!package_ || !package_->recursive)
      throw Failure{what + ": property '" + property + "' does not apply to datasets of this type"};
  }
  if (const auto asked = properties_.find("encryption"); asked != properties_.end()) {
    if (head_.raw)
      throw Failure{what + ": encryption property 'encryption' cannot be set or excluded for raw streams."};
    if (asked->second && !is_new)
      throw Failure{what + ": encryption property 'encryption' cannot be set for incremental streams."};
  }
  const int error = check(name, entry);
  if (error == EEXIST) {
    for (const SnapshotState& snapshot : model_.open(name).snapshots) skipping_ |= snapshot.guid == head_.toguid;
  }
  wants_ = left_ > 0 ? Wants::payload : Wants::end;
  if (skipping_) return;
  if (error != 0) throw Failure{reason(error, what, name)};
  if (is_new)
    begin_new(name, origin, entry);
  else
    begin_into(name);
  name_ = name;
  properties_before_ = model_.open(name).properties;
  apply_properties(name, entry, is_new);
}

// What the kernel checks; an errno.
int Receiver::check(const std::string& name, const FilesystemEntry* entry) const {
  if (model_.pools_.at(pool_of(name)).readonly) return EROFS;
  const DatasetState* there = model_.find(name);
  if (there == nullptr) return head_.embedded && will_be_encrypted(name, entry) ? EINVAL : 0;
  if (head_.resuming) {
    if (!there->partial || !there->partial->resumable || there->partial->toguid != head_.toguid ||
        there->partial->fromguid != head_.fromguid || there->partial->offset != head_.offset)
      return EINVAL;
    return there->partial->active ? EBUSY : 0;
  }
  if (there->partial) return EBUSY;
  if (there->snapshot(short_part(head_.toname)) != nullptr) return EEXIST;
  if (head_.embedded && there->encryption_root != 0) return EINVAL;
  const SnapshotState* base = nullptr;
  for (const SnapshotState& snapshot : there->snapshots)
    if (snapshot.guid == head_.fromguid) base = &snapshot;
  if (base == nullptr) return ENODEV;
  if (there->content != base->content || (head_.raw && there->newest() != base)) return ETXTBSY;
  if (head_.raw && there->master_key != head_.master_key) return EACCES;
  return 0;
}

// With its parent's key: what comes in clear says so with its properties, unless that one is left out (-x).
bool Receiver::will_be_encrypted(const std::string& name, const FilesystemEntry* entry) const {
  if (head_.raw || head_.clone || model_.open(parent_of(name)).encryption_root == 0) return false;
  const auto asked = properties_.find("encryption");
  if (asked != properties_.end()) return !asked->second;
  return entry == nullptr || !entry->has_properties;
}

std::string Receiver::reason(int error, const std::string& what, const std::string& name) const {
  const DatasetState* there = model_.find(name);
  switch (error) {
    case ENODEV:
      return what + ": most recent snapshot of " + name + " does not\nmatch incremental source";
    case ETXTBSY:
      return what + ": destination " + name + " has been modified\nsince most recent snapshot";
    case EACCES:
      return what + ": encryption key does not match existing key";
    case EEXIST:
      return "cannot restore to " + name + "@" + short_part(head_.toname) + ": destination already exists";
    case EINVAL:
      return what + ": " +
             (resumable_ ? "kernel modules must be upgraded to receive this stream." : "invalid backup stream");
    case EROFS:
      return what + ": pool is read-only";
    case ENOSPC:
      return what + ": out of space";
    case EBUSY:
      if (there != nullptr && there->partial && there->partial->resumable)
        return what + ": destination " + name + " contains partially-complete state from \"zfs receive -s\".";
      return what + ": dataset is busy";
    default:
      return what + ": dataset does not exist";
  }
}

void Receiver::begin_new(const std::string& name, const std::string& origin, const FilesystemEntry* entry) {
  const DatasetState parent = model_.open(parent_of(name));
  DatasetState made;
  made.volume = head_.volume;
  made.object = ++model_.last_object_;
  made.guid = model_.next_guid();
  made.createtxg = model_.next_txg(name);
  made.content = ++model_.last_content_;
  if (!origin.empty()) {
    const DatasetState& source = model_.open(dataset_part(origin));
    const SnapshotState* snapshot = source.snapshot(short_part(origin));
    made.origin = snapshot->object;
    made.content = snapshot->content;
    made.referenced = snapshot->referenced;
    made.encryption_root = source.encryption_root;
    made.master_key = source.master_key;
  } else if (head_.raw) {
    made.encryption_root = made.object;  // until its place in the hierarchy is known
    made.master_key = head_.master_key;
  } else if (will_be_encrypted(name, entry)) {
    made.encryption_root = parent.encryption_root;
    made.master_key = model_.next_guid();
  }
  made.partial =
      PartialState{head_.toname, head_.toguid, head_.fromguid, made.origin, 0, true, resumable_, head_.raw, true};
  object_ = made.object;
  model_.datasets_[name] = std::move(made);
}

void Receiver::begin_into(const std::string& name) {
  DatasetState& there = model_.open(name);
  object_ = there.object;
  if (!head_.resuming)
    there.partial = PartialState{
        head_.toname, head_.toguid, head_.fromguid, there.newest()->object, 0, false, resumable_, head_.raw, true};
  there.partial->active = true;
}

void Receiver::apply_properties(const std::string& name, const FilesystemEntry* entry, bool is_new) {
  std::map<std::string, Property>& properties = model_.open(name).properties;
  if (entry != nullptr && entry->has_properties) {
    // What is not inherited cannot be hidden: with -x it is taken out of the package's list, where no other value than
    // a received one seems to be there.
    for (const auto& [property, value] : properties_) {
      if (value || is_inherited(property) || properties[property].local) continue;
      if (is_new || !is_limit_of_space(property) || properties[property].received)
        taken_out_.emplace(entry->guid, property);
    }
    for (auto& [property, state] : properties) state.received.reset();
    for (const auto& [property, value] : entry->properties) {
      if (taken_out_.count({entry->guid, property}) != 0) continue;
      properties[property].received = value;
      properties[property].inherit = false;
    }
  }
  for (const auto& [property, value] : properties_) {
    if (!applies(property, head_.volume) || property == "encryption") continue;
    Property& state = properties[property];
    if (value && name == top_)
      state.local = value;
    else if (is_inherited(property) && !state.local)  // hidden, so that the parent's is seen
      state.inherit = true;
  }
}

void Receiver::take_payload(std::string_view& bytes) {
  std::uint64_t count = std::min<std::uint64_t>(left_, bytes.size());
  if (!skipping_) {
    DatasetState* there = dataset();
    if (there == nullptr) return fail("cannot receive: dataset does not exist");
    std::optional<std::uint64_t>& free = model_.pools_.at(pool_of(target_)).free;
    if (free && *free < count) {
      there->partial->offset += *free;
      free = 0;
      return fail(reason(
          ENOSPC, head_.fromguid == 0 ? "cannot receive new filesystem stream" : "cannot receive incremental stream",
          target_));
    }
    if (free) *free -= count;
    there->partial->offset += count;
  }
  bytes.remove_prefix(count);
  left_ -= count;
  if (left_ == 0) wants_ = Wants::end;
}

DatasetState* Receiver::dataset() {
  for (auto& [name, dataset] : model_.datasets_)
    if (dataset.object == object_ && dataset.partial) return &dataset;
  return nullptr;
}

void Receiver::complete_snapshot() {
  DatasetState* there = dataset();
  if (there == nullptr) return fail("cannot receive: dataset does not exist");
  if (model_.dataset_by_object(object_) != name_) {
    // Somebody renamed it: what was received is lost, and the state too.
    there->partial->resumable = false;
    return fail("cannot open '" + name_ + "': dataset does not exist\ncannot receive " +
                (head_.fromguid == 0 ? "new filesystem" : "incremental") + " stream: dataset does not exist");
  }
  const std::uint64_t before = there->newest() == nullptr ? 0 : there->newest()->referenced;
  SnapshotState snapshot;
  snapshot.name = short_part(head_.toname);
  snapshot.object = ++model_.last_object_;
  snapshot.guid = head_.toguid;
  snapshot.createtxg = model_.next_txg(target_);
  snapshot.content = head_.content;
  snapshot.referenced = head_.referenced;
  snapshot.written = head_.referenced > before ? head_.referenced - before : 0;
  there->content = head_.content;
  there->referenced = head_.referenced;
  there->written = 0;
  there->snapshots.push_back(std::move(snapshot));
  there->partial.reset();
  object_ = 0;
}

void Receiver::leave_partial() {
  DatasetState* there = object_ == 0 ? nullptr : dataset();
  object_ = 0;
  if (there == nullptr) return;
  there->partial->active = false;
  if (!there->partial->initial) there->properties = properties_before_;
  if (there->partial->resumable) return;
  if (!there->partial->initial)
    there->partial.reset();
  else
    model_.datasets_.erase(model_.dataset_by_object(there->object));
}

void Receiver::fail(const std::string& text) {
  result_.status = 1;
  result_.err += text + "\n";
  leave_partial();
  end();
}

void Receiver::end() {
  wants_ = Wants::nothing;
  if (!package_) return;
  const PackageHead package = std::move(*package_);
  package_.reset();
  Replication replication(model_, package, target_, result_.err);
  if (package.recursive && !package.fromsnap.empty()) soft_error_ = replication.follow_changes();
  if (package.has_list && package.raw && !soft_error_ && !top_.empty())
    soft_error_ = replication.fix_encryption_roots(top_);
  if (soft_error_ && result_.status == 0) result_.status = 1;
}

ModelResult Receiver::finish() {
  const std::lock_guard lock(model_.mutex_);
  if (wants_ == Wants::nothing) return result_;
  if (wants_ == Wants::record) {
    fail("cannot receive: failed to read from stream");
    return result_;
  }
  if (skipping_) {
    fail("cannot receive: failed to read from stream");
    return result_;
  }
  const bool is_new = (head_.fromguid == 0 || head_.clone) && !head_.resuming;
  std::string text = std::string("cannot receive ") +
                     (is_new           ? "new filesystem"
                      : head_.resuming ? "resume"
                                       : "incremental") +
                     " stream: ";
  DatasetState* there = dataset();
  if (resumable_ && there != nullptr) {
    const PartialState& partial = *there->partial;
    text +=
        "checksum mismatch or incomplete stream.\nPartially received snapshot is saved.\nA resuming stream can be "
        "generated on the sending system by running:\n    zfs send -t " +
        to_text({partial.toname, partial.toguid, partial.fromguid, partial.offset, partial.raw});
  } else {
    text += "incomplete stream";
  }
  fail(text);
  return result_;
}

ModelResult Receiver::kill() {
  const std::lock_guard lock(model_.mutex_);
  if (wants_ != Wants::nothing) {
    leave_partial();
    package_.reset();
    wants_ = Wants::nothing;
    result_.status = 1;
  }
  return result_;
}

}  // namespace czb::model
