// SPDX-License-Identifier: MIT
#include "log/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "text/json_text.h"
#include "text/visible.h"

namespace czb {
namespace {

bool interactive = false;

// sd-daemon(3): a line may begin with its syslog priority.
const char* journal_prefix(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::err:
    case spdlog::level::critical:
      return "<3>";
    case spdlog::level::warn:
      return "<4>";
    case spdlog::level::info:
      return "<6>";
    default:
      return "<7>";
  }
}

const char* level_name(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::err:
    case spdlog::level::critical:
      return "error";
    case spdlog::level::warn:
      return "warning";
    case spdlog::level::info:
      return "info";
    case spdlog::level::debug:
      return "verbose";
    default:
      return "debug";
  }
}

spdlog::level::level_enum level_of(LogLine line) {
  switch (line) {
    case LogLine::error:
      return spdlog::level::err;
    case LogLine::warning:
      return spdlog::level::warn;
    case LogLine::info:
      return spdlog::level::info;
    case LogLine::verbose:
      return spdlog::level::debug;
    case LogLine::debug:
      break;
  }
  return spdlog::level::trace;
}

void append(spdlog::memory_buf_t& out, std::string_view text) { out.append(text.data(), text.data() + text.size()); }

// A message of several lines stays one entry: every line gets the prefix.
class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(bool for_journal) : for_journal_(for_journal) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string prefix;
    if (for_journal_) {
      prefix = journal_prefix(message.level);
    } else {
      spdlog::memory_buf_t time;
      time_.format(message, time);
      prefix.assign(time.data(), time.size());
    }
    if (message.level == spdlog::level::err) prefix += "error: ";
    if (message.level == spdlog::level::warn) prefix += "warning: ";
    std::string_view text(message.payload.data(), message.payload.size());
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      append(out, prefix);
      append(out, text.substr(0, end));
      append(out, "\n");
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  }

  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<LineFormatter>(for_journal_); }

 private:
  bool for_journal_;
  spdlog::pattern_formatter time_{"%Y-%m-%dT%H:%M:%SZ ", spdlog::pattern_time_type::utc, ""};
};

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    spdlog::memory_buf_t time;
    time_.format(message, time);
    const nlohmann::ordered_json line = {{"time", std::string(time.data(), time.size())},
                                         {"level", level_name(message.level)},
                                         {"message", std::string(message.payload.data(), message.payload.size())}};
    append(out, json_text(line, -1) + "\n");
  }

  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }

 private:
  spdlog::pattern_formatter time_{"%Y-%m-%dT%H:%M:%S.%eZ", spdlog::pattern_time_type::utc, ""};
};

// systemd.exec(5): JOURNAL_STREAM is "device:inode" of the stream that goes to the journal.
bool standard_error_is_the_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status = {};
  if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return false;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

}  // namespace

void set_up_log(LogLevel level, LogFormat format) {
  auto logger = std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_st>());
  if (format == LogFormat::json)
    logger->set_formatter(std::make_unique<JsonFormatter>());
  else
    logger->set_formatter(std::make_unique<LineFormatter>(standard_error_is_the_journal()));
  switch (level) {
    case LogLevel::quiet:
      logger->set_level(spdlog::level::warn);
      break;
    case LogLevel::normal:
      logger->set_level(spdlog::level::info);
      break;
    case LogLevel::verbose:
      logger->set_level(spdlog::level::debug);
      break;
    case LogLevel::debug:
      logger->set_level(spdlog::level::trace);
      break;
  }
  spdlog::set_default_logger(std::move(logger));
  interactive = format == LogFormat::text && level != LogLevel::quiet && isatty(STDERR_FILENO) != 0;
}

bool log_is_interactive() { return interactive; }

bool log_shows(LogLine line) { return spdlog::should_log(level_of(line)); }

void log_formatted(LogLine line, fmt::string_view format, fmt::format_args args) {
  if (log_shows(line)) spdlog::default_logger_raw()->log(level_of(line), printable(fmt::vformat(format, args)));
}

}  // namespace czb
