// SPDX-License-Identifier: MIT
#include "receiver/host/send_pump.h"

#include <optional>
#include <utility>

#include "process/descriptor.h"
#include "receiver/answer.h"
#include "receiver/host/pump.h"

namespace czb::receiver {
namespace {

std::string seconds(std::chrono::seconds time) { return std::to_string(time.count()) + " s"; }

}  // namespace

void pump_sent(int in, int out, std::string_view head, std::chrono::seconds longest_wait, ZfsProcess& zfs,
               std::uint64_t& bytes) {
  PumpTask task;
  task.from = {in, patience_with_zfs, "zfs send wrote nothing for " + seconds(patience_with_zfs)};
  // A reader that keeps still would keep zfs here for ever.
  task.to = {out, longest_wait, "the stream was not taken for " + seconds(longest_wait)};
  task.went = [&](std::size_t more) { bytes += more; };
  pump(task, head, zfs);
}

int pass_through(const std::string& file, const CommandLine& command, int out, ClientWords& words,
                 std::chrono::seconds longest) {
  Pipe pipe = make_pipe();
  ZfsProcess process(file, command, -1, pipe.write.get(), words);
  pipe.write.reset();
  const std::string name = "zfs " + command.at(1);
  PumpTask task;
  task.from = {pipe.read.get(), longest, name + " did not end within " + seconds(longest)};
  task.to = {out, longest, "what " + name + " says was not taken for " + seconds(longest) + "; it was ended"};
  pump(task, "", process);
  pipe.read.reset();
  if (const std::optional<int> status = process.wait_for(longest)) return *status;
  throw Refused(task.from.too_slow);
}

}  // namespace czb::receiver
