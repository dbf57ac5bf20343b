// SPDX-License-Identifier: MIT
// The YAML configuration: what it means, what is assumed where it says nothing, and how it is written
// back. Mistakes in it: config_error_test.cpp.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/load_yaml.h"
#include "error.h"
#include "fixtures/temporary_folder.h"
#include "process/descriptor.h"

namespace czb {
namespace {

Config load(const std::string& text) { return load_yaml_text(text, "c.yaml", "zippy"); }

std::string text_of(const PluginChoice& choice, std::size_t option) {
  return std::get<std::string>(choice.options.at(option).value);
}

TEST(ConfigTest, TheExampleOfTheDesignMeansWhatItSays) {
  const Config config = load(R"(# a comment
jobs:
  zippy:
    dataset: zippy/zippy
    naming: {plugin: rfc3339}
    retention: {plugin: gfs, daily: 31, weekly: 12, monthly: 36, yearly: all}
    targets:
      offsite:
        dataset: offsite/zippy
        transport: {plugin: ssh, destination: offsite, config: /etc/ssh/cyber-zfs-backup.ssh_config}
)");
  EXPECT_EQ(config.source, "c.yaml");
  ASSERT_EQ(config.jobs.size(), 1U);
  const JobConfig& job = config.jobs[0];
  EXPECT_EQ(job.name, "zippy");
  EXPECT_EQ(job.origin, "c.yaml:3:3");
  EXPECT_EQ(job.dataset, "zippy/zippy");
  EXPECT_EQ(job.naming.id, "rfc3339");
  EXPECT_EQ(job.naming.origin, "c.yaml:5:22");
  EXPECT_EQ(job.retention.id, "gfs");
  ASSERT_EQ(job.retention.options.size(), 4U);
  EXPECT_EQ(job.retention.options[3].name, "yearly");
  EXPECT_EQ(text_of(job.retention, 3), "all");
  EXPECT_EQ(job.retention.options[0].name_origin, "c.yaml:6:30");
  EXPECT_EQ(job.retention.options[0].value_origin, "c.yaml:6:37");
  ASSERT_EQ(job.targets.size(), 1U);
  const TargetConfig& target = job.targets[0];
  EXPECT_EQ(target.name, "offsite");
  EXPECT_EQ(target.dataset, "offsite/zippy");
  EXPECT_EQ(target.transport.id, "ssh");
  ASSERT_EQ(target.transport.options.size(), 2U);
  EXPECT_EQ(text_of(target.transport, 1), "/etc/ssh/cyber-zfs-backup.ssh_config");
}

TEST(ConfigTest, AJobOfDefaultsIsTheSeedProgramsJob) {
  const JobConfig job = load("jobs: {nightly: {targets: {elsewhere: {}}}}").jobs.at(0);
  EXPECT_EQ(job.dataset, "zippy/zippy");
  EXPECT_EQ(job.destroy_limit_percent, 25U);
  EXPECT_EQ(job.naming.id, "rfc3339");
  EXPECT_EQ(job.retention.id, "gfs");
  EXPECT_TRUE(job.retention.options.empty());
  const TargetConfig& target = job.targets.at(0);
  EXPECT_EQ(target.dataset, "offsite/zippy");
  EXPECT_EQ(target.transport.id, "ssh");
  ASSERT_EQ(target.transport.options.size(), 1U);
  EXPECT_EQ(target.transport.options[0].name, "destination");
  EXPECT_EQ(text_of(target.transport, 0), "elsewhere");
  EXPECT_EQ(target.mirror, Mirror::exact);
  EXPECT_FALSE(target.initial_full);
  EXPECT_EQ(target.destroy_limit_percent, 25U);
  EXPECT_EQ(target.properties, TargetConfig::default_properties());
}

TEST(ConfigTest, TargetsMayBeAbsentOrEmpty) {
  for (const std::string text :
       {"jobs: {j: {}}", "jobs: {j: {targets: {}}}", "jobs: {j: {targets: }}", "jobs: {j: {targets: ~}}"}) {
    EXPECT_TRUE(load(text).jobs.at(0).targets.empty()) << text;
  }
}

TEST(ConfigTest, JobsAndTargetsKeepTheirOrder) {
  const Config config = load("jobs:\n  z: {targets: {b: {}, a: {}}}\n  a: {}\n  M.1_x-: {}\n");
  ASSERT_EQ(config.jobs.size(), 3U);
  EXPECT_EQ(config.jobs[0].name, "z");
  EXPECT_EQ(config.jobs[1].name, "a");
  EXPECT_EQ(config.jobs[2].name, "M.1_x-");
  EXPECT_EQ(config.jobs[0].targets[0].name, "b");
}

TEST(ConfigTest, APluginMayBeAWordAlone) {
  const JobConfig job =
      load("jobs: {j: {naming: iso-week, retention: {daily: 3}, targets: {t: {transport: local}}}}").jobs[0];
  EXPECT_EQ(job.naming.id, "iso-week");
  EXPECT_EQ(job.retention.id, "gfs");
  EXPECT_EQ(job.retention.options.size(), 1U);
  EXPECT_EQ(job.targets[0].transport.id, "local");
  EXPECT_TRUE(job.targets[0].transport.options.empty());
}

TEST(ConfigTest, SshWithoutADestinationGoesToTheTargetsName) {
  const TargetConfig target = load("jobs: {j: {targets: {far: {transport: {config: x}}}}}").jobs[0].targets[0];
  ASSERT_EQ(target.transport.options.size(), 2U);
  EXPECT_EQ(target.transport.options[1].name, "destination");
  EXPECT_EQ(text_of(target.transport, 1), "far");
}

TEST(ConfigTest, OptionsKeepTheirTextAndLists) {
  const PluginChoice choice =
      load("jobs: {j: {naming: {plugin: x, a: on, b: 0x1F, c: \"~\", d: '', e: [1, no, 'x y'], f: [], g: 1e3}}}")
          .jobs[0]
          .naming;
  EXPECT_EQ(text_of(choice, 0), "on");
  EXPECT_EQ(text_of(choice, 1), "0x1F");
  EXPECT_EQ(text_of(choice, 2), "~");
  EXPECT_EQ(text_of(choice, 3), "");
  EXPECT_EQ(std::get<std::vector<std::string>>(choice.options[4].value), (std::vector<std::string>{"1", "no", "x y"}));
  EXPECT_TRUE(std::get<std::vector<std::string>>(choice.options[5].value).empty());
  EXPECT_EQ(text_of(choice, 6), "1e3");
}

TEST(ConfigTest, PropertiesAreMergedOverTheDefaultsAndNullMeansTheParents) {
  const auto properties = load(
                              "jobs: {j: {targets: {t: {properties: {readonly: off, compression: ~, canmount: , atime: "
                              "\"~\", com.example:x: yes}}}}}")
                              .jobs[0]
                              .targets[0]
                              .properties;
  const std::map<std::string, std::optional<std::string>> expected = {
      {"atime", "~"},         {"canmount", std::nullopt}, {"com.example:x", "yes"}, {"compression", std::nullopt},
      {"mountpoint", "none"}, {"readonly", "off"}};
  EXPECT_EQ(properties, expected);
}

TEST(ConfigTest, WordsOfATargetAreRead) {
  const TargetConfig target =
      load("jobs: {j: {targets: {t: {mirror: off, initial: full, destroy-limit: 0}}}}").jobs[0].targets[0];
  EXPECT_EQ(target.mirror, Mirror::off);
  EXPECT_TRUE(target.initial_full);
  EXPECT_EQ(target.destroy_limit_percent, 0U);
  EXPECT_EQ(load("jobs: {j: {targets: {t: {mirror: ours}}}}").jobs[0].targets[0].mirror, Mirror::ours);
  EXPECT_EQ(load("jobs: {j: {destroy-limit: 100%}}").jobs[0].destroy_limit_percent, 100U);
}

TEST(ConfigTest, WhatIsNotWrittenOfASelectionOrAnEffortIsTheUsual) {
  const JobConfig job = load("jobs: {j: {targets: {t: {}}}}").jobs.at(0);
  EXPECT_EQ(job.transport.id, "local");
  EXPECT_EQ(job.command_timeout, std::chrono::hours(1));
  EXPECT_TRUE(job.selection.takes_all());
  const TargetConfig& target = job.targets.at(0);
  EXPECT_EQ(target.on_divergence, OnDivergence::abort);
  EXPECT_EQ(target.on_source_gone, OnSourceGone::keep);
  EXPECT_EQ(target.parallel, 1U);
  EXPECT_EQ(target.retries, 3U);
  EXPECT_EQ(target.retry_pause, std::chrono::seconds(10));
  EXPECT_EQ(target.idle_timeout, std::chrono::minutes(30));
  EXPECT_EQ(target.command_timeout, std::chrono::hours(1));
  EXPECT_EQ(target.bandwidth_limit, 0U);
  EXPECT_EQ(target.buffer, 0U);
}

TEST(ConfigTest, ASourceMayBeReachedByAnyTransport) {
  const JobConfig job = load("jobs: {j: {transport: {plugin: ssh, destination: box}, command-timeout: 5m}}").jobs.at(0);
  EXPECT_EQ(job.transport.id, "ssh");
  EXPECT_EQ(text_of(job.transport, 0), "box");
  EXPECT_EQ(job.command_timeout, std::chrono::minutes(5));
}

TEST(ConfigTest, ASelectionIsARootAloneOrPatterns) {
  const Selection root_alone = load("jobs: {j: {recursive: false}}").jobs.at(0).selection;
  EXPECT_FALSE(root_alone.recursive);
  const Selection some = load("jobs: {j: {recursive: true, exclude: [cache, 'vm/*/tmp']}}").jobs.at(0).selection;
  EXPECT_TRUE(some.recursive);
  EXPECT_EQ(some.exclude, (std::vector<std::string>{"cache", "vm/*/tmp"}));
  for (const std::string nothing : {"[]", "~", ""})
    EXPECT_TRUE(load("jobs: {j: {exclude: " + nothing + "}}").jobs.at(0).selection.takes_all()) << nothing;
}

TEST(ConfigTest, AJobMayBeThereForSomeActionsOnly) {
  EXPECT_EQ(load("jobs: {j: {}}").jobs.at(0).actions, all_actions());
  const JobConfig expiring = load("jobs: {j: {actions: [expire]}}").jobs.at(0);
  EXPECT_TRUE(expiring.expires_received());
  const JobConfig pulling = load("jobs: {j: {actions: [push, expire], targets: {t: {}}}}").jobs.at(0);
  EXPECT_EQ(pulling.actions, (std::set<Action>{Action::push, Action::expire}));
  EXPECT_TRUE(pulling.expires_received());
  EXPECT_FALSE(load("jobs: {j: {}}").jobs.at(0).expires_received());
  EXPECT_FALSE(load("jobs: {j: {actions: [snapshot, expire]}}").jobs.at(0).expires_received());
  EXPECT_FALSE(load("jobs: {j: {actions: [push]}}").jobs.at(0).expires_received());
}

TEST(ConfigTest, TheEffortOfATargetIsRead) {
  const TargetConfig target =
      load(
          "jobs: {j: {targets: {t: {on-divergence: rollback, on-source-gone: destroy, at-rest: encrypt, parallel: 64, "
          "retries: 0, "
          "retry-pause: 0, idle-timeout: 2h, command-timeout: 1d, bandwidth-limit: 10M, buffer: 1G}}}}")
          .jobs[0]
          .targets[0];
  EXPECT_EQ(target.on_divergence, OnDivergence::rollback);
  EXPECT_EQ(target.on_source_gone, OnSourceGone::destroy);
  EXPECT_EQ(target.at_rest, AtRest::encrypt);
  EXPECT_EQ(target.parallel, 64U);
  EXPECT_EQ(target.retries, 0U);
  EXPECT_EQ(target.retry_pause, std::chrono::seconds(0));
  EXPECT_EQ(target.idle_timeout, std::chrono::hours(2));
  EXPECT_EQ(target.command_timeout, std::chrono::hours(24));
  EXPECT_EQ(target.bandwidth_limit, 10U << 20U);
  EXPECT_EQ(target.buffer, 1U << 30U);
}

TEST(ConfigTest, AnchorsAndAliasesStandForTheirValue) {
  const Config config =
      load("jobs:\n  a: {retention: &r {daily: 3}, dataset: &d tank/a}\n  b: {retention: *r, dataset: *d}\n");
  EXPECT_EQ(config.jobs[1].dataset, "tank/a");
  EXPECT_EQ(text_of(config.jobs[1].retention, 0), "3");
}

TEST(ConfigTest, ADocumentMayHaveItsMarkers) {
  for (const std::string text :
       {"---\njobs: {j: {}}\n...\n", "%YAML 1.2\n---\njobs: {j: {}}", "jobs: {j: {}}\n...\n# end\n"}) {
    EXPECT_EQ(load(text).jobs.size(), 1U) << text;
  }
}

TEST(ConfigTest, WindowsLineEndsAndAByteOrderMarkAreFine) {
  EXPECT_EQ(load("\xef\xbb\xbfjobs:\r\n  j:\r\n    dataset: tank\r\n").jobs[0].dataset, "tank");
}

TEST(ConfigFileTest, IsReadFromDisk) {
  const TemporaryFolder folder;
  const Config config = load_yaml_file(folder.file("c.yaml", "jobs: {j: {}}\n"), "zippy");
  EXPECT_EQ(config.source, folder / "c.yaml");
  EXPECT_EQ(config.jobs.at(0).dataset, "zippy/zippy");
}

TEST(ConfigFileTest, IsRefusedWhenOthersCanWriteItOrAFolderAboveIt) {
  const TemporaryFolder folder;
  const std::string file = folder.file("c.yaml", "jobs: {j: {}}\n");
  ASSERT_EQ(::chmod(file.c_str(), 0664), 0);
  EXPECT_THROW(load_yaml_file(file, "zippy"), Error);
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  EXPECT_NO_THROW(load_yaml_file(file, "zippy"));
  ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
  EXPECT_THROW(load_yaml_file(file, "zippy"), Error);
}

TEST(ConfigFileTest, IsReadFromWhatIsPiped) {
  Pipe pipe = make_pipe();
  const std::string text = "jobs: {j: {dataset: a/b}}";
  ASSERT_EQ(::write(pipe.write.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  pipe.write.reset();
  const Config config = load_yaml_file("/dev/fd/" + std::to_string(pipe.read.get()), "zippy");
  ASSERT_EQ(config.jobs.size(), 1U);
  EXPECT_EQ(config.jobs[0].dataset, "a/b");
}

TEST(ConfigFileTest, SaysWhyItCannotBeRead) {
  const TemporaryFolder folder;
  const auto error = [](const std::string& path) -> std::string {
    try {
      load_yaml_file(path, "zippy");
    } catch (const Error& caught) {
      EXPECT_EQ(caught.code(), ExitCode::usage);
      return caught.what();
    }
    return "none";
  };
  EXPECT_EQ(error("/nonexistent/c.yaml"),
            "cannot read the configuration /nonexistent/c.yaml: No such file or directory");
  EXPECT_EQ(error(folder.path()), "cannot read the configuration " + folder.path() + ": Is a directory");
  EXPECT_NE(error("/dev/zero").find("larger than 1 MiB"), std::string::npos);
}

TEST(ToYamlTest, WritesEverythingOutAndReadsBackTheSame) {
  const std::string text =
      to_yaml(load("jobs: {j: {retention: {daily: all}, targets: {t: {properties: {compression: ~}}}}}"));
  EXPECT_EQ(text, R"(jobs:
  j:
    dataset: zippy/zippy
    destroy-limit: 25%
    transport:
      plugin: local
    command-timeout: 3600s
    actions: [snapshot, expire, push]
    recursive: true
    exclude: []
    naming:
      plugin: rfc3339
    retention:
      plugin: gfs
      daily: all
    targets:
      t:
        dataset: offsite/zippy
        transport:
          plugin: ssh
          destination: t
        mirror: exact
        initial: refuse
        destroy-limit: 25%
        on-divergence: abort
        on-source-gone: keep
        at-rest: as-sent
        parallel: 1
        retries: 3
        retry-pause: 10s
        idle-timeout: 1800s
        command-timeout: 3600s
        bandwidth-limit: 0
        buffer: 0
        properties:
          canmount: noauto
          compression: ~
          mountpoint: none
          readonly: on
)");
  EXPECT_EQ(to_yaml(load(text)), text);
}

TEST(ConfigTest, EncryptionThatIsLeftOutIsLeftToThePlace) {
  const auto target = [](const std::string& words) {
    return load("jobs: {j: {targets: {t: {" + words + "}}}}").jobs[0].targets[0];
  };
  EXPECT_EQ(target("").at_rest, AtRest::as_sent);
  const TargetConfig said = target("properties: {encryption: ~}");
  EXPECT_EQ(said.at_rest, AtRest::encrypt);
  EXPECT_EQ(said.properties, TargetConfig::default_properties());
  EXPECT_NE(to_yaml(load("jobs: {j: {targets: {t: {properties: {encryption: ~}}}}}")).find("at-rest: encrypt"),
            std::string::npos);
}

TEST(ToYamlTest, ReadsBackASelectionAndAnEffort) {
  const std::string text = to_yaml(load(
      "jobs: {j: {transport: {plugin: ssh, destination: box}, command-timeout: 5m, recursive: true, "
      "exclude: ['a b', 'vm/*', '\"'], targets: {t: {on-divergence: rollback, on-source-gone: destroy, parallel: 2, "
      "retries: 1, retry-pause: 1m, idle-timeout: 0, command-timeout: 90s, bandwidth-limit: 1K, buffer: 1M}}}}"));
  for (const std::string line :
       {"      destination: box\n", "    command-timeout: 300s\n", "    exclude: [\"a b\", \"vm/*\", \"\\\"\"]\n",
        "        on-divergence: rollback\n", "        on-source-gone: destroy\n", "        parallel: 2\n",
        "        retries: 1\n", "        retry-pause: 60s\n", "        idle-timeout: 0s\n",
        "        command-timeout: 90s\n", "        bandwidth-limit: 1024\n", "        buffer: 1048576\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  EXPECT_EQ(to_yaml(load(text)), text);
}

}  // namespace
}  // namespace czb
