// SPDX-License-Identifier: MIT
// `zfs receive -u` without -F of OpenZFS 2.1 (2.1.11) and 2.3 (2.3.2), as far as it acts by a package's header: read in
// lib/libzfs/libzfs_sendrecv.c of both, and told here in other words. One stream after the other, so that something
// else can happen to the pool between them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libzfs/header.h"
#include "libzfs/pool.h"

namespace czb::libzfs {

// Where libzfs asserts (fnvlist_lookup_*), or runs into a null pointer: it does nothing more then.
struct Aborted {};

enum class Version { v2_1, v2_3 };

// A stream of one dataset: what its first record says.
struct Stream {
  std::string dataset;  // at the sender
  std::string snapshot;
  Guid to_guid = 0;
  Guid from_guid = 0;
  bool is_clone = false;
  bool is_volume = false;
  std::optional<std::uint64_t> raw_key;
};

class Receive {
 public:
  // Into this dataset.
  Receive(Version version, std::string dataset) : version_(version), dataset_(std::move(dataset)) {}

  // The head of a package, for a stream that has one. Gives up what was read of `bytes`, which must outlive this.
  void take_head(Pool& pool, std::string_view& bytes);
  // The next dataset's stream. `whole`: else it breaks off, or the kernel refuses it.
  void take_stream(Pool& pool, const Stream& stream, bool whole = true);
  // The end, or where it broke off.
  void end(Pool& pool);

  // Whether all went well so far.
  bool well() const { return well_; }
  // Whether it came to where the versions differ.
  bool has_asked_version() const { return has_asked_version_; }

 private:
  void receive_one(Pool& pool, const Stream& stream, bool whole);
  // recv_incremental_replication: whether something is left to be done.
  bool replicate(Pool& pool) const;
  // recv_fix_encryption_hierarchy
  void fix_roots_2_1(Pool& pool) const;
  void fix_roots_2_3(Pool& pool) const;
  bool fix_root(Pool& pool, const std::string& name, const ListedDataset& listed) const;

  Version version_;
  std::string dataset_;
  std::optional<Header> header_;
  std::string sent_;      // the top at the sender
  std::string top_;       // the first dataset that something came for
  bool reads_ = true;     // it still reads streams
  bool aborted_ = false;  // an assertion has failed
  bool well_ = true;
  bool has_asked_version_ = false;
};

}  // namespace czb::libzfs
