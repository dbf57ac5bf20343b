// SPDX-License-Identifier: MIT
// Whether a file is a shared object that this process can load, told from its bytes alone: dlopen
// maps what the headers promise, and a file that was cut short ends the process by SIGBUS.
#pragma once

#include <optional>
#include <string>

namespace czb {

// What is wrong, in words; nothing when it is an ELF shared object of this program's class, byte
// order and machine, and holds all that its program headers point at. Runs nothing of it.
std::optional<std::string> elf_problem(const std::string& path);

}  // namespace czb
