// SPDX-License-Identifier: MIT
#include "receiver/stream/key_data.h"

#include <cstdint>

#include "receiver/answer.h"
#include "receiver/stream/native_nvlist.h"
#include "sha256.h"

namespace czb::receiver {
namespace {

[[noreturn]] void invalid() { throw Refused("invalid stream (malformed key data)"); }

// What the kernel writes over what is there (dsl_crypto_recv_raw_key_sync).
struct Part {
  std::string_view name;
  std::int32_t type;  // 8: one 64-bit number; 26: bytes
};
constexpr Part parts[] = {{"DSL_CRYPTO_SUITE", 8},
                          {"DSL_CRYPTO_GUID", 8},
                          {"DSL_CRYPTO_VERSION", 8},
                          {"DSL_CRYPTO_MASTER_KEY_1", 26},
                          {"DSL_CRYPTO_HMAC_KEY_1", 26},
                          {"DSL_CRYPTO_IV", 26},
                          {"DSL_CRYPTO_MAC", 26},
                          {"keyformat", 8},
                          {"pbkdf2iters", 8},
                          {"pbkdf2salt", 8}};

const NativePair& find(const NativeList& pairs, std::string_view name) {
  const NativePair* found = find_native(pairs, name);
  if (found == nullptr) invalid();
  return *found;
}

std::string_view value_of(const NativePair& pair, std::int32_t type) {
  constexpr std::int32_t type_bytes = 26;
  if (pair.type != type || pair.elements < 1 || (type != type_bytes && pair.elements != 1)) invalid();
  const auto size = type == type_bytes ? static_cast<std::size_t>(pair.elements) : sizeof(std::uint64_t);
  if (size > pair.value.size()) invalid();
  return pair.value.substr(0, size);
}

// The list of the wrapped key; into `payload`.
NativeList keys_in(std::string_view payload) {
  const NativeList pairs = parse_native_nvlist(payload);
  const NativePair& keys = find(pairs, "crypt_keydata");
  if (keys.type != native_list) invalid();
  return keys.list;
}

}  // namespace

std::string key_data_fingerprint(std::string_view payload) {
  const NativeList keys = keys_in(payload);
  std::string text;
  for (const Part& part : parts) {
    const std::string_view value = value_of(find(keys, part.name), part.type);
    text += std::string(part.name) + " " + std::to_string(value.size()) + " ";
    text += value;
  }
  return hexadecimal(sha256(text));
}

std::string key_data_wrapping(std::string_view payload) {
  const NativeList keys = keys_in(payload);
  std::string text;
  for (const char* part : {"keyformat", "pbkdf2iters", "pbkdf2salt"})
    text += (text.empty() ? "" : ":") + std::to_string(native_number(find(keys, part)));
  return text;
}

}  // namespace czb::receiver
