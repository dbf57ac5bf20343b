// SPDX-License-Identifier: MIT
#include "receiver/host/receive_pump.h"

#include "receiver/answer.h"
#include "receiver/host/pump.h"

namespace czb::receiver {
namespace {

std::string seconds(std::chrono::seconds time) { return std::to_string(time.count()) + " s"; }

// Written to zfs receive, which ends at the end of a stream by itself.
PumpEnd zfs_end(const Descriptor& out) {
  return {out.get(), patience_with_zfs, "zfs receive took nothing for " + seconds(patience_with_zfs)};
}

}  // namespace

void pump_stream(int in, Descriptor out, const std::string& head, StreamScan& scan, const StreamLimits& limits,
                 ZfsProcess& zfs, std::uint64_t& bytes) {
  const auto count = [&](std::size_t more) {
    bytes += more;
    if (limits.most != 0 && bytes > limits.most)
      throw Refused("the stream is longer than the " + std::to_string(limits.most) +
                    " bytes that this key may send at once (--max-stream); what came is kept and can be continued");
    if (limits.on_bytes) limits.on_bytes(bytes);
  };
  PumpTask task;
  // A sender that keeps still would keep what is locked for it.
  task.from = {
      in, limits.longest_wait,
      "the stream stood still for " + seconds(limits.longest_wait) + "; what came is kept and can be continued"};
  task.to = zfs_end(out);
  task.until_zfs_ends = true;  // zfs says whether the stream was complete
  task.look = [&](std::string_view more) {
    count(more.size());
    scan.feed(more);
  };
  task.at_end = [&] { return scan.at_end(); };
  try {
    count(0);  // what had come before
    pump(task, head, zfs);
  } catch (...) {
    // A zfs that waits for bytes has been seen not to wake up by a signal (User Mode Linux, 6.1). The end of its input
    // wakes it; as the signal is there before, zfs makes nothing of that end.
    zfs.ask_to_end();
    out.reset();
    zfs.end();
    throw;
  }
}

void write_stream(Descriptor out, std::string_view bytes, ZfsProcess& zfs) {
  PumpTask task;
  task.to = zfs_end(out);
  task.until_zfs_ends = true;
  task.at_end = [] { return true; };
  pump(task, bytes, zfs);
}

}  // namespace czb::receiver
