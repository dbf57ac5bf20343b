// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace czb {

// The 32 bytes of the SHA-256 digest.
std::string sha256(std::string_view bytes);

// Two lower-case digits a byte.
std::string hexadecimal(std::string_view bytes);

}  // namespace czb
