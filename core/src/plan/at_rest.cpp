// SPDX-License-Identifier: MIT
#include "plan/at_rest.h"

#include <map>

#include "plan/encryption.h"

namespace czb {
namespace {

// What the target encrypts with, or would, what is in clear at the source with all that it is below; full names.
struct Lot {
  std::vector<std::string> in_clear;     // there, whatever is above
  std::vector<std::string> unprotected;  // of these: below something that encrypts
  std::vector<std::string> coming;       // not there yet, below something that encrypts
  std::string place;                     // of the first of those
};

// What encrypts where it is received; empty: nothing does.
std::string encrypts(const Inventory& target, const std::string& relative) {
  const std::optional<std::string> above = parent_of(relative);
  if (!above) return target.place ? target.place->encryption_root : "";
  const Dataset* there = target.find(*above);
  return there != nullptr ? there->encryption_root : "";
}

Lot lot_of(const Inventory& source, const Inventory& target, const TargetConfig& config) {
  Lot lot;
  std::map<std::string, std::string> will_encrypt;  // of what is not there yet
  for (const auto& [relative, here] : source.datasets) {
    if (!is_in_clear(source, relative) || here.snapshots.empty()) continue;
    if (const Dataset* there = target.find(relative)) {
      if (!there->encryption_root.empty()) continue;
      lot.in_clear.push_back(target.full_name(relative));
      if (!encrypts(target, relative).empty()) lot.unprotected.push_back(target.full_name(relative));
      continue;
    }
    const std::optional<std::string> above = parent_of(relative);
    const auto inherited = above ? will_encrypt.find(*above) : will_encrypt.end();
    const std::string root = inherited != will_encrypt.end() ? inherited->second : encrypts(target, relative);
    will_encrypt[relative] = config.at_rest == AtRest::encrypt ? root : "";
    if (root.empty()) continue;
    if (lot.coming.empty()) lot.place = root;
    lot.coming.push_back(target.full_name(relative));
  }
  return lot;
}

// Why 'at-rest: encrypt' cannot be had: the fact, and the way on.
std::vector<std::string> refusal_to_encrypt(const Inventory& source, const Inventory& target,
                                            const std::string& dataset) {
  if (!is_in_clear(source, "")) return {};
  const Dataset* begun = target.find("");
  if (begun != nullptr && begun->partial && begun->snapshots.empty() && begun->encryption_root.empty())
    return {"the first push of " + dataset +
                " was interrupted, and what has come of it lies in clear: with 'at-rest: encrypt' nothing was sent",
            "Give up what has come (zfs receive -A " + dataset + " there), and push again"};
  if (target.exists()) return {};
  if (!target.place)
    return {"whether " + dataset +
                " would be encrypted at the target could not be learnt (--verbose says "
                "why): with 'at-rest: encrypt' nothing was sent",
            "Upgrade cyber-zfs-backup there if it is older; or say 'at-rest: as-sent' in the configuration"};
  if (target.place->encryption_root.empty())
    return {"'at-rest: encrypt' wants " + dataset + " encrypted, and " + target.place->dataset +
                ", in which it would be made, is not encrypted: nothing was sent",
            "Name a place that is (zfs create -o encryption=on -o keyformat=passphrase …), or say 'at-rest: "
            "as-sent' in the configuration"};
  if (!target.place->key_is_loaded)
    return {
        "the key of " + target.place->encryption_root + ", which is to encrypt " + dataset +
            ", is not loaded at the target: nothing was sent",
        "Load it there, and see that it is loaded whenever a push runs: zfs load-key " + target.place->encryption_root};
  return {};
}

std::string named(const std::vector<std::string>& names) {
  return names.size() == 1 ? names.front() : names.front() + " and " + std::to_string(names.size() - 1) + " more";
}

}  // namespace

std::string that_they_lie_in_clear(const std::vector<std::string>& names) {
  return named(names) + (names.size() == 1 ? " lies in clear" : " lie in clear");
}

// Within the tree the next push would rename it back.
std::string to_have_it_encrypted(const std::string& dataset, const std::string& target) {
  const std::string outside = "To have it encrypted, rename it there (zfs rename) to a name outside of " + target;
  if (dataset != target) return outside + ": with 'at-rest: encrypt' the next push brings it in full";
  return outside + ", and push again in full with 'at-rest: encrypt' (--force-non-incremental)";
}

AtRestView view_at_rest(const Inventory& source, const Inventory& target, const TargetConfig& config) {
  const Lot lot = lot_of(source, target, config);
  AtRestView view;
  view.in_clear = config.at_rest == AtRest::encrypt ? lot.in_clear : lot.unprotected;
  if (config.at_rest == AtRest::as_sent) {
    if (!lot.coming.empty())
      view.warnings.push_back(named(lot.coming) + " will lie in clear at the target, as at the source, though " +
                              lot.place +
                              " above is encrypted. 'at-rest: encrypt' has such datasets encrypted there; what has "
                              "arrived in clear stays so");
    return view;
  }
  view.refusal = refusal_to_encrypt(source, target, config.dataset);
  if (view.refusal.empty() && !lot.coming.empty())
    view.notes.push_back(named(lot.coming) + " will be encrypted at the target with the key of " + lot.place +
                         ", which has to be loaded there for every push, and to read it again");
  if (!view.in_clear.empty())
    view.warnings.push_back(that_they_lie_in_clear(view.in_clear) +
                            " at the target: 'at-rest: encrypt' holds for what is received anew. " +
                            to_have_it_encrypted(view.in_clear.front(), config.dataset));
  return view;
}

}  // namespace czb
