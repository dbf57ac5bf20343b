// SPDX-License-Identifier: MIT
#include "zfs/permissions.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "cyber-zfs-backup/shell_quote.h"

namespace czb {
namespace {

using Set = std::set<std::string>;

Permissions sorted(const Set& set) { return {set.begin(), set.end()}; }

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool has_word(const CommandLine& command, std::string_view word) {
  return std::find(command.begin(), command.end(), word) != command.end();
}

bool has_letter(const CommandLine& command, char letter) {
  return std::any_of(command.begin(), command.end(), [&](const std::string& word) {
    return word.size() > 1 && word[0] == '-' && word[1] != '-' && word.find(letter) != std::string::npos;
  });
}

Set& add(Set& set, const Permissions& more) {
  set.insert(more.begin(), more.end());
  return set;
}

const OperationPermissions& permissions_of(ZfsOperation operation) {
  return operation_permissions().at(static_cast<std::size_t>(operation));
}

std::string joined(const Permissions& permissions) {
  std::string text;
  for (const std::string& each : permissions) text += (text.empty() ? "" : ",") + each;
  return text;
}

// What the restricted receiver forces, the quota that it holds a root to, and what a target has by default
// (TargetConfig::properties); both with user properties, of which a tree's stream brings the one that records a base.
constexpr std::string_view forced_properties =
    "canmount devices exec mountpoint quota readonly setuid sharenfs sharesmb snapdev userprop volmode";
constexpr std::string_view default_properties = "canmount mountpoint readonly userprop";

// The other native properties that a restricted receiver takes from a stream (receiver/request/properties.cpp), and
// encryption, which zfs receive itself touches where a clone comes with its tree. Newer ones are left out: a version
// that does not know a property refuses to allow it.
constexpr std::string_view taken_properties =
    "aclinherit aclmode acltype atime checksum compression copies dnodesize encryption logbias primarycache recordsize "
    "redundant_metadata relatime secondarycache snapdir sync xattr";

// Those that a stream carries where they are set at the source: without a receiver all of them arrive.
constexpr std::string_view sent_properties =
    "aclinherit aclmode acltype atime checksum compression context copies dedup defcontext dnodesize encryption "
    "filesystem_limit fscontext logbias nbmand overlay primarycache quota recordsize redundant_metadata "
    "refquota refreservation relatime reservation rootcontext secondarycache snapdev snapdir "
    "snapshot_limit special_small_blocks sync volmode vscan xattr zoned "
    "devices exec setuid sharenfs sharesmb";

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::string parent_dataset(const std::string& name) { return name.substr(0, name.rfind('/')); }

// The dataset whose permissions decide. Of one that is not there yet: its parent.
std::string place_of(const CommandLine& command, std::string_view said) {
  const std::string name = command.back().substr(0, command.back().find_first_of("@#"));
  return contains(said, "cannot receive new filesystem stream") ? parent_dataset(name) : name;
}

// What ZFS's words tell to be missing.
Set named_by(const std::string& said) {
  Set missing;
  for (const RefusedProperty& each : refused_properties(said))
    if (each.reason == "permission denied") missing.insert(permission_for_property(each.property));
  // After the first it says that it cannot send, too.
  if (contains(said, "cannot hold: permission denied"))
    missing.insert("hold");
  else if (contains(said, "cannot send "))
    missing.insert("send");
  return missing;
}

}  // namespace

const std::vector<OperationPermissions>& operation_permissions() {
  using enum ZfsOperation;
  static const std::vector<OperationPermissions> table = {
      {list, "lists, and reads a token (send -n)", {}},
      {snapshot, "takes snapshots", {"snapshot"}},
      {send, "sends one snapshot, or the rest of a stream", {"send"}},
      {send_several, "sends several snapshots, or a tree (-I, -R)", {"hold", "send"}},
      {destroy_snapshot, "destroys snapshots", {"destroy", "mount"}},
      {destroy_bookmark, "destroys a bookmark", {"destroy"}},
      {set_property, "sets the property that records a base", {}},
      {bookmark, "makes a bookmark", {"bookmark"}},
      {record_base, "makes all of a base's bookmarks (zfs program)", {}, true},
      {receive, "receives a stream, or the rest of one", {"create", "mount", "receive"}},
      {receive_encrypted,
       "receives a tree of which some is encrypted (-R)",
       {"change-key", "create", "keylocation", "mount", "receive"}},
      {abort_receive, "gives up an interrupted receive (receive -A)", {"destroy", "mount"}},
      {destroy_dataset, "destroys a dataset", {"destroy", "mount"}},
      {rename, "renames a dataset", {"create", "mount", "rename"}},
      {promote, "promotes a clone", {"mount", "promote"}},
      {roll_back, "rolls back to the newest snapshot", {"rollback"}},
  };
  return table;
}

ZfsOperation operation_of(const CommandLine& command) {
  using enum ZfsOperation;
  const std::string_view verb = command.size() > 1 ? std::string_view(command[1]) : std::string_view();
  const std::string_view object = command.back();
  if (verb == "snapshot") return snapshot;
  if (verb == "destroy")
    return contains(object, "#") ? destroy_bookmark : contains(object, "@") ? destroy_snapshot : destroy_dataset;
  if (verb == "rename") return rename;
  if (verb == "promote") return promote;
  if (verb == "rollback") return roll_back;
  if (verb == "set") return set_property;
  if (verb == "bookmark") return bookmark;
  if (verb == "program") return record_base;
  if (verb == "receive") return has_word(command, "-A") ? abort_receive : receive;
  if (verb != "send" || has_letter(command, 'n')) return list;
  return has_word(command, "-R") || has_word(command, "-I") ? send_several : send;
}

std::string permission_for_property(const std::string& property) {
  return contains(property, ":") ? "userprop" : property;
}

std::vector<RefusedProperty> refused_properties(const std::string& said) {
  constexpr std::string_view before = "cannot receive ";
  constexpr std::string_view between = " property on ";
  std::vector<RefusedProperty> refused;
  for (std::size_t begin = 0; begin < said.size();) {
    const std::size_t end = std::min(said.find('\n', begin), said.size());
    const std::string line = said.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t behind = line.find(between);
    const std::size_t colon = line.rfind(": ");
    if (line.rfind(before, 0) != 0 || behind == std::string::npos || colon == std::string::npos || colon < behind)
      continue;
    const std::size_t dataset = behind + between.size();
    refused.push_back({line.substr(before.size(), behind - before.size()), line.substr(dataset, colon - dataset),
                       line.substr(colon + 2)});
  }
  return refused;
}

Permissions needed_permissions(const CommandLine& command) {
  const ZfsOperation operation = operation_of(command);
  Set needed;
  add(needed, permissions_of(operation).needed);
  const auto add_property = [&](const std::string& word) {
    needed.insert(permission_for_property(word.substr(0, word.find('='))));
  };
  if (operation == ZfsOperation::set_property)
    for (std::size_t i = 2; i + 1 < command.size(); ++i) add_property(command[i]);
  if (operation == ZfsOperation::receive)
    for (std::size_t i = 2; i + 1 < command.size(); ++i)
      if (command[i] == "-o" || command[i] == "-x") add_property(command[++i]);
  return sorted(needed);
}

ZfsRole role_of(ReceiverMode mode) {
  switch (mode) {
    case ReceiverMode::append_only:
      return ZfsRole::append_only;
    case ReceiverMode::mirror:
      return ZfsRole::mirror;
    case ReceiverMode::pull:
      return ZfsRole::pull;
  }
  return ZfsRole::append_only;
}

RolePermissions role_permissions(ZfsRole role, bool encrypted) {
  using enum ZfsOperation;
  Set needed;
  const auto can = [&](std::initializer_list<ZfsOperation> operations) {
    for (const ZfsOperation each : operations) add(needed, permissions_of(each).needed);
  };
  switch (role) {
    case ZfsRole::sender:
      can({snapshot, send, send_several, destroy_snapshot, bookmark, destroy_bookmark});
      needed.insert(permission_for_property(base_property("")));
      return {sorted(needed), {}, {}};
    case ZfsRole::pull:
      can({send, send_several});
      return {sorted(needed), {}, {}};
    case ZfsRole::target:
      can({receive, abort_receive, destroy_snapshot, destroy_dataset, rename, promote, roll_back});
      break;
    case ZfsRole::mirror:
      can({receive, abort_receive, destroy_snapshot});
      break;
    case ZfsRole::append_only:
      can({receive});
      break;
  }
  if (encrypted) can({receive_encrypted});
  add(needed, words_of(role == ZfsRole::target ? default_properties : forced_properties));
  Set more;
  add(more, words_of(role == ZfsRole::target ? sent_properties : taken_properties));
  for (const std::string& each : needed) more.erase(each);
  RolePermissions result = {sorted(needed), sorted(more), {}};
  if (role == ZfsRole::append_only) result.create_time = {"destroy"};
  return result;
}

std::vector<CommandLine> allow_commands(const std::string& zfs, const RolePermissions& role, const std::string& user,
                                        const std::string& dataset, bool append) {
  Permissions first = role.permissions;
  if (append) std::replace(first.begin(), first.end(), std::string("receive"), std::string("receive:append"));
  std::vector<CommandLine> commands;
  for (const Permissions& each : {first, role.source_properties})
    if (!each.empty()) commands.push_back({zfs, "allow", "-u", user, joined(each), dataset});
  if (!role.create_time.empty()) commands.push_back({zfs, "allow", "-c", joined(role.create_time), dataset});
  return commands;
}

std::vector<std::string> allow_lines(const RolePermissions& role, const std::string& user, const std::string& dataset,
                                     bool append) {
  std::vector<std::string> lines;
  for (const CommandLine& command : allow_commands("zfs", role, user, dataset, append))
    lines.push_back(shell_quote_command(command));
  return lines;
}

std::string permission_advice(const CommandLine& command, const std::string& said, const std::string& user) {
  if (command.size() < 2) return "";
  const bool is_receive = operation_of(command) == ZfsOperation::receive;
  if (is_receive && (said.empty() || contains(said, "cannot set property for '"))) {
    const std::string place = parent_dataset(command.back());
    return "It does not say so, but that is how it ends where encrypted datasets come and the user lacks the "
           "permissions "
           "change-key and keylocation. As root there: " +
           allow_lines({{"change-key", "keylocation"}, {}, {}}, user, place).front();
  }
  if (!contains(said, "ermission denied")) return "";
  if (permissions_of(operation_of(command)).root_only) return "Only root may run channel programs.";
  if (contains(said, "must be run as root"))
    return "This user may not open /dev/zfs: chmod 666 /dev/zfs, or a udev rule.";
  const Permissions named = sorted(named_by(said));
  const Permissions needed = named.empty() ? needed_permissions(command) : named;
  if (needed.empty()) return "";
  const std::string place = place_of(command, said);
  const std::string several = needed.size() == 1 ? " " : "s ";
  std::string text = "The user lacks the permission" + several + joined(needed) + ".";
  if (named.empty() && needed.size() > 1)
    text = "The user lacks one or more of the permissions " + joined(needed) + "; zfs allow " + shell_quote(place) +
           " shows which it has.";
  // Behind a restricted receiver the first two would be refused, or let the key do more than it is for.
  const bool is_restricted = contains(said, receiver_says);
  return text + (is_restricted ? " Allow" : " Run as root or with --use-sudo, or allow") +
         " it, as root there: " + allow_lines({needed, {}, {}}, user, place).front();
}

}  // namespace czb
