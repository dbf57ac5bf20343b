// SPDX-License-Identifier: MIT
// The conformance kit as GoogleTests. A plugin's whole test program:
//
//   int main(int argc, char** argv) {
//     testing::InitGoogleTest(&argc, argv);
//     czb::testing::register_conformance(PLUGIN_FILE, "{container: box}");
//     return RUN_ALL_TESTS();
//   }
//
// It registers one test for each check of the plugin's kind: "transport/exit-status" becomes
// TransportConformance.ExitStatus. In CMake: target_link_libraries(… cyber-zfs-backup::conformance GTest::gtest), and
// gtest_discover_tests(… DISCOVERY_MODE PRE_TEST), which asks the program for its tests only once all is built.
#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "cyber-zfs-backup/testing/run_conformance.h"

namespace czb::testing {

namespace conformance_detail {

class ConformanceTest : public ::testing::Test {
 public:
  ConformanceTest(std::string file, std::string options_yaml, ConformanceCheck check, ConformanceSettings settings)
      : file_(std::move(file)), options_yaml_(std::move(options_yaml)), check_(std::move(check)), settings_(settings) {}

  void TestBody() override {
    const ConformanceResult result = run_conformance_check(file_, options_yaml_, check_.name, settings_);
    std::string text = check_.name + ": " + check_.promise;
    for (const std::string& finding : result.findings) text += "\n  " + finding;
    if (result.outcome == ConformanceOutcome::not_applicable) GTEST_SKIP() << text;
    if (result.outcome != ConformanceOutcome::passed) ADD_FAILURE() << file_ << " breaks " << text;
  }

 private:
  std::string file_;
  std::string options_yaml_;
  ConformanceCheck check_;
  ConformanceSettings settings_;
};

// "exit-status" → "ExitStatus": in a test's name, '-' would end the pattern of --gtest_filter.
inline std::string camel_case(const std::string& words) {
  std::string text;
  bool first = true;
  for (const char character : words) {
    if (character == '-' || character == '/') {
      first = true;
      continue;
    }
    text += first && character >= 'a' && character <= 'z' ? static_cast<char>(character - 'a' + 'A') : character;
    first = false;
  }
  return text;
}

}  // namespace conformance_detail

// Registers the tests. `file`: KIND-ID.so, in a folder that only root or this user can write to. It is looked at only
// when a test runs; its name alone must fit by now (throws std::runtime_error). `suite`: the tests' first name, to be
// given where one program tests a plugin with more than one set of options; empty: KINDConformance.
inline void register_conformance(const std::string& file, const std::string& options_yaml = "",
                                 const ConformanceSettings& settings = {}, const std::string& suite = "") {
  for (const ConformanceCheck& check : conformance_checks(file)) {
    const std::string::size_type slash = check.name.find('/');
    const std::string first =
        suite.empty() ? conformance_detail::camel_case(check.name.substr(0, slash)) + "Conformance" : suite;
    const std::string second = conformance_detail::camel_case(check.name.substr(slash + 1));
    ::testing::RegisterTest(first.c_str(), second.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [=]() -> conformance_detail::ConformanceTest* {
                              return new conformance_detail::ConformanceTest(file, options_yaml, check, settings);
                            });
  }
}

}  // namespace czb::testing
