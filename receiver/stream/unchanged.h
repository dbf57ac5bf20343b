// SPDX-License-Identifier: MIT
// What was there before a receive is there after it: the promise of docs/security.md, looked at each time.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "receiver/stream/stream_rules.h"

namespace czb::receiver {

// A sentence for each dataset and snapshot of `before` that is not in `after` under the same name with the same guid,
// and for each dataset with another origin or encryption root. More is no difference. `moved`: full names of datasets
// whose encryption root was to change; what took its key from one of them, or is below it, goes with it. `root`: the
// full name of what was listed.
std::vector<std::string> differences(const PresentTree& before, const PresentTree& after, const std::string& root,
                                     const std::set<std::string>& moved);

}  // namespace czb::receiver
