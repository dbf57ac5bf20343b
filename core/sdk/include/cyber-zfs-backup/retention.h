// SPDX-License-Identifier: MIT
// Retention: which snapshots of a dataset are kept.
//
// Pure: the same input gives the same verdicts. It reads no clock (it is told the time), file, environment or network,
// and blocks on nothing. It decides; it destroys nothing.
//
// Times are whole seconds since 1970-01-01T00:00:00Z.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "cyber-zfs-backup/text_sink.h"

namespace czb {

// One snapshot that is ours: its name is one that the job's naming plugin reads. It and its name belong to the host,
// and are valid during the call.
struct SnapshotView {
  std::string_view name;    // the part after '@'
  std::uint64_t guid;       // its identity: of no order and no meaning
  std::uint64_t createtxg;  // its order, in the pool: greater is newer
  std::int64_t time;        // from the naming plugin; any value. It need not go the way of createtxg (clocks jump)
};

enum class Decision : std::uint32_t { keep = 1, expire = 2 };

// The most bytes of a verdict's rule.
inline constexpr std::size_t rule_limit = 200;

// Owned by the host, valid during the call; to be used by the thread of that call alone. Never throws, never blocks.
class VerdictSink {
 public:
  // One for each index, in any order. `rule` says what decided, in a few words ("newest", "daily 3 of 31", "no tier
  // keeps it"), as one line of UTF-8 of at most rule_limit bytes; it is copied, and shown with --verbose. One that
  // cannot be shown is replaced.
  virtual void verdict(std::uint64_t index, Decision decision, std::string_view rule) noexcept = 0;

 protected:
  VerdictSink() = default;
  VerdictSink(const VerdictSink&) = default;
  VerdictSink& operator=(const VerdictSink&) = default;
  ~VerdictSink() = default;
};

// Called by one thread at a time, not always the same one. Made by create, given back by destroy (abi.h); in between,
// one judge for each dataset of a tree, in any order, and each stands for itself: nothing is remembered.
class Retention {
 public:
  // `snapshots`: `count` snapshots of one dataset, newest first (by createtxg); may be null where count is 0. All
  // of them are ours. `count` may be a million: time and memory must not grow with its square. Two may have the same
  // time, and one may be later than `now` (the host expires nothing of such a dataset).
  //
  // Gives exactly one verdict for each index in [0, count) and returns Status::ok; or Status::failed with a sentence.
  // Then, and where an index is missing, given twice or out of range, or a decision is not listed above, the host takes
  // nothing of the answer: nothing expires in this job's run, which ends with exit status 1; the push goes on.
  //
  // The host's own guards come on top. Whatever the verdict, it keeps the newest snapshot, one that a target still
  // needs, one that is held or has clones; and where more than a quarter (destroy-limit) of a dataset's would go at
  // once, all of them.
  virtual Status judge(const SnapshotView* snapshots, std::uint64_t count, std::int64_t now, VerdictSink& verdicts,
                       TextSink& error) noexcept = 0;

 protected:
  Retention() = default;
  Retention(const Retention&) = default;
  Retention& operator=(const Retention&) = default;
  ~Retention() = default;  // destroyed by its plugin alone, through the descriptor's destroy function
};

}  // namespace czb
