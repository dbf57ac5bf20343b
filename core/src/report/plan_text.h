// SPDX-License-Identifier: MIT
// A job's plan for people.
#pragma once

#include <string>

#include "report/job_report.h"

namespace czb {

// Every step with its exact command, what is spared and refused and why. Ends with a newline.
std::string plan_as_text(const JobReport& report);

}  // namespace czb
