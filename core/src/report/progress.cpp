// SPDX-License-Identifier: MIT
#include "report/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>

#include "log/log.h"
#include "log/service_manager.h"
#include "text/visible.h"
#include "zfs/listing.h"

namespace czb {
namespace {

constexpr double log_interval_seconds = 30;

// In place of what the line was. A terminal that has hung up is no reason to stop, so nothing is thrown.
void draw(const std::string& line) {
  const std::string text = "\r\x1b[K" + line;
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string human_seconds(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string progress_line(const std::string& what, std::uint64_t bytes, std::uint64_t total, double seconds) {
  std::string line = what + ": " + human_bytes(bytes);
  const double rate = seconds > 0 ? static_cast<double>(bytes) / seconds : 0;
  if (total > 0) {
    // The total is zfs's estimate: it may be passed.
    const double share = std::min(1.0, static_cast<double>(bytes) / static_cast<double>(total));
    line += fmt::format(" of {} ({:.0f} %)", human_bytes(total), share * 100);
  }
  line += fmt::format(", {}/s", human_bytes(static_cast<std::uint64_t>(rate)));
  if (total > bytes && rate > 0)
    line += fmt::format(", {} left", human_seconds(static_cast<double>(total - bytes) / rate));
  return line;
}

void Progress::show(const StreamProgress& now) {
  if (total_ == 0) total_ = estimated_size(now.sender_error).value_or(0);
  if (total_ == 0) total_ = estimated_size(now.sender_error_tail).value_or(0);
  if (log_is_interactive()) {
    drawn_ = true;
    draw(printable(progress_line(what_, now.bytes, total_, now.seconds)));
  } else if (now.seconds - last_logged_ >= log_interval_seconds) {
    last_logged_ = now.seconds;
    const std::string line = progress_line(what_, now.bytes, total_, now.seconds);
    log_info("{}", line);
    tell_service_manager(line);
  }
}

void Progress::end() {
  if (drawn_) draw("");
  drawn_ = false;
}

}  // namespace czb
