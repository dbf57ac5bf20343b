// SPDX-License-Identifier: MIT
// How JSON is written, wherever it is.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace czb {

// In ASCII: what is not printable there is \uHHHH, so that no terminal takes a part of a text for a command. Bytes that
// are not UTF-8, which the library would throw at, become U+FFFD. `indent`: -1 for one line. No newline at the end.
inline std::string json_text(const nlohmann::ordered_json& json, int indent = 2) {
  return json.dump(indent, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace czb
