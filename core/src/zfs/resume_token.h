// SPDX-License-Identifier: MIT
// What a resume token stands for, read from the token itself: "1-CHECKSUM-BYTES-HEX", where HEX is so many bytes,
// compressed with zlib, of an nvlist in OpenZFS's native encoding (module/zfs/dsl_dataset.c,
// get_receive_resume_token_impl; module/nvpair/nvpair.c). The words of `zfs send -nvt` say the same, but whoever made
// the token can forge lines of them: a name is printed as it is, with the new lines in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "process/command.h"
#include "zfs/inventory.h"

namespace czb {

// None of it is proven: a token can be made by hand.
struct TokenContents {
  std::string dataset;  // of the snapshot that it finishes, and that one's name; both are names that ZFS takes
  std::string snapshot;
  std::uint64_t to_guid = 0;    // by which zfs send finds that snapshot, wherever in the pool it is
  std::uint64_t from_guid = 0;  // 0: a full stream
  std::uint64_t offset = 0;     // in the object that it goes on with
  bool raw = false;

  std::string full_name() const { return dataset + "@" + snapshot; }
};

// Nothing unless it is, byte for byte, one that a stream of ours leaves behind on a host of this byte order: each part
// known, once and of its type, and nothing behind. Whether the checksum is right is zfs's to say.
std::optional<TokenContents> read_resume_token(const std::string& token);

// With what `zfs send -nvt TOKEN` came to: `problem` is set when it failed, because the snapshot, or the one it begins
// from, is gone or another one now. Nothing when the token is not understood: then it is of no use.
std::optional<PartialReceive> partial_receive(const std::string& token, const Completed& read);

}  // namespace czb
