// SPDX-License-Identifier: MIT
// Carries out a request that policy.h allows. Each looks at what is there first, where that decides too.
#pragma once

#include "receiver/request/request.h"
#include "receiver/serve/serve.h"
#include "zfs/resume_token.h"

namespace czb::receiver {

// The exit status: zfs's. Throws Refused, Misconfigured, Error and Interrupted.
int carry_out(const Request& request, Session& session);

// The receive among them (carry_out_receive.cpp).
int carry_out_receive(const Receive& request, Session& session);

// The sends (carry_out_send.cpp). Also throws Refused when what zfs send writes is not what was asked for.
int carry_out_send(const SendTree& request, Session& session);
int carry_out_send(const SendDataset& request, Session& session);
int carry_out_send(const SendToken& request, Session& session);

// What a token stands for. Throws Refused unless that is in the key's root.
TokenContents token_in_root(const std::string& token, const Options& options);

}  // namespace czb::receiver
