// SPDX-License-Identifier: MIT
#include "conformance/kit.h"

#include "conformance/isolated.h"
#include "error.h"
#include "execute/run_folder.h"

namespace czb::conformance {
namespace {

Result run_here(const Check& check, const Candidate& candidate, const Settings& settings,
                const std::string& run_directory) {
  Findings findings;
  try {
    Subject subject(candidate, settings, run_directory);
    check.run(subject, findings);
  } catch (const NotApplicable& reason) {
    return {Outcome::not_applicable, {reason.what()}};
  } catch (const Error& error) {
    if (error.code() == ExitCode::usage) return {Outcome::refused, {error.what()}};
    findings.add(error.what());
  } catch (const std::exception& error) {
    findings.add(error.what());
  }
  if (findings.empty()) return {Outcome::passed, {}};
  return {Outcome::failed, findings.take()};
}

}  // namespace

const std::vector<Check>& checks_of(PluginKind kind) {
  switch (kind) {
    case PluginKind::transport:
      return transport_checks();
    case PluginKind::naming:
      return naming_checks();
    case PluginKind::retention:
      break;
  }
  return retention_checks();
}

const Check* find_check(PluginKind kind, const std::string& name) {
  for (const Check& check : checks_of(kind))
    if (check.name == name) return &check;
  return nullptr;
}

Result run_check(const Check& check, const Candidate& candidate, const Settings& settings) {
  const RunFolder folder;
  return run_isolated([&] { return run_here(check, candidate, settings, folder.path()); }, settings.limit);
}

bool run_checks(const Candidate& candidate, const Settings& settings,
                const std::function<void(const Check& check, const Result& result)>& on_result) {
  bool well = true;
  const Check* missing = nullptr;
  for (const Check& check : checks_of(candidate.kind)) {
    if (missing != nullptr) {
      on_result(check, {Outcome::not_applicable, {std::string("not run, since ") + missing->name + " failed"}});
      continue;
    }
    const Result result = run_check(check, candidate, settings);
    on_result(check, result);
    if (result.outcome != Outcome::failed && result.outcome != Outcome::refused) continue;
    well = false;
    if (check.rest_needs_it) missing = &check;
  }
  return well;
}

}  // namespace czb::conformance
