// SPDX-License-Identifier: MIT
// A program that does what programs should not, or tells what it was started with: the first word says which. It exits
// with 2 for a word it does not know.
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

void write_all(int descriptor, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(descriptor, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) std::exit(3);
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
}

void say(const std::string& text) { write_all(STDOUT_FILENO, text.data(), text.size()); }

[[noreturn]] void hang() {
  for (;;) ::pause();
}

// 'a' to 'z' over and over.
void write_lots(int descriptor, std::size_t count) {
  std::string block;
  for (std::size_t i = 0; i < 26 * 1024; ++i) block += static_cast<char>('a' + i % 26);
  while (count > 0) {
    const std::size_t part = std::min(count, block.size());
    write_all(descriptor, block.data(), part);
    count -= part;
  }
}

void echo() {
  std::vector<char> buffer(64 * 1024);
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got <= 0) return;
    write_all(STDOUT_FILENO, buffer.data(), static_cast<std::size_t>(got));
  }
}

void list_descriptors() {
  DIR* folder = ::opendir("/proc/self/fd");
  const int own = ::dirfd(folder);
  std::string list;
  while (const dirent* entry = ::readdir(folder)) {
    if (entry->d_name[0] != '.' && std::atoi(entry->d_name) != own) list += std::string(entry->d_name) + " ";
  }
  ::closedir(folder);
  say(list);
}

void list_signals() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("SigBlk:", 0) == 0 || line.rfind("SigIgn:", 0) == 0) say(line + "\n");
  }
}

// The parent ends, its child stays with the same standard output.
int leave_grandchild() {
  const pid_t pid = ::fork();
  if (pid == 0) hang();
  say(std::to_string(pid) + "\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const std::string how = argc > 2 ? argv[2] : "";
  if (what == "print-argv") {
    for (int i = 0; i < argc; ++i) write_all(STDOUT_FILENO, argv[i], std::strlen(argv[i]) + 1);
  } else if (what == "exit") {
    return std::stoi(how);
  } else if (what == "die") {
    ::signal(std::stoi(how), SIG_DFL);
    ::raise(std::stoi(how));
  } else if (what == "hang") {
    say("hanging\n");
    hang();
  } else if (what == "ignore-sigterm") {
    ::signal(SIGTERM, SIG_IGN);
    say("ignoring\n");
    hang();
  } else if (what == "stop") {
    say("stopping\n");
    ::raise(SIGSTOP);
    hang();
  } else if (what == "write-lots") {
    write_lots(STDOUT_FILENO, std::stoul(how));
  } else if (what == "complain-lots") {
    write_lots(STDERR_FILENO, std::stoul(how));
  } else if (what == "close-stdin") {
    ::close(STDIN_FILENO);
    say("closed\n");
    hang();
  } else if (what == "echo") {
    echo();
  } else if (what == "leave-grandchild") {
    return leave_grandchild();
  } else if (what == "list-descriptors") {
    list_descriptors();
  } else if (what == "list-signals") {
    list_signals();
  } else if (what == "environment") {
    const char* value = std::getenv(how.c_str());
    say(value != nullptr ? value : "(not set)");
  } else if (what == "identity") {
    say(std::to_string(::getpid()) + " " + std::to_string(::getpgrp()) + " " + std::to_string(::getsid(0)));
  } else {
    return 2;
  }
  return 0;
}
