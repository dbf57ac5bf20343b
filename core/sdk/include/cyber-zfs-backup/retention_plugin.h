// SPDX-License-Identifier: MIT
// RetentionPlugin: a retention plugin in ordinary C++ that may throw. Derive from it, write judge_snapshots, and give
// the class to retention_descriptor (plugin.h). No exception leaves the plugin: it becomes Status::failed and its text,
// and no verdict is given.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cyber-zfs-backup/plugin.h"
#include "cyber-zfs-backup/retention.h"

namespace czb {

// The few words that say what decided ("daily 3 of 31"). Held in place, so that a verdict on each of a million
// snapshots allocates nothing. Text of more than `capacity` bytes is cut off, never inside a UTF-8 character.
class RuleText {
 public:
  static constexpr std::size_t capacity = 55;

  RuleText() noexcept = default;
  RuleText(std::string_view text) noexcept {
    std::size_t size = std::min(text.size(), capacity);
    if (size < text.size()) {
      while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
    }
    std::copy_n(text.data(), size, bytes_.data());
    size_ = static_cast<std::uint8_t>(size);
  }
  RuleText(const char* text) noexcept : RuleText(std::string_view(text)) {}
  RuleText(const std::string& text) noexcept : RuleText(std::string_view(text)) {}

  std::string_view view() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, capacity> bytes_{};
  std::uint8_t size_ = 0;
};

struct PluginVerdict {
  Decision decision = Decision::keep;
  RuleText rule;
};

class RetentionPlugin : public Retention {
 public:
  virtual ~RetentionPlugin() = default;

  // The interface that the host calls.
  Status judge(const SnapshotView* snapshots, std::uint64_t count, std::int64_t now, VerdictSink& verdicts,
               TextSink& error) noexcept final {
    return guarded(error, [&] {
      const std::vector<PluginVerdict> made = judge_snapshots(snapshots, static_cast<std::size_t>(count), now);
      if (made.size() != count) {
        throw std::logic_error("the plugin gave " + std::to_string(made.size()) + " verdicts on " +
                               std::to_string(count) + " snapshots");
      }
      for (std::size_t index = 0; index < made.size(); ++index) {
        verdicts.verdict(index, made[index].decision, made[index].rule.view());
      }
      return Status::ok;
    });
  }

 protected:
  RetentionPlugin() = default;
  RetentionPlugin(const RetentionPlugin&) = default;
  RetentionPlugin& operator=(const RetentionPlugin&) = default;

 private:
  // One verdict on each of the `count` snapshots of one dataset, in their order: newest first, by createtxg.
  virtual std::vector<PluginVerdict> judge_snapshots(const SnapshotView* snapshots, std::size_t count,
                                                     std::int64_t now) = 0;
};

}  // namespace czb
