// SPDX-License-Identifier: MIT
#include "doctor/at_rest_checks.h"

#include "doctor/ask.h"
#include "doctor/receiver_answers.h"
#include "plan/at_rest.h"
#include "plan/encryption.h"

namespace czb::doctor {
namespace {

std::string number_of_datasets(std::size_t number) {
  return std::to_string(number) + (number == 1 ? " dataset" : " datasets");
}

std::string of_an_encrypted_tree(const Inventory& source, bool is_there) {
  std::size_t in_clear = 0;
  for (const auto& [relative, here] : source.datasets) in_clear += here.encryption_root.empty() ? 1 : 0;
  std::string lies_so = std::string("the tree is encrypted at the source, and ") +
                        (is_there ? "lies so at the target" : "will lie so at the target");
  if (in_clear == 0) return lies_so;
  return lies_so + ", but for " + number_of_datasets(in_clear) + " below that " + (in_clear == 1 ? "is" : "are") +
         " in clear" + (is_there ? " at both" : "");
}

// Of a tree whose root is in clear at the source.
std::string but_for_the_encrypted(const Inventory& source) {
  std::size_t encrypted = 0;
  for (const auto& [relative, here] : source.datasets) encrypted += here.encryption_root.empty() ? 0 : 1;
  if (encrypted == 0) return "";
  return "; " + number_of_datasets(encrypted) + " below " + (encrypted == 1 ? "is" : "are") + " encrypted with " +
         (encrypted == 1 ? "its" : "their") + " own key, as at the source";
}

}  // namespace

void check_at_rest(const Side& source, const Side& target, Findings& findings) {
  if (!source.inventory || !source.inventory->exists())
    return findings.skipped("at-rest", "the source could not be looked at");
  if (!target.inventory) return findings.skipped("at-rest", "the target could not be looked at");
  if (!is_in_clear(*source.inventory, ""))
    return findings.ok("at-rest", of_an_encrypted_tree(*source.inventory, target.inventory->exists()));
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
  const std::string rest = but_for_the_encrypted(*source.inventory);
  if (root == nullptr && target.target_config->at_rest == AtRest::as_sent && !place.encryption_root.empty())
    return findings.warning("at-rest",
                            target.dataset + " will lie in clear, as at the source, though " + place.encryption_root +
                                " above is encrypted there" + rest,
                            "If it is to be encrypted there, write 'at-rest: encrypt' into the target's configuration "
                            "before the first push: what has arrived in clear stays so.");
  const bool is_clear = lies_in_clear || (root == nullptr && place.encryption_root.empty());
  const std::string verb = root == nullptr ? " will be " : " is ";
  findings.ok("at-rest", is_clear ? target.dataset + (root == nullptr ? " will lie" : " is") +
                                        " in clear, as at the source; nothing above it is encrypted" + rest
                                  : target.dataset + verb + "encrypted there by " + place.encryption_root + rest);
}

}  // namespace czb::doctor
