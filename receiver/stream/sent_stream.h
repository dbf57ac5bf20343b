// SPDX-License-Identifier: MIT
// What leaves in pull mode: the beginning of what zfs send writes is read here and compared with what was asked for,
// before a byte of it goes on. So a stream that is of something else, or in clear where the dataset is encrypted, does
// not leave, whatever zfs was led to by the words of a client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "receiver/stream/stream_record.h"

namespace czb::receiver {

// As far as the beginning of the first dataset's stream.
struct SentHead {
  std::string bytes;  // as they came, to be passed on; the payload behind the last record is not among them
  BeginRecord begin;  // the first record
  // The beginning of the first dataset's stream: `begin` itself unless that is of a package; nothing in an empty one.
  std::optional<BeginRecord> first;
};

// What the first records must say.
struct AskedStream {
  std::string dataset;
  std::string snapshot;               // the last of the stream
  std::optional<std::uint64_t> guid;  // of that snapshot; nothing: others may come before it
  bool encrypted = true;              // the dataset is: nothing of it may leave in clear
  bool recursive = false;             // datasets below it come too
};

// `read`: gives exactly so many bytes, or fewer at the end. Nothing when the stream ended before its head did: then
// zfs failed. Throws Refused for what is no stream, or one that cyber-zfs-backup does not ask for.
std::optional<SentHead> read_sent_head(const std::function<std::string(std::size_t)>& read);

// Throws Refused, with what is otherwise.
void check_sent(const SentHead& head, const AskedStream& asked);

}  // namespace czb::receiver
