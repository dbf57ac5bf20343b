// SPDX-License-Identifier: MIT
#include "doctor/at_rest_checks.h"

#include "doctor/ask.h"
#include "doctor/receiver_answers.h"
#include "plan/at_rest.h"
#include "plan/encryption.h"

namespace czb::doctor {
namespace {

std::string of_an_encrypted_tree(const Inventory& source) {
  std::size_t in_clear = 0;
  for (const auto& [relative, here] : source.datasets) in_clear += here.encryption_root.empty() ? 1 : 0;
  const std::string lies_so = "the tree is encrypted at the source, and lies so at the target";
  return in_clear == 0 ? lies_so
                       : lies_so + ", but for " + std::to_string(in_clear) +
                             (in_clear == 1 ? " dataset below that is in clear at both"
                                            : " datasets below that are in clear at both");
}

}  // namespace

void check_at_rest(const Side& source, const Side& target, Findings& findings) {
  if (!source.inventory || !source.inventory->exists())
    return findings.skipped("at-rest", "the source could not be looked at");
  if (!target.inventory) return findings.skipped("at-rest", "the target could not be looked at");
  if (!is_in_clear(*source.inventory, "")) return findings.ok("at-rest", of_an_encrypted_tree(*source.inventory));
  const std::size_t slash = target.dataset.rfind('/');
  if (slash == std::string::npos) return findings.ok("at-rest", "nothing above " + target.dataset + " encrypts");
  Inventory there = *target.inventory;
  const std::string above = target.dataset.substr(0, slash);
  const Completed answer = ask(target.host.transport(), place_command(above));
  if (!answer.ok())
    return findings.skipped("at-rest", "whether " + above + " is encrypted is not told by " + target.host.peer());
  there.place = parse_place(answer.out, above);
  const ReceivePlace& place = *there.place;
  const AtRestView view = view_at_rest(*source.inventory, there, *target.target_config);
  if (!view.refusal.empty()) return findings.failed("at-rest", view.refusal.front(), view.refusal.back());
  const Dataset* root = there.find("");
  const bool lies_in_clear = root != nullptr && root->encryption_root.empty();
  if (target.target_config->at_rest == AtRest::encrypt && root != nullptr && !lies_in_clear && !place.key_is_loaded)
    return findings.failed("at-rest",
                           "the key of " + place.encryption_root + ", which encrypts " + target.dataset +
                               ", is not loaded there: no push can succeed",
                           "zfs load-key " + place.encryption_root);
  if (!view.in_clear.empty())
    return findings.warning(
        "at-rest",
        that_they_lie_in_clear(view.in_clear) + (target.target_config->at_rest == AtRest::encrypt
                                                     ? ": 'at-rest: encrypt' holds for what is received anew"
                                                     : ", though what is above is encrypted there"),
        to_have_it_encrypted(view.in_clear.front(), target.dataset));
  findings.ok("at-rest", lies_in_clear || (root == nullptr && place.encryption_root.empty())
                             ? target.dataset + " is in clear, as at the source; nothing above it is encrypted"
                             : target.dataset + " is encrypted there by " + place.encryption_root);
}

}  // namespace czb::doctor
