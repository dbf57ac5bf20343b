// SPDX-License-Identifier: MIT
// A retention plugin, as the registry hands it out.
#pragma once

#include <memory>
#include <string>

#include "cyber-zfs-backup/retention.h"

namespace czb {

// That there is exactly one verdict for each snapshot is checked where the verdicts are used (plan/judge.h), and what
// must not go whatever the plugin says is kept there (plan/expire.h). Here: a failure names the plugin, and a rule is
// one line of text, of rule_limit bytes at most, that can be shown.
class CheckedRetention final : public Retention {
 public:
  // `plugin`: "retention plugin 'x'", for messages.
  CheckedRetention(std::shared_ptr<Retention> retention, std::string plugin);

  Status judge(const SnapshotView* snapshots, std::uint64_t count, std::int64_t now, VerdictSink& verdicts,
               TextSink& error) noexcept override;

 private:
  std::shared_ptr<Retention> retention_;
  std::string plugin_;
};

}  // namespace czb
