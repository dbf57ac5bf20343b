// SPDX-License-Identifier: MIT
// Whether the plugin keeps what its kind's interface promises: every check of the conformance kit is a test.
#include <gtest/gtest.h>

#include "cyber-zfs-backup/testing/conformance.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  czb::testing::register_conformance(PLUGIN_FILE, "{prefix: [env, LC_ALL=C]}");
  return RUN_ALL_TESTS();
}
