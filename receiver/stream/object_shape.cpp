// SPDX-License-Identifier: MIT
#include "receiver/stream/object_shape.h"

#include <algorithm>
#include <limits>
#include <string>

#include "receiver/answer.h"
#include "receiver/stream/number_at.h"

namespace czb::receiver {
namespace {

// DMU_OT_*, of a bonus.
constexpr std::uint32_t type_none = 0;
constexpr std::uint32_t type_znode = 17;        // the same as attributes, of old file systems
constexpr std::uint32_t type_access_list = 34;  // the place for one; nothing is in it
constexpr std::uint32_t type_table_size = 36;   // of users

constexpr std::uint32_t any_size = 0xffffffff;

// An object with its bonus, and that one's size.
struct Kind {
  std::uint32_t type;
  std::uint32_t bonus_type;
  std::uint32_t least;
  std::uint32_t most;
};
constexpr Kind kinds_in_file_systems[] = {
    {18, type_none, 0, 0},               // access list of the first versions
    {19, type_attributes, 1, any_size},  // file
    {19, type_znode, 264, 320},          // … of versions before 5, with what a symlink leads to
    {20, type_attributes, 1, any_size},  // directory
    {20, type_znode, 264, 320},          //
    {21, type_none, 0, 0},               // the first object
    {22, type_none, 0, 0},               // what is to be deleted
    {33, type_access_list, 320, 320},    // access list (zfs_acl.c, zfs_aclset_common)
    {35, type_table_size, 8, 8},         // table of users (zfs_fuid.c)
    {40, type_none, 0, 0},               // quotas
    {45, type_none, 0, 0},               // how attributes are laid out
    {46, type_none, 0, 0},               //
    {47, type_none, 0, 0},               //
};
constexpr Kind kinds_in_volumes[] = {{23, type_none, 0, 0}, {24, type_none, 0, 0}};

constexpr std::uint64_t slot = 512;
constexpr std::uint64_t core = 64;  // of a dnode, before its block pointers
constexpr std::uint64_t block_pointer = 128;
constexpr std::uint64_t most_slots = objects_in_a_block;
constexpr std::uint64_t most_block_pointers = 3;
constexpr std::uint64_t usual_bonus = 320;  // DN_OLD_MAX_BONUSLEN

// As dnode_allocate makes them (dmu_recv.c, deduce_nblkptr).
std::uint64_t block_pointers_of(const ObjectRecord& object) {
  if (object.bonus_type == type_attributes) return 1;
  const std::uint64_t taken = std::min<std::uint64_t>(usual_bonus, object.bonus_bytes);
  return std::min(most_block_pointers, 1 + (usual_bonus - taken) / block_pointer);
}

std::uint64_t room_for_bonus(const ObjectRecord& object) {
  const std::uint64_t pointers = block_pointers_of(object) + ((object.flags & object_has_spill) != 0 ? 1 : 0);
  return slots_of(object) * slot - core - pointers * block_pointer;
}

template <std::size_t Count>
const Kind& kind_of(const ObjectRecord& object, const Kind (&kinds)[Count]) {
  bool is_known = false;
  for (const Kind& kind : kinds) {
    if (kind.type == object.type && kind.bonus_type == object.bonus_type) return kind;
    is_known = is_known || kind.type == object.type;
  }
  const std::string type = std::to_string(object.type);
  if (!is_known) refuse_object(object.number, "is of type " + type);
  refuse_object(object.number, "is of type " + type + ", with a bonus of type " + std::to_string(object.bonus_type));
}

void check_kind(const ObjectRecord& object, const StreamForm& form) {
  const Kind& kind = form.is_volume ? kind_of(object, kinds_in_volumes) : kind_of(object, kinds_in_file_systems);
  if (object.bonus_bytes < kind.least || object.bonus_bytes > kind.most)
    refuse_object(object.number, "has a bonus of " + std::to_string(object.bonus_bytes) + " bytes");
}

// Block pointers and bonus share the slots. What is not attributes the kernel reckons by the first slot alone in one
// place, and by all of them in another (dmu_recv.c, deduce_nblkptr; dnode.c, dnode_allocate): of a raw stream it would
// write the bonus behind its place, and by an increment it takes the object for another one and frees its blocks.
void check_slots(const ObjectRecord& object, const StreamForm& form) {
  const std::uint64_t slots = slots_of(object);
  if (object.bonus_type == type_znode && slots > 1 && form.has_large_dnodes)
    throw Refused(
        "the stream brings files that would be lost: its object " + std::to_string(object.number) +
        " was made by a file system of version 4 or older with large dnodes, and OpenZFS frees the content of "
        "such at a later increment. Copy the files to a file system of version 5");
  const bool may_have_more = object.bonus_type == type_attributes || object.bonus_type == type_none;
  const std::uint64_t most = form.has_large_dnodes && may_have_more ? most_slots : 1;
  if (slots > most || object.number % objects_in_a_block + slots > objects_in_a_block)
    refuse_object(object.number, "takes " + std::to_string(object.slots) + " slots");
}

void check_bonus_size(const ObjectRecord& object, const StreamForm& form) {
  const bool has_bonus = object.bonus_bytes != 0;
  const std::uint64_t room = room_for_bonus(object);
  if (object.bonus_bytes > room)
    refuse_object(object.number, "has a bonus of " + std::to_string(object.bonus_bytes) + " bytes");
  // All of the place comes, for all of it is encrypted.
  if (object.raw_bonus_bytes != (form.is_raw && has_bonus ? room : 0))
    refuse_object(object.number, "has a raw bonus of " + std::to_string(object.raw_bonus_bytes) + " bytes");
}

// How the blocks of a raw stream's object hang together is written as it comes (dmu_recv.c, receive_object).
void check_tree(const ObjectRecord& object) {
  constexpr unsigned pointer_shift = 7;
  constexpr std::uint64_t largest_offset = std::numeric_limits<std::int64_t>::max();
  if (object.block_pointers != block_pointers_of(object))
    refuse_object(object.number, "has " + std::to_string(object.block_pointers) + " block pointers");
  if (object.indirect_shift != usual_indirect_shift)
    refuse_object(object.number, "has indirect blocks of 2^" + std::to_string(object.indirect_shift) + " bytes");
  if (object.last_block >= largest_offset / object.block_size || (object.last_block != 0 && !has_many_blocks(object)))
    refuse_object(object.number, "has a last block " + std::to_string(object.last_block));
  const unsigned each = object.indirect_shift - pointer_shift;
  const unsigned shift = object.levels == 0 ? 0 : (object.levels - 1U) * each;
  const bool reaches = shift >= 62 || object.last_block < static_cast<std::uint64_t>(object.block_pointers) << shift;
  if (object.levels == 0 || shift >= 64 || !reaches)
    refuse_object(object.number, "has " + std::to_string(object.levels) + " levels of blocks, and a last block " +
                                     std::to_string(object.last_block));
}

}  // namespace

void refuse_object(std::uint64_t number, const std::string& why) {
  throw Refused("invalid stream (its object " + std::to_string(number) + " " + why + ", as zfs send writes none)");
}

void refuse_swapped(const std::string& what) {
  throw Refused(
      "invalid stream (its " + what +
      " is of a pool from a machine of the other byte order: raw, nothing here can tell whether that is so, and "
      "what is not could end the kernel, as zfs send writes none; plain zfs receive takes such a stream)");
}

bool has_many_blocks(const ObjectRecord& object) { return (object.block_size & (object.block_size - 1)) == 0; }

std::uint64_t slots_of(const ObjectRecord& object) { return std::max<std::uint64_t>(1, object.slots); }

void check_shape(const ObjectRecord& object, const StreamForm& form) {
  const std::uint64_t number = object.number;
  if (number == 0 || number >= end_of_objects) refuse_object(number, "has a number that is none");
  check_kind(object, form);
  check_slots(object, form);
  if (form.is_raw && (object.flags & object_is_swapped) != 0) refuse_swapped("object " + std::to_string(number));
  // With another bonus it would lie below the block pointers.
  const bool may_have_spill = object.bonus_type == type_attributes || (object.flags & object_has_spill) == 0;
  if ((object.flags & ~object_has_spill) != 0 || !may_have_spill)
    refuse_object(number, "has the flags " + std::to_string(object.flags));
  // Those of the dataset hold.
  if (object.checksum != 0 || object.compression != 0)
    refuse_object(number, "has a checksum or a compression of its own");
  if (object.block_size < smallest_block || object.block_size % smallest_block != 0 ||
      object.block_size > largest_payload)
    refuse_object(number, "has blocks of " + std::to_string(object.block_size) + " bytes");
  check_bonus_size(object, form);
  if (form.is_raw)
    check_tree(object);
  else if (object.levels != 0 || object.indirect_shift != 0 || object.block_pointers != 0)
    refuse_object(number, "has what those of raw streams have");
}

bool is_bonus_read(const ObjectRecord& object, const StreamForm& form) {
  return !form.is_raw && object.bonus_type == type_attributes;
}

// zfs_quota.c, zpl_get_file_info.
void check_bonus(const ObjectRecord& object, std::string_view bonus) {
  constexpr std::uint32_t magic = 0x2F505A;
  constexpr std::size_t at_layout = 4;
  constexpr std::size_t header = 8;
  constexpr std::size_t at_flags = 48;  // behind the header
  constexpr std::size_t at_project = 128;
  constexpr std::uint64_t has_project = 0x0000800000000000;
  constexpr std::size_t number = sizeof(std::uint64_t);
  const std::string_view held = bonus.substr(0, object.bonus_bytes);
  const auto refuse = [&] { refuse_object(object.number, "has a bonus without its owner"); };
  if (held.size() < header) refuse();
  // Not turned round where the sender's pool comes from such a machine.
  const bool swapped = number_at<std::uint32_t>(held, 0, true) == magic;
  if (!swapped && number_at<std::uint32_t>(held, 0) != magic) refuse();
  constexpr unsigned size_shift = 10;
  const std::size_t taken = (number_at<std::uint16_t>(held, at_layout, swapped) >> size_shift) * std::size_t{8};
  if (taken < header || taken + at_flags + number > held.size()) refuse();
  const auto flags = number_at<std::uint64_t>(held, taken + at_flags, swapped);
  if ((flags & has_project) != 0 && taken + at_project + number > held.size()) refuse();
}

}  // namespace czb::receiver
