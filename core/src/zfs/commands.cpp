// SPDX-License-Identifier: MIT
#include "zfs/commands.h"

namespace czb {

CommandLine list_command(const std::string& root, const std::vector<std::string>& user_properties) {
  std::string columns = "name,type,guid,createtxg,userrefs,clones,receive_resume_token,encryptionroot";
  for (const std::string& property : user_properties) columns += "," + property;
  return {"zfs", "list", "-H", "-p", "-r", "-t", "filesystem,volume,snapshot", "-o", columns, root};
}

CommandLine exists_command(const std::string& dataset) { return {"zfs", "list", "-H", "-o", "name", dataset}; }

CommandLine snapshot_command(const std::string& root, const std::string& name) {
  return {"zfs", "snapshot", "-r", root + "@" + name};
}

CommandLine destroy_command(const std::string& dataset, const std::vector<std::string>& names, bool recursive) {
  CommandLine command = {"zfs", "destroy"};
  if (recursive) command.emplace_back("-r");
  std::string word = dataset + "@";
  for (std::size_t i = 0; i < names.size(); ++i) word += (i == 0 ? "" : ",") + names[i];
  command.push_back(std::move(word));
  return command;
}

CommandLine send_command(const std::string& root, const std::optional<std::string>& base, const std::string& to) {
  CommandLine command = {"zfs", "send", "-P", "-R", "-w", "-L", "-c", "-e"};
  if (base) {
    command.emplace_back("-I");
    command.push_back("@" + *base);
  }
  command.push_back(root + "@" + to);
  return command;
}

CommandLine receive_command(const std::string& root,
                            const std::map<std::string, std::optional<std::string>>& properties) {
  CommandLine command = {"zfs", "receive", "-u"};
  for (const auto& [name, value] : properties) {
    command.emplace_back(value ? "-o" : "-x");
    command.push_back(value ? name + "=" + *value : name);
  }
  command.push_back(root);
  return command;
}

CommandLine set_property_command(const std::string& dataset, const std::string& property, const std::string& value) {
  return {"zfs", "set", property + "=" + value, dataset};
}

std::string base_property(const std::string& target_name) { return "cyber-zfs-backup:base." + target_name; }

std::optional<std::string> recorded_base(const std::map<std::string, std::string>& properties,
                                         const std::string& target_name, const std::string& root) {
  auto found = properties.find(base_property(target_name));
  if (found == properties.end() || found->second.rfind(root + "@", 0) != 0) return std::nullopt;
  return found->second.substr(root.size() + 1);
}

}  // namespace czb
