// SPDX-License-Identifier: MIT
// naming plugin "sanoid": snapshots are called as sanoid calls its own, autosnap_2026-11-23_22:10:06_daily, in UTC.
#include <time.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "cyber-zfs-backup/naming_plugin.h"

namespace {

constexpr char shape[] = "autosnap_%Y-%m-%d_%H:%M:%S_";
constexpr std::int64_t first_time = 0;            // 1970-01-01T00:00:00Z
constexpr std::int64_t last_time = 253402300799;  // 9999-12-31T23:59:59Z: the year has four digits

class SanoidNaming final : public czb::NamingPlugin {
 public:
  explicit SanoidNaming(const czb::CreateArguments& arguments) : type_(czb::PluginOptions(arguments).text("type")) {}

 private:
  std::string format_name(std::int64_t time) override {
    if (!has_name(time)) throw std::out_of_range("a name tells only times of the years 1970 to 9999");
    const auto seconds = static_cast<std::time_t>(time);
    std::tm calendar = {};
    gmtime_r(&seconds, &calendar);
    std::array<char, 64> text = {};
    const std::size_t size = std::strftime(text.data(), text.size(), shape, &calendar);
    return std::string(text.data(), size) + type_;
  }

  // strptime takes more than format_name writes (blanks, "1" for "01", a 31st of February): what counts is that the
  // time found has exactly this name.
  std::optional<std::int64_t> parse_name(std::string_view name) override {
    const std::string text(name);
    std::tm calendar = {};
    if (strptime(text.c_str(), shape, &calendar) == nullptr) return std::nullopt;
    const std::int64_t time = timegm(&calendar);
    if (!has_name(time) || format_name(time) != name) return std::nullopt;
    return time;
  }

  static bool has_name(std::int64_t time) { return time >= first_time && time <= last_time; }

  std::string type_;
};

constexpr czb::OptionSpec option_table[] = {
    czb::choice_option("type", "frequently|hourly|daily|weekly|monthly|yearly", "daily", "the last word of a name"),
};

}  // namespace

CZB_PLUGIN_ENTRY {
  static constexpr czb::PluginDescriptor descriptor = czb::naming_descriptor<SanoidNaming>(
      "sanoid", "1.0.0", "MIT", "names as sanoid's, such as autosnap_2026-11-23_22:10:06_daily, in UTC", option_table);
  return &descriptor;
}
