// SPDX-License-Identifier: MIT
// The bound on all that lies in a key's root (adr/0017): the root's own quota, or --quota where it has none. ZFS holds
// it where the root is a file system; what ZFS does not hold yet, or cannot, is watched as the stream comes.
#pragma once

#include <cstdint>
#include <string>

#include "receiver/host/root_space.h"
#include "receiver/options.h"
#include "receiver/request/request.h"
#include "zfs/inventory.h"

namespace czb::receiver {

class RootBound {
 public:
  // Before a receive, under its lock. A root that is here gets its quota now. `kind`: of the stream's first dataset.
  // Throws Error (failed) where the bound is reached, and where it cannot be learnt.
  RootBound(const Receive& request, DatasetKind kind, const Options& options);

  // What the receive has to set for the quota to hold from its first byte, and after it.
  void set_in(ReceivedProperties& properties) const;

  // `bytes` of the stream have come; they have not gone on. Throws Error (failed) when the bound is reached.
  void watch(std::uint64_t bytes);

  // When the receive has ended, however it did: sets the quota again where it is not in force. What is wrong, as a
  // sentence; empty: nothing.
  std::string afterwards();

 private:
  bool is_held(const RootSpace& space) const { return space.exists && !space.is_volume && space.quota != 0; }
  std::string hold(const RootSpace& space) const;
  std::string reached(const RootSpace& space) const;
  void plan_next_look(std::uint64_t used, std::uint64_t bytes);

  const Options& options_;
  bool root_is_top_;
  bool is_volume_;           // the root is one, or will be
  std::uint64_t bound_ = 0;  // bytes; 0: none
  bool watched_ = false;
  bool told_ = false;            // that it is reached
  std::uint64_t next_look_ = 0;  // bytes of the stream
};

}  // namespace czb::receiver
