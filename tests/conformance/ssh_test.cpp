// SPDX-License-Identifier: MIT
// The ssh transport passes the kit, with a real sshd at the other end.
#include <string>

#include "cyber-zfs-backup/testing/run_conformance.h"
#include "sshd_testing.h"

namespace {

TEST(BundledSshTransport, PassesTheConformanceKit) {
  if (!std::filesystem::exists(czb::transport_test::sshd_program)) GTEST_SKIP() << "no sshd here";
  const czb::transport_test::TestSshd server;
  const std::string file = CZB_PLUGINS "/transport-ssh.so";
  const std::string options = "{destination: offsite, config: " + server.config() + "}";
  czb::testing::ConformanceSettings settings;
  settings.cycles = 200;
  settings.stream_bytes = std::uint64_t{1} << 24;
  for (const auto& check : czb::testing::conformance_checks(file)) {
    const auto result = czb::testing::run_conformance_check(file, options, check.name, settings);
    std::string findings;
    for (const std::string& finding : result.findings) findings += "\n  " + finding;
    EXPECT_EQ(result.outcome, czb::testing::ConformanceOutcome::passed) << check.name << findings;
  }
  if (HasFailure()) std::cerr << "sshd says:\n" << server.log();
}

}  // namespace
