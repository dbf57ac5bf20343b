// SPDX-License-Identifier: MIT
// Naming: what snapshots are called.
//
// Pure: the same input gives the same output, on every host, in every time zone and locale, today and in ten years:
// backups outlive the programs that made them. It reads no clock, file, environment or network, and blocks on nothing.
//
// Times are whole seconds since 1970-01-01T00:00:00Z, without leap seconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "cyber-zfs-backup/text_sink.h"

namespace czb {

// The most bytes of a snapshot's name. ZFS allows 255 for DATASET@NAME: this leaves room for the dataset.
inline constexpr std::size_t snapshot_name_limit = 200;

// Called by one thread at a time, not always the same one. Made by create, given back by destroy (abi.h); in between,
// any number of calls in any order: parse once for each snapshot of a tree, which may be a million times a run.
class Naming {
 public:
  // Writes the name (the part after '@') of a snapshot taken at `time`; writes all of it or, with Status::failed, says
  // in `error` why that time has none (a year that the format cannot tell). It need not have names for all times, but
  // for those of 1970 to 2100.
  //
  // The name: 1 to snapshot_name_limit bytes of letters, digits, '-', '_', '.', ':' and ' ', and not "." nor "..".
  // Two times have two names. parse(format(t)) gives t back.
  //
  // Any other name, and one that parse does not read back, is refused by the host: no snapshot is taken, the job fails
  // (exit status 1), and expiry and push go on without it.
  virtual Status format(std::int64_t time, TextSink& name, TextSink& error) noexcept = 0;

  // True, and the time, if and only if `name` is one that format writes for that time, byte for byte. Such snapshots
  // are "ours" and may be expired. False for every other name, and `time` is left alone: those are foreign, are
  // replicated, and never expire. `name` is the host's, valid during the call: any bytes at all, empty and very long
  // ones too.
  //
  // The host believes it only where format(time) does write `name`; any other is foreign, and a warning says whose
  // error that is.
  virtual bool parse(std::string_view name, std::int64_t& time) noexcept = 0;

 protected:
  Naming() = default;
  Naming(const Naming&) = default;
  Naming& operator=(const Naming&) = default;
  ~Naming() = default;  // destroyed by its plugin alone, through the descriptor's destroy function
};

}  // namespace czb
