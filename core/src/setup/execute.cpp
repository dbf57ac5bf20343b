// SPDX-License-Identifier: MIT
#include "setup/execute.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "error.h"
#include "process/descriptor.h"
#include "setup/lines.h"
#include "setup/local_command.h"

namespace czb::setup {
namespace {

constexpr mode_t readable_by_all = 0644;

[[noreturn]] void fail(const std::string& file, const std::string& what) {
  throw Error(ExitCode::failed, "could not write " + file + ": " + what);
}

[[noreturn]] void fail(const std::string& file, int number) {
  fail(file, std::error_code(number, std::generic_category()).message());
}

// The folder that a file lies in, and its name there.
struct Place {
  Descriptor folder;
  std::string name;
};

Place place_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  if (file.empty() || file.front() != '/' || slash + 1 == file.size()) fail(file, "it is not an absolute path");
  const std::string path = slash == 0 ? "/" : file.substr(0, slash);
  Place place{Descriptor(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)), file.substr(slash + 1)};
  if (!place.folder) fail(file, path + ": " + std::error_code(errno, std::generic_category()).message());
  return place;
}

// Empty where the file exists already.
Descriptor created(const Place& place, const std::string& file) {
  Descriptor made(
      openat(place.folder.get(), place.name.c_str(), O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!made && errno != EEXIST) fail(file, errno);
  if (made && fchmod(made.get(), readable_by_all) != 0) fail(file, errno);
  return made;
}

Descriptor opened(const Place& place, const std::string& file) {
  Descriptor descriptor(
      openat(place.folder.get(), place.name.c_str(), O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!descriptor) fail(file, errno);
  struct stat found = {};
  if (fstat(descriptor.get(), &found) != 0) fail(file, errno);
  if (!S_ISREG(found.st_mode) || found.st_nlink != 1) fail(file, "it is not a regular file with this one name");
  return descriptor;
}

std::string read_all(const Descriptor& descriptor, const std::string& file) {
  std::string text;
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t got = pread(descriptor.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(file, errno);
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void write_all(const Descriptor& descriptor, std::string_view text, const std::string& file) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(file, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fsync(descriptor.get()) != 0) fail(file, errno);
}

void carry_out(const RunCommand& action) { output_of(action.argv); }

void carry_out(const AddLine& action) {
  const Place place = place_of(action.file);
  Descriptor file = created(place, action.file);
  if (!file) file = opened(place, action.file);
  // Two set-ups at once add their lines one after the other.
  if (flock(file.get(), LOCK_EX) != 0) fail(action.file, errno);
  const std::string text = read_all(file, action.file);
  for (const std::string_view line : lines_of(text))
    if (line == action.line) return;
  const bool unfinished = !text.empty() && text.back() != '\n';
  write_all(file, (unfinished ? "\n" : "") + action.line + "\n", action.file);
}

void carry_out(const NewFile& action) {
  const Place place = place_of(action.file);
  const Descriptor file = created(place, action.file);
  if (!file) fail(action.file, "it exists already");
  try {
    write_all(file, action.content, action.file);
  } catch (const Error&) {
    unlinkat(place.folder.get(), place.name.c_str(), 0);
    throw;
  }
}

}  // namespace

void execute(const Action& action) {
  std::visit([](const auto& each) { carry_out(each); }, action);
}

void execute(const Plan& plan, const std::function<void(const std::string&)>& say) {
  for (const Step& step : plan.steps) {
    for (const Action& action : step.actions) execute(action);
    say((step.actions.empty() ? "already there: " : "done: ") + step.what + "\n");
  }
}

}  // namespace czb::setup
