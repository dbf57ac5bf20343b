// SPDX-License-Identifier: MIT
// Retention: which snapshots of a dataset are kept. Pure: the same input gives the same verdicts.
#pragma once

#include <cstdint>
#include <string_view>

#include "cyber-zfs-backup/text_sink.h"

namespace czb {

// One snapshot that is ours. Belongs to the host, valid during the call.
struct SnapshotView {
  std::string_view name;    // the part after '@'
  std::uint64_t guid;       // its identity
  std::uint64_t createtxg;  // its order
  std::int64_t time;        // from the naming plugin: seconds since 1970-01-01T00:00:00Z
};

enum class Decision : std::uint32_t { keep = 1, expire = 2 };

// Owned by the host. Take each index once, in any order; `rule` says what decided, in a few words
// ("newest", "daily 3 of 31", "no tier keeps it") and is copied.
class VerdictSink {
 public:
  virtual void verdict(std::uint64_t index, Decision decision, std::string_view rule) noexcept = 0;

 protected:
  VerdictSink() = default;
  VerdictSink(const VerdictSink&) = default;
  VerdictSink& operator=(const VerdictSink&) = default;
  ~VerdictSink() = default;
};

// Called from one thread at a time. The host's own guards come on top: it never destroys the newest
// snapshot, one that a target still needs, or more than a quarter at once unless it is told to.
class Retention {
 public:
  // `snapshots` are one dataset's own snapshots, newest first (by createtxg). Gives exactly one
  // verdict for each index in [0, count); the host refuses the whole answer otherwise.
  virtual Status judge(const SnapshotView* snapshots, std::uint64_t count, std::int64_t now, VerdictSink& verdicts,
                       TextSink& error) noexcept = 0;

 protected:
  Retention() = default;
  Retention(const Retention&) = default;
  Retention& operator=(const Retention&) = default;
  ~Retention() = default;
};

}  // namespace czb
