// SPDX-License-Identifier: MIT
#include "receiver/host/session_slot.h"

#include <optional>
#include <utility>

#include "error.h"
#include "execute/dataset_lock.h"
#include "receiver/host/state_file.h"

namespace czb::receiver {

SessionSlot::SessionSlot(const std::string& state, const std::string& root, unsigned most) {
  const std::string path = state_file_path(state, root, "slot");
  const std::string name = path.substr(path.rfind('/') + 1);
  for (unsigned i = 1; i <= most; ++i)
    if (std::optional<Descriptor> file = lock_file(state, name + std::to_string(i))) {
      file_ = std::move(*file);
      return;
    }
  throw Error(ExitCode::busy, root + ": dataset is busy: " + std::to_string(most) +
                                  " requests for it are in progress (--sessions). Try again when one has ended.");
}

}  // namespace czb::receiver
