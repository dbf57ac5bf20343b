// SPDX-License-Identifier: MIT
// What another program has said, mostly one of the far end: any bytes, as many as it liked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace czb {

// It cannot become a part of a sentence or be printed by accident: there is no conversion. raw() is for whoever
// reads it as data and checks what he takes from it, shown() for people.
class FarText {
 public:
  FarText() = default;
  FarText(std::string bytes)
      : bytes_(std::move(bytes)) {}              // NOLINT(google-explicit-constructor): only the way out is guarded
  FarText(const char* bytes) : bytes_(bytes) {}  // NOLINT(google-explicit-constructor)

  const std::string& raw() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  std::size_t size() const { return bytes_.size(); }
  friend bool operator==(const FarText& text, std::string_view bytes) { return text.bytes_ == bytes; }

  // As one line, by legible() of text/visible.h: its lines, without the blanks at their ends and without empty ones,
  // joined by "; ". Of a longer text the beginning and the end, with "[...]" between: at most `longest` bytes and
  // eight.
  std::string shown(std::size_t longest = 2000) const;

 private:
  std::string bytes_;
};

}  // namespace czb
