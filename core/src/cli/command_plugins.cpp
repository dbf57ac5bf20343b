// SPDX-License-Identifier: MIT
// `plugins`: what is there, what it can do, and what was refused and why.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/session.h"

namespace czb {
namespace {

const char* type_name(OptionType type) {
  switch (type) {
    case OptionType::string:
      return "string";
    case OptionType::integer:
      return "integer";
    case OptionType::boolean:
      return "boolean";
    case OptionType::duration:
      return "duration";
    case OptionType::size:
      return "size";
    case OptionType::string_list:
      return "list of strings";
    case OptionType::count:
      return "number or all";
    case OptionType::enumeration:
      return "enumeration";
  }
  return "unknown";
}

std::string as_text(const PluginListing& listing) {
  if (listing.descriptor == nullptr) return fmt::format("{}\n    REFUSED: {}\n", listing.file, listing.refusal);
  const PluginDescriptor& plugin = *listing.descriptor;
  std::string text = fmt::format("{} {} {} ({}): {}\n    {}\n", to_string(plugin.kind), plugin.id, plugin.version,
                                 plugin.license, plugin.summary, listing.file);
  for (std::uint32_t i = 0; i < plugin.option_count; ++i) {
    const OptionSpec& option = plugin.options[i];
    text += fmt::format("    {:<18} {:<16} {}{}\n", option.name, type_name(option.type), option.help,
                        option.required                   ? " (required)"
                        : option.default_value != nullptr ? fmt::format(" (default: {})", option.default_value)
                                                          : std::string());
  }
  return text;
}

nlohmann::ordered_json as_json(const PluginListing& listing) {
  nlohmann::ordered_json json = {{"file", listing.file}, {"loaded", listing.descriptor != nullptr}};
  if (listing.descriptor == nullptr) {
    json["refusal"] = listing.refusal;
    return json;
  }
  const PluginDescriptor& plugin = *listing.descriptor;
  json["kind"] = to_string(plugin.kind);
  json["id"] = plugin.id;
  json["version"] = plugin.version;
  json["license"] = plugin.license;
  json["summary"] = plugin.summary;
  json["abi"] = fmt::format("{}.{}", plugin.abi_major, plugin.abi_minor);
  json["options"] = nlohmann::ordered_json::array();
  for (std::uint32_t i = 0; i < plugin.option_count; ++i) {
    const OptionSpec& option = plugin.options[i];
    nlohmann::ordered_json entry = {
        {"name", option.name}, {"type", type_name(option.type)}, {"help", option.help}, {"required", option.required}};
    if (option.default_value != nullptr) entry["default"] = option.default_value;
    json["options"].push_back(std::move(entry));
  }
  return json;
}

}  // namespace

ExitCode command_plugins(const Arguments& arguments) {
  const RunFolder folder;
  PluginRegistry plugins(plugin_directory(arguments), folder.path());
  const std::vector<PluginListing> listings = plugins.list();
  if (arguments.json) {
    nlohmann::ordered_json json = {{"folder", plugins.plugin_dir()}, {"plugins", nlohmann::ordered_json::array()}};
    for (const PluginListing& listing : listings) json["plugins"].push_back(as_json(listing));
    fmt::print("{}\n", json.dump(2));
  } else {
    fmt::print("plugins in {}:\n", plugins.plugin_dir());
    for (const PluginListing& listing : listings) fmt::print("{}", as_text(listing));
  }
  return ExitCode::ok;
}

}  // namespace czb
