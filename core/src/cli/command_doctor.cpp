// SPDX-License-Identifier: MIT
// `doctor`: whether each job and target would work, and what to do where not. Changes nothing.
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/session.h"
#include "doctor/doctor.h"
#include "doctor/report.h"

namespace czb {

ExitCode command_doctor(const Arguments& arguments) {
  const Config config = effective_config(arguments);
  const RunFolder folder;
  PluginRegistry plugins(plugin_directory(arguments), folder.path());
  const std::vector<doctor::Finding> findings = doctor::diagnose(config, plugins, doctor::this_machine());
  say(arguments.json ? doctor::findings_as_json(findings)
                     : doctor::findings_as_text(findings, arguments.log_level == LogLevel::quiet));
  return doctor::exit_code(findings);
}

}  // namespace czb
