// SPDX-License-Identifier: MIT
// From what ssh wrote to its standard error to one sentence that says what to do. Pure.
#pragma once

#include <string>
#include <string_view>

#include "settings.h"

namespace czb::ssh {

// ssh's lines as one: trimmed, joined by "; ", without ssh's boxes of @, control characters replaced. Of a long text
// the end is kept, since there ssh says what it died of.
std::string as_one_line(std::string_view ssh_said);

// What to try, by what ssh said; empty when it is nothing that we know.
std::string hint_for(std::string_view ssh_said, const Settings& settings);

// The sentence: `what` ("cannot reach ssh offsite"), then what ssh said, then the hint.
std::string failure_sentence(std::string_view what, std::string_view ssh_said, const Settings& settings);

}  // namespace czb::ssh
