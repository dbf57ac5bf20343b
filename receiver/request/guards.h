// SPDX-License-Identifier: MIT
// What mirror mode may destroy. Pure: the request against a listing, the day's counts and the options.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "receiver/options.h"
#include "receiver/request/request.h"

namespace czb::receiver {

struct PresentSnapshot {
  std::string name;
  std::uint64_t createtxg = 0;

  bool operator==(const PresentSnapshot&) const = default;
};

// By full name of the dataset, in any order.
using PresentSnapshots = std::map<std::string, std::vector<PresentSnapshot>>;

// Lists for parse_snapshots what a destroy could reach. Throws Error (failed) when the output is not understood.
CommandLine snapshots_command(const std::string& dataset, bool recursive);
PresentSnapshots parse_snapshots(std::string_view listing);

// How many snapshots of a dataset were destroyed on a day (UTC), of how many there were when the first was.
struct DayCount {
  std::int64_t day = 0;  // days since 1970
  std::uint64_t present = 0;
  std::uint64_t destroyed = 0;
};

using DayCounts = std::map<std::string, DayCount>;  // by full name of the dataset

// The counts as they are once the snapshots are gone, of each dataset that loses some. Throws Refused, with the reason,
// when a name is not one of ours, and when datasets would lose one of their keep_newest newest, or more than
// destroy_limit percent in a day: with the name and the reason of each, as far as a message goes. `before`: the last
// counts, of any day; a dataset may be missing.
DayCounts check_destroy(const Destroy& request, const PresentSnapshots& present, const DayCounts& before,
                        std::int64_t day, const Options& options);

// What of these counts is to be written where the destroy took nothing.
DayCounts taken_back(DayCounts after, const DayCounts& before);

}  // namespace czb::receiver
