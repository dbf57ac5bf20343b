// SPDX-License-Identifier: MIT
// The names of user properties behind a restricted receiver (docs/adr/0016). Programs of a host obey properties by
// their names, znapzend by running what one says, so what a stream brings is kept under a name that none obeys. Both
// ends know the rule: the receiver keeps to it, and the sender's plan says what will come of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace czb {

// What the source's own name of a property is kept behind.
inline constexpr std::string_view kept_name_prefix = "cyber-zfs-backup.source:";

// The most bytes of a name that is received. ZFS allows 255, but stores it with "$recvd" or "$inherit" behind. Measured
// (2.1 and 2.3): received with 249 no zfs can open the dataset any more, with 250 it is lost without a word, and to
// leave out (-x) or inherit one of 248 ends the kernel.
inline constexpr std::size_t longest_received_name = 247;

bool is_user_property(std::string_view name);

// Prefixes of properties that a receiver keeps under their own names.
using OwnNames = std::vector<std::string>;

// Why it can be none of OwnNames, as the end of a sentence: it is no beginning of user properties' names, it is not the
// whole part before a colon, or it covers names that programs of a host obey.
std::optional<std::string> own_names_error(std::string_view prefix);

// "site:,org.example.site:", or "-" where there are none; and back. What is none of OwnNames is left out of those.
std::string to_text(const OwnNames& names);
OwnNames own_names_in(std::string_view text);

// The name that the source's property `name` has at the target: its own where that begins with one of `own` and no
// program is known to obey it, or where it is a kept one already; else behind kept_name_prefix. Nothing where that
// would be longer than longest_received_name.
std::optional<std::string> kept_name(const std::string& name, const OwnNames& own);

}  // namespace czb
