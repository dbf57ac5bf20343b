// SPDX-License-Identifier: MIT
#include "plugin/checked_retention.h"

#include <algorithm>
#include <utility>

#include "config/text_check.h"
#include "plugin/plugin_call.h"
#include "text_buffer.h"

namespace czb {
namespace {

bool is_plain(std::string_view rule) {
  return rule.size() <= rule_limit &&
         std::all_of(rule.begin(), rule.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool can_be_shown(std::string_view rule) {
  return rule.size() <= rule_limit && rule.find_first_of("\t\r\n") == std::string_view::npos && !text_fault(rule);
}

class RuleCheck final : public VerdictSink {
 public:
  explicit RuleCheck(VerdictSink& verdicts) : verdicts_(verdicts) {}
  void verdict(std::uint64_t index, Decision decision, std::string_view rule) noexcept override {
    if (!is_plain(rule) && !can_be_shown(rule)) rule = "(a rule that cannot be shown)";
    verdicts_.verdict(index, decision, rule);
  }

 private:
  VerdictSink& verdicts_;
};

}  // namespace

CheckedRetention::CheckedRetention(std::shared_ptr<Retention> retention, std::string plugin)
    : retention_(std::move(retention)), plugin_(std::move(plugin)) {}

Status CheckedRetention::judge(const SnapshotView* snapshots, std::uint64_t count, std::int64_t now,
                               VerdictSink& verdicts, TextSink& error) noexcept {
  const PluginCall call(plugin_, "judge");
  RuleCheck checked(verdicts);
  TextBuffer reason;
  if (retention_->judge(snapshots, count, now, checked, reason) == Status::ok) return Status::ok;
  error.write(plugin_ + ": " + (reason.text().empty() ? "it gives no reason" : reason.text()));
  return Status::failed;
}

}  // namespace czb
