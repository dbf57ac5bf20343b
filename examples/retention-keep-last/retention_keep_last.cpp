// SPDX-License-Identifier: MIT
// retention plugin "keep-last": keeps so many of the newest snapshots of each dataset, whatever their age.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "cyber-zfs-backup/retention_plugin.h"

namespace {

class KeepLastRetention final : public czb::RetentionPlugin {
 public:
  explicit KeepLastRetention(const czb::CreateArguments& arguments)
      : count_(czb::PluginOptions(arguments).integer("count")) {
    if (count_ == 0) throw std::invalid_argument("the option 'count' is 0, but the newest snapshot is always kept");
  }

 private:
  // They come newest first, by the order in which ZFS took them: no clock is needed.
  std::vector<czb::PluginVerdict> judge_snapshots(const czb::SnapshotView* /*snapshots*/, std::size_t count,
                                                  std::int64_t /*now*/) override {
    const std::string all = count_ == czb::count_all ? "all" : std::to_string(count_);
    std::vector<czb::PluginVerdict> verdicts;
    verdicts.reserve(count);
    for (std::size_t index = 0; index < count; ++index) {
      const bool kept = count_ == czb::count_all || index < static_cast<std::uint64_t>(count_);
      if (kept) {
        verdicts.push_back({czb::Decision::keep, "newest " + std::to_string(index + 1) + " of " + all});
      } else {
        verdicts.push_back({czb::Decision::expire, "older than the newest " + all});
      }
    }
    return verdicts;
  }

  std::int64_t count_;
};

constexpr czb::OptionSpec option_table[] = {
    czb::required_option("count", czb::OptionType::count, "how many of a dataset's snapshots to keep, or all"),
};

}  // namespace

CZB_PLUGIN_ENTRY {
  static constexpr czb::PluginDescriptor descriptor = czb::retention_descriptor<KeepLastRetention>(
      "keep-last", "1.0.0", "MIT", "keeps so many of the newest snapshots of each dataset", option_table);
  return &descriptor;
}
