// SPDX-License-Identifier: MIT
// The one string that this plugin lets ssh carry, and so the only thing that a far shell (or the strict parser of a
// forced command) ever reads:
//
//   env LC_ALL=C PATH="$PATH":/usr/local/sbin:/usr/sbin:/sbin [sudo -n ]WORD WORD…
//
// Grammar: remote_prefix, byte for byte; then `sudo -n ` or nothing; then one or more words separated by one space,
// each written by shell_quote (cyber-zfs-backup/shell_quote.h). The first word is the program; it never begins with '-'
// and never holds '=' (TransportPlugin sees to it), so neither env nor sudo takes it for something else.
//
// Why this form: no `exec`, which a restricted shell refuses (today's shells replace themselves by a last command
// anyway); `"$PATH":/usr` and not `"$PATH:/usr"`, for csh reads `:` after a variable as a modifier, and not `${PATH}`,
// which fish does not know. The PATH is for systems whose login PATH lacks the place of zfs. tests/unit/sdk/
// shell_quote_test.cpp runs it with dash, bash, busybox sh, zsh, mksh, ksh93, fish and tcsh, as far as they are there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace czb::ssh {

inline constexpr std::string_view remote_prefix = R"(env LC_ALL=C PATH="$PATH":/usr/local/sbin:/usr/sbin:/sbin )";
inline constexpr std::string_view remote_sudo = "sudo -n ";

std::string remote_command(const std::vector<std::string>& argv, bool use_sudo);

}  // namespace czb::ssh
