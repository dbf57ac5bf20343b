// SPDX-License-Identifier: MIT
// Several mistakes of one configuration, told at once: who has made three need not ask three times.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace czb {

class Mistakes {
 public:
  // Runs `body`; an Error (usage) out of it is kept. What rests on what it reads has to ask count().
  void attempt(const std::function<void()>& body);

  std::size_t count() const { return count_; }

  // Throws Error (usage) with all of them, each once, a line each: those that begin with a place, "PATH:LINE:COLUMN: ",
  // in the order of the file, and no more than a screen holds. Nothing where there is none.
  void raise() const;

 private:
  std::vector<std::string> told_;
  std::size_t count_ = 0;
};

}  // namespace czb
