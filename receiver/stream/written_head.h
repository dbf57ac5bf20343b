// SPDX-License-Identifier: MIT
// The head that zfs receive gets in the place of the sender's: made of values that were checked, by us. zfs acts by a
// header's guids on whatever it finds under them, before and after the stream, where the header says that it is an
// increment's (it would rename and promote) or that it is raw (it would change encryption roots). Ours says neither
// (encryption_roots.h does the latter afterwards), has no guid of what a dataset has here already, and none of a parent
// or an origin: what is left of it for zfs are the properties of what comes.
#pragma once

#include <cstdint>
#include <string>

#include "receiver/stream/kept_properties.h"
#include "receiver/stream/stream_head.h"
#include "receiver/stream/stream_rules.h"

namespace czb::receiver {

// Of the package only what is to come: the snapshots that are not here, their properties, and those of the datasets
// that they are of, as far as they are kept. A dataset that is here whole stays with its name alone. `top`: the
// dataset's name at the sender.
Package what_comes(const Package& package, const std::string& top, const PresentTree& present,
                   const PropertyRules& rules, LeftOut& left_out);

// The beginning of a compound stream as zfs send writes it, with `payload` and the end behind that: sizes and checksum
// computed, this host's byte order. `snapshot`: its full name; `features`: of BeginRecord.
std::string package_records(const std::string& snapshot, std::uint64_t features, const std::string& payload);

// What goes to zfs for the head: of a compound stream our own beginning and the first dataset's record behind it; of
// any other that record alone, which the kernel reads and checks.
std::string head_for_zfs(const StreamHead& head, const PresentTree& present, const PropertyRules& rules,
                         LeftOut& left_out);

}  // namespace czb::receiver
