// SPDX-License-Identifier: MIT
// The bundled plugins pass the kit, each check a test, as in an author's own program. (ssh needs a server: ssh_test.)
#include "cyber-zfs-backup/testing/conformance.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const std::string plugins = CZB_PLUGINS "/";
  const czb::testing::ConformanceSettings usual;
  czb::testing::register_conformance(plugins + "transport-local.so", "", usual, "BundledLocalTransport");
  czb::testing::register_conformance(plugins + "naming-rfc3339.so", "", usual, "BundledRfc3339Naming");
  czb::testing::register_conformance(plugins + "naming-rfc3339.so", "{prefix: 'auto ', suffix: .daily}", usual,
                                     "BundledRfc3339NamingWithPrefix");
  czb::testing::register_conformance(plugins + "retention-gfs.so", "", usual, "BundledGfsRetention");
  czb::testing::register_conformance(plugins + "retention-gfs.so",
                                     "{hourly: 24, daily: 0, weekly: all, monthly: 1, yearly: 0}", usual,
                                     "BundledGfsRetentionWithHours");
  return RUN_ALL_TESTS();
}
