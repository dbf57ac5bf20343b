// SPDX-License-Identifier: MIT
// retention plugin "gfs": keeps so many days, weeks, months and years.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cyber-zfs-backup/retention_plugin.h"
#include "retention-gfs/gfs.h"

namespace {

class GfsRetention final : public czb::RetentionPlugin {
 public:
  explicit GfsRetention(const czb::CreateArguments& arguments) {
    const czb::PluginOptions options(arguments);
    policy_.hourly = options.integer("hourly");
    policy_.daily = options.integer("daily");
    policy_.weekly = options.integer("weekly");
    policy_.monthly = options.integer("monthly");
    policy_.yearly = options.integer("yearly");
  }

 private:
  // The policy is the same at every hour: what comes from the future, or must stay for a target, is the host's to say.
  std::vector<czb::PluginVerdict> judge_snapshots(const czb::SnapshotView* snapshots, std::size_t count,
                                                  std::int64_t /*now*/) override {
    return czb::gfs::judge(policy_, snapshots, count);
  }

  czb::gfs::Policy policy_;
};

constexpr czb::OptionSpec option_table[] = {
    czb::option("hourly", czb::OptionType::count, "0", "how many hours to keep one snapshot of, or all"),
    czb::option("daily", czb::OptionType::count, "31", "how many days to keep one snapshot of, or all"),
    czb::option("weekly", czb::OptionType::count, "12", "how many ISO weeks to keep one snapshot of, or all"),
    czb::option("monthly", czb::OptionType::count, "36", "how many months to keep one snapshot of, or all"),
    czb::option("yearly", czb::OptionType::count, "all", "how many years to keep one snapshot of, or all"),
};

}  // namespace

CZB_PLUGIN_ENTRY {
  static constexpr czb::PluginDescriptor descriptor = czb::retention_descriptor<GfsRetention>(
      "gfs", "0.1.0", "MIT", "grandfather, father, son: so many days, weeks, months and years", option_table);
  return &descriptor;
}
