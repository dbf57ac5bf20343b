// SPDX-License-Identifier: MIT
// Carries out a request that policy.h allows. Each looks at what is there first, where that decides too.
#pragma once

#include "receiver/request.h"
#include "receiver/serve.h"

namespace czb::receiver {

// The exit status: zfs's. Throws Refused, Misconfigured, Error and Interrupted.
int carry_out(const Request& request, Session& session);

// The receive among them (carry_out_receive.cpp).
int carry_out_receive(const Receive& request, Session& session);

}  // namespace czb::receiver
