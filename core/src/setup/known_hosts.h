// SPDX-License-Identifier: MIT
// The far host's key: what it shows, what is known of it, and what follows. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "setup/public_key.h"

namespace czb::setup {

// One entry of a known_hosts file for the host.
struct KnownKey {
  std::string file;
  int line = 0;
  std::string marker;  // "@revoked", "@cert-authority" or empty
  PublicKey key;
};

// `ssh-keygen -F NAME -f FILE`, which finds hashed names and patterns too.
std::vector<std::string> find_known_command(const std::string& name, const std::string& file);

// What that printed of this file. Entries of kinds of keys that we do not read (security keys, certificates) are left
// out.
std::vector<KnownKey> parse_known(std::string_view printed, const std::string& file);

// `ssh-keyscan -T 15 -p PORT -t TYPES HOST`. Types: of the keys that are trusted, so that the same ones are compared;
// ed25519 where none is.
std::vector<std::string> scan_command(const std::string& host, const std::string& port,
                                      const std::vector<KnownKey>& known);

// The keys that the host has shown. What does not read is left out: it came from the network.
std::vector<PublicKey> parse_scan(std::string_view printed);

// `SHA256:…` of a line that `ssh-keygen -l` printed. Throws Error (failed) where there is none.
std::string parse_fingerprint(std::string_view printed);

struct HostKeyVerdict {
  enum class State {
    silent,     // the host showed no key
    known,      // the one that is known
    authority,  // it is vouched for by a certificate authority: ssh judges by itself
    unknown,    // none is known
    changed,    // another one is known
    revoked,
  };
  State state = State::silent;
  std::optional<PublicKey> seen;   // the key that counts, where one was shown
  std::optional<KnownKey> before;  // the entry that says otherwise, of `changed` and `revoked`
};

HostKeyVerdict judge_host_key(const std::vector<PublicKey>& shown, const std::vector<KnownKey>& known);

// Whether the key with this fingerprint may be trusted from now on.
enum class Consent {
  given,     // --accept-host-key names it
  mismatch,  // --accept-host-key names only others
  ask,       // a person has to be asked
};
Consent consent_for(const std::string& fingerprint, const std::vector<std::string>& accepted);

// Only the whole word "yes", or the fingerprint itself, is consent.
bool is_consent(std::string_view answer, const std::string& fingerprint);

}  // namespace czb::setup
