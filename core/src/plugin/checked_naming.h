// SPDX-License-Identifier: MIT
// A naming plugin held to its contract (cyber-zfs-backup/naming.h), as the registry hands it out.
#pragma once

#include <memory>
#include <string>

#include "cyber-zfs-backup/naming.h"
#include "text_buffer.h"

namespace czb {

// What a new snapshot's name must be beyond this, and that it reads back, is checked where the name is used
// (execute/run_job.cpp). Here:
//
// - A name of more than snapshot_name_limit bytes is refused.
// - A name that parse claims is ours only if format writes exactly this name for the time that parse tells. Any other
//   is foreign, hence never expired and never mirrored as ours, whatever the plugin says; the first one is warned of.
class CheckedNaming final : public Naming {
 public:
  // `plugin`: "naming plugin 'x'", for messages.
  CheckedNaming(std::shared_ptr<Naming> naming, std::string plugin);

  Status format(std::int64_t time, TextSink& name, TextSink& error) noexcept override;
  bool parse(std::string_view name, std::int64_t& time) noexcept override;

 private:
  bool writes(std::int64_t time, std::string_view name) noexcept;

  std::shared_ptr<Naming> naming_;
  std::string plugin_;
  TextBuffer written_;  // kept: one allocation for a million names
  bool warned_ = false;
};

}  // namespace czb
