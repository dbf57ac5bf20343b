// SPDX-License-Identifier: MIT
// The TextSink that the core hands to plugins: a string.
#pragma once

#include <string>
#include <string_view>

#include "cyber-zfs-backup/text_sink.h"

namespace czb {

class TextBuffer final : public TextSink {
 public:
  // Memory exhaustion ends the program: there is nothing sensible to go on with.
  void write(std::string_view text) noexcept override { text_.append(text); }
  const std::string& text() const { return text_; }
  void clear() { text_.clear(); }

 private:
  std::string text_;
};

}  // namespace czb
