// SPDX-License-Identifier: MIT
// Forgeries: genuine streams, changed at random by somebody who knows what zfs receive acts by. A seed repeats each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "forged_stream.h"
#include "random_fault.h"

namespace czb::lab {

// What the forger has.
struct ForgersGround {
  struct Genuine {
    ForgedStream stream;
    std::string dataset;  // where it goes, relative to the root
  };
  std::vector<Genuine> streams;
  std::vector<std::uint64_t> guids;  // of datasets and snapshots, here and at the source
  Words places;                      // relative names that a stream can be sent to
  Words snapshots;                   // names of some
  // What a property may bring: others' programs obey, files of the host are named.
  std::string key_file;
  // Whether he changes what the kernel alone reads, too: objects and blocks. What it makes of them is out of the
  // receiver's reach, and may end it.
  bool changes_records = false;
};

struct Forgery {
  std::string stream;
  std::string dataset;      // relative to the root
  std::string description;  // what was done to which
  // Not one that ends the kernel where zfs alone receives it (receiver/stream/stream_kind.h).
  bool is_safe = true;
  // At the end of the stream, how much a patient forger would keep back: the end, or more.
  std::size_t held_back = 312;
};

Forgery forge(const ForgersGround& ground, Dice& dice);

// One as it is: what a forged one may be waiting for.
Forgery leave_genuine(const ForgersGround& ground, Dice& dice);

}  // namespace czb::lab
