// SPDX-License-Identifier: MIT
// What a raw stream's beginning says of the object that holds all the others' dnodes, which is made by that
// (dsl_crypt.c, dsl_crypto_recv_raw_objset_sync).
#pragma once

#include <string_view>

namespace czb::receiver {

// `payload`: what comes behind the beginning. Throws Refused for what dmu_objset_create does not make.
void check_metadnode(std::string_view payload);

}  // namespace czb::receiver
