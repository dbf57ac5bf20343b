// SPDX-License-Identifier: MIT
#include "execute/pause.h"

#include <poll.h>

#include "process/interrupt.h"

namespace czb {

void pause_for(std::chrono::seconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  for (;;) {
    throw_if_interrupted();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    pollfd polled = {interrupt_descriptor(), POLLIN, 0};
    poll(&polled, 1, static_cast<int>(std::min<std::chrono::milliseconds::rep>(left.count(), 60'000)));
  }
}

}  // namespace czb
