// SPDX-License-Identifier: MIT
// The native properties that a restricted receiver sets because a sender asks for it (`zfs receive -o`). Both ends know
// the rule: the receiver keeps to it, and the sender asks for nothing else.
#pragma once

#include <string_view>

namespace czb {

bool may_be_set(std::string_view property, std::string_view value);

}  // namespace czb
