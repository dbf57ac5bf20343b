// SPDX-License-Identifier: MIT
// transport plugin "command": commands reach their host through a command of the user's choice, which is put before
// them, such as [docker, exec, -i, box] or [sudo, -n].
#include <stdexcept>
#include <string>
#include <vector>

#include "cyber-zfs-backup/prefix_transport.h"

namespace {

class CommandTransport final : public czb::PrefixTransport {
 public:
  explicit CommandTransport(const czb::CreateArguments& arguments)
      : CommandTransport(checked(czb::PluginOptions(arguments).list("prefix"))) {}

 private:
  explicit CommandTransport(const std::vector<std::string>& prefix)
      : PrefixTransport(czb::shell_quote_command(prefix), prefix) {}

  static std::vector<std::string> checked(std::vector<std::string> prefix) {
    if (prefix.empty() || prefix.front().empty()) {
      throw std::invalid_argument("the option 'prefix' begins with no program: [docker, exec, -i, box]");
    }
    return prefix;
  }
};

constexpr czb::OptionSpec option_table[] = {
    czb::required_option("prefix", czb::OptionType::string_list, "the command that each command is appended to"),
};

}  // namespace

CZB_PLUGIN_ENTRY {
  static constexpr czb::PluginDescriptor descriptor = czb::transport_descriptor<CommandTransport>(
      "command", "1.0.0", "MIT", "commands reach their host through a command that is put before them", option_table);
  return &descriptor;
}
