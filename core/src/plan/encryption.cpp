// SPDX-License-Identifier: MIT
#include "plan/encryption.h"

#include <algorithm>
#include <map>

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

AtRestView view_at_rest(const Inventory& source, const Inventory& target, const TargetConfig& config) {
  std::vector<std::string> lying;   // in clear, at the target
  std::vector<std::string> coming;  // below something that encrypts there
  std::string place;                // of the first of those
  const auto encrypts = [&](const std::string& relative) -> std::string {
    const std::optional<std::string> above = parent_of(relative);
    if (!above) return target.place ? target.place->encryption_root : "";
    const Dataset* there = target.find(*above);
    return there != nullptr ? there->encryption_root : "";
  };
  std::map<std::string, std::string> will_encrypt;  // of what is not there yet
  for (const auto& [relative, here] : source.datasets) {
    if (!is_in_clear(source, relative) || here.snapshots.empty()) continue;
    if (const Dataset* there = target.find(relative)) {
      if (there->encryption_root.empty()) lying.push_back(target.full_name(relative));
      continue;
    }
    const std::optional<std::string> above = parent_of(relative);
    const auto inherited = above ? will_encrypt.find(*above) : will_encrypt.end();
    const std::string root = inherited != will_encrypt.end() ? inherited->second : encrypts(relative);
    will_encrypt[relative] = config.at_rest == AtRest::encrypt ? root : "";
    if (root.empty()) continue;
    if (coming.empty()) place = root;
    coming.push_back(target.full_name(relative));
  }
  const auto named = [](const std::vector<std::string>& names) {
    return names.size() == 1 ? names.front() : names.front() + " and " + std::to_string(names.size() - 1) + " more";
  };
  AtRestView view;
  if (config.at_rest == AtRest::as_sent) {
    if (!coming.empty())
      view.warnings.push_back(named(coming) + " will lie in clear at the target, as at the source, though " + place +
                              " above is encrypted. 'at-rest: encrypt' has such datasets encrypted there; what has " +
                              "arrived in clear stays so");
    return view;
  }
  const bool first_full = !target.exists();
  const bool any_in_clear = is_in_clear(source, "");
  const Dataset* begun = target.find("");
  if (any_in_clear && begun != nullptr && begun->partial && begun->snapshots.empty() && begun->encryption_root.empty())
    view.refusal = {
        "the first push of " + config.dataset +
            " was interrupted, and what has come of it lies in clear: " + "with 'at-rest: encrypt' nothing was sent",
        "Give up what has come (zfs receive -A " + config.dataset + " there), and push again"};
  else if (first_full && any_in_clear && !target.place)
    view.refusal = {"whether " + config.dataset +
                        " would be encrypted at the target could not be learnt (--verbose says "
                        "why): with 'at-rest: encrypt' nothing was sent",
                    "Upgrade cyber-zfs-backup there if it is older; or say 'at-rest: as-sent' in the configuration"};
  else if (first_full && any_in_clear && target.place->encryption_root.empty())
    view.refusal = {"'at-rest: encrypt' wants " + config.dataset + " encrypted, and " + target.place->dataset +
                        ", in which it would be made, is not encrypted: nothing was sent",
                    "Name a place that is (zfs create -o encryption=on -o keyformat=passphrase …), or say 'at-rest: " +
                        std::string("as-sent' in the configuration")};
  else if (first_full && any_in_clear && !target.place->key_is_loaded)
    view.refusal = {
        "the key of " + target.place->encryption_root + ", which is to encrypt " + config.dataset +
            ", is not loaded at the target: nothing was sent",
        "Load it there, and see that it is loaded whenever a push runs: zfs load-key " + target.place->encryption_root};
  else if (!coming.empty())
    view.notes.push_back(named(coming) + " will be encrypted at the target with the key of " + place +
                         ", which has to be loaded there for every push, and to read it again");
  if (!lying.empty())
    view.warnings.push_back(named(lying) + " lies in clear at the target: 'at-rest: encrypt' holds for what is " +
                            "received anew. To have it encrypted, rename it there and push it again in full");
  return view;
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
