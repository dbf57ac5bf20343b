// SPDX-License-Identifier: MIT
#include "zfs/commands.h"

#include <algorithm>
#include <charconv>

#include "zfs/names.h"

namespace czb {

CommandLine list_command(const std::string& root, const std::vector<std::string>& user_properties, bool recursive) {
  std::string columns = "name,type,guid,createtxg,userrefs,clones,receive_resume_token,encryptionroot,origin,written";
  for (const std::string& property : user_properties) columns += "," + property;
  CommandLine command = {"zfs", "list", "-H", "-p"};
  if (recursive)
    command.emplace_back("-r");
  else
    command.insert(command.end(), {"-d", "1"});  // the root's snapshots are one level down; so are its children
  command.insert(command.end(), {"-t", "filesystem,volume,snapshot,bookmark", "-o", columns, root});
  return command;
}

CommandLine list_names_command(const std::string& root) {
  return {"zfs", "list", "-H", "-r", "-t", "filesystem,volume", "-o", "name", root};
}

CommandLine property_names_command(const std::string& root) {
  return {"zfs", "get", "-H", "-r", "-t", "filesystem,volume", "-s", "local,received", "-o", "property", "all", root};
}

CommandLine property_source_command(const std::string& dataset, const std::string& property) {
  return {"zfs", "get", "-H", "-o", "source", property, dataset};
}

CommandLine exists_command(const std::string& dataset) { return {"zfs", "list", "-H", "-o", "name", dataset}; }

CommandLine snapshot_tree_command(const std::string& root, const std::string& name) {
  return {"zfs", "snapshot", "-r", root + "@" + name};
}

CommandLine snapshot_command(const std::vector<std::string>& datasets, const std::string& name) {
  CommandLine command = {"zfs", "snapshot"};
  for (const std::string& dataset : datasets) command.push_back(dataset + "@" + name);
  return command;
}

CommandLine destroy_command(const std::string& dataset, const std::vector<std::string>& names, bool recursive) {
  CommandLine command = {"zfs", "destroy"};
  if (recursive) command.emplace_back("-r");
  std::string word = dataset + "@";
  for (std::size_t i = 0; i < names.size(); ++i) word += (i == 0 ? "" : ",") + names[i];
  command.push_back(std::move(word));
  return command;
}

CommandLine destroy_dataset_command(const std::string& dataset) { return {"zfs", "destroy", dataset}; }

CommandLine bookmark_command(const std::string& dataset, const std::string& snapshot, const std::string& bookmark) {
  return {"zfs", "bookmark", dataset + "@" + snapshot, dataset + "#" + bookmark};
}

CommandLine destroy_bookmark_command(const std::string& dataset, const std::string& bookmark) {
  return {"zfs", "destroy", dataset + "#" + bookmark};
}

CommandLine rename_command(const std::string& from, const std::string& to) { return {"zfs", "rename", from, to}; }

CommandLine rename_snapshot_command(const std::string& dataset, const std::string& from, const std::string& to,
                                    bool recursive) {
  CommandLine argv = {"zfs", "rename"};
  if (recursive) argv.emplace_back("-r");
  argv.push_back(dataset + "@" + from);
  argv.push_back(dataset + "@" + to);
  return argv;
}

CommandLine promote_command(const std::string& dataset) { return {"zfs", "promote", dataset}; }

CommandLine rollback_command(const std::string& dataset, const std::string& snapshot) {
  return {"zfs", "rollback", dataset + "@" + snapshot};
}

namespace {

// Not -e of what is not encrypted: a target that encrypts takes no embedded blocks, and OpenZFS 2.3 sends some
// attributes as such a block where no receive finds them.
void add_form(CommandLine& command, StreamForm form) {
  if (form == StreamForm::raw)
    command.insert(command.end(), {"-w", "-L", "-c", "-e"});
  else
    command.insert(command.end(), {"-L", "-c"});
}

}  // namespace

CommandLine send_tree_command(const std::string& root, const std::optional<std::string>& base, const std::string& to,
                              bool skip_missing, StreamForm form) {
  CommandLine command = {"zfs", "send", "-P", "-R"};
  if (skip_missing) command.emplace_back("-s");
  add_form(command, form);
  if (base) {
    command.emplace_back("-I");
    command.push_back("@" + *base);
  }
  command.push_back(root + "@" + to);
  return command;
}

CommandLine send_dataset_command(const std::string& dataset, SendFrom from, const std::string& base,
                                 const std::string& to, StreamForm form) {
  CommandLine command = {"zfs", "send", "-P", "-p"};
  add_form(command, form);
  switch (from) {
    case SendFrom::nothing:
      break;
    case SendFrom::snapshot:
      command.insert(command.end(), {"-I", "@" + base});
      break;
    case SendFrom::bookmark:
      command.insert(command.end(), {"-i", dataset + "#" + base});
      break;
    case SendFrom::origin:
      command.insert(command.end(), {"-i", base});
      break;
  }
  command.push_back(dataset + "@" + to);
  return command;
}

CommandLine send_token_command(const std::string& token) { return {"zfs", "send", "-P", "-t", token}; }

CommandLine read_token_command(const std::string& token) { return {"zfs", "send", "-nvt", token}; }

CommandLine place_command(const std::string& dataset) {
  return {"zfs", "list", "-H", "-t", "filesystem,volume", "-o", "name,encryptionroot,keystatus", dataset};
}

CommandLine receive_command(const std::string& dataset, const ReceivedProperties& properties) {
  CommandLine command = {"zfs", "receive", "-s", "-u"};
  for (const auto& [name, value] : properties) {
    command.emplace_back(value ? "-o" : "-x");
    command.push_back(value ? name + "=" + *value : name);
  }
  command.push_back(dataset);
  return command;
}

CommandLine abort_receive_command(const std::string& dataset) { return {"zfs", "receive", "-A", dataset}; }

CommandLine set_property_command(const std::string& dataset, const std::string& property, const std::string& value) {
  return {"zfs", "set", property + "=" + value, dataset};
}

std::string base_property(const std::string& target_name) { return "cyber-zfs-backup:base." + target_name; }

namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

// A comma is in no snapshot's name.
std::string record_value(const std::string& root, const TargetRecord& record) {
  std::string value = root + "@" + record.base;
  if (record.may_have_come)
    value += "," + std::to_string(record.may_have_come->first) + "-" + std::to_string(record.may_have_come->last);
  return value;
}

// Whoever may set the property can write anything.
std::optional<TargetRecord> recorded(const std::map<std::string, std::string>& properties,
                                     const std::string& target_name, const std::string& root) {
  auto found = properties.find(base_property(target_name));
  if (found == properties.end() || found->second.rfind(root + "@", 0) != 0) return std::nullopt;
  const std::string_view value = std::string_view(found->second).substr(root.size() + 1);
  const std::size_t comma = std::min(value.find(','), value.size());
  TargetRecord record;
  record.base = value.substr(0, comma);
  if (comma < value.size()) {
    const std::string_view range = value.substr(comma + 1);
    const std::size_t dash = std::min(range.find('-'), range.size());
    const auto first = whole_number(range.substr(0, dash));
    const auto last = whole_number(range.substr(std::min(dash + 1, range.size())));
    if (!first || !last || *first > *last) return std::nullopt;
    record.may_have_come = TxgRange{*first, *last};
  }
  if (record.base.empty() ? !record.may_have_come.has_value() : snapshot_name_error(record.base).has_value())
    return std::nullopt;
  return record;
}

std::string base_bookmark_prefix(const std::string& target_name) { return "cyber-zfs-backup:" + target_name + ":"; }

CommandLine record_base_command(const std::string& root, const std::string& property, const std::string& value,
                                const std::string& snapshot, const std::string& bookmark_prefix,
                                const std::vector<std::pair<std::string, std::string>>& own) {
  // A snapshot's name may begin with "-".
  CommandLine command = {"zfs", "program", "--",           root.substr(0, root.find('/')), "-", root, property,
                         value, snapshot,  bookmark_prefix};
  for (const auto& [dataset, name] : own) command.insert(command.end(), {dataset, name});
  return command;
}

// A bookmark that is there already, or that is not possible (its name would be too long), is no failure: it is a second
// line of defence behind the snapshot itself.
const char record_base_program[] = R"lua(
arg = ...
argv = arg["argv"]
local root, property, value, snapshot, prefix = argv[1], argv[2], argv[3], argv[4], argv[5]
local function mark(dataset, name)
  if name ~= "" and zfs.exists(dataset .. "@" .. name) then
    zfs.sync.bookmark(dataset .. "@" .. name, dataset .. "#" .. prefix .. name)
  end
end
local function mark_tree(dataset)
  mark(dataset, snapshot)
  for child in zfs.list.children(dataset) do
    mark_tree(child)
  end
end
local failed = zfs.sync.set_prop(root, property, value)
if failed ~= 0 then
  error("cannot set " .. property .. ": " .. failed)
end
mark_tree(root)
for i = 6, #argv, 2 do
  mark(argv[i], argv[i + 1])
end
)lua";

}  // namespace czb
