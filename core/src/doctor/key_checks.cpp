// SPDX-License-Identifier: MIT
#include "doctor/key_checks.h"

#include <string>

namespace czb::doctor {

void check_keys_there(const Side& target, Findings& findings) {
  constexpr char check[] = "keys";
  if (!target.is_restricted || !target.encrypted || !target.receiver) return;
  const auto unknown = target.receiver->number("unknown-keys");
  if (!unknown) return findings.skipped(check, "the receiver does not tell whether it knows those of what lies there");
  const std::string root = target.receiver->value("root");
  const bool is_there = target.inventory && target.inventory->exists();
  if (*unknown == 0 && !is_there) return;
  if (*unknown == 0) return findings.ok(check, "the receiver knows those of all that is encrypted in " + root);
  findings.warning(check,
                   "the receiver has no record of the keys of " + std::to_string(*unknown) + " encrypted dataset" +
                       (*unknown == 1 ? "" : "s") + " in " + root +
                       ": the first that comes is taken for the right one, and a wrong one would make what lies there "
                       "unreadable",
                   "Push now, from a sender that you trust. And keep the receiver's state folder there "
                   "(/var/lib/cyber-zfs-backup/receiver) in that host's own backup.");
}

}  // namespace czb::doctor
