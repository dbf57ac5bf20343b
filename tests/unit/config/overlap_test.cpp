// SPDX-License-Identifier: MIT
#include "config/overlap.h"

#include <gmock/gmock.h>

namespace czb {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PluginChoice local() { return {"local", "", {}}; }
PluginChoice ssh(const std::string& destination) {
  return {"ssh", "", {{"destination", destination, "line " + destination, "there"}}};
}

JobConfig job(const std::string& name, const std::string& dataset, const std::string& target = "",
              const PluginChoice& target_transport = local()) {
  JobConfig job;
  job.name = name;
  job.dataset = dataset;
  if (target.empty()) return job;
  job.targets.emplace_back();
  job.targets.back().dataset = target;
  job.targets.back().transport = target_transport;
  return job;
}

Config overlapping(std::vector<JobConfig> jobs) {
  Config config;
  config.jobs = std::move(jobs);
  find_overlaps(config);
  return config;
}

TEST(Overlap, OfSources) {
  const Config config =
      overlapping({job("a", "tank/home"), job("b", "tank/home/x"), job("c", "tank/homes"), job("d", "tank/home")});
  EXPECT_THAT(config.jobs[0].others, ElementsAre("job b", "job d"));
  EXPECT_THAT(config.jobs[1].others, ElementsAre("job a", "job d"));
  EXPECT_THAT(config.jobs[2].others, IsEmpty());
}

TEST(Overlap, NotWithWhatAJobLeavesOut) {
  JobConfig parent = job("a", "tank");
  parent.selection.exclude = {"x"};
  EXPECT_THAT(overlapping({parent, job("b", "tank/x")}).jobs[1].others, IsEmpty());
  parent.selection = {};
  parent.selection.recursive = false;
  EXPECT_THAT(overlapping({parent, job("b", "tank/x")}).jobs[1].others, IsEmpty());
}

TEST(Overlap, NotWithAnotherHost) {
  JobConfig remote = job("b", "tank/home");
  remote.transport = ssh("far");
  EXPECT_THAT(overlapping({job("a", "tank/home"), remote}).jobs[0].others, IsEmpty());
}

TEST(Overlap, OfTargetsEachOtherJobOnce) {
  const Config config =
      overlapping({job("a", "tank/a", "far/x", ssh("far")), job("b", "tank/b", "far/x/y", ssh("far")),
                   job("c", "tank/c", "far/x", ssh("other")), job("d", "tank/a", "far/x", ssh("far"))});
  EXPECT_THAT(config.jobs[0].targets[0].others, ElementsAre("job d", "job b"));
  EXPECT_THAT(config.jobs[2].targets[0].others, IsEmpty());
}

}  // namespace
}  // namespace czb
