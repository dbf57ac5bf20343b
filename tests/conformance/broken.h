// SPDX-License-Identifier: MIT
// What the three broken plugins share: the option that says what is wrong with them.
#pragma once

#include <string>

#include "cyber-zfs-backup/plugin.h"

namespace broken {

inline constexpr czb::OptionSpec option_table[] = {
    czb::option("fault", czb::OptionType::string, "none", "which promise to break"),
};

// Exactly one fault, or none.
class Fault {
 public:
  explicit Fault(const czb::CreateArguments& arguments) : word_(czb::PluginOptions(arguments).text("fault")) {}
  bool is(const char* word) const { return word_ == word; }

 private:
  std::string word_;
};

}  // namespace broken
