// SPDX-License-Identifier: MIT
// A retention plugin that keeps the newest three, and breaks one promise. It derives from the interface itself: the
// SDK's base class would not let it.
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "broken.h"
#include "cyber-zfs-backup/retention.h"

namespace {

[[noreturn]] void throw_something() { throw std::out_of_range("there is no newest one"); }

class BrokenRetention final : public czb::Retention {
 public:
  explicit BrokenRetention(const czb::CreateArguments& arguments) : fault_(arguments) {}

  czb::Status judge(const czb::SnapshotView* snapshots, std::uint64_t count, std::int64_t now,
                    czb::VerdictSink& verdicts, czb::TextSink& error) noexcept override {
    if (count == 0 && fault_.is("throws-on-nothing")) throw_something();
    if (fault_.is("silent-at-the-edges") && count > 0 && snapshots[0].time > now * 1000) return czb::Status::failed;
    if (fault_.is("fails-on-the-future") && count > 0 && snapshots[0].time > now && snapshots[0].time < now * 2) {
      error.write("the future is not written");
      return czb::Status::failed;
    }
    ++calls_;
    for (std::uint64_t index = 0; index < count; ++index) {
      if (fault_.is("forgets-one") && index == 7) continue;
      if (fault_.is("remembers") && index == 1 && calls_ > 100) {
        verdicts.verdict(index, czb::Decision::expire, "asked too often");
        continue;
      }
      const auto decision = index < 3 ? czb::Decision::keep : czb::Decision::expire;
      verdicts.verdict(index, decision, rule(index));
      if (fault_.is("judges-twice") && index == 7) verdicts.verdict(index, decision, rule(index));
    }
    if (fault_.is("judges-a-stranger") && count == 1) verdicts.verdict(count, czb::Decision::expire, "not mine");
    if (fault_.is("judges-nothing") && count == 0) verdicts.verdict(0, czb::Decision::keep, "newest");
    return czb::Status::ok;
  }

 private:
  std::string rule(std::uint64_t index) const {
    if (fault_.is("no-rule") && index == 3) return "";
    if (fault_.is("two-lines") && index == 3) return "older\nthan three";
    return index < 3 ? "among the newest three" : "older than the newest three";
  }

  broken::Fault fault_;
  int calls_ = 0;
};

}  // namespace

CZB_PLUGIN_ENTRY {
  static constexpr czb::PluginDescriptor descriptor = czb::retention_descriptor<BrokenRetention>(
      "broken", "1.0.0", "MIT", "verdicts that break a promise", broken::option_table);
  return &descriptor;
}
