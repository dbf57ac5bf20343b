// SPDX-License-Identifier: MIT
#include "setup/local_command.h"

#include "cyber-zfs-backup/prefix_transport.h"
#include "cyber-zfs-backup/shell_quote.h"
#include "error.h"

namespace czb::setup {
namespace {

class ThisMachine final : public PrefixTransport {
 public:
  ThisMachine() : PrefixTransport("this machine", {}) {}
};

}  // namespace

Completed run_here(const std::vector<std::string>& argv, std::string_view input) {
  ThisMachine here;
  RunLimits limits;
  limits.time_limit = local_patience;
  limits.input = input;
  return czb::run(here, argv, limits);
}

std::string failure_of(const std::vector<std::string>& argv, const Completed& completed) {
  const std::string said = completed.err.shown();
  return shell_quote_command(argv) + ": " + ending_of(completed) + (said.empty() ? "" : ": " + said);
}

std::string output_of(const std::vector<std::string>& argv, std::string_view input) {
  Completed completed = run_here(argv, input);
  if (!completed.ok()) throw Error(ExitCode::failed, failure_of(argv, completed));
  return std::move(completed.out);
}

}  // namespace czb::setup
