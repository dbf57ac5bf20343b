// SPDX-License-Identifier: MIT
// Whether a file may be trusted with this process: a plugin, whose code is run, or a configuration, which says what is
// done. The rule is that of OpenSSH's safe_path: nobody but root and this user can change the file, or put another in
// its place.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

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

// The same for a file that will be opened by this very name, which may be relative and lead over symbolic links: every
// folder on the way, the links, and the file are root's or `user`'s, and nobody else can write the folders and the
// file. Here root's sticky folders may be the innermost, too: the file's name is known, and its owner is checked. What
// does not exist is no problem, as long as nobody else could make it.
//
// A name of an open descriptor (descriptor_named) is no way: whoever started this program opened it, and what is typed
// or piped there is his. Of a file there the file alone is looked at.
//
// Once it has said so, the name leads to the same file for as long as root and the user leave it.
// `harm`: what others could do, as in "who could change what a run does".
std::optional<std::string> way_problem(const std::string& path, uid_t user, const std::string& harm);

// The descriptor that /dev/stdin, /dev/fd/N or /proc/self/fd/N names; nothing for another path.
std::optional<int> descriptor_named(std::string_view path);

}  // namespace czb
