// SPDX-License-Identifier: MIT
#include "cli/plugin_listing.h"

#include <fmt/core.h>

#include "plugin/option_parse.h"

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

std::string heading(const PluginDescriptor& plugin) {
  return fmt::format("{} {} {} ({}): {}\n", to_string(plugin.kind), plugin.id, plugin.version, plugin.license,
                     plugin.summary);
}

// "default: 30s", "default: nothing, an empty text"
std::string default_words(const OptionSpec& option) {
  if (option.required) return "required";
  if (option.default_value == nullptr) return "not set unless given";
  return std::string("default: ") + (*option.default_value == '\0' ? "an empty text" : option.default_value);
}

std::string choices_of(const OptionSpec& option) {
  std::string text;
  for (const std::string_view word : choice_words(option.choices)) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

nlohmann::ordered_json option_as_json(const OptionSpec& option) {
  nlohmann::ordered_json entry = {{"name", option.name},
                                  {"type", type_name(option.type)},
                                  {"help", option.help},
                                  {"required", option.required},
                                  {"secret", option.secret}};
  if (!option.required && option.default_value != nullptr) entry["default"] = option.default_value;
  if (option.type == OptionType::enumeration) entry["choices"] = choice_words(option.choices);
  return entry;
}

}  // namespace

std::string listing_as_text(const PluginListing& listing) {
  if (listing.descriptor == nullptr) return fmt::format("{}\n    REFUSED: {}\n", listing.file, listing.refusal);
  const PluginDescriptor& plugin = *listing.descriptor;
  std::string text = heading(plugin) + fmt::format("    {}\n", listing.file);
  for (std::uint32_t i = 0; i < plugin.option_count; ++i) {
    const OptionSpec& option = plugin.options[i];
    text += fmt::format("    {:<18} {:<16} {}{}\n", option.name, type_name(option.type), option.help,
                        option.required                   ? " (required)"
                        : option.default_value != nullptr ? fmt::format(" (default: {})", option.default_value)
                                                          : std::string());
  }
  return text;
}

nlohmann::ordered_json listing_as_json(const PluginListing& listing) {
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
  for (std::uint32_t i = 0; i < plugin.option_count; ++i) json["options"].push_back(option_as_json(plugin.options[i]));
  return json;
}

std::string description_as_text(const PluginListing& listing) {
  const PluginDescriptor& plugin = *listing.descriptor;
  std::string text = heading(plugin) + fmt::format("    file: {}\n    plugin ABI: {}.{}\n", listing.file,
                                                   plugin.abi_major, plugin.abi_minor);
  text += plugin.option_count == 0 ? "\nIt has no options.\n" : "\noptions:\n";
  for (std::uint32_t i = 0; i < plugin.option_count; ++i) {
    const OptionSpec& option = plugin.options[i];
    text += fmt::format("    {} ({}{}, {}{})\n        {}\n", option.name, type_name(option.type),
                        option.type == OptionType::enumeration ? ": " + choices_of(option) : "", default_words(option),
                        option.secret ? "; secret: never shown" : "", option.help);
  }
  return text;
}

}  // namespace czb
