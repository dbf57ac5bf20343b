// SPDX-License-Identifier: MIT
// Public keys as OpenSSH writes them (sshd(8), RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4), held to a strict form: what
// passes can stand in an authorized_keys or known_hosts line and means nothing else there. No I/O.
#pragma once

#include <string>
#include <string_view>

namespace czb::setup {

struct PublicKey {
  std::string type;     // ssh-ed25519, ssh-rsa, ecdsa-sha2-nistp256, -nistp384 or -nistp521
  std::string base64;   // canonical: no blanks, right padding
  std::string comment;  // letters, digits and @._+:=- only, at most 100; may be empty
};

// One line `TYPE BASE64 [COMMENT]`, with or without the newline at its end. The blob must hold exactly a key of that
// type: ed25519, ecdsa, or rsa of 2048 to 16384 bits. Options before the type, certificates, more than one line and
// control characters are refused; what a comment may not have becomes '_'. Throws Error (usage).
PublicKey parse_public_key(std::string_view line);

// The line again, without a newline.
std::string to_line(const PublicKey& key);

inline bool is_same_key(const PublicKey& a, const PublicKey& b) { return a.type == b.type && a.base64 == b.base64; }

}  // namespace czb::setup
