// SPDX-License-Identifier: MIT
// A policy that no host would have: by a seed, each snapshot expires or not.
#pragma once

#include <cstdint>

#include "cyber-zfs-backup/retention.h"

namespace czb::test {

class AnyRetention final : public Retention {
 public:
  explicit AnyRetention(std::uint64_t seed) : seed_(seed) {}
  Status judge(const SnapshotView* snapshots, std::uint64_t count, std::int64_t, VerdictSink& verdicts,
               TextSink&) noexcept override {
    for (std::uint64_t i = 0; i < count; ++i)
      verdicts.verdict(i, expires(snapshots[i].guid) ? Decision::expire : Decision::keep, "");
    return Status::ok;
  }
  bool expires(std::uint64_t guid) const { return ((guid + seed_) * 0x9E3779B97F4A7C15U >> 60) >= seed_ % 16; }

 private:
  std::uint64_t seed_;
};

}  // namespace czb::test
