// SPDX-License-Identifier: MIT
// Carries a stream from the sender to zfs receive, past the scan.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "process/descriptor.h"
#include "receiver/host/zfs_process.h"
#include "receiver/stream/stream_scan.h"

namespace czb::receiver {

// What a stream may be.
struct StreamLimits {
  std::uint64_t most = 0;                   // bytes; 0: as many as it likes
  std::chrono::seconds longest_wait{3600};  // for the next MiB, in which it holds locks
  // Told how many have come before those go on; throws what it likes.
  std::function<void(std::uint64_t bytes)> on_bytes = nullptr;
};

// Writes `head` and then all of `in` to `out`, until the stream or `in` ends, or zfs has ended or closed its input.
// `bytes`: that had come before; counts what comes, also when it throws. Throws Refused when the scan does, or when the
// stream is longer or slower than it may be, and Interrupted after a signal; zfs was ended then.
void pump_stream(int in, Descriptor out, const std::string& head, StreamScan& scan, const StreamLimits& limits,
                 ZfsProcess& zfs, std::uint64_t& bytes);

// Writes bytes of our own to `out` and closes it, or gives up when zfs has ended or closed its input. Throws
// Interrupted after a signal; zfs was ended then.
void write_stream(Descriptor out, std::string_view bytes, ZfsProcess& zfs);

}  // namespace czb::receiver
