// SPDX-License-Identifier: MIT
#include "receiver/stream/metadnode.h"

#include <cstdint>
#include <string>

#include "receiver/answer.h"
#include "receiver/stream/native_nvlist.h"
#include "receiver/stream/object_shape.h"

namespace czb::receiver {
namespace {

constexpr std::uint64_t block_size = 16384;  // DNODE_BLOCK_SIZE
constexpr std::uint64_t block_pointers = 3;
constexpr std::uint64_t levels = 6;  // as many as all objects need

}  // namespace

void check_metadnode(std::string_view payload) {
  const NativeList pairs = parse_native_nvlist(payload);
  const NativePair* const list = find_native(pairs, "crypt_keydata");
  if (list == nullptr || list->type != native_list) throw Refused("invalid stream (malformed key data)");
  const auto number = [&](const std::string& name) {
    const NativePair* pair = find_native(list->list, name);
    if (pair == nullptr) throw Refused("invalid stream (it is raw, and its key data lack " + name + ")");
    return native_number(*pair);
  };
  const auto expect = [&](const std::string& name, bool is_right) {
    if (!is_right)
      throw Refused("invalid stream (its key data have " + name + " " + std::to_string(number(name)) +
                    ", as zfs send writes none)");
  };
  expect("mdn_indblkshift", number("mdn_indblkshift") == usual_indirect_shift);
  expect("mdn_nlevels", number("mdn_nlevels") == levels);
  expect("mdn_blksz", number("mdn_blksz") == block_size);
  expect("mdn_nblkptr", number("mdn_nblkptr") == block_pointers);
  expect("mdn_maxblkid", number("mdn_maxblkid") < end_of_objects / objects_in_a_block);
  expect("mdn_checksum", number("mdn_checksum") == 0);
  expect("mdn_compress", number("mdn_compress") == 0);
}

}  // namespace czb::receiver
