// SPDX-License-Identifier: MIT
// Which far ends a configuration has, and what a key there is for (setup/far_end.h).
#include "setup/far_end.h"

#include <gmock/gmock.h>

#include "config/load_yaml.h"
#include "config/seed.h"
#include "setup/setup_testing.h"

namespace czb::setup {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Config config_of(const std::string& jobs) { return load_yaml_text("jobs:\n" + jobs, "test.yaml", "zippy"); }

const std::string home_to_offsite =
    "  home:\n    dataset: tank/home\n    targets:\n      offsite:\n        dataset: vault/home\n        transport: "
    "ssh\n";

TEST(SetupFarEnds, TheSeedsJobGoesToOffsite) {
  const auto far_ends = far_ends_of(seed_config({}, "zippy"));
  ASSERT_EQ(far_ends.size(), 1U);
  EXPECT_EQ(far_ends[0].destination, "offsite");
  EXPECT_EQ(far_ends[0].config, std::nullopt);
  EXPECT_THAT(far_ends[0].datasets, ElementsAre("offsite/zippy"));
  EXPECT_EQ(root_of(far_ends[0], std::nullopt), "offsite/zippy");
  EXPECT_EQ(mode_of(far_ends[0], std::nullopt), Mode::append_only);
}

TEST(SetupFarEnds, ASourceThatIsPulledFromIsOneToo) {
  const auto far_ends = far_ends_of(config_of(
      "  mail:\n    dataset: tank/mail\n    transport: {plugin: ssh, destination: mail, config: /c, options: [A=b]}\n"
      "    targets: {here: {dataset: vault/mail, transport: local}}\n"));
  ASSERT_EQ(far_ends.size(), 1U);
  EXPECT_EQ(far_ends[0].destination, "mail");
  EXPECT_EQ(far_ends[0].config, "/c");
  EXPECT_THAT(far_ends[0].options, ElementsAre("A=b"));
  EXPECT_THAT(far_ends[0].users, ElementsAre("the source of job mail"));
  EXPECT_THAT(far_ends[0].datasets, ElementsAre("tank/mail"));
  EXPECT_EQ(mode_of(far_ends[0], std::nullopt), Mode::pull);
}

TEST(SetupFarEnds, JobsWithoutSshHaveNone) {
  EXPECT_THAT(far_ends_of(config_of("  a:\n    dataset: tank/a\n    targets: {b: {dataset: c/d, transport: local}}\n")),
              IsEmpty());
}

TEST(SetupFarEnds, TwoJobsOverOneConnectionAreOneFarEndAndNeedARoot) {
  const auto far_ends = far_ends_of(
      config_of(home_to_offsite +
                "  mail:\n    dataset: tank/mail\n    targets: {offsite: {dataset: vault/mail, transport: ssh}}\n"));
  ASSERT_EQ(far_ends.size(), 1U);
  EXPECT_THAT(far_ends[0].datasets, ElementsAre("vault/home", "vault/mail"));
  EXPECT_THAT(refusal_of([&] { root_of(far_ends[0], std::nullopt); }), HasSubstr("Give --root vault for one key"));
  EXPECT_EQ(root_of(far_ends[0], "vault"), "vault");
}

TEST(SetupFarEnds, ARootMustHoldEveryDatasetAndNameCousinsDoNotCount) {
  FarEnd far_end;
  far_end.destination = "offsite";
  far_end.datasets = {"offsite/zippy"};
  EXPECT_EQ(root_of(far_end, "offsite"), "offsite");
  EXPECT_THAT(refusal_of([&] { root_of(far_end, "offsite/zip"); }), HasSubstr("is not below offsite/zip"));
  EXPECT_THAT(refusal_of([&] { root_of(far_end, "-x"); }), HasSubstr("is not a dataset name"));
  far_end.datasets = {"a/x", "b/x"};
  EXPECT_THAT(refusal_of([&] { root_of(far_end, std::nullopt); }), HasSubstr("They are in several pools"));
}

TEST(SetupFarEnds, OneKeyDoesNotBothPushAndPull) {
  FarEnd far_end;
  far_end.pushed_to = far_end.pulled_from = true;
  EXPECT_THAT(refusal_of([&] { mode_of(far_end, std::nullopt); }), HasSubstr("both pushed to and pulled from"));
  far_end.pulled_from = false;
  EXPECT_EQ(mode_of(far_end, "mirror"), Mode::mirror);
  EXPECT_THAT(refusal_of([&] { mode_of(far_end, "pull"); }),
              HasSubstr("pushed to, with the mode append-only or mirror"));
  EXPECT_THAT(refusal_of([&] { mode_of(far_end, "everything"); }), HasSubstr("is append-only, mirror or pull"));
}

TEST(SetupFarEnds, ADestinationThatSshWouldTakeForAnOptionIsRefused) {
  for (const char* destination : {"-oProxyCommand=x", "root@-x", "a b", ""}) {
    Config config = seed_config({}, "zippy");
    config.jobs[0].targets[0].transport.options[0].value = destination;
    EXPECT_THAT(refusal_of([&] { far_ends_of(config); }), HasSubstr("is no destination for ssh")) << destination;
  }
}

TEST(SetupFarEnds, TheHostOfADestination) {
  for (const auto& [destination, host] : {std::pair{"offsite", "offsite"},
                                          {"root@offsite", "offsite"},
                                          {"ssh://root@offsite:22", "offsite"},
                                          {"ssh://[::1]:22", "::1"},
                                          {"ssh://offsite/", "offsite"},
                                          {"a@b@c.example", "c.example"}})
    EXPECT_EQ(host_in(destination), host);
  for (const char* pattern : {"off*", "a,b", "!x", "%h", "root@", "a\"b"})
    EXPECT_THAT(refusal_of([&] { host_in(pattern); }), HasSubstr("cannot stand in a Host line")) << pattern;
}

}  // namespace
}  // namespace czb::setup
