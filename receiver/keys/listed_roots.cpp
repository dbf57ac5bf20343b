// SPDX-License-Identifier: MIT
#include "receiver/keys/listed_roots.h"

#include "receiver/answer.h"
#include "receiver/stream/listed_guids.h"

namespace czb::receiver {

void check_listed_roots(const StreamHead& head, const std::string& dataset, const PresentTree& present,
                        const KeyPins& keys) {
  if (head.package && !head.is_recursive() && head.package->datasets.size() > 1)
    throw Refused("the stream is of one dataset, and its header names more");
  if (!head.tells_of_keys()) return;
  check_listed_elsewhere(*head.package, present);
  for (const PackedDataset& packed : head.package->datasets) {
    if (present.count(packed.relative) == 0) continue;
    // The top inherits nothing here, whatever it does at the sender.
    if (!packed.relative.empty())
      keys.check_root(dataset + "/" + packed.relative, packed.is_encryption_root);
    else if (packed.is_encryption_root)
      keys.check_root(dataset, true);
  }
}

}  // namespace czb::receiver
