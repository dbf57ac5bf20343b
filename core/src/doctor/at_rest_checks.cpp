// SPDX-License-Identifier: MIT
#include "doctor/at_rest_checks.h"

#include "doctor/ask.h"
#include "doctor/receiver_answers.h"
#include "plan/encryption.h"

namespace czb::doctor {

void check_at_rest(const Side& source, const Side& target, Findings& findings) {
  if (!source.inventory || !source.inventory->exists())
    return findings.skipped("at-rest", "the source could not be looked at");
  if (!target.inventory) return findings.skipped("at-rest", "the target could not be looked at");
  if (!is_in_clear(*source.inventory, ""))
    return findings.ok("at-rest", "the tree is encrypted at the source, and lies so at the target");
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
  const std::string remedy = "'at-rest: encrypt' holds for what is received anew: to have it encrypted, rename " +
                             target.dataset + " there, and push again in full";
  if (target.target_config->at_rest == AtRest::as_sent && lies_in_clear && !place.encryption_root.empty())
    return findings.warning(
        "at-rest", target.dataset + " lies in clear, though " + place.encryption_root + " above is encrypted", remedy);
  if (!view.warnings.empty()) return findings.warning("at-rest", view.warnings.front(), remedy);
  findings.ok("at-rest", lies_in_clear || (root == nullptr && place.encryption_root.empty())
                             ? target.dataset + " is in clear, as at the source; nothing above it is encrypted"
                             : target.dataset + " is encrypted there by " + place.encryption_root);
}

}  // namespace czb::doctor
