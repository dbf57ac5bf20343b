// SPDX-License-Identifier: MIT
#include "report/plan_json.h"

#include "text/json_text.h"

namespace czb {
namespace {

using Json = nlohmann::ordered_json;

Json step_as_json(const PlannedStep& planned) {
  Json json = {{"step", verb_of(planned.step)}, {"host", planned.peer}, {"argv", argv_of(planned.step)}};
  if (const std::optional<CommandLine> receiving = receiving_argv(planned.step)) {
    json["receiving-host"] = planned.receiving_peer;
    json["receiving-argv"] = *receiving;
  }
  json["command"] = planned.command_line;
  return json;
}

Json action_as_json(const char* name, const ActionReport& action) {
  Json json = {{"action", name},
               {"exit-code", static_cast<int>(action.code)},
               {"steps", Json::array()},
               {"spared", Json::array()}};
  for (const Judged& judged : action.verdicts)
    json["verdicts"].push_back({{"snapshot", judged.snapshot},
                                {"verdict", judged.verdict.decision == Decision::keep ? "keep" : "expire"},
                                {"rule", judged.verdict.rule}});
  for (const PlannedStep& planned : action.steps) json["steps"].push_back(step_as_json(planned));
  for (const Spared& spared : action.spared)
    json["spared"].push_back({{"snapshot", spared.snapshot}, {"why", spared.why}});
  json["refusals"] = action.refusals;
  json["notes"] = action.notes;
  if (!action.warnings.empty()) json["warnings"] = action.warnings;
  json["errors"] = action.errors;
  return json;
}

Json outcomes_as_json(const JobReport& report, const TargetReport& target) {
  Json datasets = Json::array();
  for (const auto& [relative, outcome] : target.outcomes) {
    Json entry = {{"dataset", relative.empty() ? report.dataset : report.dataset + "/" + relative},
                  {"outcome", to_string(outcome.outcome)}};
    if (!outcome.why.empty()) entry["why"] = outcome.why;
    if (outcome.bytes > 0) entry["bytes"] = outcome.bytes;
    datasets.push_back(std::move(entry));
  }
  return datasets;
}

}  // namespace

std::string reports_as_json(const std::vector<JobReport>& reports) {
  Json jobs = Json::array();
  for (const JobReport& report : reports) {
    Json actions = Json::array();
    if (!report.general.errors.empty()) actions.push_back(action_as_json("job", report.general));
    if (report.snapshot) actions.push_back(action_as_json("snapshot", *report.snapshot));
    if (report.expire) actions.push_back(action_as_json("expire", *report.expire));
    for (const TargetReport& target : report.targets) {
      Json push = action_as_json("push", target.push);
      push["target"] = target.name;
      push["dataset"] = target.dataset;
      push["sent-bytes"] = target.sent_bytes;
      push["destroyed"] = target.destroyed;
      push["retries"] = target.retries;
      if (target.receiver) push["receiver"] = to_string(*target.receiver);
      if (!target.alarms.empty()) push["alarms"] = target.alarms;
      if (target.observed) push["extras"] = target.extras;
      if (!report.dry_run) push["agrees"] = target.agrees;
      push["datasets"] = outcomes_as_json(report, target);
      actions.push_back(std::move(push));
    }
    jobs.push_back({{"name", report.name},
                    {"dataset", report.dataset},
                    {"dry-run", report.dry_run},
                    {"exit-code", static_cast<int>(report.code())},
                    {"actions", std::move(actions)}});
  }
  return json_text(Json{{"jobs", std::move(jobs)}}) + "\n";
}

}  // namespace czb
