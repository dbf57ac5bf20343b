// SPDX-License-Identifier: MIT
#include "config/ssh_configuration.h"

#include <unistd.h>

#include <algorithm>

#include "config/mistakes.h"
#include "config/wording.h"
#include "error.h"
#include "files/trusted_path.h"

namespace czb {
namespace {

void check(const PluginChoice& transport) {
  if (transport.id != "ssh") return;
  for (const RawOption& option : transport.options) {
    const auto* const file = std::get_if<std::string>(&option.value);
    if (option.name != "config" || file == nullptr || file->empty()) continue;
    // Nobody expands it, and whose home it would be depends on who runs the program.
    if (file->front() == '~')
      throw Error(ExitCode::usage, option.value_origin + ": " + quoted(*file) + ": '~' is a shell's, and stands for " +
                                       "nothing here. Write the whole path, such as /root" +
                                       file->substr(std::min(file->find('/'), file->size())));
    if (const auto problem = way_problem(*file, ::geteuid(), "choose the programs that ssh starts"))
      throw Error(ExitCode::usage, option.value_origin + ": the ssh configuration is not used: " + *problem);
  }
}

}  // namespace

void check_ssh_configurations(const Config& config) {
  Mistakes mistakes;
  for (const JobConfig& job : config.jobs) {
    mistakes.attempt([&] { check(job.transport); });
    for (const TargetConfig& target : job.targets) mistakes.attempt([&] { check(target.transport); });
  }
  mistakes.raise();
}

}  // namespace czb
