// SPDX-License-Identifier: MIT
// What is left to do about properties when a receive has ended: where it was the rest of a first receive that was
// interrupted, the properties that the first may not have come to set; and when it went well a look at whether what
// was forced is in effect. (The quota: root_bound.h.)
#pragma once

#include <string>

#include "receiver/options.h"
#include "receiver/request/request.h"
#include "receiver/stream/stream_head.h"
#include "zfs/inventory.h"

namespace czb::receiver {

// Of the stream's first dataset.
DatasetKind kind_of(const StreamHead& head);

class ForcedAfterwards {
 public:
  // Before the receive.
  ForcedAfterwards(const Receive& request, const StreamHead& head, const Options& options);

  // What went wrong, as a sentence; empty: nothing.
  std::string run(bool well) const;

 private:
  std::string dataset_;
  std::string zfs_;
  ReceivedProperties forced_;
  ReceivedProperties to_set_;
};

}  // namespace czb::receiver
