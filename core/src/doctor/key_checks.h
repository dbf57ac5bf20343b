// SPDX-License-Identifier: MIT
// `keys`: whether a restricted receiver knows the keys of what lies there, which it holds each stream to.
#pragma once

#include "doctor/finding.h"
#include "doctor/side.h"

namespace czb::doctor {

// Of a target: what its receiver tells. Nothing is found where none stands there, or nothing encrypted is sent.
void check_keys_there(const Side& target, Findings& findings);

}  // namespace czb::doctor
