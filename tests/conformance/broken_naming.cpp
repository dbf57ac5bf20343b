// SPDX-License-Identifier: MIT
// A naming plugin with names such as "b-1700000000", that breaks one promise.
#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "broken.h"
#include "cyber-zfs-backup/naming_plugin.h"

namespace {

int instances = 0;

class BrokenNaming final : public czb::NamingPlugin {
 public:
  explicit BrokenNaming(const czb::CreateArguments& arguments) : fault_(arguments) {
    if (fault_.is("refuses-its-options")) throw std::invalid_argument("nothing is good enough");
    ++instances;
    if (fault_.is("one-name-an-instance")) prefix_ += std::to_string(instances) + "-";
    if (fault_.is("not-a-zfs-name")) prefix_ = "b/";
    if (fault_.is("long-names")) prefix_.append(200, 'b');
  }

 private:
  std::string format_name(std::int64_t time) override {
    if (time < 0 && fault_.is("crashes-before-1970")) std::abort();
    if (time < 0) throw std::out_of_range(fault_.is("refuses-without-words") ? "" : "before 1970");
    if (fault_.is("folds-an-hour") && is_second_hour(time)) time -= 3600;
    const char* zone = std::getenv("TZ");
    const bool elsewhere = fault_.is("time-zone") && zone != nullptr && std::string_view(zone) == "BBB+11";
    return prefix_ + std::to_string(elsewhere ? time + 39600 : time);
  }

  std::optional<std::int64_t> parse_name(std::string_view name) override {
    if (name.size() > 1000 && fault_.is("crashes-on-long-names")) std::abort();
    if (name.substr(0, prefix_.size()) != prefix_) return std::nullopt;
    const std::string_view digits = name.substr(prefix_.size());
    std::int64_t time = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), time);
    if (error != std::errc() || (end != digits.data() + digits.size() && !fault_.is("reads-too-much")))
      return std::nullopt;
    if (fault_.is("reads-nothing-odd") && time % 2 != 0 && time > 3 && time < 4'200'000'000) return std::nullopt;
    if (fault_.is("reads-too-much")) return time;
    return time >= 0 && prefix_ + std::to_string(time) == name ? std::optional(time) : std::nullopt;
  }

  // As a clock shows it in Europe when summer time ends: 2025-10-26T01:00Z comes again as 00:00Z.
  static bool is_second_hour(std::int64_t time) { return time >= 1761440400 && time < 1761444000; }

  broken::Fault fault_;
  std::string prefix_ = "b-";
};

}  // namespace

CZB_PLUGIN_ENTRY {
  static constexpr czb::PluginDescriptor descriptor = czb::naming_descriptor<BrokenNaming>(
      "broken", "1.0.0", "MIT", "names that break a promise", broken::option_table);
  return &descriptor;
}
