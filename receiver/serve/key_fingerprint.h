// SPDX-License-Identifier: MIT
// Which key a request came with, where sshd tells (ExposeAuthInfo yes): for the log.
#pragma once

#include <string>
#include <string_view>

namespace czb::receiver {

// The fingerprint of the first line "publickey TYPE BASE64" as `ssh-keygen -lf` writes it, "SHA256:…"; empty when there
// is none.
std::string key_fingerprint(std::string_view auth_info);

// The same of the file that SSH_USER_AUTH names; empty when it cannot be read.
std::string key_fingerprint_in(const std::string& file);

}  // namespace czb::receiver
