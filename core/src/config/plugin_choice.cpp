// SPDX-License-Identifier: MIT
#include "config/plugin_choice.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "config/wording.h"

namespace czb {
namespace {

constexpr std::size_t longest_name = 64;

std::string read_id(const std::string& path, const YamlNode& node, const std::string& subject) {
  const std::string expected = "a plugin's name (lower-case letters, digits and '-')";
  const std::string& id = text_of(path, node, subject, expected);
  if (!is_plugin_id(id)) fail_expected(path, node, subject, expected);
  return id;
}

RawOption read_option(const std::string& path, const YamlNode& key, const YamlNode& value, const std::string& of) {
  if (key.text.empty() || key.text.size() > longest_name) {
    fail_at(path, key, quoted(key.text) + " cannot be an option's name in " + of + ": expected 1 to 64 bytes");
  }
  RawOption option{key.text, {}, origin_of(path, key), origin_of(path, value)};
  const std::string subject = "option " + quoted(key.text) + " in " + of;
  if (value.kind == YamlNode::Kind::sequence) {
    std::vector<std::string> words;
    for (const YamlNodePtr& item : value.items) words.push_back(text_of(path, *item, subject, "a list of words"));
    option.value = std::move(words);
  } else {
    option.value = text_of(path, value, subject, "a value or a list of values");
  }
  return option;
}

}  // namespace

PluginChoice read_plugin_choice(const std::string& path, const YamlMap& map, std::string_view key,
                                std::string_view default_id) {
  const std::string subject = map.subject_of(key);
  PluginChoice choice;
  choice.id = default_id;
  choice.origin = origin_of(path, map.node());
  const YamlNode* node = map.find(key);
  if (node == nullptr) return choice;

  choice.origin = origin_of(path, *node);
  if (node->kind == YamlNode::Kind::scalar) {
    choice.id = read_id(path, *node, subject);
    return choice;
  }
  if (node->kind != YamlNode::Kind::map) {
    fail_expected(path, *node, subject, "a plugin's name, or a map with 'plugin' and its options");
  }
  for (const auto& [name, value] : node->entries) {
    if (name->text == "plugin") {
      choice.id = read_id(path, *value, "'plugin' in " + subject);
      choice.origin = origin_of(path, *value);
    } else {
      choice.options.push_back(read_option(path, *name, *value, subject));
    }
  }
  return choice;
}

void default_ssh_destination(PluginChoice& transport, const std::string& target_name) {
  if (transport.id != "ssh") return;
  for (const RawOption& option : transport.options) {
    if (option.name == "destination") return;
  }
  transport.options.push_back(RawOption{"destination", target_name, transport.origin, transport.origin});
}

std::string identity_of(const PluginChoice& choice) {
  // Each text with its length before it, so that no two sequences of texts look alike.
  const auto framed = [](const std::string& text) { return std::to_string(text.size()) + ":" + text; };
  std::map<std::string, std::string> options;
  for (const RawOption& option : choice.options) {
    std::string& value = options[option.name];
    if (const auto* text = std::get_if<std::string>(&option.value)) {
      value = "=" + framed(*text);
    } else {
      for (const std::string& word : std::get<std::vector<std::string>>(option.value)) value += "-" + framed(word);
    }
  }
  std::string identity = framed(choice.id);
  for (const auto& [name, value] : options) identity += framed(name) + framed(value);
  return identity;
}

bool is_plugin_id(std::string_view id) {
  return !id.empty() && id.size() <= longest_name && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace czb
