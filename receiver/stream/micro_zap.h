// SPDX-License-Identifier: MIT
// A small set of names with a number each, in one block, as ZFS keeps a volume's properties (struct mzap_phys,
// include/sys/zap_impl.h): a header of 64 bytes, and a place of 64 bytes for each name, which may be free.
//
// The kernel believes such a block: it stops for good where two entries are alike (mze_insert), reads on behind a name
// that has no end, and reads a block that says to be of the large kind as the sender has made it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace czb::receiver {

struct MicroZapEntry {
  std::string name;
  std::uint64_t value = 0;
};

// `swapped`: not in this host's byte order. Nothing where it is no such block, where its names are looked up in another
// way than as they are written, or where an entry is not as the kernel writes those whose names' hashes differ, or its
// hash is another's. (Of a dozen names, some 3 in 10 million genuine blocks have two with one hash.)
std::optional<std::vector<MicroZapEntry>> parse_micro_zap(std::string_view block, bool swapped);

}  // namespace czb::receiver
