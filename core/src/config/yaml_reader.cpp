// SPDX-License-Identifier: MIT
#include "config/yaml_reader.h"

#include <algorithm>
#include <utility>

#include "config/wording.h"
#include "error.h"

namespace czb {

std::string description_of(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return quoted(node.text);
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
  }
  return "something else";
}

void fail_at(const std::string& path, const YamlNode& node, const std::string& message) {
  throw Error(ExitCode::usage, origin_of(path, node) + ": " + message);
}

void fail_expected(const std::string& path, const YamlNode& node, const std::string& subject,
                   const std::string& expected) {
  fail_at(path, node, subject + ": expected " + expected + ", found " + description_of(node));
}

const std::string& text_of(const std::string& path, const YamlNode& node, const std::string& subject,
                           const std::string& expected) {
  if (node.kind != YamlNode::Kind::scalar) fail_expected(path, node, subject, expected);
  return node.text;
}

YamlMap::YamlMap(const std::string& path, const YamlNode& node, std::string subject)
    : path_(path), node_(node), subject_(std::move(subject)) {
  if (node.kind == YamlNode::Kind::null) {
    fail_at(path, node, subject_ + ": expected a map of keys and values, found nothing; an empty map is written {}");
  }
  if (node.kind != YamlNode::Kind::map) fail_expected(path, node, subject_, "a map of keys and values");
}

void YamlMap::allow_only(const std::vector<std::string_view>& keys, Mistakes& mistakes) const {
  for (const auto& entry : node_.entries) {
    const YamlNode& key = *entry.first;
    if (std::find(keys.begin(), keys.end(), key.text) != keys.end()) continue;
    mistakes.attempt([&] {
      fail_at(path_, key,
              "unknown key " + quoted(key.text) + " in " + subject_ + did_you_mean(key.text, keys) +
                  "; known keys: " + comma_list(keys));
    });
  }
}

const YamlNode* YamlMap::find(std::string_view key) const {
  for (const auto& entry : node_.entries) {
    if (entry.first->text == key) return entry.second.get();
  }
  return nullptr;
}

std::string YamlMap::subject_of(std::string_view key) const { return "'" + std::string(key) + "' of " + subject_; }

}  // namespace czb
