// SPDX-License-Identifier: MIT
#include "all_properties.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "process.h"

namespace czb::lab {
namespace {

constexpr unsigned long objset_received_properties = 0x5a33;  // ZFS_IOC_OBJSET_RECVD_PROPS, OpenZFS's sys/fs/zfs.h

// The kernel is asked which have been sent properties. With the column "received" zfs asks it that, too, of those that
// have not, and again for each property: of 1292 calls for eight file systems with a snapshot each, 1185 (2.1.11), five
// sixths of the time.
class Device {
 public:
  Device() : file_(::open("/dev/zfs", O_RDWR | O_CLOEXEC)) {}
  ~Device() { ::close(file_); }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  bool has_received(const std::string& name) const {
    std::array<char, 1 << 14> command = {};  // a zfs_cmd_t, which begins with the name, and more
    name.copy(command.data(), command.size() - 1);
    if (::ioctl(file_, objset_received_properties, command.data()) == 0) return true;
    if (errno != ENOTSUP) throw std::runtime_error("the kernel does not tell whether " + name + " was sent properties");
    return false;
  }

 private:
  int file_;
};

}  // namespace

AllProperties all_properties(const std::string& root) {
  const Result stated = run({"zfs", "get", "-H", "-p", "-r", "-t", "filesystem,volume,snapshot,bookmark", "-o",
                             "name,property,value,source", "all", root});
  Words command = {"zfs", "get", "-H", "-p", "-o", "name,property,received", "all"};
  const std::size_t words = command.size();
  const Device device;
  for (const std::string& line : lines_of(stated.out)) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos || line.compare(tab, 6, "\ttype\t") != 0) continue;  // each has one
    const std::string name = line.substr(0, tab);
    if (name.find('#') == std::string::npos && device.has_received(name)) command.push_back(name);
  }
  return {stated.out, command.size() == words ? "" : succeed(command), stated.err};
}

}  // namespace czb::lab
