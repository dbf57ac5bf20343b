// SPDX-License-Identifier: MIT
// Carries out the steps of a push as ZFS would, and fails the property where ZFS would refuse one (OpenZFS 2.1.11) or
// where a step breaks one of the rules that protect data. What a step leaves behind is plan/predict.h's.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "plan/predict.h"
#include "plan/prepare.h"
#include "plan/push.h"
#include "zfs/inventory.h"

namespace czb::test {

class CarefulZfs {
 public:
  CarefulZfs(const Inventory& source, Inventory& target) : source_(source), target_(target) {}

  void perform(const Preparation& preparation, bool may_destroy) {
    for (const PreparationStep& each : preparation.steps) {
      ++steps_;
      std::visit([&](const auto& step) { prepare(step, may_destroy); }, each.step);
    }
  }

  void perform(const PushPlan& plan) {
    perform(plan, &DatasetPlan::steps);
    if (plan.send) send(*plan.send);
    perform(plan, &DatasetPlan::then);
  }

  std::size_t steps() const { return steps_; }

 private:
  using Steps = std::vector<Step> DatasetPlan::*;

  void perform(const PushPlan& plan, Steps steps) {
    std::vector<const DatasetPlan*> waiting;
    for (const DatasetPlan& each : plan.datasets)
      if (!(each.*steps).empty()) waiting.push_back(&each);
    while (!waiting.empty()) {
      const std::size_t before = waiting.size();
      std::erase_if(waiting, [&](const DatasetPlan* each) {
        return may_start(*each, waiting) && performed(*each, each->*steps);
      });
      RC_ASSERT(waiting.size() < before);  // else each waits for another
    }
  }

  static bool may_start(const DatasetPlan& plan, const std::vector<const DatasetPlan*>& waiting) {
    return std::none_of(waiting.begin(), waiting.end(), [&](const DatasetPlan* other) {
      return std::find(plan.after.begin(), plan.after.end(), other->relative) != plan.after.end();
    });
  }

  bool performed(const DatasetPlan& plan, const std::vector<Step>& steps) {
    RC_ASSERT((plan.outcome != Outcome::kept_back && plan.outcome != Outcome::failed));
    for (const Step& step : steps) {
      ++steps_;
      if (const auto* one = std::get_if<SendDataset>(&step))
        send(*one, plan.relative);
      else
        resume(std::get<ResumeSend>(step), plan.relative);
    }
    return true;
  }

  // A dataset of the source that the job takes, and the snapshots of it in (after, to].
  const Dataset& taken(const std::string& relative) {
    const Dataset* here = source_.find(relative);
    RC_ASSERT((here != nullptr));
    return *here;
  }

  void lacks_all(const Dataset& here, const Dataset* there, std::uint64_t after, const Snapshot& to) {
    if (there == nullptr) return;
    for (const Snapshot& s : here.snapshots)
      if (s.createtxg > after && s.createtxg <= to.createtxg) RC_ASSERT((there->find_by_guid(s.guid) == nullptr));
  }

  void has_parent(const std::string& relative) {
    const auto parent = parent_of(relative);
    RC_ASSERT((!parent || target_.find(*parent) != nullptr));
  }

  void continues_from(const Dataset* there, std::uint64_t guid) {
    RC_ASSERT((there != nullptr && there->resume_token.empty() && there->written == 0));
    RC_ASSERT((there->newest() != nullptr && there->newest()->guid == guid));
  }

  void send(const SendDataset& step, const std::string& relative) {
    const Dataset& here = taken(relative);
    const Dataset* there = target_.find(relative);
    RC_ASSERT(step.source == source_.full_name(relative));
    RC_ASSERT(step.target == (relative.empty() ? "far/tank" : "far/tank/" + relative));
    const Snapshot* to = here.find_by_name(step.to);
    RC_ASSERT((to != nullptr));
    has_parent(relative);
    std::uint64_t after = 0;
    if (step.from == SendFrom::nothing) {
      RC_ASSERT((there == nullptr && to == &here.snapshots.front()));
    } else if (step.from == SendFrom::snapshot) {
      const Snapshot* base = here.find_by_name(step.base);
      RC_ASSERT((base != nullptr && base->createtxg < to->createtxg));
      continues_from(there, base->guid);
      after = base->createtxg;
    } else {
      RC_ASSERT(step.from == SendFrom::bookmark);
      const auto base = std::find_if(here.bookmarks.begin(), here.bookmarks.end(),
                                     [&](const Bookmark& bookmark) { return bookmark.name == step.base; });
      RC_ASSERT((base != here.bookmarks.end() && base->createtxg < to->createtxg));
      continues_from(there, base->guid);
      after = to->createtxg - 1;
    }
    lacks_all(here, there, after, *to);
    predict(step, source_, target_);
    RC_ASSERT(target_.find(relative)->newest()->guid == to->guid);
  }

  void resume(const ResumeSend& step, const std::string& relative) {
    const Dataset& here = taken(relative);
    const Dataset* there = target_.find(relative);
    RC_ASSERT((there != nullptr && !step.token.empty() && there->resume_token == step.token));
    RC_ASSERT((there->partial && there->partial->problem.empty()));
    const Snapshot* to = here.find_by_name(step.to);
    RC_ASSERT((to != nullptr && to->guid == there->partial->to_guid && there->find_by_guid(to->guid) == nullptr));
    RC_ASSERT(there->partial->from_guid == (there->snapshots.empty() ? 0 : there->newest()->guid));
    predict(step, source_, target_);
    RC_ASSERT(target_.find(relative)->newest()->guid == to->guid);
    RC_ASSERT(target_.find(relative)->resume_token.empty());
  }

  void send(const SendTree& step) {
    ++steps_;
    RC_ASSERT((step.source_root == source_.root && step.target_root == "far/tank"));
    const Snapshot* root_to = taken("").find_by_name(step.to);
    RC_ASSERT((root_to != nullptr));
    std::map<std::string, const Dataset*> tree;
    for (const auto* datasets : {&source_.datasets, &source_.excluded})
      for (const auto& [relative, here] : *datasets) tree[relative] = &here;
    std::set<std::string> skipped;
    std::set<std::string> arriving;
    for (const auto& [relative, here] : tree) {
      if (const auto parent = parent_of(relative); parent && skipped.count(*parent) != 0) {
        skipped.insert(relative);
        continue;
      }
      const Snapshot* to = here->find_by_name(step.to);
      if (to == nullptr) {
        RC_ASSERT((here->createtxg > root_to->createtxg || step.skip_missing));
        if (here->createtxg <= root_to->createtxg) skipped.insert(relative);
        continue;
      }
      RC_ASSERT((source_.find(relative) != nullptr));  // else it carries what the job leaves out
      const Dataset* there = target_.find(relative);
      const Snapshot* base = step.base ? here->find_by_name(*step.base) : nullptr;
      if (base == nullptr) {
        RC_ASSERT((there == nullptr));
        const auto parent = parent_of(relative);
        RC_ASSERT((!parent || target_.find(*parent) != nullptr || arriving.count(*parent) != 0));
        arriving.insert(relative);
      } else {
        RC_ASSERT(base->createtxg < to->createtxg);
        continues_from(there, base->guid);
        lacks_all(*here, there, base->createtxg, *to);
      }
    }
    predict(step, source_, target_);
  }

  template <class TargetStep>
  void prepare([[maybe_unused]] const TargetStep& step, bool) {
    if constexpr (std::is_same_v<TargetStep, RenameDataset>) {
      const std::string to = relative_name(step.to, target_.root).value();
      RC_ASSERT((target_.find(to) == nullptr && target_.find(parent_of(to).value()) != nullptr));
      RC_ASSERT(target_.find(relative_name(step.from, target_.root).value()) != nullptr);
      RC_ASSERT(!is_below(step.to, step.from));
    } else if constexpr (std::is_same_v<TargetStep, AbortReceive>) {
      RC_ASSERT(!target_.find(relative_name(step.target, target_.root).value())->resume_token.empty());
    } else if constexpr (std::is_same_v<TargetStep, RenameSnapshot>) {
      for (const auto& [relative, there] : target_.datasets) {
        const std::string name = target_.full_name(relative);
        const bool in = name == step.dataset || (step.recursive && is_below(name, step.dataset));
        const Snapshot* renamed = in ? there.find_by_name(step.from) : nullptr;
        RC_ASSERT((renamed != nullptr || name != step.dataset));
        if (renamed == nullptr) continue;
        RC_ASSERT(there.find_by_name(step.to) == nullptr);
        const Snapshot* same = taken(relative).find_by_guid(renamed->guid);
        RC_ASSERT((same != nullptr && same->name != step.from));
      }
    } else if constexpr (!std::is_same_v<TargetStep, PromoteDataset>) {
      RC_FAIL("no such step prepares a push");
    }
    if constexpr (std::is_same_v<TargetStep, RenameDataset> || std::is_same_v<TargetStep, RenameSnapshot> ||
                  std::is_same_v<TargetStep, AbortReceive> || std::is_same_v<TargetStep, PromoteDataset>)
      predict(step, target_);
  }

  void prepare(const DestroySnapshots& step, bool may_destroy) {
    RC_ASSERT((may_destroy && !step.recursive && step.side == Side::target));
    for (const std::string& name : step.names) {
      const Snapshot* going = target_.find(step.relative)->find_by_name(name);
      RC_ASSERT((going != nullptr && going->holds == 0 && !going->has_clones));
      RC_ASSERT((taken(step.relative).find_by_guid(going->guid) == nullptr));
    }
    predict(step, target_);
  }

  void prepare(const RollBack& step, bool may_destroy) {
    RC_ASSERT(may_destroy);
    const std::string relative = relative_name(step.dataset, target_.root).value();
    RC_ASSERT(target_.find(relative)->newest()->name == step.snapshot);
    predict(step, target_);
  }

  const Inventory& source_;
  Inventory& target_;
  std::size_t steps_ = 0;
};

}  // namespace czb::test
