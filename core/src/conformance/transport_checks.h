// SPDX-License-Identifier: MIT
// The checks of transports, one function each; transport_checks.cpp has the table with what each of them promises.
#pragma once

#include "conformance/check.h"

namespace czb::conformance::transport {

using CheckFunction = void(Subject& subject, Findings& findings);

// transport_data.cpp: what a command is given, and what comes back.
CheckFunction argv, large_streams, standard_error, dev_null, described_command;

// transport_end.cpp: how commands end.
CheckFunction exit_status, signals, wait_again, ready_descriptor, terminate, release, not_started;

// transport_session.cpp: what is there before, beside and after a command.
CheckFunction loads, opens, close, two_at_once, own_descriptors, no_other_descriptors, cycles;

}  // namespace czb::conformance::transport
