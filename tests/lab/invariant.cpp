// SPDX-License-Identifier: MIT
#include "invariant.h"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <string_view>

#include "all_properties.h"
#include "lab.h"
#include "zfs/user_properties.h"

namespace czb::lab {
namespace {

bool is_dataset(const std::string& name) { return name.find_first_of("@#") == std::string::npos; }
std::string dataset_of(const std::string& name) { return name.substr(0, name.find_first_of("@#")); }
bool is_in(const std::string& name, const std::string& root) {
  const std::string dataset = dataset_of(name);
  return dataset == root || dataset.rfind(root + "/", 0) == 0;
}

// What goes up and down with what is beside it, and a snapshot's list of clones.
bool is_restless(const std::string& property) {
  static const std::set<std::string> names = {
      "available",   "clones",           "compressratio", "filesystem_count",     "logicalreferenced",
      "logicalused", "refcompressratio", "referenced",    "snapshot_count",       "snapshots_changed",
      "used",        "usedbychildren",   "usedbydataset", "usedbyrefreservation", "usedbysnapshots",
      "written"};
  return names.count(property) != 0;
}

// Of a dataset in the root, what no stream may change.
bool is_pinned(const std::string& property) {
  static const std::set<std::string> names = {"canmount",
                                              "casesensitivity",
                                              "context",
                                              "createtxg",
                                              "creation",
                                              "dedup",
                                              "devices",
                                              "encryption",
                                              "encryptionroot",
                                              "exec",
                                              "filesystem_limit",
                                              "guid",
                                              "keyformat",
                                              "keyguid",
                                              "keystatus",
                                              "mounted",
                                              "mountpoint",
                                              "normalization",
                                              "objsetid",
                                              "origin",
                                              "overlay",
                                              "pbkdf2iters",
                                              "quota",
                                              "readonly",
                                              "refquota",
                                              "refreservation",
                                              "reservation",
                                              "setuid",
                                              "sharenfs",
                                              "sharesmb",
                                              "snapdev",
                                              "snapshot_limit",
                                              "type",
                                              "utf8only",
                                              "volblocksize",
                                              "volmode",
                                              "zoned"};
  return names.count(property) != 0;
}

// property → value, for file systems; those of volumes are among them.
const std::map<std::string, std::string>& forced() {
  static const std::map<std::string, std::string> values = {
      {"devices", "off"},  {"exec", "off"},     {"mountpoint", "none"}, {"readonly", "on"}, {"setuid", "off"},
      {"sharenfs", "off"}, {"sharesmb", "off"}, {"snapdev", "hidden"},  {"volmode", "none"}};
  return values;
}

// Local where the receiver sets them, or where zfs does on what it makes.
bool may_be_local(const std::string& property) {
  return forced().count(property) != 0 || property == "canmount" || property == "volsize" ||
         property == "keylocation" || property == "encryption" ||         // of a clone
         property == "filesystem_count" || property == "snapshot_count";  // ZFS counts once a limit was set in the pool
}

using Properties = std::map<std::string, StatedProperty>;

std::string value_of(const Properties& properties, const std::string& name) {
  const auto found = properties.find(name);
  return found == properties.end() ? "-" : found->second.value;
}

std::string text_of(const StatedProperty& property) {
  return "'" + property.value + "' (" + property.source + ", received '" + property.received + "')";
}

// A snapshot shows what its dataset has, too.
bool is_its_own(const StatedProperty& property) {
  return !property.source.empty() && property.source != "default" && property.source.rfind("inherited", 0) != 0;
}

bool is_as_it_was(const std::string& name, const std::string& property, const StatedProperty& then,
                  const StatedProperty& now, bool in_root) {
  if (is_restless(property) || then == now) return true;
  if (!in_root || (!is_dataset(name) && (is_its_own(then) || is_its_own(now)))) return false;
  // Which the receiver sets on whatever a stream begins with.
  const bool is_forced = property == "canmount" && now.value == "noauto";
  return !is_pinned(property) || then.value == now.value || is_forced;
}

void compare(const std::string& name, const Properties& was, const Properties& is, bool in_root, Words& broken) {
  static const StatedProperty nothing;
  std::set<std::string> all;
  for (const Properties* each : {&was, &is})
    for (const auto& [property, stated] : *each) all.insert(property);
  for (const std::string& property : all) {
    const auto before = was.find(property);
    const auto after = is.find(property);
    const StatedProperty& then = before == was.end() ? nothing : before->second;
    const StatedProperty& now = after == is.end() ? nothing : after->second;
    if (!is_as_it_was(name, property, then, now, in_root))
      broken.push_back(property + " of " + name + " was " + text_of(then) + " and is " + text_of(now));
  }
}

void check_sources(const std::string& name, const Properties* was, const Properties& is, Words& broken) {
  for (const auto& [property, stated] : is) {
    if (stated.source != "local" || may_be_local(property)) continue;
    if (was != nullptr && was->count(property) != 0 && was->at(property).source == "local") continue;
    broken.push_back(property + " of " + name + " is local: " + text_of(stated));
  }
}

void check_forced(const std::string& name, const Properties& is, Words& broken) {
  for (const auto& [property, value] : forced()) {
    const std::string now = value_of(is, property);
    if (now != value && now != "-") broken.push_back(property + " of " + name + ", which has come, is '" + now + "'");
  }
}

// By which other programs of the host act: those of the client come under names that none of them obeys.
void check_user_properties(const std::string& name, const Properties* was, const Properties& is, Words& broken) {
  for (const auto& [property, stated] : is) {
    if (property.find(':') == std::string::npos || property.rfind(kept_name_prefix, 0) == 0) continue;
    if (was == nullptr || was->count(property) == 0)
      broken.push_back("the user property " + property + " of " + name + " has come: " + text_of(stated));
  }
}

using Fields = std::array<std::string, 4>;

template <typename Take>
void for_each_line(std::string_view text, const Take& take) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    Fields fields;
    for (std::string& field : fields) {
      const std::size_t tab = std::min(line.find('\t'), line.size());
      field = line.substr(0, tab);
      line.remove_prefix(std::min(line.size(), tab + 1));
    }
    take(fields);
  }
}

// What a stream brings weakens all that is to come.
void check_not_weakened(const std::string& name, const Properties& is, Words& broken) {
  static const std::map<std::string, std::string> weak = {
      {"checksum", "off"}, {"compression", "off"}, {"redundant_metadata", "none"}};
  for (const auto& [property, stated] : is) {
    const auto found = weak.find(property);
    if (found != weak.end() && stated.received == found->second)
      broken.push_back(property + " of " + name + " has come: " + text_of(stated));
  }
}

}  // namespace

PoolState look_at(const std::string& pool) {
  const AllProperties all = all_properties(pool);
  if (!all.error.empty()) throw std::runtime_error(all.error);
  PoolState state;
  for_each_line(all.stated, [&](const Fields& fields) { state[fields[0]][fields[1]] = {fields[2], "-", fields[3]}; });
  for_each_line(all.received, [&](const Fields& fields) { state[fields[0]][fields[1]].received = fields[2]; });
  return state;
}

Words changes(const PoolState& before, const PoolState& after, const std::string& root) {
  Words broken;
  for (const auto& [name, was] : before) {
    const auto is = after.find(name);
    if (is == after.end())
      broken.push_back(name + " is gone");
    else
      compare(name, was, is->second, is_in(name, root), broken);
  }
  return broken;
}

Words broken_promises(const PoolState& before, const PoolState& after, const std::string& root) {
  Words broken = changes(before, after, root);
  for (const auto& [name, is] : after) {
    const auto was = before.find(name);
    if (was == before.end() && !is_in(name, root)) broken.push_back(name + " has come, outside of the root");
    if (value_of(is, "mounted") == "yes") broken.push_back(name + " is mounted");
    const Properties* const then = was == before.end() ? nullptr : &was->second;
    check_sources(name, then, is, broken);
    check_user_properties(name, then, is, broken);
    if (is_dataset(name)) check_not_weakened(name, is, broken);
    if (was != before.end() || !is_dataset(name)) continue;
    // What was interrupted has its properties when its rest has come.
    if (value_of(is, "receive_resume_token") == "-") check_forced(name, is, broken);
  }
  return broken;
}

Words additions(const PoolState& before, const PoolState& after) {
  Words added;
  for (const auto& [name, is] : after)
    if (before.count(name) == 0) added.push_back(name);
  return added;
}

void take_away(const PoolState& before, const PoolState& after, const std::string& script_file) {
  // What is a clone's origin, or has something below it, goes in a later round. Names behind a "+" are rolled back.
  static const std::string script = R"(args = ...
names, back = {}, {}
for _, name in ipairs(args["argv"]) do
  if string.sub(name, 1, 1) == "+" then table.insert(back, string.sub(name, 2)) else table.insert(names, name) end
end
for round = 1, 8 do
  left = {}
  for _, name in ipairs(names) do
    if zfs.sync.destroy(name) ~= 0 then table.insert(left, name) end
  end
  names = left
end
for _, name in ipairs(back) do
  if zfs.sync.rollback(name) ~= 0 then table.insert(names, name) end
end
return #names
)";
  Words doomed;
  std::set<std::string> changed;
  const std::string pool = before.begin()->first;
  for (const auto& [name, is] : after) {
    if (!is_in(name, pool)) continue;  // a value's second line
    const bool is_new = before.count(name) == 0;
    if (is_new) doomed.push_back(name);
    if (is_new && !is_dataset(name) && before.count(dataset_of(name)) != 0) changed.insert(dataset_of(name));
    if (!is_new && is_dataset(name) && value_of(is, "receive_resume_token") != "-" &&
        value_of(before.at(name), "receive_resume_token") == "-")
      run({"zfs", "receive", "-A", name});
  }
  if (doomed.empty()) return;
  std::reverse(doomed.begin(), doomed.end());
  for (const std::string& each : changed) doomed.push_back("+" + each);
  write_file(script_file, script);
  const std::string said = zfs(Words{"program", pool, script_file} + doomed);
  if (said.find("return: 0\n") == std::string::npos) {
    std::string names;
    for (const std::string& each : doomed) names += " " + each;
    throw std::runtime_error("of these some could not be taken away:" + names + "\n" + said);
  }
}

}  // namespace czb::lab
