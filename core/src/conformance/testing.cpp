// SPDX-License-Identifier: MIT
// The installed library's two functions (cyber-zfs-backup/testing/run_conformance.h).
#include "conformance/kit.h"
#include "error.h"

namespace czb::testing {

std::vector<ConformanceCheck> conformance_checks(const std::string& file) {
  std::vector<ConformanceCheck> checks;
  for (const conformance::Check& check : conformance::checks_of(conformance::candidate_of(file, "").kind))
    checks.push_back({check.name, check.promise});
  return checks;
}

ConformanceResult run_conformance_check(const std::string& file, const std::string& options_yaml,
                                        const std::string& name, const ConformanceSettings& settings) {
  const conformance::Candidate candidate = conformance::candidate_of(file, options_yaml);
  const conformance::Check* check = conformance::find_check(candidate.kind, name);
  if (check == nullptr) throw Error(ExitCode::usage, "there is no check '" + name + "' of this kind of plugin");
  return conformance::run_check(*check, candidate, settings);
}

}  // namespace czb::testing
