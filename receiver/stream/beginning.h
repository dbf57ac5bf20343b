// SPDX-License-Identifier: MIT
// What comes behind the beginning of a dataset's stream: a raw one's key, and where a rest begins (dmu_send.c,
// dmu_send_impl). The kernel takes any list there, and of some names it VERIFYs that they can be stored
// (dmu_recv.c, dmu_recv_begin_sync).
#pragma once

#include <string_view>

#include "receiver/stream/stream_form.h"

namespace czb::receiver {

// `payload`: of a stream that is raw, or a rest. Throws Refused unless it has all that zfs send writes there, and
// nothing else.
void check_beginning(std::string_view payload, const StreamForm& form);

}  // namespace czb::receiver
