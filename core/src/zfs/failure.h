// SPDX-License-Identifier: MIT
// What a failed zfs command means, from its own words: zfs's exit status says only that it failed.
#pragma once

#include <string>

#include "error.h"
#include "process/command.h"
#include "process/stream.h"
#include "zfs/commands.h"

namespace czb {

// Whether it failed because the dataset that it was asked about does not exist.
bool is_missing_dataset(const Completed& completed);

// What to do about it, as a sentence; empty when nothing better than zfs's own words is known.
std::string advice_on(const std::string& zfs_error);

// The error to throw for a command that failed at `peer`: unreachable when the transport failed.
Error command_error(const std::string& peer, const CommandLine& command, const Completed& completed);

// The same for a stream of which one side or both failed.
Error stream_error(const std::string& sending_peer, const std::string& receiving_peer, const StreamResult& result);

}  // namespace czb
