// SPDX-License-Identifier: MIT
#include "zfs/listing.h"

#include <algorithm>
#include <charconv>

#include "error.h"
#include "text/visible.h"
#include "zfs/names.h"
#include "zfs/user_properties.h"

namespace czb {
namespace {

constexpr std::size_t fixed_columns = 10;  // as in list_command

[[noreturn]] void refuse(std::string_view line, const std::string& why) {
  throw Error(ExitCode::failed, "zfs list printed a line that was not understood (" + why + "): '" + visible(line) +
                                    "'. Nothing was done with it; please report it.");
}

std::uint64_t number(std::string_view field, std::string_view line, const char* what) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size()) refuse(line, std::string(what) + " is not a number");
  return value;
}

// zfs prints "-" where a property does not apply or is not set.
std::string or_empty(std::string_view field) { return field == "-" ? std::string() : std::string(field); }

void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (;;) {
    std::size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return;
    line.remove_prefix(tab + 1);
  }
}

void check_part(std::string_view name, std::string_view line, const char* what) {
  if (auto wrong = snapshot_name_error(name)) refuse(line, std::string(what) + ": " + *wrong);
}

// "DATASET@SNAPSHOT" or "-".
std::string checked_origin(std::string_view field, std::string_view line) {
  std::string origin = or_empty(field);
  if (origin.empty()) return origin;
  const std::size_t at = origin.find('@');
  if (at == std::string::npos || dataset_name_error(std::string_view(origin).substr(0, at)) ||
      snapshot_name_error(std::string_view(origin).substr(at + 1)))
    refuse(line, "its origin is no snapshot");
  return origin;
}

std::string checked_encryption_root(std::string_view field, std::string_view line) {
  std::string root = or_empty(field);
  if (!root.empty() && dataset_name_error(root)) refuse(line, "its encryption root is no dataset");
  return root;
}

// Opaque text of ours that becomes a word of a command.
std::string checked_token(std::string_view field, std::string_view line) {
  constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
  std::string token = or_empty(field);
  if (token.find_first_not_of(letters) != std::string::npos || token.rfind('-', 0) == 0)
    refuse(line, "its resume token is none");
  return token;
}

Bookmark bookmark_of(const std::vector<std::string_view>& fields, std::string_view name, std::string_view line) {
  check_part(name, line, "a bookmark's name");
  Bookmark bookmark;
  bookmark.name = name;
  bookmark.guid = number(fields[2], line, "guid");
  bookmark.createtxg = number(fields[3], line, "createtxg");
  return bookmark;
}

std::string relative_to(std::string_view name, const std::string& root, std::string_view line) {
  if (name == root) return "";
  if (name.size() <= root.size() + 1 || name.substr(0, root.size()) != root || name[root.size()] != '/')
    refuse(line, "it is not below " + root);
  if (auto wrong = dataset_name_error(name)) refuse(line, "a dataset's name: " + *wrong);
  return std::string(name.substr(root.size() + 1));
}

Snapshot snapshot_of(const std::vector<std::string_view>& fields, std::string_view name, std::string_view line) {
  // In a `zfs destroy`, ',' and '%' would mean other snapshots; ZFS allows them in no name.
  check_part(name, line, "a snapshot's name");
  Snapshot snapshot;
  snapshot.name = name;
  snapshot.guid = number(fields[2], line, "guid");
  snapshot.createtxg = number(fields[3], line, "createtxg");
  snapshot.holds = fields[4] == "-" ? 0 : number(fields[4], line, "userrefs");
  snapshot.has_clones = fields[5] != "-" && !fields[5].empty();
  return snapshot;
}

Dataset dataset_of(const std::vector<std::string_view>& fields, const std::vector<std::string>& user_properties,
                   std::string_view line) {
  Dataset dataset;
  dataset.kind = fields[1] == "volume" ? DatasetKind::volume : DatasetKind::filesystem;
  dataset.guid = number(fields[2], line, "guid");
  dataset.createtxg = number(fields[3], line, "createtxg");
  dataset.resume_token = checked_token(fields[6], line);
  dataset.encryption_root = checked_encryption_root(fields[7], line);
  dataset.origin = checked_origin(fields[8], line);
  dataset.written = fields[9] == "-" ? 0 : number(fields[9], line, "written");
  for (std::size_t i = 0; i < user_properties.size(); ++i) {
    std::string value = or_empty(fields[fixed_columns + i]);
    if (!value.empty()) dataset.user_properties[user_properties[i]] = std::move(value);
  }
  return dataset;
}

}  // namespace

Inventory parse_listing(std::string_view output, const std::string& root,
                        const std::vector<std::string>& user_properties) {
  Inventory inventory;
  inventory.root = root;
  std::vector<std::pair<std::string, Snapshot>> early;  // listed before their dataset
  std::vector<std::pair<std::string, Bookmark>> bookmarks;
  std::vector<std::string_view> fields;
  Dataset* last = nullptr;  // snapshots follow their dataset, mostly
  std::string_view last_name;
  while (!output.empty()) {
    std::size_t end = output.find('\n');
    std::string_view line = output.substr(0, end);
    if (end == std::string_view::npos) refuse(line, "the last line is cut off");
    output.remove_prefix(end + 1);
    split(line, fields);
    if (fields.size() != fixed_columns + user_properties.size()) refuse(line, "wrong number of columns");
    std::string_view name = fields[0];
    std::size_t at = name.find('@');
    if (fields[1] == "snapshot") {
      if (at == std::string_view::npos || at + 1 == name.size()) refuse(line, "a snapshot without '@'");
      if (last == nullptr || name.substr(0, at) != last_name) {
        auto found = inventory.datasets.find(relative_to(name.substr(0, at), root, line));
        if (found == inventory.datasets.end()) {
          early.emplace_back(relative_to(name.substr(0, at), root, line),
                             snapshot_of(fields, name.substr(at + 1), line));
          continue;
        }
        last = &found->second;
        last_name = name.substr(0, at);
      }
      last->snapshots.push_back(snapshot_of(fields, name.substr(at + 1), line));
    } else if (fields[1] == "bookmark") {
      const std::size_t hash = name.find('#');
      if (hash == std::string_view::npos || hash + 1 == name.size()) refuse(line, "a bookmark without '#'");
      bookmarks.emplace_back(relative_to(name.substr(0, hash), root, line),
                             bookmark_of(fields, name.substr(hash + 1), line));
    } else if (fields[1] == "filesystem" || fields[1] == "volume") {
      if (at != std::string_view::npos) refuse(line, "a dataset with '@'");
      auto [where, is_new] =
          inventory.datasets.emplace(relative_to(name, root, line), dataset_of(fields, user_properties, line));
      if (!is_new) refuse(line, "listed twice");
      last = &where->second;
      last_name = name;
    } else {
      refuse(line, "unknown type");
    }
  }
  for (auto& [relative, snapshot] : early) {
    auto found = inventory.datasets.find(relative);
    if (found == inventory.datasets.end()) refuse(snapshot.name, "a snapshot of a dataset that is not listed");
    found->second.snapshots.push_back(std::move(snapshot));
  }
  for (auto& [relative, bookmark] : bookmarks) {
    auto found = inventory.datasets.find(relative);
    if (found == inventory.datasets.end()) refuse(bookmark.name, "a bookmark of a dataset that is not listed");
    found->second.bookmarks.push_back(std::move(bookmark));
  }
  for (auto& [relative, dataset] : inventory.datasets) {
    std::stable_sort(dataset.bookmarks.begin(), dataset.bookmarks.end(),
                     [](const Bookmark& a, const Bookmark& b) { return a.createtxg < b.createtxg; });
    std::vector<Snapshot>& snapshots = dataset.snapshots;
    std::stable_sort(snapshots.begin(), snapshots.end(),
                     [](const Snapshot& a, const Snapshot& b) { return a.createtxg < b.createtxg; });
    auto twice = std::adjacent_find(snapshots.begin(), snapshots.end(),
                                    [](const Snapshot& a, const Snapshot& b) { return a.name == b.name; });
    if (twice != snapshots.end()) refuse(inventory.full_name(relative) + "@" + twice->name, "listed twice");
  }
  if (inventory.exists() && inventory.find("") == nullptr) refuse(root, "the root is missing");
  return inventory;
}

std::vector<std::string> parse_names(std::string_view output) {
  std::vector<std::string> names;
  while (!output.empty()) {
    const std::size_t end = output.find('\n');
    if (end == std::string_view::npos) refuse(output, "the last line is cut off");
    if (auto wrong = dataset_name_error(output.substr(0, end))) refuse(output.substr(0, end), *wrong);
    names.emplace_back(output.substr(0, end));
    output.remove_prefix(end + 1);
  }
  return names;
}

std::set<std::string> user_properties_in(std::string_view output) {
  std::set<std::string> names;
  while (!output.empty()) {
    const std::string_view name = output.substr(0, output.find('\n'));
    if (is_user_property(name) && !property_name_error(name)) names.emplace(name);
    output.remove_prefix(std::min(output.size(), name.size() + 1));
  }
  return names;
}

std::optional<std::uint64_t> estimated_size(std::string_view send_stderr) {
  while (!send_stderr.empty()) {
    std::size_t end = send_stderr.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = send_stderr.substr(0, end);
    send_stderr.remove_prefix(end + 1);
    if (line.substr(0, 5) != "size\t") continue;
    std::uint64_t bytes = 0;
    auto [stop, error] = std::from_chars(line.data() + 5, line.data() + line.size(), bytes);
    if (error == std::errc() && stop == line.data() + line.size()) return bytes;
  }
  return std::nullopt;
}

}  // namespace czb
