// SPDX-License-Identifier: MIT
// Plans of a push from tank to far/tank, and what is in them.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "inventory_builder.h"
#include "plan/prepare.h"
#include "plan/push.h"

namespace czb::test {

inline TargetConfig far_config() {
  TargetConfig config;
  config.name = "far";
  config.dataset = "far/tank";
  config.properties.clear();
  return config;
}

inline PushOptions asked_for_full() {
  PushOptions options;
  options.allow_full = true;
  return options;
}

inline PushPlan plan(const Inventory& source, const Inventory& target, const PushOptions& options = {},
                     const TargetConfig& config = far_config()) {
  return plan_push(source, target, config, options);
}

inline const DatasetPlan& plan_of(const PushPlan& plan, const std::string& relative) {
  for (const DatasetPlan& each : plan.datasets)
    if (each.relative == relative) return each;
  static const DatasetPlan none;
  ADD_FAILURE() << "no plan for '" << relative << "'";
  return none;
}

inline Outcome outcome_of(const PushPlan& plan, const std::string& relative) { return plan_of(plan, relative).outcome; }

inline std::string why_of(const PushPlan& plan, const std::string& relative) { return plan_of(plan, relative).why; }

// What is behind the options that each stream has; "raw: " before it, of a raw one.
inline std::string without_flags(const std::string& command) {
  const std::string raw = " -w -L -c -e ";
  const std::string plain = " -L -c ";
  const std::size_t at = command.find(raw);
  if (at != std::string::npos) return "raw: " + command.substr(at + raw.size());
  return command.substr(command.find(plain) + plain.size());
}

// What is sent of one dataset, without the flags that all have: "-I @t1 tank/a@t2", "rest of 1-t2".
inline std::vector<std::string> streams_of(const std::vector<Step>& steps) {
  std::vector<std::string> streams;
  for (const Step& step : steps) {
    if (const auto* rest = std::get_if<ResumeSend>(&step))
      streams.push_back("rest of " + rest->token);
    else
      streams.push_back(without_flags(joined(argv_of(step))));
  }
  return streams;
}

inline std::vector<std::string> streams_of(const PushPlan& plan, const std::string& relative) {
  return streams_of(plan_of(plan, relative).steps);
}

// After the tree's stream.
inline std::vector<std::string> later_streams_of(const PushPlan& plan, const std::string& relative) {
  return streams_of(plan_of(plan, relative).then);
}

// The same of the tree's one stream: "-I @t1 tank@t2"; "none".
inline std::string tree_stream_of(const PushPlan& plan) {
  if (!plan.send) return "none";
  const std::string command = joined(argv_of(*plan.send));
  return (plan.send->skip_missing ? "-s " : "") + without_flags(command);
}

inline bool sends_nothing(const PushPlan& plan) {
  if (plan.send) return false;
  for (const DatasetPlan& each : plan.datasets)
    if (!each.steps.empty() || !each.then.empty()) return false;
  return true;
}

}  // namespace czb::test
