// SPDX-License-Identifier: MIT
// What a client sends in one session: genuine, or changed by somebody who has the key.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "libzfs/random.h"
#include "libzfs/receive.h"
#include "libzfs/world.h"
#include "receiver/stream/stream_package.h"

namespace czb::libzfs {

inline constexpr std::size_t never = static_cast<std::size_t>(-1);

struct Session {
  std::string dataset;                       // that it asks to be received, here
  std::string top;                           // of what is sent, at the sender
  std::optional<receiver::Package> package;  // nothing: a single stream without a header
  std::string head;                          // the package as it is sent, with right sizes and checksum
  std::vector<Stream> streams;               // of the package's datasets, in order
  std::size_t breaks_off_at = never;         // this stream does not come whole, and nothing behind it
};

// The dataset here that a stream of it is for, by its name.
std::string place_of(const Session& session, const Stream& stream);

enum class Kind { tree, single, plain };  // zfs send -R, -p, neither

// The next snapshot of a dataset, for a tree of all below it too, sent as `zfs send` sends it. `relative`: to the
// sender's top.
Session genuine_session(Random& random, World& world, unsigned number, Kind kind, const std::string& relative);
// Of any.
Session genuine_session(Random& random, World& world, unsigned number);

// Session::head, of what the package is now.
void write_head(Session& session);

// Changes a few things, so that libzfs would find something else than the client's to do.
void forge(Random& random, const World& world, Session& session);

}  // namespace czb::libzfs
