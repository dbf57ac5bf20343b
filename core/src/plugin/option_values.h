// SPDX-License-Identifier: MIT
// Converts a plugin's options, as somebody wrote them, to the values that the plugin is given.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "cyber-zfs-backup/abi.h"
#include "cyber-zfs-backup/options.h"

namespace czb {

// The values and the text they point to. One value for each entry of the plugin's option table, in
// its order. Names point into the plugin. Moving it keeps every pointer valid.
class OptionValues {
 public:
  OptionValues() = default;
  OptionValues(OptionValues&&) = default;
  OptionValues& operator=(OptionValues&&) = default;
  OptionValues(const OptionValues&) = delete;
  OptionValues& operator=(const OptionValues&) = delete;
  ~OptionValues() = default;

  const std::vector<OptionValue>& values() const { return values_; }

 private:
  friend OptionValues convert_options(const PluginDescriptor& descriptor, const PluginChoice& choice);

  std::vector<OptionValue> values_;
  std::deque<std::string> texts_;  // a deque: its elements stay where they are
  std::deque<std::vector<std::string_view>> lists_;
};

// Checks the choice against the descriptor's table (which descriptor_problem has passed) and fills in
// defaults. Throws Error (usage), beginning with the option's own origin, for an unknown option, one
// given twice, a value that does not convert, and (with the choice's origin) a required one missing.
// The value of a secret option is not quoted.
OptionValues convert_options(const PluginDescriptor& descriptor, const PluginChoice& choice);

// The choice for showing to people: the defaults of options that were not given are filled in, and
// values of secret options replaced by "(secret)".
PluginChoice effective_choice(const PluginDescriptor& descriptor, PluginChoice choice);

bool is_option_type(OptionType type);

// What the default of this option should have been ("a number"), where it does not convert.
std::optional<std::string> default_problem(const OptionSpec& option);

}  // namespace czb
