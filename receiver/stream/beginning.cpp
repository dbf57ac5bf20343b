// SPDX-License-Identifier: MIT
#include "receiver/stream/beginning.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "receiver/answer.h"
#include "receiver/stream/metadnode.h"
#include "receiver/stream/native_nvlist.h"
#include "text/visible.h"

namespace czb::receiver {
namespace {

// DATA_TYPE_*
constexpr std::int32_t type_number = 8;
constexpr std::int32_t type_bytes = 26;

struct Part {
  std::string_view name;
  std::int32_t type;
};
// dsl_crypto_populate_key_nvlist. Which of them have to be there, and how long they are, the kernel looks at itself.
constexpr Part parts_of_a_key[] = {
    {"DSL_CRYPTO_SUITE", type_number},
    {"DSL_CRYPTO_GUID", type_number},
    {"DSL_CRYPTO_VERSION", type_number},
    {"DSL_CRYPTO_MASTER_KEY_1", type_bytes},
    {"DSL_CRYPTO_HMAC_KEY_1", type_bytes},
    {"DSL_CRYPTO_IV", type_bytes},
    {"DSL_CRYPTO_MAC", type_bytes},
    {"portable_mac", type_bytes},
    {"keyformat", type_number},
    {"pbkdf2iters", type_number},
    {"pbkdf2salt", type_number},
    {"mdn_checksum", type_number},
    {"mdn_compress", type_number},
    {"mdn_nlevels", type_number},
    {"mdn_blksz", type_number},
    {"mdn_indblkshift", type_number},
    {"mdn_nblkptr", type_number},
    {"mdn_maxblkid", type_number},
    {"to_ivset_guid", type_number},
    {"from_ivset_guid", type_number},
};
constexpr Part parts_of_a_rest[] = {{"resume_object", type_number}, {"resume_offset", type_number}};

template <std::size_t Count>
const Part* part_of(const Part (&parts)[Count], std::string_view name) {
  for (const Part& part : parts)
    if (part.name == name) return &part;
  return nullptr;
}

[[noreturn]] void refuse(const NativePair& pair) {
  throw Refused("invalid stream (behind its beginning there is " + visible(pair.name) + " of type " +
                std::to_string(pair.type) + ", as zfs send writes none)");
}

void check_part(const NativePair& pair, const Part* part) {
  constexpr std::int32_t most_bytes = 1024;
  if (part == nullptr || pair.type != part->type) refuse(pair);
  const bool is_number = pair.type == type_number;
  if (is_number ? pair.elements != 1 : pair.elements < 1 || pair.elements > most_bytes) refuse(pair);
  const std::size_t size = is_number ? sizeof(std::uint64_t) : (static_cast<std::size_t>(pair.elements) + 7) / 8 * 8;
  if (pair.value.size() != size) refuse(pair);
}

void check_key(const NativePair& pair) {
  if (pair.type != native_list || pair.elements != 1) refuse(pair);
  for (const NativePair& each : pair.list) check_part(each, part_of(parts_of_a_key, each.name));
}

}  // namespace

void check_beginning(std::string_view payload, const StreamForm& form) {
  const NativeList pairs = parse_native_nvlist(payload);
  for (const NativePair& pair : pairs) {
    if (form.is_raw && pair.name == "crypt_keydata")
      check_key(pair);
    else
      check_part(pair, form.is_rest ? part_of(parts_of_a_rest, pair.name) : nullptr);
  }
  if (form.is_raw) check_metadnode(payload);
  for (const Part& part : parts_of_a_rest)
    if (form.is_rest && find_native(pairs, part.name) == nullptr)
      throw Refused("invalid stream (a rest that does not say where it begins)");
}

}  // namespace czb::receiver
