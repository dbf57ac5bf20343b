// SPDX-License-Identifier: MIT
// The wrapped key that a raw stream brings behind a dataset's beginning ("crypt_keydata", dsl_crypt.c,
// dsl_crypto_populate_key_nvlist), in the packed form of a kernel's own memory (nvpair.c, NV_ENCODE_NATIVE).
//
// zfs receive puts it in the place of the one that the dataset has, for all of its snapshots: who can send a raw
// increment can make everything that was received before unreadable, or readable with a key of his own alone.
#pragma once

#include <string>
#include <string_view>

namespace czb::receiver {

// Of a raw stream's first payload. Genuine ones have two kilobytes.
inline constexpr std::size_t largest_key_payload = 256 * 1024;

// A fingerprint of the wrapped key with all that is needed to unwrap it; two are equal only for the same key wrapped in
// the same way. Throws Refused when there is none, or it is written otherwise than zfs send does.
std::string key_data_fingerprint(std::string_view payload);

// What the wrapping key was made of, as far as it is told: format, iterations and salt. Datasets that inherit their key
// have those of their encryption root; of a key that is no passphrase they say nothing. Throws as above.
std::string key_data_wrapping(std::string_view payload);

}  // namespace czb::receiver
