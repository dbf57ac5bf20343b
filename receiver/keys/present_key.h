// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace czb::receiver {

// The fingerprint of the wrapped key that an encrypted dataset has, from the beginning of a raw stream of its newest
// snapshot. Nothing where it is not encrypted, has no snapshot, or the user may not send (zfs allow … send).
std::optional<std::string> present_key_fingerprint(const std::string& zfs, const std::string& dataset);

// Whether an encrypted dataset is an encryption root. Nothing where it is not encrypted or has no snapshot.
std::optional<bool> present_encryption_root(const std::string& zfs, const std::string& dataset);

}  // namespace czb::receiver
