// SPDX-License-Identifier: MIT
#include "volume.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <stdexcept>

#include "lab.h"

namespace czb::lab {
namespace {

constexpr std::size_t name_length = 256;
constexpr unsigned long blkzname = _IOR(0x12, 125, char[name_length]);  // OpenZFS's sys/fs/zfs.h

class File {
 public:
  File(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }

 private:
  int number_;
};

std::string volume_behind(const std::string& device) {
  const File file(device, O_RDONLY);
  std::array<char, name_length> name{};
  if (file.get() < 0 || ::ioctl(file.get(), blkzname, name.data()) != 0) return "";
  return name.data();
}

}  // namespace

std::string present_device_of(const std::string& volume) {
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block")) {
    const std::string name = entry.path().filename();
    if (name.rfind("zd", 0) == 0 && volume_behind("/dev/" + name) == volume) return "/dev/" + name;
  }
  return "";
}

std::string device_of(const std::string& volume) {
  std::string device;
  if (!comes_true([&] { return !(device = present_device_of(volume)).empty(); }))
    throw std::runtime_error("no device of " + volume);
  return device;
}

void write_volume(const std::string& volume, std::size_t offset, const std::string& bytes) {
  const File file(device_of(volume), O_WRONLY);
  const ssize_t written = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (written != static_cast<ssize_t>(bytes.size()) || ::fsync(file.get()) != 0)
    throw std::runtime_error("cannot write to " + volume);
}

std::string read_volume(const std::string& volume) {
  std::string bytes = read_file(device_of(volume));
  if (bytes.empty()) throw std::runtime_error("cannot read " + volume);
  return bytes;
}

std::string read_volume_snapshot(const std::string& snapshot) {
  const std::string clone = snapshot.substr(0, snapshot.find('/')) + "/reading";
  zfs({"clone", "-o", "readonly=on", snapshot, clone});
  std::string bytes = read_volume(clone);
  // Busy as long as the kernel looks for partitions on it.
  if (!comes_true([&] { return run({"zfs", "destroy", clone}).status == 0; }))
    throw std::runtime_error("cannot destroy " + clone);
  return bytes;
}

}  // namespace czb::lab
