// SPDX-License-Identifier: MIT
// What the receiver says when it does not simply pass on what zfs says.
#pragma once

#include <stdexcept>
#include <string_view>

#include "text/visible.h"
#include "zfs/receiver.h"

namespace czb::receiver {

inline constexpr std::string_view program_name = receiver_program;

// Exit statuses; those of its own are in zfs/receiver.h, where the sender finds them too.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;  // something failed that was allowed

// The request, or the stream, is nothing that this key may do. The text follows "refused: " and is one line: what the
// sender said can be in it only through visible() of text/visible.h.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Something that is wrong on this side: an option, the state folder.
class Misconfigured : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace czb::receiver
