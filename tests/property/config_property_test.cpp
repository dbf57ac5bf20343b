// SPDX-License-Identifier: MIT
// For any configuration: what to_yaml writes, load_yaml_text reads back to the same, whatever stands
// in options and property values. For any text: load_yaml_text gives a configuration or an Error.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/load_yaml.h"
#include "error.h"

namespace czb {
namespace {

const std::string host = "zippy";

// 1 to 20 characters out of these, the first one a letter.
rc::Gen<std::string> word_of(const std::string& characters) {
  return rc::gen::map(
      rc::gen::pair(rc::gen::inRange('a', 'z'),
                    rc::gen::resize(19, rc::gen::container<std::string>(rc::gen::elementOf(characters)))),
      [](const std::pair<char, std::string>& parts) { return parts.first + parts.second; });
}

rc::Gen<std::string> name() { return word_of("abcxyz0189._-"); }
rc::Gen<std::string> plugin_id() { return word_of("abcxyz0189-"); }
rc::Gen<std::string> dataset() { return word_of("abcXYZ0189._-: "); }

// Any text that YAML can hold, with a liking for what needs care in YAML.
rc::Gen<std::string> text() {
  static const std::vector<std::string> pieces = {
      "a", "Z",  "0",  " ",  ":", ": ",   "#",    " #",   "-",   "- ",   "?",      "? ",     "[",
      "]", "{",  "}",  ",",  "&", "*",    "!",    "|",    ">",   "'",    "\"",     "%",      "@",
      "`", "\\", "\n", "\t", "~", "null", "true", "on",   "<<",  "=",    "é",      "\\n",    "€",
      "😀", ".",  "..", "/",  "_", "---",  "...",  "0x1F", "1e3", "NULL", "\u00a0", "\u2028", "\ufeff"};
  return rc::gen::map(rc::gen::resize(12, rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces))),
                      [](const std::vector<std::string>& chosen) {
                        std::string result;
                        for (const std::string& piece : chosen) result += piece;
                        return result;
                      });
}

// A few texts, none twice.
rc::Gen<std::vector<std::string>> some_unique(const rc::Gen<std::string>& each) {
  return rc::gen::resize(4, rc::gen::unique<std::vector<std::string>>(each));
}

PluginChoice any_choice() {
  PluginChoice choice{*plugin_id(), "", {}};
  for (const std::string& option : *some_unique(text())) {
    if (option.empty() || option.size() > 64 || option == "plugin" || option == "<<") continue;
    RawOption raw{option, *text(), "", ""};
    if (*rc::gen::arbitrary<bool>())
      raw.value = *rc::gen::resize(4, rc::gen::container<std::vector<std::string>>(text()));
    choice.options.push_back(std::move(raw));
  }
  return choice;
}

bool has_destination(const PluginChoice& choice) {
  return std::any_of(choice.options.begin(), choice.options.end(),
                     [](const RawOption& option) { return option.name == "destination"; });
}

std::chrono::seconds any_duration() { return std::chrono::seconds(*rc::gen::inRange(0, 365 * 86400 + 1)); }

TargetConfig any_target(const std::string& target_name) {
  TargetConfig target;
  target.name = target_name;
  target.dataset = *dataset();
  target.transport = any_choice();
  if (*rc::gen::arbitrary<bool>()) target.transport.id = "ssh";
  // Two targets of one job must not be the same place, and ssh always has a destination.
  if (!has_destination(target.transport)) {
    target.transport.options.push_back(RawOption{"destination", target_name, "", ""});
  }
  target.mirror = *rc::gen::element(Mirror::exact, Mirror::ours, Mirror::off);
  target.initial_full = *rc::gen::arbitrary<bool>();
  target.destroy_limit_percent = *rc::gen::inRange(0U, 101U);
  target.on_divergence = *rc::gen::element(OnDivergence::abort, OnDivergence::rollback);
  target.parallel = *rc::gen::inRange(1U, 65U);
  target.retries = *rc::gen::inRange(0U, 101U);
  target.retry_pause = any_duration();
  target.idle_timeout = any_duration();
  target.command_timeout = any_duration();
  target.bandwidth_limit = *rc::gen::inRange<std::uint64_t>(0, (std::uint64_t{1} << 50) + 1);
  target.buffer = *rc::gen::inRange<std::uint64_t>(0, (std::uint64_t{16} << 30) + 1);
  for (const std::string& property : *some_unique(word_of("abcxyz019_"))) {
    target.properties[property] = *rc::gen::arbitrary<bool>() ? std::optional(*text()) : std::nullopt;
  }
  return target;
}

Config any_config() {
  Config config;
  config.source = "c.yaml";
  auto jobs = *some_unique(name());
  if (jobs.empty()) jobs.push_back("j");
  for (const std::string& job_name : jobs) {
    JobConfig job;
    job.name = job_name;
    job.dataset = *dataset();
    job.naming = any_choice();
    job.retention = any_choice();
    job.destroy_limit_percent = *rc::gen::inRange(0U, 101U);
    job.transport = any_choice();
    job.command_timeout = any_duration();
    job.selection.recursive = *rc::gen::arbitrary<bool>();
    for (const std::string& pattern : *some_unique(text()))
      if (!pattern.empty() && pattern.front() != '/' && pattern.back() != '/') job.selection.exclude.push_back(pattern);
    for (const std::string& target_name : *some_unique(name())) {
      TargetConfig target = any_target(target_name);
      const bool may_destroy = target.mirror == Mirror::exact && job.selection.recursive;
      if (may_destroy && *rc::gen::arbitrary<bool>()) target.on_source_gone = OnSourceGone::destroy;
      job.targets.push_back(std::move(target));
    }
    config.jobs.push_back(std::move(job));
  }
  return config;
}

// Origins are where things were written, and not part of what was said.
void expect_same(const PluginChoice& a, const PluginChoice& b) {
  RC_ASSERT(a.id == b.id);
  RC_ASSERT(a.options.size() == b.options.size());
  for (std::size_t i = 0; i < a.options.size(); ++i) {
    RC_ASSERT(a.options[i].name == b.options[i].name);
    RC_ASSERT(a.options[i].value == b.options[i].value);
  }
}

void expect_same(const TargetConfig& a, const TargetConfig& b) {
  RC_ASSERT(a.name == b.name);
  RC_ASSERT(a.dataset == b.dataset);
  expect_same(a.transport, b.transport);
  RC_ASSERT(a.mirror == b.mirror);
  RC_ASSERT(a.initial_full == b.initial_full);
  RC_ASSERT(a.destroy_limit_percent == b.destroy_limit_percent);
  RC_ASSERT(a.on_divergence == b.on_divergence);
  RC_ASSERT(a.on_source_gone == b.on_source_gone);
  RC_ASSERT(a.parallel == b.parallel);
  RC_ASSERT(a.retries == b.retries);
  RC_ASSERT(a.retry_pause == b.retry_pause);
  RC_ASSERT(a.idle_timeout == b.idle_timeout);
  RC_ASSERT(a.command_timeout == b.command_timeout);
  RC_ASSERT(a.bandwidth_limit == b.bandwidth_limit);
  RC_ASSERT(a.buffer == b.buffer);
  RC_ASSERT(a.properties == b.properties);
}

void expect_same(const Config& a, const Config& b) {
  RC_ASSERT(a.source == b.source);
  RC_ASSERT(a.jobs.size() == b.jobs.size());
  for (std::size_t i = 0; i < a.jobs.size(); ++i) {
    const JobConfig& x = a.jobs[i];
    const JobConfig& y = b.jobs[i];
    RC_ASSERT(x.name == y.name);
    RC_ASSERT(x.dataset == y.dataset);
    expect_same(x.transport, y.transport);
    RC_ASSERT(x.command_timeout == y.command_timeout);
    RC_ASSERT(x.selection.recursive == y.selection.recursive);
    RC_ASSERT(x.selection.exclude == y.selection.exclude);
    expect_same(x.naming, y.naming);
    expect_same(x.retention, y.retention);
    RC_ASSERT(x.destroy_limit_percent == y.destroy_limit_percent);
    RC_ASSERT(x.targets.size() == y.targets.size());
    for (std::size_t j = 0; j < x.targets.size(); ++j) expect_same(x.targets[j], y.targets[j]);
  }
}

RC_GTEST_PROP(ConfigProperty, WhatToYamlWritesIsReadBackTheSame, ()) {
  const Config config = any_config();
  const std::string yaml = to_yaml(config);
  RC_LOG() << yaml;
  expect_same(load_yaml_text(yaml, "c.yaml", host), config);
}

RC_GTEST_PROP(ConfigProperty, AnyTextGivesAConfigurationOrAUsageError, ()) {
  const std::string start = *rc::gen::element<std::string>("", "jobs: ", "jobs:\n  j:\n    ", "jobs: {j: {naming: ");
  try {
    load_yaml_text(start + *text(), "c.yaml", host);
  } catch (const Error& error) {
    RC_ASSERT(error.code() == ExitCode::usage);
    RC_ASSERT(std::string(error.what()).compare(0, 6, "c.yaml") == 0);
  }
}

}  // namespace
}  // namespace czb
