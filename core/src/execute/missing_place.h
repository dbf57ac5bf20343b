// SPDX-License-Identifier: MIT
// Whether a target's dataset that does not exist has a place to be received in.
#pragma once

#include <optional>
#include <string>

#include "error.h"
#include "zfs/host.h"

namespace czb {

// zfs receive makes the last component of `dataset` only. Nothing where what is above it exists on the host; else the
// error, with what to do: unreachable where the pool is not there and the source has a record of a push to it
// (`was_pushed`), for that is a disk that is not plugged in. A pool is never to be made: an empty one would take the
// place of the backup's. Throws Error where the host cannot be asked.
std::optional<Error> missing_place(Host& host, const std::string& dataset, bool was_pushed);

// What to do where a pool is not there.
std::string import_advice(const std::string& pool);

}  // namespace czb
