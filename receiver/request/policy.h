// SPDX-License-Identifier: MIT
// What each mode accepts, as far as the request alone tells. Pure. What depends on what is there (a token's snapshot,
// a partial state, how many snapshots may go, what a stream holds) is looked at when the request is carried out.
#pragma once

#include "receiver/options.h"
#include "receiver/request/request.h"

namespace czb::receiver {

// Throws Refused, with the reason, for what a key with these options may not ask for.
void check_allowed(const Request& request, const Options& options);

}  // namespace czb::receiver
