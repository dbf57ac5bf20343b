// SPDX-License-Identifier: MIT
// The beginning of a stream: all that has to be known before zfs is started with it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include "receiver/stream/stream_package.h"
#include "receiver/stream/stream_record.h"

namespace czb::receiver {

struct StreamHead {
  std::size_t bytes = 0;           // that have come
  BeginRecord begin;               // the first record
  std::optional<Package> package;  // of a compound stream that has one
  // The beginning of the first dataset's stream: `begin` itself unless that is of a compound stream; nothing when a
  // compound stream holds none, and ends there.
  std::optional<BeginRecord> first;
  std::string last_record;  // the record of `first`, or of the end, as it came

  // The rest of an interrupted stream: what it belongs to was begun by an earlier receive.
  bool is_resuming() const { return !begin.compound && (begin.features & feature_resuming) != 0; }
  // Whether zfs receive takes it for a stream of a tree.
  bool is_recursive() const { return package && package->recursive; }
  // Whether what its header says of encryption roots means anything. `zfs send -w` says "raw" also of a dataset that is
  // not encrypted: then it is nothing that a stream without that word could not bring.
  bool tells_of_keys() const {
    return package && package->raw && (package->recursive || !first || (first->features & feature_raw) != 0);
  }
};

// The stream ended before its head did; nothing was received.
class StreamTooShort : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `read`: gives exactly so many bytes, or fewer at the end of the stream. Throws Refused when it is no stream, or one
// that cyber-zfs-backup does not send, and StreamTooShort.
StreamHead read_head(const std::function<std::string(std::size_t)>& read);

}  // namespace czb::receiver
