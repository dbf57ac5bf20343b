// SPDX-License-Identifier: MIT
// The receive: the head of the stream is read, put to the rules, and given to a zfs receive of our own words.
#include <unistd.h>

#include <cstdio>

#include "error.h"
#include "execute/dataset_lock.h"
#include "receiver/answer.h"
#include "receiver/carry_out.h"
#include "receiver/properties.h"
#include "receiver/receive_pump.h"
#include "receiver/state_folder.h"
#include "receiver/stream_head.h"
#include "receiver/stream_rules.h"
#include "receiver/stream_scan.h"
#include "receiver/zfs_process.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

bool exists(const std::string& zfs, const std::string& dataset) {
  const Output output = run_zfs(zfs, exists_command(dataset));
  if (output.status == 0) return true;
  if (says_missing(output, dataset)) return false;
  throw Error(ExitCode::failed, "could not look for " + dataset + ": " + visible(output.err));
}

PresentTree present_tree(const std::string& zfs, const std::string& dataset) {
  const Output output = run_zfs(zfs, present_command(dataset));
  if (output.status == 0) return parse_present(output.out, dataset);
  if (says_missing(output, dataset)) return {};
  throw Error(ExitCode::failed, "could not list " + dataset + ": " + visible(output.err));
}

std::map<std::string, std::uint64_t> snapshots_below(const std::string& zfs, const std::string& root) {
  std::map<std::string, std::uint64_t> snapshots;
  for (const auto& [relative, dataset] : present_tree(zfs, root))
    for (const auto& [guid, name] : dataset.snapshots)
      snapshots[(relative.empty() ? root : root + "/" + relative) + "@" + name] = guid;
  return snapshots;
}

StreamFacts look(const Receive& request, const StreamHead& head, const Options& options) {
  StreamFacts facts;
  if (head.begin.compound) {
    facts.present = present_tree(options.zfs, request.dataset);
    const std::string parent = parent_of(request.dataset).value_or("");
    if (facts.present.empty()) facts.parent_exists = !parent.empty() && exists(options.zfs, parent);
  }
  if (needs_origins(head, facts.present)) facts.snapshots = snapshots_below(options.zfs, options.root);
  return facts;
}

ReceivedProperties properties_for(const Receive& request, const StreamHead& head, const std::string& zfs) {
  // They were given when it was begun.
  if (head.is_resuming()) {
    if (!request.properties.empty()) throw Refused("the rest of an interrupted stream takes no properties");
    return {};
  }
  StreamProperties stream;
  stream.kind = head.first && head.first->is_volume ? DatasetKind::volume : DatasetKind::filesystem;
  stream.recursive = head.is_recursive();
  if (head.package) stream.names = head.package->properties;
  const auto is_known = [&](const std::string& name) {
    return run_zfs(zfs, {"zfs", "get", "-H", "-o", "value", name, request.dataset.substr(0, request.dataset.find('/'))})
               .status == 0;
  };
  return receive_properties(request.properties, stream, is_known);
}

// Set on the root once the receive that makes it has ended, however it ended.
class Quota {
 public:
  Quota(const Receive& request, const StreamHead& head, const StreamFacts& facts, Session& session)
      : session_(session) {
    if (session.options.quota == 0 || request.dataset != session.options.root) return;
    const bool is_rest_of_first = head.is_resuming() && head.begin.from_guid == 0;
    wanted_ = is_rest_of_first ||
              !(head.begin.compound ? !facts.present.empty() : exists(session.options.zfs, request.dataset));
  }
  Quota(const Quota&) = delete;
  Quota& operator=(const Quota&) = delete;

  ~Quota() {
    if (!wanted_) return;
    const Options& options = session_.options;
    try {
      if (exists(options.zfs, options.root))
        output_of(options.zfs, set_property_command(options.root, "quota", std::to_string(options.quota)));
    } catch (const std::exception& error) {
      session_.note = std::string("the quota could not be set: ") + error.what();
      std::fprintf(stderr, "%s: %s\n", program_name.data(), session_.note.c_str());
    }
  }

 private:
  Session& session_;
  bool wanted_ = false;
};

}  // namespace

int carry_out_receive(const Receive& request, Session& session) {
  const Options& options = session.options;
  check_state_folder(options.state);
  const StreamHead head = read_head([](std::size_t count) { return read_exactly(STDIN_FILENO, count); });
  session.bytes = head.bytes.size();
  const DatasetLock lock(options.state, request.dataset);
  const StreamFacts facts = look(request, head, options);
  StreamScan scan(head, StreamRules(request.dataset, head, facts));
  const CommandLine command = receive_command(request.dataset, properties_for(request, head, options.zfs));

  const Quota quota(request, head, facts, session);
  Pipe pipe = make_pipe(1024 * 1024);
  ZfsProcess zfs(options.zfs, command, pipe.read.get(), STDOUT_FILENO, STDERR_FILENO);
  pipe.read.reset();
  session.bytes = 0;
  pump_stream(STDIN_FILENO, std::move(pipe.write), head.bytes, scan, {options.max_stream}, zfs, session.bytes);
  return zfs.wait();
}

}  // namespace czb::receiver
