// SPDX-License-Identifier: MIT
#include "conformance/subject.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "config/plugin_choice.h"
#include "config/wording.h"
#include "config/yaml_node.h"
#include "error.h"
#include "plugin/descriptor_check.h"

namespace czb::conformance {
namespace {

constexpr char options_origin[] = "options";

// The kind and id in KIND-ID.so.
std::optional<std::pair<PluginKind, std::string>> kind_and_id(const std::string& file_name) {
  constexpr std::string_view end = ".so";
  for (const PluginKind kind : {PluginKind::transport, PluginKind::naming, PluginKind::retention}) {
    const std::size_t start = std::string_view(to_string(kind)).size() + 1;
    if (file_name.size() <= start + end.size()) continue;
    std::string id = file_name.substr(start, file_name.size() - start - end.size());
    if (is_plugin_id(id) && file_name == plugin_file_name(kind, id)) return std::pair(kind, std::move(id));
  }
  return std::nullopt;
}

// Read by the configuration's own reader, as the value of a key whose map is this text.
std::vector<RawOption> options_of(const std::string& yaml, const std::string& id) {
  const YamlNodePtr given = parse_yaml(yaml, options_origin);
  if (given == nullptr || given->kind == YamlNode::Kind::null) return {};
  if (given->kind != YamlNode::Kind::map)
    throw Error(ExitCode::usage,
                "the plugin's options must be a YAML map such as {NAME: VALUE}, not " + description_of(*given));
  const auto key = std::make_shared<YamlNode>();
  key->kind = YamlNode::Kind::scalar;
  key->text = options_origin;
  YamlNode parent;
  parent.kind = YamlNode::Kind::map;
  parent.entries.emplace_back(key, given);
  const std::string path = options_origin;
  PluginChoice choice = read_plugin_choice(path, YamlMap(path, parent, "the plugin"), options_origin, id);
  if (choice.id != id) throw Error(ExitCode::usage, choice.origin + ": 'plugin' cannot be chosen here: the file is");
  return std::move(choice.options);
}

bool is_list(const PluginDescriptor& descriptor, std::string_view name) {
  for (std::uint32_t i = 0; i < descriptor.option_count; ++i)
    if (name == descriptor.options[i].name) return descriptor.options[i].type == OptionType::string_list;
  return false;
}

// NAME=VALUE. Of a list, each occurrence is one word; of anything else, a second one is refused later, as in YAML.
void add_word(const PluginDescriptor& descriptor, const std::string& word, std::vector<RawOption>& options) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(ExitCode::usage, "option --option: " + czb::quoted(word) + " is not of the form NAME=VALUE");
  const std::string name = word.substr(0, equals);
  const std::string value = word.substr(equals + 1);
  const std::string origin = "option --option " + name;
  if (!is_list(descriptor, name)) {
    options.push_back(RawOption{name, value, origin, origin});
    return;
  }
  for (RawOption& option : options) {
    auto* list = option.name == name ? std::get_if<std::vector<std::string>>(&option.value) : nullptr;
    if (list == nullptr) continue;
    list->push_back(value);
    return;
  }
  options.push_back(RawOption{name, std::vector<std::string>{value}, origin, origin});
}

}  // namespace

Candidate candidate_of(const std::string& file, const std::string& options_yaml) {
  const std::filesystem::path path = std::filesystem::absolute(file).lexically_normal();
  auto found = kind_and_id(path.filename().string());
  if (!found)
    throw Error(ExitCode::usage, "the file " + file +
                                     " is not called KIND-ID.so, with the kind transport, naming or retention, which "
                                     "every plugin's file must be");
  Candidate candidate;
  candidate.folder = path.parent_path().string();
  candidate.kind = found->first;
  candidate.choice.id = found->second;
  candidate.choice.origin = path.string();
  candidate.choice.options = options_of(options_yaml, found->second);
  return candidate;
}

Subject::Subject(Candidate candidate, const Settings& settings, const std::string& run_directory)
    : candidate_(std::move(candidate)), settings_(settings), registry_(candidate_.folder, run_directory, Answers::raw) {
  PluginChoice& choice = candidate_.choice;
  const PluginDescriptor& descriptor = registry_.descriptor(candidate_.kind, choice.id, choice.origin);
  for (const std::string& word : candidate_.words) add_word(descriptor, word, choice.options);
  registry_.check_options(candidate_.kind, choice);
}

}  // namespace czb::conformance
