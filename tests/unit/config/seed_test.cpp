// SPDX-License-Identifier: MIT
// The one job that the seed program's options describe (config/seed.h).
#include "config/seed.h"

#include <gmock/gmock.h>

#include "config/load_yaml.h"
#include "error.h"

namespace czb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Options = std::vector<std::pair<std::string, std::string>>;

Options written(const PluginChoice& choice) {
  Options options;
  for (const RawOption& option : choice.options) options.emplace_back(option.name, std::get<std::string>(option.value));
  return options;
}

std::string refusal_of(const SeedOptions& options, const std::string& host = "zippy") {
  try {
    seed_config(options, host);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "(accepted)";
}

SeedOptions dataset(const std::string& name) {
  SeedOptions options;
  options.dataset = name;
  return options;
}

TEST(Seed, DefaultsAreTheSeedProgramsOwn) {
  const Config config = seed_config({}, "zippy");
  EXPECT_EQ(config.source, "the command line");
  ASSERT_EQ(config.jobs.size(), 1U);
  const JobConfig& job = config.jobs[0];
  EXPECT_EQ(job.name, "zippy");
  EXPECT_EQ(job.dataset, "zippy/zippy");
  EXPECT_EQ(job.naming.id, "rfc3339");
  EXPECT_EQ(job.retention.id, "gfs");
  EXPECT_EQ(written(job.retention), Options{}) << "the plugin's own defaults are 31 12 36 and all";
  EXPECT_EQ(job.destroy_limit_percent, 25U);
  ASSERT_EQ(job.targets.size(), 1U);
  const TargetConfig& target = job.targets[0];
  EXPECT_EQ(target.name, "offsite");
  EXPECT_EQ(target.dataset, "offsite/zippy");
  EXPECT_EQ(target.transport.id, "ssh");
  EXPECT_EQ(written(target.transport), (Options{{"destination", "offsite"}}));
  EXPECT_EQ(target.mirror, Mirror::exact);
  EXPECT_FALSE(target.initial_full);
}

TEST(Seed, TakesEveryOption) {
  SeedOptions options = dataset("tank/home/me");
  options.retention_policy = {"7", "8", "all"};
  options.ssh_destination = "backup@Vault.example";
  options.zfs_receive_dataset = "vault/me";
  options.ssh_config = "/etc/ssh/other";
  options.use_sudo = true;
  EXPECT_TRUE(options.any());
  const Config config = seed_config(options, "zippy");
  const JobConfig& job = config.jobs.at(0);
  EXPECT_EQ(job.name, "me");
  EXPECT_EQ(job.dataset, "tank/home/me");
  EXPECT_EQ(written(job.retention), (Options{{"daily", "7"}, {"weekly", "8"}, {"monthly", "all"}}));
  EXPECT_THAT(job.targets.at(0).name, testing::MatchesRegex("backup-vault.example-vault-me-[0-9a-f]+"));
  EXPECT_EQ(job.targets.at(0).dataset, "vault/me");
  EXPECT_EQ(written(job.targets.at(0).transport),
            (Options{{"destination", "backup@Vault.example"}, {"config", "/etc/ssh/other"}, {"use-sudo", "true"}}));
}

TEST(Seed, NoOptionAtAllIsNotAJobOfTheCommandLine) { EXPECT_FALSE(SeedOptions{}.any()); }

TEST(Seed, EachOptionsOriginNamesTheOption) {
  SeedOptions options;
  options.retention_policy = {"x", "1", "1"};
  options.ssh_config = "/x";
  const Config config = seed_config(options, "zippy");
  EXPECT_EQ(config.jobs[0].retention.options.at(0).value_origin, "option --retention-policy");
  EXPECT_EQ(config.jobs[0].targets[0].transport.options.at(1).value_origin, "option --ssh-config");
}

TEST(Seed, WrongDatasetsAreRefusedNamingTheOption) {
  EXPECT_THAT(refusal_of(dataset("tank/a@b")), AllOf(HasSubstr("--dataset"), HasSubstr("tank/a@b")));
  EXPECT_THAT(refusal_of(dataset("-r")), HasSubstr("--dataset"));
  SeedOptions options;
  options.zfs_receive_dataset = "off//site";
  EXPECT_THAT(refusal_of(options), HasSubstr("--zfs-receive-dataset"));
  EXPECT_THAT(refusal_of({}, "9lives"), HasSubstr("HOST/HOST"));
}

TEST(Seed, ARetentionPolicyHasThreeValues) {
  SeedOptions options;
  options.retention_policy = {"31", "12"};
  EXPECT_THAT(refusal_of(options), AllOf(HasSubstr("--retention-policy"), HasSubstr("DAYS WEEKS MONTHS")));
  options.retention_policy = {"31", "12", "36", "5"};
  EXPECT_THAT(refusal_of(options), HasSubstr("was given 4"));
}

TEST(Seed, EveryDestinationMakesATargetNameThatAPropertyMayHave) {
  for (const char* destination : {"offsite", "OFFSITE", "-x", "@host", "[fe80::1]:22", "übermut", "a b", ".", "_x_"}) {
    SeedOptions options;
    options.ssh_destination = destination;
    const std::string name = seed_config(options, "zippy").jobs.at(0).targets.at(0).name;
    EXPECT_FALSE(name.empty()) << destination;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-"), std::string::npos) << name;
    EXPECT_EQ(std::string("._-").find(name.front()), std::string::npos) << name;
  }
}

TEST(Seed, WritesAConfigurationThatReadsBackWhateverTheNames) {
  for (const char* name : {"zippy/zippy", "tank", "tank/a b", "tank/A:1", "tank/_x", "tank/.hidden", "tank/-x"})
    for (const char* destination : {"offsite", "-x", "_x", "@host", "a b"}) {
      SeedOptions options = dataset(name);
      options.ssh_destination = destination;
      options.retention_policy = {"31", "12", "all"};
      const std::string yaml = to_yaml(seed_config(options, "zippy"));
      try {
        EXPECT_EQ(to_yaml(load_yaml_text(yaml, "seed.yaml", "zippy")), yaml);
      } catch (const Error& error) {
        ADD_FAILURE() << name << " to " << destination << ": " << error.what();
      }
    }
}

TEST(Seed, LongNamesAreCutToWhatAConfigurationMayHave) {
  SeedOptions options = dataset("tank/" + std::string(100, 'x'));
  options.ssh_destination = std::string(100, 'y');
  const Config config = seed_config(options, "zippy");
  EXPECT_EQ(config.jobs.at(0).name.size(), 64U);
  EXPECT_EQ(config.jobs.at(0).targets.at(0).name.size(), 64U);
}

// The name is part of the property that records the target's base: sharing it, one place's record would be another's.
TEST(Seed, DifferentPlacesHaveDifferentTargetNames) {
  const auto target_name = [](const std::string& destination, const std::string& dataset) {
    SeedOptions options;
    options.ssh_destination = destination;
    options.zfs_receive_dataset = dataset;
    return seed_config(options, "zippy").jobs.at(0).targets.at(0).name;
  };
  const std::string far = std::string(60, 'x') + ".example";
  EXPECT_NE(target_name("offsite", "tank/a"), target_name("offsite", "tank/b"));
  EXPECT_NE(target_name(far, "tank/a"), target_name(far, "tank/b"));
  EXPECT_NE(target_name("offsite", "tank/a"), target_name("offsite", "tank-a"));
  EXPECT_NE(target_name("offsite", "tank/A"), target_name("offsite", "tank/a"));
}

TEST(Seed, TheHostNameIsUnqualified) {
  const std::string host = unqualified_host_name();
  EXPECT_FALSE(host.empty());
  EXPECT_EQ(host.find('.'), std::string::npos);
}

}  // namespace
}  // namespace czb
