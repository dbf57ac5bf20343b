// SPDX-License-Identifier: MIT
// A first look at plugins from a process of its own.
//
// Loading a shared object runs its constructors, and its descriptor is what a function of it returns. So both are done
// in a child first, which reports what is wrong: a plugin that crashes, hangs or ends the process takes down only that.
// One child looks at all plugins as long as nothing is wrong; what seems to be wrong with one is found out in a child
// that looks at it first.
//
// What this does not do: the child is no sandbox, and has this user's rights. A plugin that means harm is kept out by
// who may write where plugins lie (files/trusted_path.h), not by this. And a plugin that behaves the first time and
// not the second is beyond it: docs/adr/0010.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace czb {

struct ProbedPlugin {
  std::string path;  // trusted, and passed by elf_problem
  std::string file_name;
};

// What is wrong with each plugin, in words that follow "the plugin FILE is refused: "; nothing for one that loads, and
// whose descriptor fits this program and the file's name. `limit`: for each. A child has no descriptor of this process
// but /dev/null; it and what it started in its process group are gone when this returns. Throws Error (failed) when
// there can be no child, and Interrupted after a signal.
std::vector<std::optional<std::string>> probe_problems(const std::vector<ProbedPlugin>& plugins,
                                                       std::chrono::milliseconds limit = std::chrono::seconds(30));

}  // namespace czb
