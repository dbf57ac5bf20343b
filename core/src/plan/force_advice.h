// SPDX-License-Identifier: MIT
// What a person is told where a guard has refused to destroy many snapshots at once.
#pragma once

#include <string>
#include <vector>

namespace czb {

// `others`: who else works on that dataset, as words of a sentence ("job b"). Where somebody does, what would go may be
// theirs: then it is not advised to force it.
std::string advice_on_force(const std::vector<std::string>& others);

}  // namespace czb
