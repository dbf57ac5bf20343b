// SPDX-License-Identifier: MIT
// However a tree came to a target (in one stream, dataset by dataset, what was behind or missing by itself, in pieces),
// all of it has the same properties there.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "converge_world.h"

namespace czb {
namespace {

using model::DatasetState;
using model::ModelTransport;
using test::ConvergeWorld;
using test::root_here;
using test::root_there;

enum class Way { tree, tree_again, one_by_one, behind, missing, interrupted, interrupted_again };

constexpr std::array other_ways = {Way::tree_again, Way::one_by_one,  Way::behind,
                                   Way::missing,    Way::interrupted, Way::interrupted_again};

constexpr std::array words = {"tree",    "tree, again", "one by one",        "behind",
                              "missing", "interrupted", "interrupted, again"};

struct Native {
  const char* name;
  bool of_filesystems;
  bool of_volumes;
};

constexpr std::array natives = {
    Native{"canmount", true, false},         Native{"quota", true, false},         Native{"refquota", true, false},
    Native{"filesystem_limit", true, false}, Native{"atime", true, false},         Native{"mountpoint", true, false},
    Native{"reservation", true, true},       Native{"refreservation", true, true}, Native{"snapshot_limit", true, true},
    Native{"compression", true, true},       Native{"readonly", true, true},       Native{"volmode", true, true},
    Native{"site:note", true, true}};

struct Setting {
  unsigned dataset;
  unsigned property;
  unsigned value;
};

struct Scenario {
  unsigned seed = 0;
  bool encrypted = false;
  std::vector<unsigned> datasets;  // how each child is made
  std::vector<Setting> before;     // the first snapshot
  std::vector<Setting> between;    // the first snapshot and the second
  ReceivedProperties configured = TargetConfig::default_properties();
  unsigned where = 0;
  unsigned bytes = 0;
};

void set_all(const ConvergeWorld& world, const std::vector<Setting>& settings) {
  const model::Words names = world.datasets();
  for (const Setting& each : settings) {
    const std::string& name = names[each.dataset % names.size()];
    const Native& native = natives.at(each.property % natives.size());
    if (!(world.here->find(name)->volume ? native.of_volumes : native.of_filesystems)) continue;
    if (each.value % 4 == 0)
      world.zfs({"inherit", native.name, name});
    else
      world.zfs({"set", native.name + ("=" + std::to_string(each.value % 4)), name});
  }
}

void take(const ConvergeWorld& world, const std::string& snapshot) {
  for (const std::string& name : world.datasets()) world.here->write(name, 90);
  world.zfs({"snapshot", "-r", root_here + "@" + snapshot});
}

void make_children(const ConvergeWorld& world, const std::vector<unsigned>& shapes) {
  unsigned number = 0;
  for (const unsigned shape : shapes) {
    const model::Words names = world.datasets();
    const std::string child = names[shape / 8 % names.size()] + "/d" + std::to_string(++number);
    if (shape % 8 < 3)
      world.zfs({"create", "-V", "1M", child});
    else
      world.zfs({"create", child});
  }
}

JobReport push(ConvergeWorld& world) {
  return world.run([](ModelTransport&, ModelTransport&) {}, false, {Action::push});
}

// What became of each dataset.
std::map<std::string, Outcome> push_well(ConvergeWorld& world) {
  std::map<std::string, Outcome> outcomes;
  JobReport report;
  for (int i = 0; i < 3; ++i) {
    report = push(world);
    for (const auto& [relative, each] : report.targets.front().outcomes)
      if (each.outcome != Outcome::up_to_date) outcomes[relative] = each.outcome;
    if (report.code() == ExitCode::ok) return outcomes;
  }
  for (const std::string& error : report.targets.front().push.errors) RC_LOG() << error << "\n";
  RC_FAIL("a push without faults fails");
  return {};
}

bool has_a_part(const ConvergeWorld& world) {
  const model::Words names = world.there->names();
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return world.there->find(name)->partial.has_value(); });
}

// In the middle of a snapshot's payload, if need be with another try: what is cut before leaves nothing.
void push_cut(ConvergeWorld& world, const Scenario& scenario) {
  constexpr unsigned less_than_a_payload = 60;
  world.job.targets.front().retries = 0;
  for (unsigned tries = 0; tries < 10 && !has_a_part(world); ++tries)
    world.run(
        [&](ModelTransport&, ModelTransport& target) {
          target.cut_receive(scenario.where % 2, scenario.bytes + tries * less_than_a_payload);
        },
        false, {Action::push});
  world.job.targets.front().retries = 3;
}

// By its relative name; none where there are none.
std::string some_child(const ConvergeWorld& world, unsigned where) {
  const model::Words names = world.datasets();
  return names.size() == 1 ? "" : names[1 + where % (names.size() - 1)].substr(root_here.size() + 1);
}

void go(ConvergeWorld& world, Way way, const Scenario& scenario) {
  const bool at_once = way == Way::tree || way == Way::one_by_one || way == Way::interrupted;
  const auto at_target = [&](const model::Words& command) { RC_ASSERT(world.there->command(command).status == 0); };
  world.job.targets.front().parallel = way == Way::one_by_one ? 3 : 1;
  set_all(world, scenario.before);
  take(world, "1");
  if (!at_once) push_well(world);
  set_all(world, scenario.between);
  take(world, "2");
  const bool is_cut = way == Way::interrupted || way == Way::interrupted_again;
  if (is_cut) push_cut(world, scenario);
  const std::map<std::string, Outcome> outcomes = push_well(world);
  if (is_cut)
    RC_CLASSIFY(
        std::any_of(outcomes.begin(), outcomes.end(), [](const auto& each) { return each.second == Outcome::resumed; }),
        "resumed");
  if (way == Way::interrupted_again) {  // what is finished has the properties that it began with, until the next stream
    take(world, "3");
    push_well(world);
  }
  const std::string child = some_child(world, scenario.where);
  if (child.empty() || (way != Way::behind && way != Way::missing)) return;
  if (way == Way::behind) {
    at_target({"zfs", "destroy", root_there + "/" + child + "@2"});
    at_target({"zfs", "rollback", root_there + "/" + child + "@1"});
  } else {
    at_target({"zfs", "destroy", "-r", root_there + "/" + child});
  }
  RC_ASSERT(push_well(world).count(child) == 1);
}

struct Value {
  std::optional<std::string> effective;
  std::optional<std::string> local;
  std::optional<std::string> received;
  bool operator==(const Value&) const = default;
};

void showValue(const Value& value, std::ostream& out) {
  out << value.effective.value_or("-") << " (local " << value.local.value_or("-") << ", received "
      << value.received.value_or("-") << ")";
}

// "DATASET PROPERTY" → what it has.
std::map<std::string, Value> all_there(const ConvergeWorld& world) {
  std::map<std::string, Value> all;
  for (const std::string& name : world.there->names()) {
    const DatasetState& state = *world.there->find(name);
    for (const Native& native : natives) {
      const auto found = state.properties.find(native.name);
      Value value;
      value.effective = world.there->property(name, native.name);
      if (found != state.properties.end()) {
        value.local = found->second.local;
        value.received = found->second.received;
      }
      all.emplace(name + " " + native.name, value);
    }
  }
  return all;
}

// A first full of an encrypted tree leaves these out; later streams set them to none.
void forget_why_there_is_none(std::map<std::string, Value>& all) {
  for (auto& [what, value] : all)
    for (const char* const limit : {" quota", " refquota", " reservation", " refreservation"})
      if (what.size() > std::string(limit).size() && what.rfind(limit) == what.size() - std::string(limit).size() &&
          value.effective.value_or("none") == "none")
        value = Value();
}

rc::Gen<std::vector<Setting>> some_settings() {
  return rc::gen::resize(12, rc::gen::container<std::vector<Setting>>(rc::gen::construct<Setting>(
                                 rc::gen::inRange(0U, 100U), rc::gen::inRange(0U, 100U), rc::gen::inRange(0U, 100U))));
}

std::map<std::string, Value> outcome_of(const Scenario& scenario, Way way) {
  ConvergeWorld world(scenario.seed, scenario.encrypted);
  world.job.targets.front().properties = scenario.configured;
  make_children(world, scenario.datasets);
  go(world, way, scenario);
  return all_there(world);
}

RC_GTEST_PROP(PropertiesWaysProperty, EachWayOfATreeToATargetEndsInTheSameProperties, ()) {
  Scenario scenario;
  scenario.seed = *rc::gen::inRange(1U, 1000U);
  scenario.encrypted = *rc::gen::arbitrary<bool>();
  scenario.datasets = *rc::gen::resize(6, rc::gen::container<std::vector<unsigned>>(rc::gen::inRange(0U, 1000U)));
  scenario.before = *some_settings();
  scenario.between = *some_settings();
  for (const Native& native : natives) {
    const int choice = *rc::gen::inRange(0, 4);
    if (choice == 0) scenario.configured[native.name] = std::nullopt;
    if (choice == 1) scenario.configured[native.name] = "configured";
  }
  scenario.where = *rc::gen::inRange(0U, 100U);
  scenario.bytes = *rc::gen::inRange(0U, 1500U);
  const Way way = *rc::gen::elementOf(other_ways);
  std::map<std::string, Value> wanted = outcome_of(scenario, Way::tree);
  std::map<std::string, Value> found = outcome_of(scenario, way);
  if (scenario.encrypted)
    for (auto* all : {&wanted, &found}) forget_why_there_is_none(*all);
  RC_LOG() << words.at(static_cast<std::size_t>(way)) << "\n";
  for (const auto& [what, value] : wanted) {
    const auto other = found.find(what);
    RC_ASSERT(other != found.end());
    if (other->second == value) continue;
    RC_LOG() << what << "\n";
    RC_ASSERT(other->second == value);
  }
}

}  // namespace
}  // namespace czb
