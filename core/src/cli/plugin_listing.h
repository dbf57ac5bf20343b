// SPDX-License-Identifier: MIT
// A plugin as `plugins` and `plugins describe` show it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "plugin/registry.h"

namespace czb {

// A line for the plugin and one for each of its options; or why it is refused.
std::string listing_as_text(const PluginListing& listing);

// The same as JSON, with all that the option table says.
nlohmann::ordered_json listing_as_json(const PluginListing& listing);

// All that a plugin that loads tells of itself.
std::string description_as_text(const PluginListing& listing);

}  // namespace czb
