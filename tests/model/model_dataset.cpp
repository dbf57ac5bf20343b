// SPDX-License-Identifier: MIT
// The commands that make and change datasets.
#include <iterator>
#include <stdexcept>

#include "model/names.h"
#include "model/zfs_model.h"

namespace czb::model {
namespace {

struct Parsed {
  Words operands;
  Words properties;  // of -o
  std::set<std::string> flags;
};

// Options that take a value are `with_value`; the model needs only that of -o.
Parsed parse(const Words& argv, const std::string& with_value) {
  Parsed parsed;
  for (std::size_t i = 2; i < argv.size(); ++i) {
    const std::string& word = argv[i];
    if (word.size() < 2 || word.front() != '-') {
      parsed.operands.push_back(word);
    } else {
      parsed.flags.insert(word);
      if (with_value.find(word[1]) == std::string::npos) continue;
      if (++i == argv.size()) throw Failure{"missing argument for '" + word + "' option", 2};
      if (word == "-o") parsed.properties.push_back(argv[i]);
    }
  }
  return parsed;
}

std::pair<std::string, std::string> assignment(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) throw Failure{"missing '=' for property=value argument", 2};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

bool is_encryption(const std::string& property) {
  return property == "encryption" || property == "keyformat" || property == "keylocation" || property == "pbkdf2iters";
}

}  // namespace

void ZfsModel::check_writable(const std::string& name, const std::string& what) const {
  const auto pool = pools_.find(pool_of(name));
  if (pool != pools_.end() && pool->second.readonly) throw Failure{what + ": pool is read-only"};
}

void ZfsModel::create(const Words& argv) {
  const Parsed parsed = parse(argv, "oVb");
  const std::string& name = parsed.operands.at(0);
  const std::string what = "cannot create '" + name + "'";
  check_writable(name, what);
  if (find(name) != nullptr) {
    if (parsed.flags.count("-p") != 0) return;
    throw Failure{what + ": dataset already exists"};
  }
  const std::string parent = parent_of(name);
  if (find(parent) == nullptr) {
    if (parsed.flags.count("-p") == 0) throw Failure{what + ": parent does not exist"};
    create({"zfs", "create", "-p", parent});
  }
  const DatasetState above = open(parent);
  if (above.volume) throw Failure{what + ": parent is not a filesystem"};
  DatasetState made;
  made.volume = parsed.flags.count("-V") != 0;
  made.object = ++last_object_;
  made.guid = next_guid();
  made.createtxg = next_txg(name);
  made.content = ++last_content_;
  made.referenced = made.written = 64;
  if (above.encryption_root != 0) {
    made.encryption_root = above.encryption_root;
    made.master_key = next_guid();
  }
  for (const std::string& text : parsed.properties) {
    const auto [property, value] = assignment(text);
    if (property == "encryption" && value != "off") {
      made.encryption_root = made.object;
      made.master_key = next_guid();
    }
    if (!is_encryption(property)) made.properties[property].local = value;
  }
  datasets_[name] = std::move(made);
}

void ZfsModel::take_snapshots(const Words& argv) {
  const Parsed parsed = parse(argv, "o");
  const bool recursive = parsed.flags.count("-r") != 0;
  Words wanted;
  for (const std::string& word : parsed.operands) {
    const std::string root = dataset_part(word);
    if (find(root) == nullptr) throw Failure{"cannot open '" + root + "': dataset does not exist\nusage:\n", 2};
    for (const std::string& name : taken(root, recursive)) {
      const auto& partial = open(name).partial;
      const bool inconsistent = partial && partial->initial;
      if (inconsistent && !recursive)
        throw Failure{"cannot create snapshot '" + name + "@" + short_part(word) + "': dataset is busy"};
      if (!inconsistent) wanted.push_back(name + "@" + short_part(word));
    }
  }
  if (wanted.empty()) return;
  std::string errors;
  std::set<std::string> datasets;
  for (const std::string& word : wanted) {
    check_writable(word, "cannot create snapshots ");
    if (open(dataset_part(word)).snapshot(short_part(word)) != nullptr)
      errors += "cannot create snapshot '" + word + "': dataset already exists\n";
    if (!datasets.insert(dataset_part(word)).second)
      throw Failure{"cannot create snapshots : multiple snapshots of same fs not allowed\nno snapshots were created"};
    if (pool_of(word) != pool_of(wanted.front()))
      throw Failure{"cannot create snapshots : multiple snapshots of same fs not allowed"};
  }
  if (!errors.empty()) throw Failure{errors + "no snapshots were created"};
  const std::uint64_t txg = next_txg(wanted.front());
  for (const std::string& word : wanted) {
    DatasetState& dataset = open(dataset_part(word));
    SnapshotState snapshot;
    snapshot.name = short_part(word);
    snapshot.object = ++last_object_;
    snapshot.guid = next_guid();
    snapshot.createtxg = txg;
    snapshot.content = dataset.content;
    snapshot.referenced = dataset.referenced;
    snapshot.written = dataset.written;
    dataset.written = 0;
    dataset.snapshots.push_back(std::move(snapshot));
  }
}

void ZfsModel::clone(const Words& argv) {
  const Parsed parsed = parse(argv, "o");
  const std::string& from = parsed.operands.at(0);
  const std::string& name = parsed.operands.at(1);
  const DatasetState source = open(dataset_part(from));
  const SnapshotState* snapshot = source.snapshot(short_part(from));
  if (snapshot == nullptr) throw Failure{"cannot open '" + from + "': dataset does not exist"};
  const std::string what = "cannot create '" + name + "'";
  check_writable(name, what);
  if (pool_of(from) != pool_of(name)) throw Failure{what + ": source and target pools differ"};
  if (find(name) != nullptr) throw Failure{what + ": dataset already exists"};
  if (find(parent_of(name)) == nullptr) throw Failure{what + ": parent does not exist"};
  if (find(parent_of(name))->volume) throw Failure{what + ": parent is not a filesystem"};
  DatasetState made;
  made.volume = source.volume;
  made.object = ++last_object_;
  made.guid = next_guid();
  made.createtxg = next_txg(name);
  made.origin = snapshot->object;
  made.content = snapshot->content;
  made.referenced = snapshot->referenced;
  made.encryption_root = source.encryption_root;
  made.master_key = source.master_key;
  for (const std::string& text : parsed.properties)
    made.properties[assignment(text).first].local = assignment(text).second;
  datasets_[name] = std::move(made);
}

void ZfsModel::bookmark(const Words& argv) {
  if (argv.size() != 4) throw Failure{"missing bookmark argument", 2};
  const std::string& from = argv[2];
  const std::string name = argv[3].front() == '#' ? dataset_part(from) + argv[3] : argv[3];
  const DatasetState& source = open(dataset_part(from));
  const SnapshotState* snapshot = source.snapshot(short_part(from));
  if (snapshot == nullptr) throw Failure{"cannot open '" + from + "': dataset does not exist\nusage:\n", 2};
  const std::string what = "cannot create bookmark '" + name + "'";
  check_writable(name, what);
  if (dataset_part(name) != dataset_part(from))
    throw Failure{what + ": source is not an ancestor of the new bookmark's dataset"};
  if (!open(dataset_part(name))
           .bookmarks.emplace(short_part(name), BookmarkState{snapshot->guid, snapshot->createtxg})
           .second)
    throw Failure{what + ": bookmark exists"};
}

void ZfsModel::hold(const Words& argv, bool release) {
  const Parsed parsed = parse(argv, "");
  const std::string& tag = parsed.operands.at(0);
  const std::string& word = parsed.operands.at(1);
  const bool recursive = parsed.flags.count("-r") != 0;
  const std::string root = dataset_part(word);
  open(root);
  std::size_t found = 0;
  for (const std::string& name : taken(root, recursive))
    for (SnapshotState& snapshot : open(name).snapshots) {
      if (snapshot.name != short_part(word)) continue;
      ++found;
      const std::string full = name + "@" + snapshot.name;
      if (release && snapshot.holds.erase(tag) == 0)
        throw Failure{"cannot release hold from snapshot '" + full + "': no such tag on this dataset"};
      if (!release && !snapshot.holds.insert(tag).second)
        throw Failure{"cannot hold snapshot '" + full + "': tag already exists on this dataset"};
    }
  if (found == 0)
    throw Failure{(release ? "cannot release hold from snapshot '" : "cannot hold snapshot '") + word +
                  "': dataset does not exist"};
}

void ZfsModel::set(const Words& argv) {
  if (argv.size() < 4) throw Failure{"missing dataset name", 2};
  DatasetState& dataset = open(argv.back());
  for (std::size_t i = 2; i + 1 < argv.size(); ++i) {
    const auto [property, value] = assignment(argv[i]);
    check_writable(argv.back(), "cannot set property for '" + argv.back() + "'");
    dataset.properties[property].local = value;
  }
}

void ZfsModel::inherit(const Words& argv) {
  const Parsed parsed = parse(argv, "");
  Property& property = open(parsed.operands.at(1)).properties[parsed.operands.at(0)];
  property.local.reset();
  property.inherit = parsed.flags.count("-S") == 0 && property.received;
}

void ZfsModel::rename(const std::string& from, const std::string& to, bool recursive) {
  const std::string what = "cannot rename '" + from + "'";
  if (from == to) return;
  check_writable(from, what);
  const bool of_snapshot = from.find('@') != std::string::npos;
  if (of_snapshot) {
    DatasetState& dataset = open(dataset_part(from));
    const std::string name = to.find('@') == std::string::npos ? to : short_part(to);
    if (to.find('@') > 0 && to.find('@') != std::string::npos && dataset_part(to) != dataset_part(from))
      throw Failure{"cannot rename to '" + to + "': snapshots must be part of same dataset"};
    if (dataset.snapshot(short_part(from)) == nullptr)
      throw Failure{"cannot open '" + from + "': dataset does not exist"};
    const Words in = recursive ? tree_of(dataset_part(from)) : Words{dataset_part(from)};
    for (const std::string& each : in)
      if (open(each).snapshot(short_part(from)) != nullptr && open(each).snapshot(name) != nullptr)
        throw Failure{what + ": dataset already exists"};
    for (const std::string& each : in)
      for (SnapshotState& snapshot : open(each).snapshots)
        if (snapshot.name == short_part(from)) snapshot.name = name;
    return;
  }
  const DatasetState& moved = open(from);
  if (to.empty()) throw Failure{"cannot rename to '': empty component or misplaced '@' or '#' delimiter in name"};
  if (pool_of(from) != pool_of(to)) throw Failure{"cannot rename to '" + to + "': datasets must be within same pool"};
  if (find(parent_of(to)) == nullptr) throw Failure{"cannot create '" + to + "': parent does not exist"};
  if (is_below(to, from))
    throw Failure{"cannot rename to '" + to + "': New dataset name cannot be a descendant of current dataset name"};
  const DatasetState& above = open(parent_of(to));
  if (above.volume) throw Failure{"cannot rename to '" + to + "': parent is not a filesystem"};
  if (find(to) != nullptr) throw Failure{what + ": dataset already exists"};
  if (moved.encryption_root != 0 && moved.encryption_root != moved.object &&
      moved.encryption_root != above.encryption_root)
    throw Failure{what + ": cannot move encrypted child outside of its encryption root"};
  for (const std::string& name : tree_of(from)) {
    auto node = datasets_.extract(name);
    node.key() = to + name.substr(from.size());
    datasets_.insert(std::move(node));
  }
  next_txg(to);
}

void ZfsModel::promote(const std::string& name) {
  DatasetState& promoted = open(name);
  const std::string what = "cannot promote '" + name + "'";
  check_writable(name, what);
  if (promoted.origin == 0) throw Failure{what + ": not a cloned filesystem"};
  const std::string from = by_object(promoted.origin).first;
  DatasetState& source = datasets_.at(from);
  std::size_t count = 0;
  while (source.snapshots[count].object != promoted.origin) ++count;
  ++count;
  for (std::size_t i = 0; i < count; ++i)
    if (promoted.snapshot(source.snapshots[i].name) != nullptr)
      throw Failure{what + ": conflicting snapshot '" + source.snapshots[i].name + "' from parent '" + origin(name) +
                    "'"};
  if (source.encryption_root != 0 && source.encryption_root == source.object) {
    // The clone becomes the root of what the origin was the root of.
    promoted.encryption_root = promoted.object;
    for (auto& [other, dataset] : datasets_)
      if (dataset.encryption_root == source.object) dataset.encryption_root = promoted.object;
  }
  const auto end = source.snapshots.begin() + static_cast<std::ptrdiff_t>(count);
  for (auto mark = source.bookmarks.begin(); mark != source.bookmarks.end();) {
    const auto moved = mark++;
    if (moved->second.createtxg <= std::prev(end)->createtxg)
      promoted.bookmarks.insert(source.bookmarks.extract(moved));
  }
  promoted.snapshots.insert(promoted.snapshots.begin(), source.snapshots.begin(), end);
  source.snapshots.erase(source.snapshots.begin(), end);
  const std::uint64_t shared = promoted.origin;
  promoted.origin = source.origin;
  source.origin = shared;
  next_txg(name);
}

void ZfsModel::rollback(const std::string& name) {
  DatasetState& dataset = open(dataset_part(name));
  const SnapshotState* snapshot = dataset.snapshot(short_part(name));
  if (snapshot == nullptr) throw Failure{"cannot open '" + name + "': dataset does not exist"};
  check_writable(name, "cannot rollback '" + dataset_part(name) + "'");
  std::string newer;
  for (const SnapshotState& other : dataset.snapshots)
    if (other.createtxg > snapshot->createtxg) newer += "\n" + dataset_part(name) + "@" + other.name;
  for (const auto& [mark, state] : dataset.bookmarks)
    if (state.createtxg > snapshot->createtxg) newer += "\n" + dataset_part(name) + "#" + mark;
  if (!newer.empty())
    throw Failure{"cannot rollback to '" + name +
                  "': more recent snapshots or bookmarks exist\nuse '-r' to force "
                  "deletion of the following snapshots and bookmarks:" +
                  newer};
  dataset.content = snapshot->content;
  dataset.referenced = snapshot->referenced;
  dataset.written = 0;
  next_txg(name);
}

void ZfsModel::abort_receive(const std::string& name) {
  if (find(name) == nullptr) throw Failure{"cannot open '" + name + "': dataset does not exist\nusage:\n", 2};
  DatasetState& dataset = open(name);
  if (!dataset.partial) throw Failure{"'" + name + "' does not have any resumable receive state to abort"};
  check_writable(name, "cannot destroy '" + name + "/%recv'");
  if (dataset.partial->active)
    throw Failure{"cannot destroy '" + name + (dataset.partial->initial ? "" : "/%recv") + "': dataset is busy"};
  if (dataset.partial->initial && !children_of(name).empty())
    throw Failure{"cannot destroy '" + name + "': filesystem has children"};
  if (dataset.partial->initial)
    datasets_.erase(name);
  else
    dataset.partial.reset();
}

ModelResult ZfsModel::program(const Words& argv, const std::string& input) {
  std::size_t first = 2;
  for (; first < argv.size() && argv[first].size() > 1 && argv[first].front() == '-'; ++first) {
    if (argv[first] == "--") {
      ++first;
      break;
    }
    if (argv[first] != "-j") throw Failure{"invalid option '" + argv[first] + "' (to the model)", 2};
  }
  const Words words(argv.begin() + static_cast<std::ptrdiff_t>(first), argv.end());
  if (words.size() < 2) throw Failure{"missing argument", 2};
  if (pools_.count(words[0]) == 0 || pools_.at(words[0]).missing)
    throw Failure{"cannot open '" + words[0] + "': no such pool\ncannot open pool '" + words[0] + "'"};
  if (pools_.at(words[0]).readonly) throw Failure{"Channel program execution failed: pool is read-only"};
  return program_(*this, words, input);
}

ModelResult ZfsModel::record(ZfsModel& model, const Words& words, const std::string&) {
  if (words.size() < 7 || words.size() % 2 == 0)
    throw Failure{"Channel program execution failed:\nthe model does not know this program"};
  const std::string& root = words[2];
  if (model.find(root) == nullptr || pool_of(root) != words[0])
    throw Failure{"Channel program execution failed:\n[string \"channel program\"]:28: cannot set " + words[3] + ": " +
                  (pool_of(root) == words[0] ? "2" : "18")};
  model.set({"zfs", "set", words[3] + "=" + words[4], root});
  std::size_t made = 0;
  std::size_t there = 0;
  for (const std::string& name : model.tree_of(root)) {
    DatasetState& dataset = model.open(name);
    const SnapshotState* snapshot = dataset.snapshot(words[5]);
    if (snapshot == nullptr) continue;
    const BookmarkState state{snapshot->guid, snapshot->createtxg};
    ++(dataset.bookmarks.emplace(words[6] + words[5], state).second ? made : there);
  }
  for (std::size_t i = 7; i + 1 < words.size(); i += 2) {
    DatasetState& dataset = model.open(words[i]);
    if (const SnapshotState* snapshot = dataset.snapshot(words[i + 1]))
      dataset.bookmarks.emplace(words[6] + words[i + 1], BookmarkState{snapshot->guid, snapshot->createtxg});
  }
  return {0,
          "{\"return\":{\"there\":" + std::to_string(there) + ",\"made\":" + std::to_string(made) + ",\"failed\":{}}}",
          ""};
}

}  // namespace czb::model
