// SPDX-License-Identifier: MIT
// The sends, in pull mode: zfs send writes to this program, which looks at the beginning and passes the stream on.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "receiver/answer.h"
#include "receiver/host/pump.h"
#include "receiver/host/send_pump.h"
#include "receiver/host/zfs_process.h"
#include "receiver/serve/carry_out.h"
#include "receiver/stream/sent_stream.h"
#include "zfs/inventory.h"
#include "zfs/resume_token.h"

namespace czb::receiver {
namespace {

constexpr std::chrono::seconds longest_wait{3600};  // for a reader to take the next MiB

struct SnapshotHere {
  std::uint64_t guid = 0;
  bool encrypted = true;
};

// Nothing where it is not there.
std::optional<SnapshotHere> snapshot_here(const std::string& zfs, const std::string& name) {
  const Output there = run_zfs(zfs, {"zfs", "list", "-H", "-p", "-t", "snapshot", "-o", "guid,encryption", name});
  if (there.status == 0) check_tells_all(there, "zfs list " + name);
  SnapshotHere snapshot;
  const char* const end = there.out.data() + there.out.size();
  const auto [stopped, error] = std::from_chars(there.out.data(), end, snapshot.guid);
  if (there.status != 0 || error != std::errc() || stopped == end || *stopped != '\t') return std::nullopt;
  snapshot.encrypted = std::string_view(stopped, static_cast<std::size_t>(end - stopped)) != "\toff\n";
  return snapshot;
}

// Where zfs fails before the stream begins, it has said why, and nothing was sent.
int send_checked(const Request& request, const AskedStream& asked, Session& session) {
  Pipe pipe = make_pipe(1024 * 1024);
  ZfsProcess zfs(session.options.zfs, command_of(request), -1, pipe.write.get(), session.words);
  pipe.write.reset();
  // Closed before the process is waited for: what waits for a pipe in the kernel cannot be killed.
  Descriptor reading = std::move(pipe.read);
  const std::optional<SentHead> head = read_sent_head(PatientReader(reading.get(), patience_with_zfs, &zfs));
  if (head) {
    check_sent(*head, asked);
    pump_sent(reading.get(), STDOUT_FILENO, head->bytes, longest_wait, zfs, session.bytes);
  }
  reading.reset();
  const int status = zfs.wait();
  return status == exit_ok && !head ? exit_failed : status;
}

AskedStream asked_stream(const std::string& dataset, const std::string& snapshot, bool ends_there,
                         const Options& options) {
  AskedStream asked{dataset, snapshot, std::nullopt, true, false};
  // Where it is not there zfs send will say so.
  if (const std::optional<SnapshotHere> here = snapshot_here(options.zfs, dataset + "@" + snapshot)) {
    asked.encrypted = here->encrypted;
    if (ends_there) asked.guid = here->guid;
  }
  return asked;
}

}  // namespace

TokenContents token_in_root(const std::string& token, const Options& options) {
  const std::optional<TokenContents> contents = read_resume_token(token);
  if (!contents) throw Refused("the resume token is none of a stream that cyber-zfs-backup sends");
  if (!relative_name(contents->dataset, options.root))
    throw Refused("the resume token is for " + visible(contents->full_name()) + ", which is not in " + options.root);
  return *contents;
}

namespace {

// The first record tells of one dataset, and of what follows nothing leaves unless it goes raw.
void all_in_clear(const std::string& dataset, const Options& options) {
  const Output listed =
      run_zfs(options.zfs, {"zfs", "list", "-H", "-r", "-t", "filesystem,volume", "-o", "encryption,name", dataset});
  if (listed.status != 0) throw Refused("whether " + visible(dataset) + " is encrypted could not be learnt");
  check_tells_all(listed, "zfs list " + dataset);
  std::string_view rest = listed.out;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.rfind("off\t", 0) != 0)
      throw Refused("what is encrypted leaves this host raw (-w) alone: " + visible(line.substr(line.find('\t') + 1)));
  }
}

}  // namespace

int carry_out_send(const SendTree& request, Session& session) {
  if (request.form == czb::StreamForm::plain) all_in_clear(request.dataset, session.options);
  AskedStream asked = asked_stream(request.dataset, request.to, false, session.options);
  asked.recursive = true;
  return send_checked(request, asked, session);
}

int carry_out_send(const SendDataset& request, Session& session) {
  const bool is_one_snapshot = request.from != SendFrom::snapshot;
  return send_checked(request, asked_stream(request.dataset, request.to, is_one_snapshot, session.options), session);
}

// Nothing in a token is proven: zfs send goes by the guid, and sends in clear where it does not say raw.
int carry_out_send(const SendToken& request, Session& session) {
  const TokenContents contents = token_in_root(request.token, session.options);
  const std::string is_for = "the resume token is for " + visible(contents.full_name());
  const std::optional<SnapshotHere> here = snapshot_here(session.options.zfs, contents.full_name());
  if (!here || here->guid != contents.to_guid) throw Refused(is_for + ", but means another snapshot than is here");
  if (!contents.raw && here->encrypted) throw Refused(is_for + ", which is encrypted, and would send it in clear");
  return send_checked(request, {contents.dataset, contents.snapshot, here->guid, here->encrypted, false}, session);
}

}  // namespace czb::receiver
