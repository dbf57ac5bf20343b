// SPDX-License-Identifier: MIT
// An object of a file system or a volume as ZFS makes it (zfs_znode.c, zvol.c, dnode.c), and as zfs send tells it
// (dmu_send.c, dump_dnode). The kernel believes what a stream says of an object: of one that says to hold dnodes it
// frees what these point to, wherever that is, and what is longer than its place it writes behind that.
#pragma once

#include <cstdint>
#include <string_view>

#include "receiver/stream/stream_form.h"
#include "receiver/stream/stream_record.h"

namespace czb::receiver {

// DN_MAX_OBJECT: one more than the largest that a dataset has. Above are the accounts that ZFS keeps of it.
inline constexpr std::uint64_t end_of_objects = std::uint64_t{1} << 48;
// Objects are kept by so many in a block.
inline constexpr std::uint64_t objects_in_a_block = 32;
inline constexpr std::uint32_t smallest_block = 512;
// Largest block without the feature; what is not of files is no larger.
inline constexpr std::uint32_t usual_largest_block = 128U << 10U;

// DMU_OT_SA, of bonus and spill: owner, times and so on.
inline constexpr std::uint32_t type_attributes = 44;

// Of all that ZFS makes since it encrypts, log2. The kernel stops where that of a raw stream differs from what is there
// (dmu_recv.c, dmu_object_set_blocksize).
inline constexpr std::uint8_t usual_indirect_shift = 17;

// Whether it may have more blocks than one. The kernel takes each block of another size for the first
// (dbuf_whichblock).
bool has_many_blocks(const ObjectRecord& object);
// Slots that it takes, each a dnode's smallest size.
std::uint64_t slots_of(const ObjectRecord& object);

// Throws Refused, with the object's number and what it is that zfs send does not write.
void check_shape(const ObjectRecord& object, const StreamForm& form);

// Whether the object's owner is to be looked for in its bonus, where the kernel reads it as soon as it is received.
bool is_bonus_read(const ObjectRecord& object, const StreamForm& form);
// That bonus. Throws Refused where the kernel would not find an owner there.
void check_bonus(const ObjectRecord& object, std::string_view bonus);

// Of a raw stream, what is in the other byte order than the stream. The kernel turns it round as it comes to read it:
// as the stream says, not as it is.
[[noreturn]] void refuse_swapped(const std::string& what);

[[noreturn]] void refuse_object(std::uint64_t number, const std::string& why);

}  // namespace czb::receiver
