// SPDX-License-Identifier: MIT
// `plugins test FILE`: the conformance kit, on one plugin's file.
#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/say.h"
#include "conformance/kit.h"
#include "text/json_text.h"

namespace czb {
namespace {

const char* word_of(conformance::Outcome outcome) {
  switch (outcome) {
    case conformance::Outcome::passed:
      return "passed";
    case conformance::Outcome::not_applicable:
      return "not applicable";
    case conformance::Outcome::failed:
    case conformance::Outcome::refused:
      break;
  }
  return "FAILED";
}

void print(const conformance::Check& check, const conformance::Result& result) {
  say(fmt::format("{:<14}  {:<31} {}\n", word_of(result.outcome), check.name, check.promise));
  for (const std::string& finding : result.findings) say(fmt::format("{:16}- {}\n", "", finding));
}

nlohmann::ordered_json as_json(const conformance::Check& check, const conformance::Result& result) {
  const bool failed = result.outcome == conformance::Outcome::failed || result.outcome == conformance::Outcome::refused;
  return {{"name", check.name},
          {"promise", check.promise},
          {"outcome", failed ? "failed" : word_of(result.outcome)},
          {"findings", result.findings}};
}

}  // namespace

ExitCode command_plugins_test(const Arguments& arguments) {
  conformance::Candidate candidate = conformance::candidate_of(arguments.operand, "");
  candidate.words = arguments.conformance.options;
  conformance::Settings settings;
  settings.cycles = arguments.conformance.cycles.value_or(settings.cycles);

  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  std::size_t passed = 0;
  const bool well = conformance::run_checks(candidate, settings, [&](const auto& check, const auto& result) {
    // The first one: this file, with these options, is no plugin that the program would use.
    if (result.outcome == conformance::Outcome::refused && checks.empty())
      throw Error(ExitCode::usage, result.findings.front());
    passed += result.outcome == conformance::Outcome::passed ? 1 : 0;
    checks.push_back(as_json(check, result));
    if (!arguments.json) print(check, result);
  });
  if (arguments.json) {
    const nlohmann::ordered_json json = {
        {"file", candidate.choice.origin}, {"passed", well}, {"checks", std::move(checks)}};
    say(json_text(json) + "\n");
  } else {
    say(fmt::format("{}: {} of {} checks passed\n", candidate.choice.origin, passed, checks.size()));
  }
  return well ? ExitCode::ok : ExitCode::failed;
}

}  // namespace czb
