// SPDX-License-Identifier: MIT
#include "accidents.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "any_retention.h"
#include "zfs/commands.h"

namespace czb::test {

using model::DatasetState;
using model::ModelTransport;
using model::SnapshotState;
using model::Words;
using model::ZfsModel;

namespace {

std::optional<TargetRecord> record_of(const ConvergeWorld& world) {
  std::map<std::string, std::string> properties;
  for (const auto& [name, property] : world.here->find(root_here)->properties)
    if (property.local) properties[name] = *property.local;
  return recorded(properties, "offsite", root_here);
}

// One of ours, of a snapshot that is still there.
void lose_bookmark(const ConvergeWorld& world, const std::string& name) {
  const DatasetState& state = *world.here->find(name);
  for (const auto& [mark, bookmark] : state.bookmarks)
    if (has_snapshot(state, bookmark.guid)) return world.zfs({"destroy", name + "#" + mark});
}

void make_a_middle_without_snapshots(const ConvergeWorld& world, const std::string& name, const std::string& number) {
  world.zfs({"create", name + "/m"});
  world.zfs({"create", name + "/m/leaf"});
  world.zfs({"snapshot", name + "/m/leaf@x" + number});
}

// As Incus and LXD do: what is in use under "containers" is a clone of what was moved to "deleted/containers".
void clone_into_a_look_alike(const ConvergeWorld& world, const std::string& name, const std::string& number) {
  const std::string origin = name + "/deleted/a/u" + number;
  world.zfs({"create", "-p", origin});
  world.zfs({"create", "-p", name + "/a"});
  world.zfs({"snapshot", origin + "@copy"});
  world.zfs({"clone", origin + "@copy", name + "/a/l" + number});
}

void push_with_a_pool_that_is_read_only(ConvergeWorld& world, ZfsModel& zfs, const std::string& pool) {
  zfs.pool(pool).readonly = true;
  world.run([](ModelTransport&, ModelTransport&) {}, false, {Action::push});
  zfs.pool(pool).readonly = false;
}

void change_a_property(const ConvergeWorld& world, const std::string& name, const Happening& happening) {
  const std::string property = happening.which % 2 == 0 ? "czb:p" : "compression";
  if (happening.which % 6 < 4)
    world.zfs({"set", property + "=" + std::to_string(happening.which), name});
  else
    world.zfs({"inherit", property, name});
}

}  // namespace

void lose_record(const ConvergeWorld& world) { world.zfs({"inherit", base_property("offsite"), root_here}); }

void falsify_record(const ConvergeWorld& world, unsigned how) {
  std::string value = root_here + "@t4711";
  const DatasetState& root = *world.here->find(root_here);
  if (how % 5 == 1 && !root.snapshots.empty())
    value = root_here + "@" + root.snapshots[how % root.snapshots.size()].name;
  if (how % 5 == 2) value = "zippy/other@t1,1-5000";
  if (how % 5 == 3) value = root_here + "@,9-2";
  if (how % 5 == 4) value = root_here + "@t4711,1-3";
  world.zfs({"set", base_property("offsite") + "=" + value, root_here});
}

void use_a_snapshot(ZfsModel& zfs, const Happening& happening) {
  const Words names = zfs.names();
  const std::string& name = names[happening.where % names.size()];
  const std::size_t count = zfs.find(name)->snapshots.size();
  if (count > 0) zfs.edit(name).snapshots[happening.which % count].in_use = true;
}

void let_go(ZfsModel& zfs) {
  for (const std::string& name : zfs.names())
    for (SnapshotState& snapshot : zfs.edit(name).snapshots) snapshot.in_use = false;
}

void be_away(ConvergeWorld& world, unsigned runs, bool refused, const std::set<Action>& actions,
             const std::function<std::shared_ptr<Retention>()>& policy) {
  world.there->pool("offsite").missing = !refused;
  for (unsigned run = 0; run < runs; ++run)
    world.run(
        [&](ModelTransport&, ModelTransport& target) {
          if (refused) target.refuse();
        },
        false, actions, policy());
  world.there->pool("offsite").missing = false;
}

std::string unprotected(const ConvergeWorld& world) {
  const std::optional<TargetRecord> record = record_of(world);
  for (const std::string& there_name : world.there->names()) {
    const SnapshotState* const reached = world.there->find(there_name)->newest();
    if (reached == nullptr) continue;
    for (const std::string& name : world.datasets())
      for (const SnapshotState& snapshot : world.here->find(name)->snapshots) {
        if (snapshot.guid != reached->guid) continue;
        const bool is_recorded =
            record && (snapshot.name == record->base ||
                       (record->may_have_come && record->may_have_come->holds(snapshot.createtxg)));
        if (!is_recorded) return name + "@" + snapshot.name;
      }
  }
  return "";
}

void befall(ConvergeWorld& world, const Happening& happening) {
  const Words names = world.datasets();
  const std::string& name = names[happening.where % names.size()];
  const std::string number = std::to_string(happening.which % 50);
  switch (happening.what % 11) {
    case 0:
      return lose_record(world);
    case 1:
      return falsify_record(world, happening.which);
    case 2:
      return lose_bookmark(world, name);
    case 3: {
      // A run that could not record, or a record that somebody took away since, protects nothing.
      const bool expires = unprotected(world).empty();
      return be_away(world, 1 + happening.where % 3, happening.which % 2 == 0,
                     expires ? std::set<Action>{Action::snapshot, Action::expire, Action::push}
                             : std::set<Action>{Action::snapshot, Action::push},
                     [&] { return std::make_shared<AnyRetention>(happening.which); });
    }
    case 4:
      return make_a_middle_without_snapshots(world, name, number);
    case 5:
      return clone_into_a_look_alike(world, name, number);
    case 6:
      return use_a_snapshot(*world.here, happening);
    case 7:
      return use_a_snapshot(*world.there, happening);
    case 8:
      return push_with_a_pool_that_is_read_only(world, *world.here, "zippy");
    case 9:
      return push_with_a_pool_that_is_read_only(world, *world.there, "offsite");
    default:
      return change_a_property(world, name, happening);
  }
}

}  // namespace czb::test
