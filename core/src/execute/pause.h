// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace czb {

// Waits. Throws Interrupted as soon as a signal comes.
void pause_for(std::chrono::seconds time);

}  // namespace czb
