// SPDX-License-Identifier: MIT
#include "report/job_report.h"

namespace czb {

ExitCode JobReport::code() const {
  ExitCode code = general.code;
  if (snapshot) code = worse_of(code, snapshot->code);
  if (expire) code = worse_of(code, expire->code);
  for (const TargetReport& target : targets) code = worse_of(code, target.push.code);
  return code;
}

}  // namespace czb
