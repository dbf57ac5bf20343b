// SPDX-License-Identifier: MIT
#include "receiver/serve/carry_out.h"

#include <unistd.h>

#include <chrono>

#include "execute/dataset_lock.h"
#include "receiver/answer.h"
#include "receiver/host/day_counts.h"
#include "receiver/host/leftovers.h"
#include "receiver/host/send_pump.h"
#include "receiver/host/state_folder.h"
#include "receiver/host/zfs_process.h"
#include "receiver/request/guards.h"
#include "receiver/serve/report.h"

namespace czb::receiver {
namespace {

std::int64_t today() {
  using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;
  return std::chrono::floor<Days>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// One of these for each request; those that only zfs has to look at are all the same.
class CarryOut {
 public:
  explicit CarryOut(Session& session) : session_(session), options_(session.options) {}

  int operator()(const ListTree& request) const {
    // The sender learns what it may do without asking for that alone.
    session_.words.say(std::string(receiver_says_mode) + to_string(options_.mode));
    if (options_.mode != Mode::pull)
      session_.words.say(std::string(receiver_says_own_names) + to_text(options_.own_names));
    return list(request);
  }
  int operator()(const ListNames& request) const { return list(request); }
  int operator()(const Exists& request) const { return list(request); }
  int operator()(const Place& request) const { return list(request); }
  int operator()(const Receive& request) const { return carry_out_receive(request, session_); }
  int operator()(const AbortReceive& request) const;
  int operator()(const Destroy& request) const;
  int operator()(const SendTree& request) const { return carry_out_send(request, session_); }
  int operator()(const SendDataset& request) const { return carry_out_send(request, session_); }
  int operator()(const SendToken& request) const { return carry_out_send(request, session_); }
  int operator()(const ReadToken& request) const {
    token_in_root(request.token, options_);
    return run(request);
  }
  int operator()(const Report&) const {
    ClientWords out(STDOUT_FILENO);
    out.pass_on(report(options_));
    return out.finish(std::chrono::minutes(1)) ? exit_ok : exit_failed;
  }

 private:
  // What is left out of it would be taken for what is not here.
  int list(const Request& request) const {
    const int status = run(request);
    if (status != exit_ok || !session_.words.has_passed_on()) return status;
    session_.words.say("zfs does not tell of all that is here (its words are above): the listing counts as failed");
    return exit_failed;
  }
  int run(const Request& request) const {
    return pass_through(options_.zfs, command_of(request), STDOUT_FILENO, session_.words);
  }

  Session& session_;
  const Options& options_;
};

int CarryOut::operator()(const AbortReceive& request) const {
  check_state_folder(options_.state);
  const CommandLine get_token = {"zfs", "get", "-H", "-o", "value", "receive_resume_token", request.dataset};
  // Before anything is written for it, and again under the lock.
  output_of(options_.zfs, get_token);
  DatasetLock lock(options_.state, request.dataset, LockScope::dataset);
  const std::string token = output_of(options_.zfs, get_token);
  // Without one, zfs would still destroy a dataset that was never received to its end.
  if (token.empty() || token == "-\n")
    throw Refused(visible(request.dataset) + " holds no partly received state that could be given up");
  Leftovers leftovers(options_, request.dataset, lock);
  leftovers.may_key(request.dataset);  // what was its first receive takes the dataset with it
  return run(request);
}

int CarryOut::operator()(const Destroy& request) const {
  check_state_folder(options_.state);
  const CommandLine list = snapshots_command(request.dataset, request.recursive);
  output_of(options_.zfs, list);  // before anything is written for it, and again under the lock
  const DatasetLock lock(options_.state, request.dataset, request.recursive ? LockScope::tree : LockScope::dataset);
  const PresentSnapshots present = parse_snapshots(output_of(options_.zfs, list));
  std::vector<std::string> datasets;
  for (const auto& [dataset, snapshots] : present) datasets.push_back(dataset);
  const DayCounts before = read_day_counts(options_.state, datasets);
  const DayCounts after = check_destroy(request, present, before, today(), options_);
  // Before the destroy: a crash in between counts too much, never too little. One that zfs refused, because a snapshot
  // is in use, has taken nothing: the client tries again without that one, on the same day.
  write_day_counts(options_.state, after);
  const int status = run(request);
  if (status != 0 && parse_snapshots(output_of(options_.zfs, list)) == present)
    write_day_counts(options_.state, taken_back(after, before));
  return status;
}

}  // namespace

int carry_out(const Request& request, Session& session) {
  if (session.options.zfs.empty())
    throw Misconfigured("there is no zfs in /usr/sbin, /sbin or /usr/local/sbin: install it, or say --zfs");
  return std::visit(CarryOut(session), request);
}

}  // namespace czb::receiver
