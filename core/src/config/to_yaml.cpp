// SPDX-License-Identifier: MIT
// The effective configuration, written out in full: nothing is left to a default.
#include <algorithm>
#include <string_view>

#include "config/load_yaml.h"

namespace czb {
namespace {

bool is_plain_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/._-+@%").find(c) != std::string_view::npos;
}

// Whether the word means itself without quotes, in YAML and to a reader.
bool is_plain(std::string_view word) {
  if (word.empty() || word.size() > 256 || !std::all_of(word.begin(), word.end(), is_plain_char)) return false;
  if (std::string_view("-+@%.").find(word.front()) != std::string_view::npos) return false;
  return word != "null" && word != "Null" && word != "NULL";
}

std::string scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string word_list(const std::vector<std::string>& words) {
  std::string result;
  for (const std::string& word : words) result += (result.empty() ? "" : ", ") + scalar(word);
  return "[" + result + "]";
}

std::string option_value(const RawOption& option) {
  if (const auto* text = std::get_if<std::string>(&option.value)) return scalar(*text);
  return word_list(std::get<std::vector<std::string>>(option.value));
}

void write_choice(std::string& out, const std::string& indent, std::string_view key, const PluginChoice& choice) {
  out += indent + std::string(key) + ":\n";
  out += indent + "  plugin: " + scalar(choice.id) + "\n";
  for (const RawOption& option : choice.options) {
    out += indent + "  " + scalar(option.name) + ": " + option_value(option) + "\n";
  }
}

std::string duration(std::chrono::seconds seconds) { return std::to_string(seconds.count()) + "s"; }

std::vector<std::string> words_for(const std::set<Action>& actions) {
  std::vector<std::string> words;
  if (actions.count(Action::snapshot) != 0) words.emplace_back("snapshot");
  if (actions.count(Action::expire) != 0) words.emplace_back("expire");
  if (actions.count(Action::push) != 0) words.emplace_back("push");
  return words;
}

std::string_view word_for(Mirror mirror) {
  switch (mirror) {
    case Mirror::exact:
      return "exact";
    case Mirror::ours:
      return "ours";
    case Mirror::off:
      return "off";
  }
  return "exact";
}

void write_target(std::string& out, const TargetConfig& target) {
  const std::string indent(8, ' ');
  out += "      " + scalar(target.name) + ":\n";
  out += indent + "dataset: " + scalar(target.dataset) + "\n";
  write_choice(out, indent, "transport", target.transport);
  out += indent + "mirror: " + std::string(word_for(target.mirror)) + "\n";
  out += indent + "initial: " + (target.initial_full ? "full" : "refuse") + "\n";
  out += indent + "destroy-limit: " + std::to_string(target.destroy_limit_percent) + "%\n";
  out += indent + "on-divergence: " + (target.on_divergence == OnDivergence::rollback ? "rollback" : "abort") + "\n";
  out += indent + "on-source-gone: " + (target.on_source_gone == OnSourceGone::destroy ? "destroy" : "keep") + "\n";
  out += indent + "at-rest: " + (target.at_rest == AtRest::encrypt ? "encrypt" : "as-sent") + "\n";
  out += indent + "parallel: " + std::to_string(target.parallel) + "\n";
  out += indent + "retries: " + std::to_string(target.retries) + "\n";
  out += indent + "retry-pause: " + duration(target.retry_pause) + "\n";
  out += indent + "idle-timeout: " + duration(target.idle_timeout) + "\n";
  out += indent + "command-timeout: " + duration(target.command_timeout) + "\n";
  out += indent + "bandwidth-limit: " + std::to_string(target.bandwidth_limit) + "\n";
  out += indent + "buffer: " + std::to_string(target.buffer) + "\n";
  if (target.properties.empty()) {
    out += indent + "properties: {}\n";
    return;
  }
  out += indent + "properties:\n";
  for (const auto& [name, value] : target.properties) {
    out += indent + "  " + scalar(name) + ": " + (value ? scalar(*value) : "~") + "\n";
  }
}

}  // namespace

std::string to_yaml(const Config& config) {
  if (config.jobs.empty()) return "jobs: {}\n";
  std::string out = "jobs:\n";
  for (const JobConfig& job : config.jobs) {
    const std::string indent(4, ' ');
    out += "  " + scalar(job.name) + ":\n";
    out += indent + "dataset: " + scalar(job.dataset) + "\n";
    out += indent + "destroy-limit: " + std::to_string(job.destroy_limit_percent) + "%\n";
    write_choice(out, indent, "transport", job.transport);
    out += indent + "command-timeout: " + duration(job.command_timeout) + "\n";
    out += indent + "actions: " + word_list(words_for(job.actions)) + "\n";
    out += indent + "recursive: " + (job.selection.recursive ? "true" : "false") + "\n";
    out += indent + "exclude: " + word_list(job.selection.exclude) + "\n";
    write_choice(out, indent, "naming", job.naming);
    write_choice(out, indent, "retention", job.retention);
    if (job.targets.empty()) continue;
    out += indent + "targets:\n";
    for (const TargetConfig& target : job.targets) write_target(out, target);
  }
  return out;
}

}  // namespace czb
