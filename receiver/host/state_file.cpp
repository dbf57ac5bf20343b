// SPDX-License-Identifier: MIT
#include "receiver/host/state_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "execute/dataset_lock.h"
#include "process/descriptor.h"
#include "receiver/answer.h"

namespace czb::receiver {
namespace {

constexpr std::size_t most_bytes = 4096;

[[noreturn]] void unwritable(const std::string& path) {
  throw Misconfigured("could not write " + path + ": " + std::strerror(errno));
}

}  // namespace

std::string state_file_path(const std::string& state, const std::string& dataset, const std::string& kind) {
  const std::string lock = lock_file_name(dataset);
  return state + "/" + lock.substr(0, lock.rfind('.')) + "." + kind;
}

void refuse_state_file(const std::string& path, const std::string& why) {
  throw Refused("the file " + path + " here " + why + ": somebody has to look at it");
}

std::optional<std::string> read_state_file(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno == ENOENT) return std::nullopt;
  std::string text(most_bytes, '\0');
  const ssize_t got = file ? read(file.get(), text.data(), text.size()) : -1;
  if (got < 0) refuse_state_file(path, std::string("cannot be read (") + std::strerror(errno) + ")");
  text.resize(static_cast<std::size_t>(got));
  return text;
}

void write_state_file(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  const std::string folder_path = path.substr(0, path.rfind('/'));
  const Descriptor folder(open(folder_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Descriptor file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!folder || !file) unwritable(fresh);
  if (write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || fsync(file.get()) != 0)
    unwritable(fresh);
  if (rename(fresh.c_str(), path.c_str()) != 0 || fsync(folder.get()) != 0) unwritable(path);
}

}  // namespace czb::receiver
