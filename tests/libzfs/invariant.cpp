// SPDX-License-Identifier: MIT
#include "libzfs/invariant.h"

namespace czb::libzfs {
namespace {

class Comparison {
 public:
  Comparison(const Pool& before, const Pool& now, const Pool& start, const KeyFiles& files,
             const std::set<std::string>& addressed)
      : before_(before), now_(now), start_(start), files_(files), addressed_(addressed) {}

  std::vector<Broken> run() {
    for (const Dataset& was : before_.datasets) compare(was);
    return std::move(found_);
  }

 private:
  void compare(const Dataset& was) {
    const Dataset* const is = now_.find(was.object);
    if (is == nullptr || is->guid != was.guid) return note(Broken::gone);
    if (is->name != was.name) note(Broken::renamed);
    if (is->origin != was.origin) note(Broken::promoted);
    if (is->key != was.key) note(Broken::key);
    if (was.key != 0 && is->key == was.key) compare_key(was);
    if (is->properties != was.properties && addressed_.count(was.name) == 0) note(Broken::dataset_properties);
    for (const Snapshot& each : was.snapshots) compare_snapshot(each, *is);
  }

  void compare_key(const Dataset& was) {
    const Key& before = before_.keys.at(was.key);
    const Key& now = now_.keys.at(was.key);
    if (before.content != now.content) note(Broken::key);
    if (before.root == now.root) return;
    // It goes with its root, or is that itself.
    if (start_.find(before.root) != nullptr || !inherits_as_it_came(before_.find(before.root)->name, now.root))
      note(Broken::encryption_root);
  }

  // key_pins.h
  bool inherits_as_it_came(const std::string& name, Object root_now) const {
    const auto file = files_.find(key_file_path(name));
    const Dataset* const above = now_.find(parent_of(name));
    return file != files_.end() && file->second.find("\tchild\t") != std::string::npos && above != nullptr &&
           above->key != 0 && now_.keys.at(above->key).root == root_now;
  }

  void compare_snapshot(const Snapshot& was, const Dataset& is_in) {
    for (const Snapshot& each : is_in.snapshots) {
      if (each.object != was.object) continue;
      if (each.name != was.name) note(Broken::snapshot_renamed);
      if (each.guid != was.guid) note(Broken::gone);
      if (each.properties != was.properties) note(Broken::snapshot_properties);
      return;
    }
    note(now_.snapshot_of(was.object) == nullptr ? Broken::gone : Broken::snapshot_renamed);
  }

  void note(Broken what) { found_.push_back(what); }

  const Pool& before_;
  const Pool& now_;
  const Pool& start_;
  const KeyFiles& files_;
  const std::set<std::string>& addressed_;
  std::vector<Broken> found_;
};

}  // namespace

std::vector<Broken> broken(const Pool& before, const Pool& now, const Pool& start, const KeyFiles& files,
                           const std::set<std::string>& addressed) {
  return Comparison(before, now, start, files, addressed).run();
}

}  // namespace czb::libzfs
