// SPDX-License-Identifier: MIT
// What a person is told where a guard has refused to destroy many snapshots at once.
#pragma once

#include <string>
#include <vector>

namespace czb {

// `others`: who else works on that dataset, as words of a sentence ("job b"). Where somebody does, what would go may be
// theirs: then it is not advised to force it.
std::string advice_on_force(const std::vector<std::string>& others);

// The same where only records at the source `root` tell of others: the targets that they are of. One may be of a target
// that was renamed or given up, so this says how that is ended.
std::string advice_on_force_beside_records(const std::vector<std::string>& targets, const std::string& root);

// How the record of a target that is no more is taken away from the dataset that it is set on, and when alone.
std::string advice_on_record(const std::string& target, const std::string& dataset);

}  // namespace czb
