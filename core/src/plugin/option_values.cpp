// SPDX-License-Identifier: MIT
#include "plugin/option_values.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

#include "config/mistakes.h"
#include "config/wording.h"
#include "config/yaml_node.h"
#include "error.h"
#include "plugin/option_parse.h"
#include "plugin/registry.h"

namespace czb {
namespace {

using RawValue = decltype(RawOption::value);

// A value that converted; which member counts depends on the option's type.
struct Converted {
  std::int64_t number = 0;
  std::string text;
  std::vector<std::string> list;
};

std::optional<Converted> convert(const OptionSpec& option, const RawValue& raw) {
  Converted result;
  if (const auto* list = std::get_if<std::vector<std::string>>(&raw)) {
    if (option.type != OptionType::string_list) return std::nullopt;
    result.list = *list;
    return result;
  }
  const std::string& text = std::get<std::string>(raw);
  switch (option.type) {
    case OptionType::string:
      break;
    case OptionType::string_list:
      return std::nullopt;
    case OptionType::enumeration: {
      const auto words = choice_words(option.choices);
      if (std::find(words.begin(), words.end(), text) == words.end()) return std::nullopt;
      break;
    }
    default: {
      const auto number = parse_option_number(option.type, text);
      if (!number) return std::nullopt;
      result.number = *number;
      return result;
    }
  }
  result.text = text;
  return result;
}

// A default is "as written in YAML"; only lists have a syntax of their own there. Nothing: not a list.
std::optional<RawValue> default_value(const OptionSpec& option) {
  if (option.type != OptionType::string_list) return RawValue(std::string(option.default_value));
  try {
    const YamlNodePtr node = parse_yaml(option.default_value, "default");
    if (node == nullptr || node->kind != YamlNode::Kind::sequence) return std::nullopt;
    std::vector<std::string> words;
    for (const YamlNodePtr& item : node->items) {
      if (item->kind != YamlNode::Kind::scalar) return std::nullopt;
      words.push_back(item->text);
    }
    return RawValue(std::move(words));
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<Converted> convert_default(const OptionSpec& option) {
  const auto raw = default_value(option);
  return raw ? convert(option, *raw) : std::nullopt;
}

std::string found_words(const OptionSpec& option, const RawValue& raw) {
  if (std::holds_alternative<std::vector<std::string>>(raw)) return "a list";
  return option.secret ? "the secret value given" : quoted(std::get<std::string>(raw));
}

std::string near_choice(const OptionSpec& option, const RawValue& raw) {
  const auto* text = std::get_if<std::string>(&raw);
  if (text == nullptr || option.secret || option.type != OptionType::enumeration) return "";
  return did_you_mean(*text, choice_words(option.choices));
}

// The option table, for looking up.
class Table {
 public:
  explicit Table(const PluginDescriptor& descriptor)
      : descriptor_(descriptor),
        plugin_(std::string(to_string(descriptor.kind)) + " plugin " + quoted(descriptor.id)) {}

  std::size_t size() const { return descriptor_.option_count; }
  const OptionSpec& at(std::size_t index) const { return descriptor_.options[index]; }
  const std::string& plugin() const { return plugin_; }

  std::optional<std::size_t> index_of(std::string_view name) const {
    for (std::size_t i = 0; i < size(); ++i) {
      if (name == at(i).name) return i;
    }
    return std::nullopt;
  }

  [[noreturn]] void fail_unknown(const RawOption& option) const {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < size(); ++i) names.emplace_back(at(i).name);
    throw Error(ExitCode::usage, option.name_origin + ": unknown option " + quoted(option.name) + " of " + plugin_ +
                                     did_you_mean(option.name, names) +
                                     (names.empty() ? "; it has no options" : "; known: " + comma_list(names)));
  }

 private:
  const PluginDescriptor& descriptor_;
  std::string plugin_;
};

// For each entry of the table what was given for it, or null.
std::vector<const RawOption*> match(const Table& table, const std::vector<RawOption>& options, Mistakes& mistakes) {
  std::vector<const RawOption*> given(table.size(), nullptr);
  for (const RawOption& option : options) {
    mistakes.attempt([&] {
      const auto index = table.index_of(option.name);
      if (!index) table.fail_unknown(option);
      if (given[*index] != nullptr) {
        throw Error(ExitCode::usage, option.name_origin + ": option " + quoted(option.name) + " of " + table.plugin() +
                                         " is given twice, first at " + given[*index]->name_origin);
      }
      given[*index] = &option;
    });
  }
  return given;
}

std::optional<Converted> resolve(const Table& table, const OptionSpec& option, const RawOption* given,
                                 const Origin& origin) {
  const std::string name = "option " + quoted(option.name) + " of " + table.plugin();
  if (given != nullptr) {
    if (auto converted = convert(option, given->value)) return converted;
    throw Error(ExitCode::usage, given->value_origin + ": " + name + ": expected " + expected_words(option) + ", not " +
                                     found_words(option, given->value) + near_choice(option, given->value));
  }
  if (option.required) {
    throw Error(ExitCode::usage, origin + ": " + name + " is required: " + option.help);
  }
  return option.default_value == nullptr ? std::nullopt : convert_default(option);
}

}  // namespace

OptionValues convert_options(const PluginDescriptor& descriptor, const PluginChoice& choice) {
  const Table table(descriptor);
  Mistakes mistakes;
  const auto given = match(table, choice.options, mistakes);
  // One that is absent may be the one that is misspelt.
  const bool all_known = mistakes.count() == 0;
  OptionValues result;
  for (std::size_t i = 0; i < table.size(); ++i) {
    OptionValue value = {table.at(i).name, false, 0, {}, nullptr, 0};
    std::optional<Converted> converted;
    if (all_known || given[i] != nullptr)
      mistakes.attempt([&] { converted = resolve(table, table.at(i), given[i], choice.origin); });
    if (converted) {
      value.is_set = true;
      value.integer = converted->number;
      value.text = result.texts_.emplace_back(std::move(converted->text));
      auto& list = result.lists_.emplace_back();
      for (std::string& word : converted->list) list.emplace_back(result.texts_.emplace_back(std::move(word)));
      value.list = list.data();
      value.list_size = list.size();
    }
    result.values_.push_back(value);
  }
  mistakes.raise();
  return result;
}

PluginChoice effective_choice(const PluginDescriptor& descriptor, PluginChoice choice) {
  const Table table(descriptor);
  Mistakes mistakes;
  const auto given = match(table, choice.options, mistakes);
  mistakes.raise();
  std::vector<RawOption> options;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const OptionSpec& spec = table.at(i);
    RawOption option = {spec.name, std::string(), choice.origin, choice.origin};
    if (given[i] != nullptr)
      option = *given[i];
    else if (!spec.required && spec.default_value != nullptr)
      option.value = default_value(spec).value_or(std::string());  // descriptor_problem saw that it converts
    else
      continue;
    if (spec.secret) option.value = std::string("(secret)");
    options.push_back(std::move(option));
  }
  choice.options = std::move(options);
  return choice;
}

bool is_option_type(OptionType type) {
  switch (type) {
    case OptionType::string:
    case OptionType::integer:
    case OptionType::boolean:
    case OptionType::duration:
    case OptionType::size:
    case OptionType::string_list:
    case OptionType::count:
    case OptionType::enumeration:
      return true;
  }
  return false;
}

std::optional<std::string> default_problem(const OptionSpec& option) {
  return convert_default(option) ? std::nullopt : std::optional(expected_words(option));
}

}  // namespace czb
