// SPDX-License-Identifier: MIT
// A replication stream in parts that can be changed: put together again it has right sizes and checksums, so that zfs
// receive reads it to its end, and is fooled by it where it can be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "receiver/stream/stream_package.h"
#include "receiver/stream/stream_record.h"

namespace czb::lab {

// Offsets in a beginning's record that are changed (struct drr_begin, include/sys/zfs_ioctl.h).
namespace at_begin {
inline constexpr std::size_t version = 16;
inline constexpr std::size_t type = 32;
inline constexpr std::size_t flags = 36;
inline constexpr std::size_t to_guid = 40;
inline constexpr std::size_t from_guid = 48;
inline constexpr std::size_t to_name = 56;
}  // namespace at_begin

inline constexpr std::uint32_t type_filesystem = 2;
inline constexpr std::uint32_t type_volume = 3;

// One dataset's.
struct SentDataset {
  std::string begin;    // its record
  std::string payload;  // behind that: of a raw stream the wrapped key
  std::string records;  // between, with their payloads
  std::string end;      // its record, and what else is to come before the next one; empty: it was left out

  receiver::BeginRecord parsed() const { return receiver::parse_begin(begin); }
  template <typename Number>
  void put(std::size_t offset, Number value) {
    std::memcpy(begin.data() + offset, &value, sizeof value);
  }
  void put_name(const std::string& snapshot);  // in full
  // Its records, each with its payload.
  std::vector<std::string> split() const;
};

struct ForgedStream {
  // Of a compound stream.
  bool compound = false;
  std::string dataset;   // at the sender,
  std::string snapshot;  // and the last of the stream
  std::uint64_t features = 0;
  std::optional<receiver::Package> package;
  // What becomes of the header's bytes at last; nothing: they stay.
  std::function<std::string(const std::string&)> change_payload;

  std::vector<SentDataset> sent;
  std::string last;  // behind the last dataset's stream
};

// Throws where it is no whole stream of this host's byte order.
ForgedStream parts_of(const std::string& stream);

std::string put_together(const ForgedStream& forged);

// The guid of a snapshot that a genuine package lists. Throws where it does not.
std::uint64_t listed_guid(const ForgedStream& stream, const std::string& relative, const std::string& snapshot);

// A dataset for a package: an entry that zfs takes for one that lists these snapshots.
receiver::PackedDataset packed_ghost(const std::string& relative,
                                     const std::vector<std::pair<std::string, std::uint64_t>>& snapshots);

// The header says of no dataset whose child it is, and not that it is an increment's: zfs then renames nothing, and
// goes on to the encryption roots.
void no_increment(receiver::Package& package);

}  // namespace czb::lab
