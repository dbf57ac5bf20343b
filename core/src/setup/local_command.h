// SPDX-License-Identifier: MIT
// The other programs that setting up needs (ssh-keygen, ssh-keyscan, ssh, zfs, useradd …), run on this machine.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "process/command.h"

namespace czb::setup {

inline constexpr std::chrono::seconds local_patience{120};

// Runs a command to its end, in the C locale, `input` on its standard input, without a shell. Throws Error (failed)
// where it cannot be started, and Interrupted after a signal. How it ended is the caller's to judge.
Completed run_here(const std::vector<std::string>& argv, std::string_view input = {});

// The same, and its standard output. Throws Error (failed) with what it said unless it exits with 0.
std::string output_of(const std::vector<std::string>& argv, std::string_view input = {});

// "COMMAND: exit status 1: what it said", for messages.
std::string failure_of(const std::vector<std::string>& argv, const Completed& completed);

}  // namespace czb::setup
