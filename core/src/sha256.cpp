// SPDX-License-Identifier: MIT
#include "sha256.h"

#include <sha2.h>

#include <cstdint>

namespace czb {

std::string sha256(std::string_view bytes) {
  SHA2_CTX context;
  std::uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  SHA256Final(digest, &context);
  return {reinterpret_cast<const char*>(digest), sizeof digest};
}

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

}  // namespace czb
