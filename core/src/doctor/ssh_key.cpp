// SPDX-License-Identifier: MIT
#include "doctor/ssh_key.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "doctor/ask.h"

namespace czb::doctor {

std::optional<KeyProblem> key_problem(const std::string& file, const Surroundings& here) {
  struct stat status = {};
  if (::stat(file.c_str(), &status) != 0)
    return KeyProblem{"the key " + file + " cannot be examined: " + std::generic_category().message(errno),
                      "Let the user " + here.user_name + " reach it."};
  if (!S_ISREG(status.st_mode))
    return KeyProblem{"the key " + file + " is not a regular file", "Name the right one with IdentityFile."};
  if (status.st_uid != here.user && status.st_uid != 0)
    return KeyProblem{
        "the key " + file + " belongs to the user " + std::to_string(status.st_uid) + ", not to " + here.user_name,
        "Give it to the user that runs the backup: chown " + here.user_name + " " + file};
  constexpr mode_t others = S_IRWXO;
  const mode_t forbidden = status.st_uid == here.user ? others | S_IRWXG : others;
  if ((status.st_mode & forbidden) != 0)
    return KeyProblem{"others may read or write the key " + file + ", so ssh does not use it",
                      std::string(status.st_uid == here.user ? "chmod 600 " : "chmod o-rwx ") + file};
  if (::access(file.c_str(), R_OK) != 0)
    return KeyProblem{"the user " + here.user_name + " cannot read the key " + file,
                      "Give it to the user that runs the backup: chown " + here.user_name + " " + file};
  const Completed answer = ask(*here.tools, {"ssh-keygen", "-y", "-P", "", "-f", file});
  if (answer.ok()) return std::nullopt;
  if (answer.err.raw().find("incorrect passphrase") != std::string::npos)
    return KeyProblem{"the key " + file + " has a passphrase, which nobody types at night",
                      "Take it off (ssh-keygen -p -f " + file + "), or make a key of the backup's own without one.",
                      true};
  return KeyProblem{
      "the key " + file + " cannot be used: " + reason_of(answer),
      std::string("Make a new one: ssh-keygen -t ed25519 -N '' -f FILE, name it with IdentityFile, and ") + let_it_in};
}

}  // namespace czb::doctor
