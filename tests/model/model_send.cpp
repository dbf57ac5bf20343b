// SPDX-License-Identifier: MIT
// `zfs send`: trees and several snapshots (send_all, libzfs's zfs_send), one snapshot (send_one), the rest of one
// (send_resumed).
#include "model/model_send.h"

#include <algorithm>
#include <iomanip>
#include <set>
#include <sstream>
#include <stdexcept>

#include "model/names.h"

namespace czb::model {
namespace {

constexpr std::uint64_t overhead = 40;  // of a snapshot in which nothing was written

std::string hex(std::uint64_t number) {
  std::ostringstream text;
  text << "0x" << std::hex << number;
  return text.str();
}

void say_size(const std::string& to, const std::string& from, std::uint64_t size, bool parsable, std::string& said) {
  if (parsable) {
    said += from.empty() ? "full\t" + to : "incremental\t" + from + "\t" + to;
    said += "\t" + std::to_string(size) + "\n";
  } else {
    const bool short_from = !has(from, "@") && !has(from, "#");
    said +=
        from.empty() ? "full send of " + to : std::string("send from ") + (short_from ? "@" : "") + from + " to " + to;
    said += " estimated size is " + std::to_string(size) + "B\n";
  }
}

void say_total(std::uint64_t size, bool parsable, std::string& said) {
  said += parsable ? "size\t" + std::to_string(size) + "\n" : "total estimated size is " + std::to_string(size) + "B\n";
}

const FilesystemEntry* entry_with(const std::vector<FilesystemEntry>& list, std::uint64_t guid) {
  for (const FilesystemEntry& entry : list)
    for (const auto& [name, own] : entry.snapshots)
      if (own == guid) return &entry;
  return nullptr;
}

SnapshotHead head_of(const std::string& name, const DatasetState& dataset, const SnapshotState& to, bool raw,
                     bool embedded) {
  SnapshotHead head;
  head.toname = name + "@" + to.name;
  head.toguid = to.guid;
  head.raw = raw && dataset.encryption_root != 0;
  head.embedded = embedded && dataset.encryption_root == 0;
  head.volume = dataset.volume;
  head.master_key = head.raw ? dataset.master_key : 0;
  head.content = to.content;
  head.referenced = to.referenced;
  head.size = to.referenced + overhead;
  return head;
}

std::string stream_of(const SnapshotHead& head) {
  std::string text = to_line(head);
  for (std::uint64_t at = head.offset; at < head.size; ++at) text += static_cast<char>('a' + (head.toguid + at) % 26);
  return text.append(snapshot_end);
}

}  // namespace

SendResult ZfsModel::send(const Words& argv) {
  SendResult sent = begin_send(argv);
  end_send(sent);
  return sent;
}

void ZfsModel::end_send(const SendResult& sent) {
  const std::lock_guard lock(mutex_);
  if (sent.hold.empty()) return;
  for (auto& [name, dataset] : datasets_)
    for (SnapshotState& snapshot : dataset.snapshots) snapshot.holds.erase(sent.hold);
}

SendResult ZfsModel::begin_send(const Words& argv) {
  const std::lock_guard lock(mutex_);
  SendResult sent;
  try {
    Options options;
    for (std::size_t i = 2; i < argv.size(); ++i) {
      const std::string& word = argv[i];
      if (word.empty() || word.front() != '-') {
        options.dataset = dataset_part(word);
        options.to = short_part(word);
        continue;
      }
      for (std::size_t c = 1; c < word.size(); ++c) {
        const char letter = word[c];
        options.replicate |= letter == 'R';
        options.all |= letter == 'I';
        options.skip_missing |= letter == 's';
        options.properties |= letter == 'p';
        options.raw |= letter == 'w';
        options.embedded |= letter == 'w' || letter == 'e';
        options.dry_run |= letter == 'n';
        options.verbose |= letter == 'v' || letter == 'P';
        options.parsable |= letter == 'P';
        if (std::string_view("RIspwnvPLceit").find(letter) == std::string_view::npos)
          throw Failure{"invalid option '" + word + "' (to the model)", 2};
        if (letter != 'I' && letter != 'i' && letter != 't') continue;
        if (++i == argv.size()) throw Failure{"missing argument for '" + word + "' option", 2};
        (letter == 't' ? options.token : options.from) = argv[i];
        break;
      }
    }
    if (!options.token.empty()) {
      if (!options.from.empty() || options.replicate || options.properties || options.all)
        throw Failure{"invalid flags combined with -t", 2};
      send_resumed(options, sent);
    } else if (options.replicate || options.all) {
      send_all(options, sent);
    } else if (options.skip_missing) {
      throw Failure{"skip-missing flag can only be used in conjunction with replicate", 2};
    } else {
      send_one(options, sent);
    }
  } catch (const Failure& failure) {
    sent.status = failure.status;
    sent.err += failure.text + "\n";
  } catch (const std::exception& error) {
    sent.status = 2;
    sent.err += std::string("model: ") + error.what() + "\n";
  }
  return sent;
}

void ZfsModel::send_all(const Options& asked, SendResult& sent) {
  Options options = asked;
  if (has(options.from, "#")) throw Failure{"Error: multiple snapshots cannot be sent from a bookmark."};
  if (options.to.empty()) throw Failure{"Error: Unsupported flag with filesystem or bookmark."};
  const DatasetState& root = open(options.dataset);
  if (root.origin != 0 && options.from == origin(options.dataset)) {
    options.from.clear();
    options.from_origin = true;
  } else if (!options.from.empty()) {
    if (!dataset_part(options.from).empty() && has(options.from, "@") && dataset_part(options.from) != options.dataset)
      throw Failure{"incremental source must be in same filesystem", 2};
    if (has(options.from, "@")) options.from = short_part(options.from);
  }
  if (options.replicate && options.from.empty()) options.all = true;
  for (const std::string& name : {options.from, options.to})
    if (!name.empty() && root.snapshot(name) == nullptr)
      throw Failure{"cannot open '" + options.dataset + "@" + name + "': dataset does not exist"};

  PackageHead head;
  head.toname = options.dataset + "@" + options.to;
  if (options.replicate || options.properties) {
    head.fromsnap = options.from;
    head.has_list = true;
    head.recursive = options.replicate;
    head.raw = options.raw;
    Gathering wanted{options.dataset, options.from,         options.to,         options.replicate, options.replicate,
                     options.all,     options.skip_missing, options.properties, options.raw,       options.verbose};
    try {
      head.filesystems = gather(wanted, sent.err);
    } catch (const Failure& failure) {
      throw Failure{failure.text + "\nwarning: cannot send '" + head.toname + "': backup failed"};
    }
  }
  std::vector<FilesystemEntry> found = head.filesystems;
  if (!options.replicate) {
    found.assign(1, {});
    found.front().name = options.dataset;
  }
  sent.bytes = options.dry_run ? "" : to_line(head);
  std::uint64_t size = 0;
  std::string& said = options.dry_run ? sent.out : sent.err;
  send_datasets(options, found, true, sent, size);
  if (options.verbose) say_total(size, options.parsable, said);
  if (options.dry_run || sent.status != 0) return;
  send_datasets(options, found, false, sent, size);
  sent.bytes += package_end;
  sent.hold = ".send-" + std::to_string(++last_hold_);
  const std::vector<StreamPart> parts = parts_of(sent.bytes);
  for (auto& [name, dataset] : datasets_)
    for (SnapshotState& snapshot : dataset.snapshots)
      if (std::any_of(parts.begin(), parts.end(), [&](const StreamPart& part) {
            return part.head.toname == name + "@" + snapshot.name ||
                   (part.head.fromguid == snapshot.guid && dataset_part(part.head.toname) == name);
          }))
        snapshot.holds.insert(sent.hold);
}

// Parents before their children, origins before their clones.
void ZfsModel::send_datasets(const Options& options, const std::vector<FilesystemEntry>& found, bool dry_run,
                             SendResult& sent, std::uint64_t& size) {
  std::set<const FilesystemEntry*> done;
  const auto waits_for = [&](std::uint64_t guid) {
    const FilesystemEntry* other = guid == 0 ? nullptr : entry_with(found, guid);
    return other != nullptr && done.count(other) == 0;
  };
  bool ok = true;
  for (bool again = true; again;) {
    again = false;
    bool progress = false;
    for (const FilesystemEntry& entry : found) {
      if (done.count(&entry) != 0) continue;
      if (waits_for(entry.parent_from) || waits_for(entry.origin)) {
        again = true;
        continue;
      }
      ok &= send_dataset(entry.name, options, dry_run, sent, size);
      done.insert(&entry);
      progress = true;
    }
    if (again && !progress) throw std::logic_error("datasets wait for one another");
  }
  if (!ok && !dry_run) sent.status = 1;
}

bool ZfsModel::send_dataset(const std::string& name, const Options& options, bool dry_run, SendResult& sent,
                            std::uint64_t& size) {
  const DatasetState& dataset = open(name);
  const SnapshotState* to = dataset.snapshot(options.to);
  const SnapshotState* base = options.from.empty() ? nullptr : dataset.snapshot(options.from);
  // Without -R only the snapshots between the two are looked at.
  if (!options.replicate && base != nullptr && to != nullptr && base->createtxg > to->createtxg) base = nullptr;
  bool seen_from = options.from.empty() || (options.replicate && base == nullptr);
  bool seen_to = false;
  const SnapshotState* before = nullptr;
  std::uint64_t written = overhead;
  for (const SnapshotState& snapshot : dataset.snapshots) {
    if (!seen_from) {
      seen_from = base != nullptr && snapshot.object == base->object;
      if (seen_from) before = &snapshot;
      continue;
    }
    if (seen_to) break;
    seen_to = to != nullptr && snapshot.object == to->object;
    written += snapshot.written;
    const bool is_origin = options.replicate && !clones_of(snapshot.object).empty();
    if (!options.all && !seen_to && !is_origin) continue;
    SnapshotHead head = head_of(name, dataset, snapshot, options.raw, options.embedded);
    if (before != nullptr) {
      head.fromguid = before->guid;
      head.size = written;
    } else if ((options.replicate || options.from_origin) && dataset.origin != 0) {
      head.fromguid = by_object(dataset.origin).second->guid;
      head.clone = true;
      head.size = written;
    }
    size += dry_run ? head.size : 0;
    if (dry_run && options.verbose)
      say_size(head.toname, before == nullptr ? "" : before->name, head.size, options.parsable,
               options.dry_run ? sent.out : sent.err);
    if (!dry_run) sent.bytes += stream_of(head);
    before = &snapshot;
    written = overhead;
  }
  // As libzfs: what was found of the last dataset decides whether there is a stream at all.
  if (dry_run) sent.status = seen_to ? 0 : 1;
  if (seen_from && seen_to) return true;
  if (dry_run)
    sent.err += "WARNING: could not send " + name + "@" + options.to + ":\nincremental source (" + name + "@" +
                options.from + ") " + (seen_from ? "is not earlier than it\n" : "does not exist\n");
  return false;
}

void ZfsModel::send_one(const Options& options, SendResult& sent) {
  const std::string name = options.dataset + (options.to.empty() ? "" : "@" + options.to);
  const DatasetState& dataset = open(options.dataset);
  const SnapshotState* to = dataset.snapshot(options.to);
  if (to == nullptr) throw Failure{"cannot open '" + name + "': dataset does not exist"};
  SnapshotHead head = head_of(options.dataset, dataset, *to, options.raw, options.embedded);
  const std::string what = "warning: cannot send '" + name + "'";
  std::string from = options.from;
  if (!from.empty()) {
    if (!has(from, "@") && !has(from, "#")) from = "@" + from;
    if (from.front() == '@' || from.front() == '#') from = options.dataset + from;
    const DatasetState& source = open(dataset_part(from));
    std::uint64_t txg = 0;
    if (has(from, "#")) {
      const auto mark = source.bookmarks.find(short_part(from));
      if (mark == source.bookmarks.end()) throw Failure{what + ": No such process"};
      head.fromguid = mark->second.guid;
      txg = mark->second.createtxg;
    } else {
      const SnapshotState* snapshot = source.snapshot(short_part(from));
      if (snapshot == nullptr) throw Failure{"cannot open '" + from + "': dataset does not exist"};
      head.fromguid = snapshot->guid;
      txg = snapshot->createtxg;
      head.clone = &source != &dataset;
    }
    // An earlier one of the same dataset, or of its origin's, up to the origin.
    const DatasetState* at = &dataset;
    std::uint64_t limit = to->createtxg;
    while (at != &source && at->origin != 0) {
      const auto [above, snapshot] = by_object(at->origin);
      at = &open(above);
      limit = snapshot->createtxg + 1;
    }
    if (at != &source || txg >= limit) throw Failure{what + ": not an earlier snapshot from the same fs"};
    head.size = overhead;
    for (const SnapshotState& snapshot : dataset.snapshots)
      if (snapshot.createtxg > txg && snapshot.createtxg <= to->createtxg) head.size += snapshot.written;
  }
  PackageHead package;
  if (options.properties) {
    package.toname = name;
    package.has_list = true;
    package.raw = options.raw;
    Gathering wanted;
    wanted.root = options.dataset;
    wanted.to = options.to;
    wanted.properties = true;
    wanted.raw = options.raw;
    try {
      package.filesystems = gather(wanted, sent.err);
    } catch (const Failure& failure) {
      throw Failure{failure.text + "\n" + what + ": backup failed"};
    }
  }
  std::string& said = options.dry_run ? sent.out : sent.err;
  if (options.verbose) {
    say_size(name, from, head.size, options.parsable, said);
    say_total(head.size, options.parsable, said);
  }
  if (options.dry_run) return;
  if (options.properties) sent.bytes += to_line(package);
  sent.bytes += stream_of(head);
  if (options.properties) sent.bytes += package_end;
}

void ZfsModel::send_resumed(const Options& options, SendResult& sent) {
  ResumeToken token;
  try {
    token = token_of(options.token);
  } catch (const std::exception& error) {
    throw Failure{std::string("cannot resume send: ") + error.what(), 255};
  }
  std::string& said = options.dry_run ? sent.out : sent.err;
  if (options.verbose) {
    said += "resume token contents:\nnvlist version: 0\n";
    if (token.fromguid != 0) said += "\tfromguid = " + hex(token.fromguid) + "\n";
    said += "\tobject = 0x1\n\toffset = " + hex(token.offset) + "\n\tbytes = " + hex(token.offset) +
            "\n\ttoguid = " + hex(token.toguid) + "\n\ttoname = " + token.toname + "\n" +
            (token.raw ? "" : "\tembedok = 1\n") + "\tcompressok = 1\n" + (token.raw ? "\trawok = 1\n" : "");
  }
  const std::string name = by_guid(token.toname, token.toguid);
  if (name.empty()) {
    const DatasetState* dataset = find(dataset_part(token.toname));
    const bool other = dataset != nullptr && dataset->snapshot(short_part(token.toname)) != nullptr;
    throw Failure{"cannot resume send: '" + token.toname + "' " +
                      (other ? "is no longer the same snapshot used in the initial send"
                             : "used in the initial send no longer exists"),
                  255};
  }
  const DatasetState& dataset = open(dataset_part(name));
  const SnapshotState& to = *dataset.snapshot(short_part(name));
  SnapshotHead head = head_of(dataset_part(name), dataset, to, token.raw, !token.raw);
  std::string from;
  if (token.fromguid != 0) {
    from = by_guid(token.toname, token.fromguid, true);
    if (from.empty())
      throw Failure{"cannot resume send: incremental source " + hex(token.fromguid) + " no longer exists", 255};
    head.fromguid = token.fromguid;
    head.clone = dataset_part(from) != dataset_part(name);
    const DatasetState& source = open(dataset_part(from));
    const SnapshotState* base = source.snapshot(short_part(from));
    const std::uint64_t txg = base != nullptr ? base->createtxg : source.bookmarks.at(short_part(from)).createtxg;
    head.size = overhead;
    for (const SnapshotState& snapshot : dataset.snapshots)
      if (snapshot.createtxg > txg && snapshot.createtxg <= to.createtxg) head.size += snapshot.written;
  }
  head.resuming = true;
  head.offset = std::min(token.offset, head.size);
  if (options.verbose) {
    say_size(name, from, head.size - head.offset, options.parsable, said);
    say_total(head.size - head.offset, options.parsable, said);
  }
  if (!options.dry_run) sent.bytes = stream_of(head);
}

}  // namespace czb::model
