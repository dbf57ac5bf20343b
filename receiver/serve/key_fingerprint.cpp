// SPDX-License-Identifier: MIT
#include "receiver/serve/key_fingerprint.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "process/descriptor.h"
#include "sha256.h"

namespace czb::receiver {
namespace {

constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t most_bytes = 64 * 1024;

std::optional<std::string> decoded(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t value = base64.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 255U);
  }
  return bytes;
}

// Without padding.
std::string encoded(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char byte : bytes) {
    bits = bits << 8U | static_cast<unsigned char>(byte);
    count += 8;
    while (count >= 6) {
      count -= 6;
      text += base64[bits >> count & 63U];
    }
  }
  if (count > 0) text += base64[bits << (6 - count) & 63U];
  return text;
}

}  // namespace

std::string key_fingerprint(std::string_view auth_info) {
  while (!auth_info.empty()) {
    std::string_view line = auth_info.substr(0, auth_info.find('\n'));
    auth_info.remove_prefix(std::min(auth_info.size(), line.size() + 1));
    constexpr std::string_view method = "publickey ";
    if (line.substr(0, method.size()) != method) continue;
    line.remove_prefix(method.size());
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    const std::string_view word = line.substr(space + 1, line.find(' ', space + 1) - space - 1);
    const auto key = decoded(word);
    if (!key || key->empty()) continue;
    return "SHA256:" + encoded(sha256(*key));
  }
  return "";
}

std::string key_fingerprint_in(const std::string& file) {
  const Descriptor opened(open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat status = {};
  if (!opened || fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode)) return "";
  std::string text(most_bytes, '\0');
  const ssize_t got = read(opened.get(), text.data(), text.size());
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return key_fingerprint(text);
}

}  // namespace czb::receiver
