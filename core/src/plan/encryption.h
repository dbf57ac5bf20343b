// SPDX-License-Identifier: MIT
// Encryption roots at the target, which the receive of single datasets leads astray. Pure.
#pragma once

#include <string>
#include <vector>

#include "zfs/inventory.h"

namespace czb {

// Whether any dataset of the tree is encrypted.
bool is_encrypted(const Inventory& inventory);

// Relative names of encrypted datasets of both sides whose encryption root at the target is not what it is at the
// source. A root above the tree counts as the tree's own: only there a raw stream can put it.
//
// A raw stream of one dataset makes it its own encryption root; the end of any replication stream puts all of them
// right, without a key (measured, OpenZFS 2.1.11), even one that carries nothing new.
std::vector<std::string> astray_encryption_roots(const Inventory& source, const Inventory& target);

// Whether a replication stream gets so far with every OpenZFS: not where a clone was received in full, because its
// origin was not there. 2.1 waits in vain for its zfs promote then, and leaves the rest; 2.3 does it (measured, 2.1.11
// and 2.3.2).
bool encryption_roots_can_be_repaired(const Inventory& source, const Inventory& target);

}  // namespace czb
