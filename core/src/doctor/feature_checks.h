// SPDX-License-Identifier: MIT
// Pool features that the source's streams need at the target. What a stream says it needs: OpenZFS
// module/zfs/dmu_send.c (setup_featureflags); what a receive refuses for it: module/zfs/dmu_recv.c
// (recv_begin_check_feature_flags_impl).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/finding.h"
#include "doctor/side.h"

namespace czb::doctor {

// From the output of `zpool get -H -p -o property,value all POOL`.
Features parse_features(std::string_view output);

// A feature that the source uses and the target does not have enabled.
struct FeatureGap {
  std::string name;
  bool is_unknown = false;     // to the software there
  bool breaks_streams = true;  // false: only a property is not set there
};

// `encrypted`: the tree that is sent is, at least in part; the pool's feature alone does not tell. Pure.
std::vector<FeatureGap> feature_gaps(const Features& source, const Features& target, bool encrypted);

// `features` of a target.
void check_features(Side& source, Side& target, Findings& findings);

}  // namespace czb::doctor
