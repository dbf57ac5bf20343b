// SPDX-License-Identifier: MIT
// What a raw package's header says of keys, before anything is done: it says it of datasets that it tells by guids.
#pragma once

#include <string>

#include "receiver/keys/key_pins.h"
#include "receiver/stream/stream_head.h"
#include "receiver/stream/stream_rules.h"

namespace czb::receiver {

// Throws Refused where it says of a dataset here that it is an encryption root, or is none, otherwise than it was first
// said; where a snapshot that it lists is another dataset's here; where it is for one dataset and names more.
void check_listed_roots(const StreamHead& head, const std::string& dataset, const PresentTree& present,
                        const KeyPins& keys);

}  // namespace czb::receiver
