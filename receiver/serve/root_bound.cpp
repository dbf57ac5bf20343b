// SPDX-License-Identifier: MIT
#include "receiver/serve/root_bound.h"

#include <algorithm>
#include <exception>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/host/zfs_process.h"
#include "receiver/serve/own_permissions.h"
#include "zfs/size.h"

namespace czb::receiver {
namespace {

// A record of a stream takes more room than it has bytes, at worst: its sector, and the blocks that lead there.
constexpr std::uint64_t swelling = 64;
constexpr std::uint64_t least_step = std::uint64_t{1} << 20U;

}  // namespace

RootBound::RootBound(const Receive& request, DatasetKind kind, const Options& options)
    : options_(options), root_is_top_(request.dataset == options.root), is_volume_(kind == DatasetKind::volume) {
  // A quota of the root's own is lost, if at all, where properties come for the root.
  if (options.quota == 0 && !root_is_top_) return;
  RootSpace space = root_space(options.zfs, options.root);
  if (space.exists) is_volume_ = space.is_volume;
  bound_ = space.quota != 0 ? space.quota : options.quota;
  if (bound_ == 0) return;
  if (space.used >= bound_) {
    // Something that was destroyed may still be counted.
    space = settled_root_space(options.zfs, options.root);
    if (space.used >= bound_) throw Error(ExitCode::failed, reached(space));
  }
  // Where that fails it is told afterwards, and watched until then.
  hold(space);
  watched_ = !is_held(space);
  if (watched_) plan_next_look(space.used, 0);
}

void RootBound::set_in(ReceivedProperties& properties) const {
  // The first properties that a dataset is sent make zfs forget all that was set here; what goes with them stays.
  if (bound_ != 0 && root_is_top_ && !is_volume_) properties["quota"] = std::to_string(bound_);
}

void RootBound::watch(std::uint64_t bytes) {
  if (!watched_ || bytes < next_look_) return;
  const RootSpace space = settled_root_space(options_.zfs, options_.root);
  if (space.used >= bound_) {
    told_ = true;
    throw Error(ExitCode::failed, reached(space));
  }
  watched_ = !is_held(space);
  plan_next_look(space.used, bytes);
}

std::string RootBound::afterwards() {
  if (bound_ == 0 || told_) return "";
  try {
    // Settled: zfs receive waits for the disk, whatever its end.
    const RootSpace space = root_space(options_.zfs, options_.root);
    if (space.used >= bound_) return reached(space);
    return hold(space);
  } catch (const std::exception& error) {
    return "whether the quota is kept could not be learnt: " + std::string(error.what());
  }
}

// What went wrong.
std::string RootBound::hold(const RootSpace& space) const {
  if (!space.exists || space.is_volume || space.quota != 0) return "";
  const Output set = run_zfs(options_.zfs, {"zfs", "set", "quota=" + std::to_string(bound_), options_.root});
  if (set.status == 0) return "";
  const std::string what = "the quota of " + options_.root + " could not be set, so it is only watched";
  if (set.err.find("permission denied") != std::string::npos)
    return what + ". As root there: zfs allow -u " + own_user_name() + " quota " + options_.root;
  return what + ": " + visible(set.err);
}

std::string RootBound::reached(const RootSpace& space) const {
  const std::string more = is_volume_ ? "a larger --quota in this key's line of authorized_keys there"
                                      : "`zfs set quota=SIZE " + options_.root + "` there";
  return "quota exceeded: " + options_.root + " holds " + size_text(space.used) + ", and may hold " +
         size_text(bound_) + ". What came is kept; once there is more room, by " + more + ", the next push goes on";
}

void RootBound::plan_next_look(std::uint64_t used, std::uint64_t bytes) {
  next_look_ = bytes + std::max((bound_ - used) / swelling, least_step);
}

}  // namespace czb::receiver
