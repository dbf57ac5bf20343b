// SPDX-License-Identifier: MIT
#include "setup/known_hosts.h"

#include <algorithm>
#include <charconv>

#include "error.h"
#include "setup/lines.h"

namespace czb::setup {
namespace {

using State = HostKeyVerdict::State;

std::optional<PublicKey> key_of(std::string_view type, std::string_view base64) {
  try {
    return parse_public_key(std::string(type) + " " + std::string(base64));
  } catch (const Error&) {
    return std::nullopt;
  }
}

// "# Host offsite found: line 12 " → 12
int line_number_of(std::string_view comment) {
  constexpr std::string_view before = "found: line ";
  const std::size_t at = comment.rfind(before);
  int number = 0;
  if (at != std::string_view::npos)
    std::from_chars(comment.data() + at + before.size(), comment.data() + comment.size(), number);
  return number;
}

// As ssh-keyscan calls it.
std::string scan_type(const std::string& type) {
  if (type == "ssh-ed25519") return "ed25519";
  return type == "ssh-rsa" ? "rsa" : "ecdsa";
}

}  // namespace

std::vector<std::string> find_known_command(const std::string& name, const std::string& file) {
  return {"ssh-keygen", "-F", name, "-f", file};
}

std::vector<KnownKey> parse_known(std::string_view printed, const std::string& file) {
  std::vector<KnownKey> known;
  int number = 0;
  for (const std::string_view line : lines_of(printed)) {
    auto words = words_of(line);
    if (words.empty()) continue;
    if (words.front().front() == '#') {
      number = line_number_of(line);
      continue;
    }
    std::string marker;
    if (words.front().front() == '@') {
      marker = words.front();
      words.erase(words.begin());
    }
    if (words.size() < 3) continue;
    if (auto key = key_of(words[1], words[2])) known.push_back({file, number, marker, std::move(*key)});
  }
  return known;
}

std::vector<std::string> scan_command(const std::string& host, const std::string& port,
                                      const std::vector<KnownKey>& known) {
  std::string types;
  for (const KnownKey& each : known) {
    const std::string type = scan_type(each.key.type);
    if (each.marker.empty() && types.find(type) == std::string::npos) types += (types.empty() ? "" : ",") + type;
  }
  return {"ssh-keyscan", "-T", "15", "-p", port, "-t", types.empty() ? "ed25519" : types, host};
}

std::vector<PublicKey> parse_scan(std::string_view printed) {
  std::vector<PublicKey> keys;
  for (const std::string_view line : lines_of(printed)) {
    const auto words = words_of(line);
    if (words.size() < 3 || words.front().front() == '#') continue;
    if (auto key = key_of(words[1], words[2])) keys.push_back(std::move(*key));
  }
  return keys;
}

std::string parse_fingerprint(std::string_view printed) {
  constexpr std::size_t digits = 43;  // of SHA-256 in base64 without padding
  for (const std::string_view word : words_of(printed.substr(0, printed.find('\n'))))
    if (word.rfind("SHA256:", 0) == 0 && word.size() == 7 + digits) return std::string(word);
  throw Error(ExitCode::failed, "ssh-keygen -l printed no SHA256 fingerprint");
}

HostKeyVerdict judge_host_key(const std::vector<PublicKey>& shown, const std::vector<KnownKey>& known) {
  HostKeyVerdict verdict;
  if (shown.empty()) return verdict;
  verdict.seen = shown.front();
  verdict.state = State::unknown;
  for (const KnownKey& entry : known)
    for (const PublicKey& key : shown)
      if (entry.marker == "@revoked" && is_same_key(entry.key, key)) return {State::revoked, key, entry};
  for (const KnownKey& entry : known)
    for (const PublicKey& key : shown)
      if (entry.marker.empty() && is_same_key(entry.key, key)) return {State::known, key, std::nullopt};
  for (const KnownKey& entry : known)
    if (entry.marker.empty()) return {State::changed, verdict.seen, entry};
  for (const KnownKey& entry : known)
    if (entry.marker == "@cert-authority") verdict.state = State::authority;
  return verdict;
}

Consent consent_for(const std::string& fingerprint, const std::vector<std::string>& accepted) {
  if (accepted.empty()) return Consent::ask;
  const bool named = std::find(accepted.begin(), accepted.end(), fingerprint) != accepted.end();
  return named ? Consent::given : Consent::mismatch;
}

bool is_consent(std::string_view answer, const std::string& fingerprint) {
  answer = trimmed(answer);
  return answer == "yes" || answer == fingerprint;
}

}  // namespace czb::setup
