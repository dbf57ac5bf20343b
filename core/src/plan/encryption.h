// SPDX-License-Identifier: MIT
// What is encrypted on either side: in what form datasets go, how they lie at the target, and the encryption roots
// there, which the receive of single datasets leads astray. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "zfs/inventory.h"

namespace czb {

// Whether any dataset of the tree is encrypted.
bool is_encrypted(const Inventory& inventory);

// In what form a stream of that dataset goes.
StreamForm form_of(const Dataset& dataset);

// In what form one stream can carry them all; nothing where some are encrypted and some are not (adr/0020).
std::optional<StreamForm> form_of_tree(const Inventory& source);

// Whether the dataset is in clear, and all that it is below too: such a one can be encrypted at the target. Below an
// encrypted one it cannot: nobody there has its key.
bool is_in_clear(const Inventory& source, const std::string& relative);

// For the receive of a stream: the configured properties, and what leaves it to the place to encrypt (`-x encryption`)
// where that is wanted and possible. `relative`: of the dataset; of a tree its root.
ReceivedProperties at_rest_properties(const TargetConfig& config, const Inventory& source, const std::string& relative,
                                      StreamForm form);

// Relative names of encrypted datasets of both sides whose encryption root at the target is not what it is at the
// source. A root above the tree counts as the tree's own: only there a raw stream can put it.
//
// A raw stream of one dataset makes it its own encryption root; the end of any replication stream puts all of them
// right, without a key (measured, OpenZFS 2.1.11), even one that carries nothing new.
std::vector<std::string> astray_encryption_roots(const Inventory& source, const Inventory& target);

// Whether a replication stream gets so far with every OpenZFS, and does no harm. It does not where a clone was received
// in full, because its origin was not there: 2.1 waits in vain for its zfs promote then, and leaves the rest; 2.3 does
// it (measured, 2.1.11 and 2.3.2). And what is in clear at the source, but has a key of its own at the target, it would
// make inherit another one, with which that could never be read again.
bool encryption_roots_can_be_repaired(const Inventory& source, const Inventory& target);

}  // namespace czb
