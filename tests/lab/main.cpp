// SPDX-License-Identifier: MIT
// Runs the tests, but only in the guest of tests/lab/run: they make and destroy pools.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "lab.h"

namespace {

// Why this is not the lab; empty when it is. A real machine may well be called zippy, but none is booted so.
std::string why_not() {
  if (czb::lab::read_file("/proc/cmdline").find("lab.run=") == std::string::npos)
    return "this machine is not the lab's guest (no lab.run= on its kernel's command line)";
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) != 0 || std::string(host) != "zippy") return "this host is not called zippy";
  if (access("/dev/zfs", F_OK) != 0) return "there is no /dev/zfs";
  return geteuid() == 0 ? "" : "this user is not root";
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (GTEST_FLAG_GET(list_tests)) return RUN_ALL_TESTS();
  if (const std::string reason = why_not(); !reason.empty()) {
    std::cerr << "lab_tests makes and destroys pools, and runs in the lab's VM only: " << reason
              << ". Use: tests/lab/run -- " << argv[0] << "\n";
    return 2;
  }
  // As the program sets it for itself. zfs looks for a translation of its words otherwise: a quarter of the system
  // calls that a listing takes, which are dear here.
  setenv("LC_ALL", "C", 1);  // NOLINT(concurrency-mt-unsafe)
  ::testing::AddGlobalTestEnvironment(new czb::lab::Pools);
  return RUN_ALL_TESTS();
}
