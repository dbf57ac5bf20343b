// SPDX-License-Identifier: MIT
// The schema: which keys a job and a target have, what they hold, and what they are when absent.
#include "config/load_yaml.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "config/mistakes.h"
#include "config/plugin_choice.h"
#include "config/read_file.h"
#include "config/wording.h"
#include "config/yaml_node.h"
#include "config/yaml_reader.h"
#include "error.h"
#include "plugin/option_parse.h"
#include "zfs/names.h"

namespace czb {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_property_value = 8191;  // ZAP_MAXVALUELEN, with its final NUL

// What every part of the schema needs to know.
struct Reading {
  const std::string& path;
  const std::string& host;
  Mistakes& mistakes;
};

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alphanumeric(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }
bool is_punctuation(char c) { return c == '.' || c == '_' || c == '-'; }

bool is_name(std::string_view name, bool (*is_first)(char)) {
  return !name.empty() && name.size() <= longest_name && is_first(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_first(c) || is_punctuation(c); });
}

// `before`: how many mistakes there were before this map. A misspelt key may be the one that seems to be absent.
void read_dataset(const Reading& reading, const YamlMap& map, const std::string& fallback, std::size_t before,
                  std::string& dataset) {
  dataset = fallback;
  const YamlNode* node = map.find("dataset");
  if (node == nullptr && reading.mistakes.count() != before) return;
  reading.mistakes.attempt([&] {
    if (node == nullptr) {
      if (const auto error = dataset_name_error(fallback))
        fail_at(reading.path, map.node(),
                map.subject() + " needs a 'dataset': the default, " + quoted(fallback) +
                    ", is not a dataset name: " + *error);
      return;
    }
    const std::string subject = map.subject_of("dataset");
    dataset = text_of(reading.path, *node, subject, "a dataset name such as tank/home");
    if (const auto error = dataset_name_error(dataset))
      fail_at(reading.path, *node, subject + ": " + quoted(dataset) + " is not a dataset name: " + *error);
  });
}

unsigned read_destroy_limit(const Reading& reading, const YamlMap& map) {
  const YamlNode* node = map.find("destroy-limit");
  if (node == nullptr) return 25;
  const std::string subject = map.subject_of("destroy-limit");
  const std::string expected = "a percentage from 0 to 100 such as 25%";
  std::string_view digits = text_of(reading.path, *node, subject, expected);
  if (!digits.empty() && digits.back() == '%') digits.remove_suffix(1);
  unsigned percent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), percent);
  if (error != std::errc() || end != digits.data() + digits.size() || percent > 100) {
    fail_expected(reading.path, *node, subject, expected);
  }
  return percent;
}

// The value of a key that holds one of a few words; the first is the default.
template <typename T>
T read_word(const Reading& reading, const YamlMap& map, std::string_view key,
            const std::vector<std::pair<std::string_view, T>>& words) {
  const YamlNode* node = map.find(key);
  if (node == nullptr) return words.front().second;
  std::vector<std::string_view> names;
  for (const auto& word : words) names.push_back(word.first);
  const std::string expected = "one of " + comma_list(names);
  const std::string& text = text_of(reading.path, *node, map.subject_of(key), expected);
  for (const auto& [name, value] : words) {
    if (text == name) return value;
  }
  fail_at(reading.path, *node,
          map.subject_of(key) + ": expected " + expected + ", found " + quoted(text) + did_you_mean(text, names));
}

// A key with one of the units that plugin options have too (plugin/option_parse.h).
std::int64_t read_number(const Reading& reading, const YamlMap& map, std::string_view key, OptionType type,
                         std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const YamlNode* node = map.find(key);
  if (node == nullptr) return fallback;
  OptionSpec spec = {};
  spec.type = type;
  std::string expected = expected_words(spec);
  if (type == OptionType::integer) expected += " from " + std::to_string(least) + " to " + std::to_string(most);
  const std::string subject = map.subject_of(key);
  const auto number = parse_option_number(type, text_of(reading.path, *node, subject, expected));
  if (!number) fail_expected(reading.path, *node, subject, expected);
  if (*number < least || *number > most)
    fail_at(reading.path, *node,
            subject + ": expected " + expected + ", and " + quoted(node->text) + " is too " +
                (*number < least ? "small" : "large"));
  return *number;
}

std::chrono::seconds read_duration(const Reading& reading, const YamlMap& map, std::string_view key,
                                   std::chrono::seconds fallback) {
  constexpr std::int64_t longest = 365 * 86400;
  return std::chrono::seconds(read_number(reading, map, key, OptionType::duration, fallback.count(), 0, longest));
}

std::uint64_t read_size(const Reading& reading, const YamlMap& map, std::string_view key, std::int64_t most) {
  return static_cast<std::uint64_t>(read_number(reading, map, key, OptionType::size, 0, 0, most));
}

// `[expire]`, or one word.
void read_actions(const Reading& reading, const YamlMap& job, std::set<Action>& actions) {
  const YamlNode* node = job.find("actions");
  if (node == nullptr) return;
  const std::string subject = job.subject_of("actions");
  const std::string expected = "a list of snapshot, expire and push, such as [expire]";
  if (node->kind != YamlNode::Kind::sequence || node->items.empty())
    fail_expected(reading.path, *node, subject, expected);
  const auto& words = action_words();
  actions.clear();
  for (const YamlNodePtr& entry : node->items) {
    const auto found = words.find(text_of(reading.path, *entry, subject, expected));
    if (found == words.end()) fail_expected(reading.path, *entry, subject, expected);
    actions.insert(found->second);
  }
}

void read_exclude(const Reading& reading, const YamlMap& job, Selection& selection) {
  const YamlNode* node = job.find("exclude");
  if (node == nullptr || node->kind == YamlNode::Kind::null) return;
  const std::string subject = job.subject_of("exclude");
  if (node->kind != YamlNode::Kind::sequence)
    fail_expected(reading.path, *node, subject, "a list of patterns such as [cache, 'vm/*/tmp']");
  for (const YamlNodePtr& entry : node->items) {
    const std::string& pattern = text_of(reading.path, *entry, subject, "a pattern such as 'vm/*/tmp'");
    if (pattern.empty() || pattern.front() == '/' || pattern.back() == '/')
      fail_at(reading.path, *entry,
              subject + ": " + quoted(pattern) +
                  " matches no dataset: patterns are relative to the job's dataset, without '/' at either end");
    selection.exclude.push_back(pattern);
  }
}

void read_properties(const Reading& reading, const YamlMap& target, TargetConfig& result) {
  const YamlNode* node = target.find("properties");
  if (node == nullptr) return;
  const YamlMap map(reading.path, *node, target.subject_of("properties"));
  for (const auto& [key, value] : node->entries) {
    if (const auto error = property_name_error(key->text)) {
      fail_at(reading.path, *key, map.subject() + ": " + quoted(key->text) + " is not a property's name: " + *error);
    }
    if (key->text == "encryption") {
      if (value->kind != YamlNode::Kind::null)
        fail_at(
            reading.path, *key,
            map.subject() +
                ": a receive cannot encrypt by itself. 'at-rest: encrypt' has the dataset above the target's do it");
      if (target.find("at-rest") != nullptr && result.at_rest == AtRest::as_sent)
        fail_at(reading.path, *key,
                map.subject() + ": 'encryption: ~' is 'at-rest: encrypt', and 'at-rest' says as-sent");
      result.at_rest = AtRest::encrypt;
      continue;
    }
    if (value->kind == YamlNode::Kind::null) {
      result.properties[key->text] = std::nullopt;
      continue;
    }
    const std::string subject = "property " + quoted(key->text) + " of " + target.subject();
    const std::string& text = text_of(reading.path, *value, subject, "a value, or ~ for the parent's");
    if (text.size() > longest_property_value) fail_at(reading.path, *value, subject + ": longer than 8191 bytes");
    result.properties[key->text] = text;
  }
}

// How hard a push tries, and how much it takes.
void read_effort(const Reading& reading, const YamlMap& map, TargetConfig& target) {
  constexpr std::int64_t most_at_once = 64;
  constexpr std::int64_t most_retries = 100;
  constexpr std::int64_t largest_buffer = std::int64_t{16} << 30;
  constexpr std::int64_t largest_rate = std::int64_t{1} << 50;
  const auto attempt = [&](const std::function<void()>& body) { reading.mistakes.attempt(body); };
  attempt([&] {
    target.parallel = static_cast<unsigned>(
        read_number(reading, map, "parallel", OptionType::integer, target.parallel, 1, most_at_once));
  });
  attempt([&] {
    target.retries = static_cast<unsigned>(
        read_number(reading, map, "retries", OptionType::integer, target.retries, 0, most_retries));
  });
  attempt([&] { target.retry_pause = read_duration(reading, map, "retry-pause", target.retry_pause); });
  attempt([&] { target.idle_timeout = read_duration(reading, map, "idle-timeout", target.idle_timeout); });
  attempt([&] { target.command_timeout = read_duration(reading, map, "command-timeout", target.command_timeout); });
  attempt([&] { target.bandwidth_limit = read_size(reading, map, "bandwidth-limit", largest_rate); });
  attempt([&] { target.buffer = read_size(reading, map, "buffer", largest_buffer); });
}

TargetConfig read_target(const Reading& reading, const YamlNode& key, const YamlNode& node, const std::string& of_job) {
  TargetConfig target;
  target.name = key.text;
  if (!is_name(target.name, is_lower_or_digit)) {
    fail_at(reading.path, key,
            quoted(target.name) +
                " cannot be a target's name (it becomes part of a ZFS property's name): expected "
                "lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 64");
  }
  const YamlMap map(reading.path, node, "target " + quoted(target.name) + of_job);
  const std::size_t before = reading.mistakes.count();
  map.allow_only(
      {"dataset", "transport", "mirror", "initial", "destroy-limit", "properties", "on-divergence", "on-source-gone",
       "at-rest", "parallel", "retries", "retry-pause", "idle-timeout", "command-timeout", "bandwidth-limit", "buffer"},
      reading.mistakes);
  const auto attempt = [&](const std::function<void()>& body) { reading.mistakes.attempt(body); };
  read_dataset(reading, map, "offsite/" + reading.host, before, target.dataset);
  attempt([&] {
    target.transport = read_plugin_choice(reading.path, map, "transport", "ssh");
    default_ssh_destination(target.transport, target.name);
  });
  attempt([&] {
    target.mirror = read_word<Mirror>(reading, map, "mirror",
                                      {{"exact", Mirror::exact}, {"ours", Mirror::ours}, {"off", Mirror::off}});
  });
  attempt([&] { target.initial_full = read_word<bool>(reading, map, "initial", {{"refuse", false}, {"full", true}}); });
  attempt([&] { target.destroy_limit_percent = read_destroy_limit(reading, map); });
  attempt([&] {
    target.at_rest =
        read_word<AtRest>(reading, map, "at-rest", {{"as-sent", AtRest::as_sent}, {"encrypt", AtRest::encrypt}});
  });
  attempt([&] { read_properties(reading, map, target); });
  attempt([&] {
    target.on_divergence = read_word<OnDivergence>(
        reading, map, "on-divergence", {{"abort", OnDivergence::abort}, {"rollback", OnDivergence::rollback}});
  });
  attempt([&] {
    target.on_source_gone = read_word<OnSourceGone>(reading, map, "on-source-gone",
                                                    {{"keep", OnSourceGone::keep}, {"destroy", OnSourceGone::destroy}});
  });
  if (reading.mistakes.count() == before && target.on_source_gone == OnSourceGone::destroy &&
      target.mirror != Mirror::exact)
    fail_at(reading.path, *map.find("on-source-gone"),
            map.subject_of("on-source-gone") + ": destroy needs 'mirror: exact', which lets a target lose snapshots");
  read_effort(reading, map, target);
  return target;
}

// A tree cannot be backed up into itself.
void refuse_own_tree(const Reading& reading, const YamlNode& key, const JobConfig& job, const TargetConfig& target) {
  if (identity_of(job.transport) != identity_of(target.transport)) return;
  if (target.dataset != job.dataset && !is_below(target.dataset, job.dataset) && !is_below(job.dataset, target.dataset))
    return;
  fail_at(reading.path, key,
          "target " + quoted(target.name) + ": " + quoted(target.dataset) + " lies in the tree " + quoted(job.dataset) +
              " that it is to hold a backup of, or the other way round");
}

void judge_place(const Reading& reading, const YamlNode& key, const YamlMap& map, const JobConfig& job,
                 const TargetConfig& target, std::map<std::string, std::string>& places) {
  const auto [other, is_new] = places.emplace(target.dataset + "@" + identity_of(target.transport), target.name);
  if (!is_new) {
    fail_at(reading.path, key,
            "targets " + quoted(other->second) + " and " + quoted(target.name) + " of " + map.subject() +
                " are the same place: give one of them another dataset or transport");
  }
  refuse_own_tree(reading, key, job, target);
  if (!job.selection.recursive && target.on_source_gone == OnSourceGone::destroy)
    fail_at(reading.path, key,
            "target " + quoted(target.name) +
                ": 'on-source-gone: destroy' does not go with 'recursive: false', which " +
                "knows nothing of the datasets below");
}

// `job_is_known`: what of it was read so far has no mistakes.
void read_targets(const Reading& reading, const YamlMap& map, JobConfig& job, bool job_is_known) {
  const YamlNode* node = map.find("targets");
  if (node == nullptr || node->kind == YamlNode::Kind::null) return;
  const YamlMap targets(reading.path, *node, map.subject_of("targets"));
  std::map<std::string, std::string> places;  // and the target that goes there
  for (const auto& entry : node->entries) {
    const YamlNode& key = *entry.first;
    const std::size_t before = reading.mistakes.count();
    reading.mistakes.attempt([&] {
      TargetConfig target = read_target(reading, key, *entry.second, " of " + map.subject());
      // What of it is not known cannot be compared.
      if (reading.mistakes.count() == before && job_is_known) judge_place(reading, key, map, job, target, places);
      job.targets.push_back(std::move(target));
    });
  }
}

JobConfig read_job(const Reading& reading, const YamlNode& key, const YamlNode& node) {
  JobConfig job;
  job.name = key.text;
  job.origin = origin_of(reading.path, key);
  if (!is_name(job.name, is_alphanumeric)) {
    fail_at(reading.path, key,
            quoted(job.name) +
                " cannot be a job's name: expected letters, digits, '.', '_' and '-', beginning with a "
                "letter or digit, at most 64");
  }
  const YamlMap map(reading.path, node, "job " + quoted(job.name));
  const std::size_t before = reading.mistakes.count();
  map.allow_only({"dataset", "transport", "command-timeout", "actions", "recursive", "exclude", "destroy-limit",
                  "naming", "retention", "targets"},
                 reading.mistakes);
  const auto attempt = [&](const std::function<void()>& body) { reading.mistakes.attempt(body); };
  read_dataset(reading, map, reading.host + "/" + reading.host, before, job.dataset);
  attempt([&] { job.transport = read_plugin_choice(reading.path, map, "transport", "local"); });
  attempt([&] { job.command_timeout = read_duration(reading, map, "command-timeout", job.command_timeout); });
  attempt([&] {
    job.selection.recursive = read_word<bool>(reading, map, "recursive", {{"true", true}, {"false", false}});
  });
  attempt([&] { read_actions(reading, map, job.actions); });
  attempt([&] { read_exclude(reading, map, job.selection); });
  attempt([&] { job.destroy_limit_percent = read_destroy_limit(reading, map); });
  attempt([&] { job.naming = read_plugin_choice(reading.path, map, "naming", "rfc3339"); });
  attempt([&] { job.retention = read_plugin_choice(reading.path, map, "retention", "gfs"); });
  attempt([&] { read_targets(reading, map, job, reading.mistakes.count() == before); });
  if (reading.mistakes.count() == before && !job.targets.empty() && job.actions.count(Action::push) == 0)
    fail_at(reading.path, *map.find("targets"),
            map.subject() + " has targets, but no 'push' among its 'actions': give it up or take them out");
  return job;
}

}  // namespace

Config load_yaml_text(const std::string& text, const std::string& path, const std::string& host) {
  const std::string hint = "; a configuration has a map of jobs, such as jobs: {home: {dataset: tank/home}}";
  const YamlNodePtr root = parse_yaml(text, path);
  if (root == nullptr || root->kind == YamlNode::Kind::null) throw Error(ExitCode::usage, path + ": empty" + hint);

  const YamlMap map(path, *root, "the configuration");
  Mistakes mistakes;
  map.allow_only({"jobs"}, mistakes);
  mistakes.raise();
  const YamlNode* jobs = map.find("jobs");
  if (jobs == nullptr) throw Error(ExitCode::usage, path + ": the key 'jobs' is missing" + hint);
  const YamlMap checked(path, *jobs, "'jobs'");
  if (jobs->entries.empty()) fail_at(path, *jobs, "there is no job" + hint);

  Config config;
  config.source = path;
  const Reading reading{path, host, mistakes};
  for (const auto& entry : jobs->entries)
    mistakes.attempt([&] { config.jobs.push_back(read_job(reading, *entry.first, *entry.second)); });
  mistakes.raise();
  return config;
}

Config load_yaml_file(const std::string& path, const std::string& host) {
  return load_yaml_text(read_file(path, yaml_size_limit + 1), path, host);
}

}  // namespace czb
