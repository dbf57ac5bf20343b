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

StreamForm form_of(const Dataset& dataset) {
  return dataset.encryption_root.empty() ? StreamForm::plain : StreamForm::raw;
}

std::optional<StreamForm> form_of_tree(const Inventory& source) {
  std::optional<StreamForm> form;
  for (const auto& [relative, dataset] : source.datasets) {
    if (form && *form != form_of(dataset)) return std::nullopt;
    form = form_of(dataset);
  }
  return form;
}

bool is_in_clear(const Inventory& source, const std::string& relative) {
  for (std::optional<std::string> above = relative; above; above = parent_of(*above))
    if (const Dataset* dataset = source.find(*above); dataset != nullptr && !dataset->encryption_root.empty())
      return false;
  return true;
}

ReceivedProperties at_rest_properties(const TargetConfig& config, const Inventory& source, const std::string& relative,
                                      StreamForm form) {
  ReceivedProperties properties = config.properties;
  if (form == StreamForm::raw) properties.erase("encryption");  // zfs refuses it
  if (config.at_rest == AtRest::encrypt && form == StreamForm::plain && is_in_clear(source, relative))
    properties["encryption"] = std::nullopt;
  return properties;
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
    if (there == nullptr) return false;
    const bool is_own_root = !there->encryption_root.empty() && there->encryption_root == target.full_name(entry.first);
    return (!entry.second.origin.empty() && there->origin.empty()) ||
           (is_own_root && entry.second.encryption_root.empty());
  });
}

}  // namespace czb
