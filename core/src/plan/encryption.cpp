// SPDX-License-Identifier: MIT
#include "plan/encryption.h"

#include <algorithm>

namespace czb {
namespace {

// The relative name of the encryption root; the tree's root for one above it.
std::string root_of(const Inventory& inventory, const Dataset& dataset) {
  return relative_name(dataset.encryption_root, inventory.root).value_or("");
}

}  // namespace

bool is_encrypted(const Inventory& inventory) {
  return std::any_of(inventory.datasets.begin(), inventory.datasets.end(),
                     [](const auto& entry) { return !entry.second.encryption_root.empty(); });
}

std::vector<std::string> astray_encryption_roots(const Inventory& source, const Inventory& target) {
  std::vector<std::string> astray;
  for (const auto& [relative, here] : source.datasets) {
    const Dataset* there = target.find(relative);
    if (there == nullptr || here.encryption_root.empty() || there->encryption_root.empty()) continue;
    if (root_of(source, here) != root_of(target, *there)) astray.push_back(relative);
  }
  return astray;
}

bool encryption_roots_can_be_repaired(const Inventory& source, const Inventory& target) {
  return std::none_of(source.datasets.begin(), source.datasets.end(), [&](const auto& entry) {
    const Dataset* there = target.find(entry.first);
    return there != nullptr && !entry.second.origin.empty() && there->origin.empty();
  });
}

}  // namespace czb
