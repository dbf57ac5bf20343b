// SPDX-License-Identifier: MIT
#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace czb::lab {
namespace {

std::string content(int file) {
  struct stat found = {};
  ::fstat(file, &found);
  std::string text(static_cast<std::size_t>(found.st_size), '\0');
  const ssize_t got = ::pread(file, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<char*> pointers(Words& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// This process's environment with these variables instead of those of the same name.
Words merged_environment(const Words& variables) {
  const auto name_of = [](const std::string& variable) { return variable.substr(0, variable.find('=')); };
  Words merged = variables;
  for (char** own = environ; *own != nullptr; ++own)
    if (std::none_of(variables.begin(), variables.end(),
                     [&](const auto& each) { return name_of(each) == name_of(*own); }))
      merged.emplace_back(*own);
  return merged;
}

// Where a program's name leads by the PATH of an environment, as execvp does by that of this process.
std::string path_of(const std::string& program, const Words& environment) {
  if (program.find('/') != std::string::npos) return program;
  for (const std::string& variable : environment) {
    if (variable.rfind("PATH=", 0) != 0) continue;
    std::istringstream folders(variable.substr(5));
    for (std::string folder; std::getline(folders, folder, ':');)
      if (::access((folder + "/" + program).c_str(), X_OK) == 0) return folder + "/" + program;
  }
  return program;
}

// In the child of a vfork: it writes to no memory of the parent's.
[[noreturn]] void become(const char* program, char* const* argv, char* const* environment, int in, int out, int err) {
  ::setpgid(0, 0);
  ::dup2(in < 0 ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execve(program, argv, environment);
  ::_exit(127);
}

}  // namespace

void PrintTo(const Result& result, std::ostream* stream) {
  *stream << "status " << result.status << "\n--- standard output\n"
          << result.out << "--- standard error\n"
          << result.err << "---";
}

Process::Process(const Words& argv, const Words& environment, int input)
    : command_(joined(argv)), out_(::memfd_create("out", MFD_CLOEXEC)), err_(::memfd_create("err", MFD_CLOEXEC)) {
  Words words = argv;
  Words variables = merged_environment(environment);
  const std::string program = path_of(words.front(), variables);
  const std::vector<char*> word_pointers = pointers(words);
  const std::vector<char*> variable_pointers = pointers(variables);
  // Not fork: in the lab's guest, to copy this process takes longer than most commands do.
  pid_ = ::vfork();
  if (pid_ == 0) become(program.c_str(), word_pointers.data(), variable_pointers.data(), input, out_, err_);
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  ::setpgid(pid_, pid_);  // whoever is first
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

Process::~Process() {
  ::kill(-pid_, SIGKILL);
  if (!reaped_) ::waitpid(pid_, nullptr, 0);
  for (const int file : {out_, err_, pidfd_}) ::close(file);
}

bool Process::ended() {
  pollfd polled = {pidfd_, POLLIN, 0};
  return ::poll(&polled, 1, 0) > 0;
}

bool Process::stopped() const {
  siginfo_t info = {};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WNOWAIT | WNOHANG) == 0 && info.si_pid == pid_;
}

void Process::signal(int number) const { ::kill(pid_, number); }

Result Process::wait(std::chrono::seconds limit) {
  pollfd polled = {pidfd_, POLLIN, 0};
  if (::poll(&polled, 1, static_cast<int>(std::chrono::milliseconds(limit).count())) <= 0)
    throw std::runtime_error("'" + command_ + "' did not end within " + std::to_string(limit.count()) +
                             " s; it said:\n" + content(out_) + content(err_));
  int status = 0;
  ::waitpid(pid_, &status, 0);
  reaped_ = true;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), content(out_), content(err_)};
}

Result run(const Words& argv, const Words& environment, std::chrono::seconds limit) {
  return Process(argv, environment).wait(limit);
}

std::string succeed(const Words& argv) {
  const Result result = run(argv);
  if (result.status == 0) return result.out;
  throw std::runtime_error("'" + joined(argv) + "' ended with " + std::to_string(result.status) + ": " + result.text());
}

std::vector<pid_t> processes_called(const std::string& program, const std::string& word) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    std::string line;
    try {
      line = read_file(entry.path() / "cmdline");
    } catch (const std::ios_base::failure&) {
      continue;  // it ended between the listing and the reading
    }
    std::istringstream arguments(line);
    Words words;
    for (std::string argument; std::getline(arguments, argument, '\0');) words.push_back(argument);
    if (words.empty() || std::filesystem::path(words.front()).filename() != program) continue;
    if (word.empty() || std::find(words.begin(), words.end(), word) != words.end()) found.push_back(std::stoi(name));
  }
  return found;
}

bool waits_in_its_stream(pid_t zfs) {
  const std::string folder = "/proc/" + std::to_string(zfs);
  const std::vector<pid_t> senders = processes_called("zfs", "send");
  const bool sends = std::find(senders.begin(), senders.end(), zfs) != senders.end();
  const int pipe =
      ::open((folder + (sends ? "/fd/1" : "/fd/0")).c_str(), (sends ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC);
  if (pipe < 0) return false;
  pollfd goes_on{pipe, static_cast<short>(sends ? POLLOUT : POLLIN), 0};
  const bool waits = ::poll(&goes_on, 1, 0) == 0;
  ::close(pipe);
  const std::string state = read_file(folder + "/stat");  // PID (NAME) STATE …
  return waits && (sends || state.compare(state.rfind(')') + 2, 1, "S") == 0);
}

bool comes_true(const std::function<bool()>& condition, std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // /proc tells of no event
  }
  return true;
}

std::string read_file(const std::string& path) {
  // Not byte by byte: some are of many MiB, and this is not optimised.
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 1 << 16> piece;
  while (const std::streamsize got = file.rdbuf()->sgetn(piece.data(), piece.size()))
    text.append(piece.data(), static_cast<std::size_t>(got));
  return text;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace czb::lab
