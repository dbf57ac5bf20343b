// SPDX-License-Identifier: MIT
#include "receiver/day_counts.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>

#include "execute/dataset_lock.h"
#include "process/descriptor.h"
#include "receiver/answer.h"

namespace czb::receiver {
namespace {

constexpr std::string_view suffix = ".lock";  // of the lock files, whose names the counts' follow
constexpr std::size_t most_bytes = 1024;

std::string path_of(const std::string& state, const std::string& dataset) {
  std::string name = lock_file_name(dataset);
  name.resize(name.size() - suffix.size());
  return state + "/" + name + ".destroyed";
}

// "DATASET<TAB>DAY<TAB>PRESENT<TAB>DESTROYED<NEWLINE>"
std::string text_of(const std::string& dataset, const DayCount& count) {
  return dataset + "\t" + std::to_string(count.day) + "\t" + std::to_string(count.present) + "\t" +
         std::to_string(count.destroyed) + "\n";
}

template <typename Number>
bool take(std::string_view& text, char before, Number& number) {
  if (text.empty() || text.front() != before) return false;
  text.remove_prefix(1);
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
  return error == std::errc();
}

std::optional<DayCount> parse(std::string_view text, const std::string& dataset) {
  DayCount count;
  if (text.substr(0, dataset.size()) != dataset) return std::nullopt;
  text.remove_prefix(dataset.size());
  const bool understood =
      take(text, '\t', count.day) && take(text, '\t', count.present) && take(text, '\t', count.destroyed);
  return understood && text == "\n" && count.destroyed <= count.present ? std::optional(count) : std::nullopt;
}

[[noreturn]] void unreadable(const std::string& path, const std::string& why) {
  throw Refused("the count of what was destroyed, " + path + ", " + why + ": somebody has to look at it here");
}

[[noreturn]] void unwritable(const std::string& path) {
  throw Misconfigured("could not write " + path + ": " + std::strerror(errno));
}

void write_all(const std::string& path, int file, std::string_view text) {
  if (write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || fsync(file) != 0) unwritable(path);
}

}  // namespace

DayCounts read_day_counts(const std::string& state, const std::vector<std::string>& datasets) {
  DayCounts counts;
  for (const std::string& dataset : datasets) {
    const std::string path = path_of(state, dataset);
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file && errno == ENOENT) continue;
    if (!file) unreadable(path, std::string("cannot be read (") + std::strerror(errno) + ")");
    char text[most_bytes];
    const ssize_t got = read(file.get(), text, sizeof text);
    if (got < 0) unreadable(path, std::string("cannot be read (") + std::strerror(errno) + ")");
    const auto count = parse({text, static_cast<std::size_t>(got)}, dataset);
    if (!count) unreadable(path, "is not understood");
    counts[dataset] = *count;
  }
  return counts;
}

void write_day_counts(const std::string& state, const DayCounts& counts) {
  const Descriptor folder(open(state.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) unwritable(state);
  for (const auto& [dataset, count] : counts) {
    const std::string path = path_of(state, dataset);
    const std::string fresh = path + ".new";
    const Descriptor file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) unwritable(fresh);
    write_all(fresh, file.get(), text_of(dataset, count));
    if (rename(fresh.c_str(), path.c_str()) != 0) unwritable(path);
  }
  if (fsync(folder.get()) != 0) unwritable(state);
}

}  // namespace czb::receiver
