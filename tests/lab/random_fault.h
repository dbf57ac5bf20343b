// SPDX-License-Identifier: MIT
// Random choices that a seed repeats, and among them what goes wrong with a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "fault_lab.h"

namespace czb::lab {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  // 0 … count - 1.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  int between(int least, int most) {
    return least + static_cast<int>(below(static_cast<std::size_t>(most - least + 1)));
  }
  bool chance(int percent) { return between(1, 100) <= percent; }
  template <typename Container>
  auto pick(const Container& container) -> const typename Container::value_type& {
    return container[below(container.size())];
  }

 private:
  std::mt19937_64 random_;
};

struct RandomFault {
  Links links;
  Words job_options;     // what the job needs to notice it,
  Words target_options;  // and the target
  std::string description;
};

// One fault, at the source or at the target, in one of the commands of a run: mostly in the stream. Only what a link
// may do to a program: text that arrives is whole, or the link says that it failed; streams may be damaged anywhere,
// for they have checksums. The plugin logs to `log`.
RandomFault random_fault(Dice& dice, const std::string& log);

}  // namespace czb::lab
