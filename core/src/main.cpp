// SPDX-License-Identifier: MIT
// The program. cli/commands.cpp has the table of commands; execute/run_job.cpp is the main path.
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "process/standard_output.h"

int main(int argc, char** argv) {
  czb::hold_standard_descriptors();
  // zfs lives where cron's and a user's PATH may not look, and its messages are read untranslated.
  const char* path = std::getenv("PATH");
  setenv("PATH", (std::string(path == nullptr ? "/usr/bin:/bin" : path) + ":/usr/local/sbin:/usr/sbin:/sbin").c_str(),
         1);
  setenv("LC_ALL", "C", 1);
  return czb::run_program(std::vector<std::string>(argv + 1, argv + argc));
}
