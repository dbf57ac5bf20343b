// SPDX-License-Identifier: MIT
#include "doctor/surroundings.h"

#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "cyber-zfs-backup/prefix_transport.h"
#include "execute/dataset_lock.h"
#include "execute/run_folder.h"

namespace czb::doctor {
namespace {

class LocalTools final : public PrefixTransport {
 public:
  LocalTools() : PrefixTransport("this machine", {}) {}
};

}  // namespace

Surroundings this_machine() {
  Surroundings here;
  here.tools = std::make_shared<LocalTools>();
  here.clock = [] { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); };
  here.user = geteuid();
  const passwd* const entry = getpwuid(here.user);  // NOLINT(concurrency-mt-unsafe)
  here.user_name = entry == nullptr ? std::to_string(here.user) : entry->pw_name;
  here.home = entry == nullptr ? "" : entry->pw_dir;
  while (!here.home.empty() && here.home.back() == '/') here.home.pop_back();
  const char* const agent = std::getenv("SSH_AUTH_SOCK");  // NOLINT(concurrency-mt-unsafe)
  here.has_agent = agent != nullptr && *agent != '\0';
  here.runs_systemd = access("/run/systemd/system", F_OK) == 0;  // as sd_booted(3)
  here.lock_folders = lock_directories;
  here.receiver_state = receiver_state_directory;
  return here;
}

}  // namespace czb::doctor
