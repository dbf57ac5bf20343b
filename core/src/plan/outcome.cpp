// SPDX-License-Identifier: MIT
#include "plan/outcome.h"

namespace czb {

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::up_to_date:
      return "up to date";
    case Outcome::sent:
      return "sent";
    case Outcome::resumed:
      return "resumed";
    case Outcome::healed:
      return "healed";
    case Outcome::kept_back:
      return "kept back";
    case Outcome::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace czb
