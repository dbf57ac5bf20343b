// SPDX-License-Identifier: MIT
// naming plugin "rfc3339": snapshots are called by their time, 2023-02-28T23:59:59Z.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cyber-zfs-backup/naming_plugin.h"
#include "naming-rfc3339/rfc3339_name.h"

namespace {

class Rfc3339Naming final : public czb::NamingPlugin {
 public:
  explicit Rfc3339Naming(const czb::CreateArguments& arguments) : Rfc3339Naming(czb::PluginOptions(arguments)) {}

 private:
  explicit Rfc3339Naming(const czb::PluginOptions& options) : names_(options.text("prefix"), options.text("suffix")) {}

  std::string format_name(std::int64_t time) override { return names_.format(time); }
  std::optional<std::int64_t> parse_name(std::string_view name) override { return names_.parse(name); }

  czb::rfc3339::NameFormat names_;
};

constexpr czb::OptionSpec option_table[] = {
    czb::option("prefix", czb::OptionType::string, "", "what stands before the time in a name"),
    czb::option("suffix", czb::OptionType::string, "", "what stands after the time in a name"),
};

}  // namespace

CZB_PLUGIN_ENTRY {
  static constexpr czb::PluginDescriptor descriptor = czb::naming_descriptor<Rfc3339Naming>(
      "rfc3339", "0.1.0", "MIT", "names that are a time, such as 2023-02-28T23:59:59Z", option_table);
  return &descriptor;
}
