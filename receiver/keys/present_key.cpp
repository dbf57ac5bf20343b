// SPDX-License-Identifier: MIT
#include "receiver/keys/present_key.h"

#include <chrono>
#include <utility>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/host/pump.h"
#include "receiver/host/zfs_process.h"
#include "receiver/stream/key_data.h"
#include "receiver/stream/stream_record.h"

namespace czb::receiver {
namespace {

std::string newest_snapshot(const std::string& zfs, const std::string& dataset) {
  Output listing =
      run_zfs(zfs, {"zfs", "list", "-H", "-d", "1", "-t", "snapshot", "-o", "name", "-s", "createtxg", dataset});
  if (says_missing(listing, dataset)) return "";
  if (listing.status != 0)
    throw Error(ExitCode::failed, "could not list the snapshots of " + dataset + ": " + visible(listing.err));
  check_tells_all(listing, "zfs list " + dataset);
  std::string& names = listing.out;
  if (names.empty()) return "";
  names.pop_back();
  return names.substr(names.rfind('\n') + 1);
}

}  // namespace

std::optional<std::string> present_key_fingerprint(const std::string& zfs, const std::string& dataset) {
  const std::string snapshot = newest_snapshot(zfs, dataset);
  if (snapshot.empty()) return std::nullopt;
  Pipe out = make_pipe();
  ZfsProcess process(zfs, {"zfs", "send", "-w", snapshot}, -1, out.write.get(), -1);
  out.write.reset();
  // Closed before the process is waited for: what waits for a pipe in the kernel cannot be killed (OpenZFS writes a
  // stream from a thread of its own).
  const Descriptor reading = std::move(out.read);
  PatientReader read(reading.get(), std::chrono::hours(1));
  const std::string record = read(record_bytes);
  if (record.size() < record_bytes) return std::nullopt;
  try {
    const BeginRecord begin = parse_begin(record);
    if ((begin.features & feature_raw) == 0 || begin.payload > largest_key_payload) return std::nullopt;
    return key_data_fingerprint(read(begin.payload));
  } catch (const Refused&) {
    return std::nullopt;  // nothing that could be compared
  }
}

std::optional<bool> present_encryption_root(const std::string& zfs, const std::string& dataset) {
  if (newest_snapshot(zfs, dataset).empty()) return std::nullopt;
  const std::string root = output_of(zfs, {"zfs", "get", "-H", "-o", "value", "encryptionroot", dataset});
  return root == "-\n" ? std::nullopt : std::optional(root == dataset + "\n");
}

}  // namespace czb::receiver
