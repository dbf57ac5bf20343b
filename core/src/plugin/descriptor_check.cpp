// SPDX-License-Identifier: MIT
#include "plugin/descriptor_check.h"

#include <algorithm>
#include <cstddef>
#include <set>

#include "config/plugin_choice.h"
#include "config/text_check.h"
#include "config/wording.h"
#include "plugin/option_values.h"
#include "plugin/registry.h"

namespace czb {
namespace {

constexpr std::uint32_t most_options = 1000;
// ABI 1.0's. What a later minor appends is to be read only where the plugin's `size` has it.
constexpr std::size_t smallest_descriptor =
    offsetof(PluginDescriptor, destroy_retention) + sizeof(PluginDescriptor::destroy_retention);
constexpr std::size_t longest_line = 1000;
constexpr char rebuild[] = ": rebuild the plugin against this version's SDK";

using Problem = std::optional<std::string>;

std::string version_text(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

Problem abi_problem(const PluginDescriptor& descriptor) {
  if (descriptor.magic != plugin_magic) {
    return "has no valid descriptor (wrong magic number): it is not a plugin of this program, or was built against "
           "something else's SDK";
  }
  const std::string built = "was built for plugin ABI " + version_text(descriptor.abi_major, descriptor.abi_minor) +
                            ", this program has " + version_text(abi_major, abi_minor);
  if (descriptor.abi_major != abi_major) return built + rebuild;
  if (descriptor.abi_minor > abi_minor)
    return built + ", which is older: upgrade the program, or rebuild the plugin against its SDK";
  if (descriptor.size < smallest_descriptor) {
    return "has a descriptor of " + std::to_string(descriptor.size) + " bytes, this program needs " +
           std::to_string(smallest_descriptor) + rebuild;
  }
  if (descriptor.toolchain == nullptr) return "names no toolchain" + std::string(rebuild);
  if (std::string_view(descriptor.toolchain) != toolchain_tag) {
    return "was built with the toolchain " + quoted(descriptor.toolchain) + ", this program with " +
           quoted(toolchain_tag) + ": rebuild the plugin with a compiler and C++ library that match";
  }
  return std::nullopt;
}

// These are shown to people, and as JSON.
Problem line_problem(const std::string& what, std::string_view text) {
  if (text.size() > longest_line) return "has a " + what + " of " + std::to_string(text.size()) + " bytes";
  if (text.find_first_of("\r\n") != std::string_view::npos) return "has a " + what + " of more than one line";
  if (const auto fault = text_fault(text)) return "has a " + what + " that is no text: " + fault->what;
  return std::nullopt;
}

Problem identity_problem(const PluginDescriptor& descriptor, std::string_view file_name) {
  const PluginKind kind = descriptor.kind;
  if (kind != PluginKind::transport && kind != PluginKind::naming && kind != PluginKind::retention) {
    return "is of the unknown kind " + std::to_string(static_cast<std::uint32_t>(kind)) + rebuild;
  }
  if (descriptor.id == nullptr) return "has no id";
  if (!is_plugin_id(descriptor.id)) {
    return "has the id " + quoted(descriptor.id) + ", which must be 1 to 64 lower-case letters, digits and '-'";
  }
  const std::string expected = plugin_file_name(kind, descriptor.id);
  if (file_name != expected) {
    return "is the " + std::string(to_string(kind)) + " plugin " + quoted(descriptor.id) +
           ": its file must be called " + expected;
  }
  if (descriptor.version == nullptr) return "has no version";
  if (descriptor.license == nullptr) return "names no licence";
  if (descriptor.summary == nullptr) return "has no summary";
  if (auto problem = line_problem("version", descriptor.version)) return problem;
  if (auto problem = line_problem("licence", descriptor.license)) return problem;
  return line_problem("summary", descriptor.summary);
}

bool has_empty_word(std::string_view choices) {
  return choices.empty() || choices.front() == '|' || choices.back() == '|' ||
         choices.find("||") != std::string_view::npos;
}

Problem option_problem(const OptionSpec& option) {
  const std::string name = "has an option " + quoted(option.name);
  if (!is_option_type(option.type)) {
    return name + " of the unknown type " + std::to_string(static_cast<std::uint32_t>(option.type)) + rebuild;
  }
  if (option.help == nullptr) return name + " without a help text";
  for (const char* text : {option.help, option.default_value, option.choices})
    if (const Problem problem = text == nullptr ? std::nullopt : line_problem("text", text))
      return name + ", which " + *problem;
  if (option.type == OptionType::enumeration) {
    if (option.choices == nullptr || has_empty_word(option.choices)) return name + " without proper choices";
  } else if (option.choices != nullptr) {
    return name + " with choices, though it is no enumeration";
  }
  if (!option.required && option.default_value != nullptr) {
    if (const auto expected = default_problem(option)) {
      return name + " whose default " + quoted(option.default_value) + " is not " + *expected;
    }
  }
  return std::nullopt;
}

Problem option_table_problem(const PluginDescriptor& descriptor) {
  if (descriptor.option_count == 0) return std::nullopt;
  if (descriptor.option_count > most_options) {
    return "claims to have " + std::to_string(descriptor.option_count) + " options";
  }
  if (descriptor.options == nullptr) return "has an option count but no option table";
  if (descriptor.option_size != sizeof(OptionSpec)) {
    return "has option table entries of " + std::to_string(descriptor.option_size) + " bytes, this program's have " +
           std::to_string(sizeof(OptionSpec)) + rebuild;
  }
  std::set<std::string_view> names;
  for (std::uint32_t i = 0; i < descriptor.option_count; ++i) {
    const OptionSpec& option = descriptor.options[i];
    if (option.name == nullptr || !is_plugin_id(option.name)) {
      return "has an option (number " + std::to_string(i + 1) + " of its table) called " +
             (option.name == nullptr ? "nothing" : quoted(option.name)) +
             ", which must be 1 to 64 lower-case letters, digits and '-'";
    }
    if (std::string_view(option.name) == "plugin") return "has an option 'plugin', a name that chooses the plugin";
    if (!names.insert(option.name).second) return "has the option " + quoted(option.name) + " twice";
    if (auto problem = option_problem(option)) return problem;
  }
  return std::nullopt;
}

Problem functions_problem(const PluginDescriptor& descriptor) {
  struct Pair {
    PluginKind kind;
    bool has_create;
    bool has_destroy;
  };
  const Pair pairs[] = {
      {PluginKind::transport, descriptor.create_transport != nullptr, descriptor.destroy_transport != nullptr},
      {PluginKind::naming, descriptor.create_naming != nullptr, descriptor.destroy_naming != nullptr},
      {PluginKind::retention, descriptor.create_retention != nullptr, descriptor.destroy_retention != nullptr}};
  for (const Pair& pair : pairs) {
    const std::string kind = to_string(pair.kind);
    if (pair.kind == descriptor.kind) {
      if (!pair.has_create) return "lacks create_" + kind;
      if (!pair.has_destroy) return "lacks destroy_" + kind;
    } else if (pair.has_create || pair.has_destroy) {
      return "is a " + std::string(to_string(descriptor.kind)) + " plugin, but has " +
             (pair.has_create ? "create_" : "destroy_") + kind;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> descriptor_problem(const PluginDescriptor& descriptor, std::string_view file_name) {
  if (auto problem = abi_problem(descriptor)) return problem;
  if (auto problem = identity_problem(descriptor, file_name)) return problem;
  if (auto problem = option_table_problem(descriptor)) return problem;
  return functions_problem(descriptor);
}

std::string plugin_file_name(PluginKind kind, std::string_view id) {
  return std::string(to_string(kind)) + "-" + std::string(id) + ".so";
}

}  // namespace czb
