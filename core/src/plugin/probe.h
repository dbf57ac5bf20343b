// SPDX-License-Identifier: MIT
// A first look at a plugin from a process of its own.
//
// Loading a shared object runs its constructors, and its descriptor is what a function of it returns. So both are done
// in a child first, which reports what is wrong: a plugin that crashes, hangs or ends the process takes down only that.
//
// What this does not do: the child is no sandbox, and has this user's rights. A plugin that means harm is kept out by
// who may write where plugins lie (files/trusted_path.h), not by this. And a plugin that behaves the first time and
// not the second is beyond it: docs/adr/0010.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace czb {

// What is wrong with the plugin at `path` (trusted, and passed by elf_problem), in words that follow "the plugin FILE
// is refused: "; nothing when it loads, and its descriptor fits this program and the file's name. The child has no
// descriptor of this process but /dev/null; it and what it started in its process group are gone when this returns.
// Throws Error (failed) when there can be no child, and Interrupted after a signal.
std::optional<std::string> probe_problem(const std::string& path, const std::string& file_name,
                                         std::chrono::milliseconds limit = std::chrono::seconds(30));

}  // namespace czb
