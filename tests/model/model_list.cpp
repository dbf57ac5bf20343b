// SPDX-License-Identifier: MIT
// What `zfs list` and `zfs get` print, with -H and -p.
#include <algorithm>
#include <stdexcept>

#include "model/names.h"
#include "model/stream.h"
#include "model/zfs_model.h"

namespace czb::model {
namespace {

Words split(const std::string& text, char at) {
  Words parts;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find(at, begin)) != std::string::npos; begin = end + 1)
    parts.push_back(text.substr(begin, end - begin));
  parts.push_back(text.substr(begin));
  return parts;
}

// What zfs shows where nobody has set anything.
std::string default_of(const std::string& property) {
  static const std::map<std::string, std::string> values = {
      {"readonly", "off"}, {"canmount", "on"}, {"atime", "on"}, {"compression", "off"}, {"mountpoint", "none"}};
  const auto found = values.find(property);
  return found == values.end() ? "-" : found->second;
}

}  // namespace

std::string ZfsModel::column(const std::string& name, const std::string& column) const {
  const DatasetState& dataset = open(dataset_part(name));
  const bool of_snapshot = has(name, "@");
  const bool of_bookmark = has(name, "#");
  const SnapshotState* snapshot = of_snapshot ? dataset.snapshot(short_part(name)) : nullptr;
  const BookmarkState* mark = of_bookmark ? &dataset.bookmarks.at(short_part(name)) : nullptr;
  const auto either = [&](std::uint64_t of_dataset, std::uint64_t of_the_snapshot) {
    return of_bookmark ? "-" : std::to_string(of_snapshot ? of_the_snapshot : of_dataset);
  };
  if (column == "name") return name;
  if (column == "type")
    return of_snapshot ? "snapshot" : of_bookmark ? "bookmark" : dataset.volume ? "volume" : "filesystem";
  if (column == "guid") return std::to_string(snapshot ? snapshot->guid : mark ? mark->guid : dataset.guid);
  if (column == "createtxg")
    return std::to_string(snapshot ? snapshot->createtxg : mark ? mark->createtxg : dataset.createtxg);
  if (column == "creation")
    return std::to_string(1'800'000'000 + (snapshot ? snapshot->createtxg
                                           : mark   ? mark->createtxg
                                                    : dataset.createtxg));
  if (column == "userrefs") return snapshot ? std::to_string(snapshot->holds.size()) : "-";
  if (column == "written") return either(dataset.written, snapshot ? snapshot->written : 0);
  if (column == "referenced") return either(dataset.referenced, snapshot ? snapshot->referenced : 0);
  if (column == "clones") {
    if (!snapshot) return "-";
    std::string clones;
    for (const std::string& clone : clones_of(snapshot->object)) clones += (clones.empty() ? "" : ",") + clone;
    return clones.empty() ? "-" : clones;
  }
  if (column == "receive_resume_token") {
    if (of_snapshot || of_bookmark || !dataset.partial || !dataset.partial->resumable) return "-";
    const PartialState& partial = *dataset.partial;
    return to_text({partial.toname, partial.toguid, partial.fromguid, partial.offset, partial.raw});
  }
  if (column == "encryptionroot")
    return dataset.encryption_root == 0 || of_bookmark ? "-" : dataset_by_object(dataset.encryption_root);
  if (column == "encryption") return of_bookmark ? "-" : dataset.encryption_root == 0 ? "off" : "aes-256-gcm";
  if (column == "origin") return of_snapshot || of_bookmark || dataset.origin == 0 ? "-" : origin(name);
  if (of_bookmark) return "-";
  return property(name, column).value_or(default_of(column));
}

// What exists is shown also where something else does not.
void ZfsModel::list(const Words& argv, ModelResult& result) const {
  bool recursive = false;
  Words types = {"filesystem", "volume"};
  Words columns = {"name"};
  Words roots;
  bool typed = false;
  for (std::size_t i = 2; i < argv.size(); ++i) {
    if (argv[i] == "-t" && i + 1 < argv.size()) {
      types = split(argv[++i], ',');
      typed = true;
    } else if (argv[i] == "-o" && i + 1 < argv.size()) {
      columns = split(argv[++i], ',');
    } else if (argv[i] == "-r") {
      recursive = true;
    } else if (argv[i] == "-s" && i + 1 < argv.size()) {
      ++i;
    } else if (argv[i].front() == '-') {
      if (argv[i].find_first_not_of("-Hpr") != std::string::npos)
        throw Failure{"invalid option '" + argv[i] + "' (to the model)", 2};
      recursive = recursive || has(argv[i], "r");
    } else {
      roots.push_back(argv[i]);
    }
  }
  const auto shown = [&](const std::string& type) { return contains(types, type) || contains(types, "all"); };
  std::string& text = result.out;
  const auto row = [&](const std::string& name) {
    for (std::size_t i = 0; i < columns.size(); ++i) text += (i == 0 ? "" : "\t") + column(name, columns[i]);
    text += "\n";
  };
  if (roots.empty()) {
    recursive = true;
    for (const auto& [name, state] : pools_)
      if (!state.missing) roots.push_back(name);
  }
  std::sort(roots.begin(), roots.end());
  for (const std::string& root : roots) {
    const DatasetState* found = find(dataset_part(root));
    const bool there = found != nullptr && (root == dataset_part(root) ||
                                            (has(root, "@") && found->snapshot(short_part(root)) != nullptr) ||
                                            (has(root, "#") && found->bookmarks.count(short_part(root)) != 0));
    if (!there) {
      result.err += "cannot open '" + root + "': dataset does not exist\n";
      result.status = 1;
      continue;
    }
    if (root != dataset_part(root)) {
      row(root);
      continue;
    }
    for (const std::string& name : taken(root, recursive)) {
      const DatasetState& dataset = open(name);
      if (shown(dataset.volume ? "volume" : "filesystem") || (!typed && name == root)) row(name);
      if (shown("snapshot"))
        for (const SnapshotState& snapshot : dataset.snapshots) row(name + "@" + snapshot.name);
      if (shown("bookmark"))
        for (const auto& [mark, state] : dataset.bookmarks) row(name + "#" + mark);
    }
  }
}

// Only `zfs get -H [-p] -o value PROPERTY NAME`, the same with `-o source`, and `zfs get -H -r … -s local,received -o
// property all NAME`.
std::string ZfsModel::get(const Words& argv) const {
  if (contains(argv, "local,received") && contains(argv, "property")) {
    open(argv.back());
    std::string lines;
    for (const std::string& name : tree_of(argv.back()))
      for (const auto& [property, value] : open(name).properties)
        if (value.local || value.received) lines += property + "\n";
    return lines;
  }
  if (contains(argv, "source")) {
    const auto& properties = open(dataset_part(argv.back())).properties;
    const auto found = properties.find(argv[argv.size() - 2]);
    return found == properties.end() ? "-\n" : found->second.local ? "local\n" : "received\n";
  }
  if (argv.size() < 6 || !contains(argv, "value")) throw Failure{"the model gets values only", 2};
  open(dataset_part(argv.back()));
  return column(argv.back(), argv[argv.size() - 2]) + "\n";
}

}  // namespace czb::model
