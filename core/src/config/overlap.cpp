// SPDX-License-Identifier: MIT
#include "config/overlap.h"

#include <algorithm>

namespace czb {
namespace {

bool same_place(const PluginChoice& a, const PluginChoice& b) {
  return a.id == b.id && std::equal(a.options.begin(), a.options.end(), b.options.begin(), b.options.end(),
                                    [](const RawOption& one, const RawOption& other) {
                                      return one.name == other.name && one.value == other.value;
                                    });
}

bool takes(const Selection& selection, const std::string& root, const std::string& dataset) {
  const std::optional<std::string> relative = relative_name(dataset, root);
  return relative && (relative->empty() || (selection.recursive && !selection.excludes(*relative)));
}

bool same_source(const JobConfig& a, const JobConfig& b) {
  return same_place(a.transport, b.transport) &&
         (takes(a.selection, a.dataset, b.dataset) || takes(b.selection, b.dataset, a.dataset));
}

bool same_target(const TargetConfig& a, const TargetConfig& b) {
  return same_place(a.transport, b.transport) &&
         (relative_name(a.dataset, b.dataset) || relative_name(b.dataset, a.dataset));
}

}  // namespace

void find_overlaps(Config& config) {
  for (JobConfig& job : config.jobs) {
    for (const JobConfig& other : config.jobs)
      if (&other != &job && same_source(job, other)) job.others.push_back("job " + other.name);
    for (TargetConfig& target : job.targets) {
      // What another job expires at the source is missing there for this one's mirror, too.
      target.others = job.others;
      for (const JobConfig& other : config.jobs)
        for (const TargetConfig& its : other.targets) {
          const std::string name = "job " + other.name;
          const bool is_told = std::find(target.others.begin(), target.others.end(), name) != target.others.end();
          if (&other != &job && !is_told && same_target(target, its)) target.others.push_back(name);
        }
    }
  }
}

}  // namespace czb
