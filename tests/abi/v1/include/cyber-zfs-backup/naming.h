// SPDX-License-Identifier: MIT
// Naming: what snapshots are called. Pure: the same input gives the same output, on every host.
#pragma once

#include <cstdint>
#include <string_view>

#include "cyber-zfs-backup/text_sink.h"

namespace czb {

// Called from one thread at a time. Times are seconds since 1970-01-01T00:00:00Z.
class Naming {
 public:
  // Writes the name (the part after '@') of a snapshot taken at `time`. The host refuses a name that
  // ZFS would not take: letters, digits, '-', '_', '.', ':' and ' ' only, 1 to 200 bytes.
  // parse(format(t)) must give t back.
  virtual Status format(std::int64_t time, TextSink& name, TextSink& error) noexcept = 0;

  // True and the time if, and only if, `name` is one that format would write; such snapshots are
  // "ours" and may be expired. False for every other name: those are foreign and never touched.
  virtual bool parse(std::string_view name, std::int64_t& time) noexcept = 0;

 protected:
  Naming() = default;
  Naming(const Naming&) = default;
  Naming& operator=(const Naming&) = default;
  ~Naming() = default;
};

}  // namespace czb
