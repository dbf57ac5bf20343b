// SPDX-License-Identifier: MIT
// The content of volumes, through their devices: the guest has no udev, and so no /dev/zvol.
#pragma once

#include <cstddef>
#include <string>

namespace czb::lab {

// /dev/zdN of a volume, once the kernel has made it. Throws when it does not come.
std::string device_of(const std::string& volume);

// The same, or nothing where it has none now.
std::string present_device_of(const std::string& volume);

void write_volume(const std::string& volume, std::size_t offset, const std::string& bytes);
// All of it.
std::string read_volume(const std::string& volume);
// All of a snapshot of a volume, read through a clone that is gone afterwards.
std::string read_volume_snapshot(const std::string& snapshot);

}  // namespace czb::lab
