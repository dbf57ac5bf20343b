// SPDX-License-Identifier: MIT
#include "setup/public_key.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "error.h"
#include "setup/lines.h"

namespace czb::setup {
namespace {

constexpr std::size_t longest_comment = 100;
constexpr std::size_t longest_line = 16 * 1024;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ExitCode::usage, "this is not a public key that can be used: " + why +
                                   ". A key is one line `TYPE BASE64 COMMENT`, as in the file that ends in .pub.");
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// The bytes, where the text is canonical base64 (RFC 4648 3.5: padding as it must be, unused bits zero).
std::optional<std::string> decoded(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  const std::size_t digits = std::min(text.find('='), text.size());
  if (text.size() - digits > 2 || text.find_first_not_of('=', digits) != std::string_view::npos) return std::nullopt;
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text.substr(0, digits)) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((bits >> count) & 0xff);
      bits &= (1U << count) - 1;
    }
  }
  if (bits != 0) return std::nullopt;
  return bytes;
}

// Takes strings (RFC 4251 5: four bytes of length, then that many) off the front of a blob.
class Blob {
 public:
  explicit Blob(std::string_view bytes) : rest_(bytes) {}

  std::optional<std::string_view> take() {
    if (rest_.size() < 4) return std::nullopt;
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = (size << 8) | static_cast<unsigned char>(rest_[i]);
    if (size > rest_.size() - 4) return std::nullopt;
    const std::string_view text = rest_.substr(4, size);
    rest_.remove_prefix(4 + std::size_t{size});
    return text;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// A positive mpint's number of bits; 0 for what is not one in its shortest form.
std::size_t bits_of(std::string_view mpint) {
  if (mpint.empty() || (static_cast<unsigned char>(mpint[0]) & 0x80) != 0) return 0;
  if (mpint[0] == 0) {
    if (mpint.size() < 2 || (static_cast<unsigned char>(mpint[1]) & 0x80) == 0) return 0;
    mpint.remove_prefix(1);
  }
  std::size_t bits = mpint.size() * 8;
  for (auto top = static_cast<unsigned char>(mpint[0]); (top & 0x80) == 0; top = static_cast<unsigned char>(top << 1))
    --bits;
  return bits;
}

void check_rsa(Blob& blob) {
  const auto exponent = blob.take();
  const auto modulus = blob.take();
  if (!exponent || !modulus || bits_of(*exponent) < 2) refuse("its rsa numbers do not read");
  const std::size_t bits = bits_of(*modulus);
  if (bits < 2048 || bits > 16384)
    refuse("it is an rsa key of " + std::to_string(bits) + " bits, and 2048 to 16384 are accepted");
}

void check_ecdsa(Blob& blob, std::string_view curve, std::size_t field_bytes) {
  const auto name = blob.take();
  const auto point = blob.take();
  // SEC 1 2.3.3: uncompressed, both coordinates.
  if (!name || !point || *name != curve || point->size() != 1 + 2 * field_bytes || point->front() != 4)
    refuse("its point does not belong to the curve " + std::string(curve));
}

void check_blob(std::string_view type, std::string_view bytes) {
  Blob blob(bytes);
  const auto inner_type = blob.take();
  if (!inner_type || *inner_type != type) refuse("what is encoded in it is not a key of type " + std::string(type));
  if (type == "ssh-ed25519") {
    const auto point = blob.take();
    if (!point || point->size() != 32) refuse("an ed25519 key has 32 bytes");
  } else if (type == "ssh-rsa") {
    check_rsa(blob);
  } else if (type == "ecdsa-sha2-nistp256") {
    check_ecdsa(blob, "nistp256", 32);
  } else if (type == "ecdsa-sha2-nistp384") {
    check_ecdsa(blob, "nistp384", 48);
  } else if (type == "ecdsa-sha2-nistp521") {
    check_ecdsa(blob, "nistp521", 66);
  } else {
    refuse("its type is not ssh-ed25519, ecdsa-sha2-nistp256, -384, -521 or ssh-rsa");
  }
  if (!blob.at_end()) refuse("there is more behind the key in its encoding");
}

std::string sane_comment(std::string_view comment) {
  std::string text(comment.substr(0, longest_comment));
  for (char& c : text)
    if (!is_alphanumeric(c) && std::string_view("@._+:=-").find(c) == std::string_view::npos) c = '_';
  return text;
}

}  // namespace

PublicKey parse_public_key(std::string_view line) {
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.size() > longest_line) refuse("it is longer than any key");
  if (line.find("PRIVATE KEY") != std::string_view::npos) refuse("it is a PRIVATE key, which must stay where it is");
  if (line.find('\n') != std::string_view::npos) refuse("it has more than one line");
  const bool control = std::any_of(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
  if (control) refuse("it holds a control character");
  line = trimmed(line);
  if (line.empty()) refuse("it is empty");

  const std::size_t type_end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view type = line.substr(0, type_end);
  line = trimmed(line.substr(type_end));
  const std::size_t blob_end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view base64 = line.substr(0, blob_end);
  const auto bytes = decoded(base64);
  if (!bytes) refuse("its first word must be the key's type, its second the key in base64, and nothing before them");
  check_blob(type, *bytes);
  return {std::string(type), std::string(base64), sane_comment(trimmed(line.substr(blob_end)))};
}

std::string to_line(const PublicKey& key) {
  return key.type + " " + key.base64 + (key.comment.empty() ? "" : " " + key.comment);
}

}  // namespace czb::setup
