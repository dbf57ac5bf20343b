// SPDX-License-Identifier: MIT
// Whether a plugin file may be trusted with this process: loading it runs its code. The rule is that
// of OpenSSH's safe_path: nobody but root and this user can change the file, or put another in its
// place.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace czb {

// Resolves FOLDER/FILE_NAME, symbolic links included, and returns its real path: a regular file that
// lies in the folder itself, and that path_problem finds nothing wrong with. Throws Error (usage).
std::string trusted_plugin_file(const std::string& folder, const std::string& file_name, uid_t user);

// What is wrong with the file or folder at `path` (absolute, resolved), in a sentence that says what
// to do; nothing when it and every folder above it are owned by root or `user` and writable by their
// owner only.
//
// One exception, for folders *above* the innermost one: root's own sticky folders such as /tmp, where
// nobody but its owner can rename or remove an entry. The entry that leads on is checked itself, so
// it is root's or the user's, and stays what it was. Hence this holds for root as well.
std::optional<std::string> path_problem(const std::string& path, uid_t user);

}  // namespace czb
