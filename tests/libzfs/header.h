// SPDX-License-Identifier: MIT
// How libzfs reads the beginning of a package (libzfs_sendrecv.c, zfs_receive_package, recv_read_nvlist): apart from
// the receiver's own reader, so that what that writes is read by another.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libzfs/pool.h"

namespace czb::libzfs {

struct ListedSnapshot {
  std::string_view name;
  Guid guid = 0;
  std::optional<std::string> properties;  // nothing: there is no list of them
};

// An entry of "fss". Its properties as one text; "keylocation" by itself.
struct ListedDataset {
  std::string_view name;
  Guid parent_from = 0;
  Guid origin = 0;
  bool is_encryption_root = false;
  std::optional<std::string> properties;
  std::optional<std::string_view> key_location;
  std::vector<ListedSnapshot> snapshots;
};

struct Header {
  std::string_view top;  // the sender's dataset
  std::string_view to;
  std::optional<std::string_view> from;
  bool recursive = true;
  bool raw = false;
  std::vector<ListedDataset> datasets;

  // fsavl_find: the first dataset that lists the guid, and the snapshot there.
  struct Found {
    const ListedDataset* dataset = nullptr;
    const ListedSnapshot* snapshot = nullptr;
  };
  Found find(Guid guid) const;
};

// The record, the list and the end of a package. `bytes`: gives up what was read; must outlive the header. Nothing
// where libzfs would say that the stream is invalid: sizes or the checksum are wrong, or what it looks up is missing.
std::optional<Header> read_header(std::string_view& bytes);

}  // namespace czb::libzfs
