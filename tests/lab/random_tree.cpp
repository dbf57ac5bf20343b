// SPDX-License-Identifier: MIT
#include "random_tree.h"

#include <algorithm>
#include <filesystem>

#include "volume.h"

namespace czb::lab {
namespace {

constexpr std::size_t file_size = 64 << 10;
constexpr std::size_t volume_size = 1 << 20;
constexpr std::size_t most_datasets = 10;

std::string some_noise(unsigned number) { return noise(number).substr(0, file_size); }

bool is_below(const std::string& name, const std::string& folder) { return name.rfind(folder + "/", 0) == 0; }

}  // namespace

RandomTree::RandomTree(const std::string& root, const Shape& shape)
    : root_(root),
      with_volumes_(!shape.volumes.empty()),
      encrypted_(!shape.key.empty()),
      foreign_go_(shape.foreign_go) {
  Words options;
  if (!shape.key.empty())
    options = {"-o", "encryption=on", "-o", "keyformat=raw", "-o", "keylocation=file://" + shape.key};
  zfs(Words{"create"} + options + Words{root_});
  for (const std::string& name : shape.file_systems) add_file_system(name);
  for (const std::string& name : shape.volumes) add_volume(name);
}

void RandomTree::add_file_system(const std::string& relative) {
  zfs({"create", full_name(relative)});
  write_file("/" + full_name(relative) + "/file-0", some_noise(++number_));
  file_systems_.push_back(relative);
}

void RandomTree::add_volume(const std::string& relative) {
  zfs({"create", "-s", "-V", "1M", full_name(relative)});
  volumes_.push_back(relative);
}

std::string RandomTree::change(Dice& dice, Words& gone) {
  std::string done;
  for (int count = dice.between(0, 2); count > 0; --count) {
    const std::string& file_system = dice.pick(file_systems_);
    write_file_of(dice, file_system);
    done += "write to '" + file_system + "'; ";
  }
  if (!volumes_.empty() && dice.chance(40)) {
    const std::string& volume = dice.pick(volumes_);
    write_volume_of(dice, volume);
    done += "write to " + volume + "; ";
  }
  if (dice.chance(12) && file_systems_.size() + volumes_.size() < most_datasets) done += add_child(dice);
  if (dice.chance(8) && file_systems_.size() + volumes_.size() > 3) done += remove_child(dice, gone);
  if (dice.chance(12)) {
    const std::string snapshot = full_name(dice.pick(file_systems_)) + "@foreign-" + std::to_string(++number_);
    zfs({"snapshot", snapshot});
    foreign_.push_back(snapshot);
    done += "snapshot " + snapshot + "; ";
  }
  if (dice.chance(6) && !foreign_.empty() && foreign_go_) {
    const std::string snapshot = dice.pick(foreign_);  // a copy: it is erased
    zfs({"destroy", snapshot});
    std::erase(foreign_, snapshot);
    done += "destroy " + snapshot + "; ";
  }
  if (dice.chance(15)) done += hold_one(dice);
  if (dice.chance(5) && !encrypted_ && !has_look_alike_) done += clone_into_a_look_alike();
  return done;
}

// Which lets go of the one before.
std::string RandomTree::hold_one(Dice& dice) {
  if (!held_.empty()) zfs({"release", "trial", held_});
  held_.clear();
  const Words snapshots = lines_of(zfs({"list", "-H", "-t", "snapshot", "-o", "name", "-d", "1", root_}));
  if (snapshots.empty() || dice.chance(30)) return "let go; ";
  held_ = dice.pick(snapshots);
  zfs({"hold", "trial", held_});
  return "hold " + held_ + "; ";
}

// What libzfs does not find the origin of. It stays, and nothing else is done to it.
std::string RandomTree::clone_into_a_look_alike() {
  has_look_alike_ = true;
  for (const char* name : {"/deleted", "/deleted/box", "/deleted/box/u1", "/box"}) zfs({"create", root_ + name});
  zfs({"snapshot", root_ + "/deleted/box/u1@copy"});
  zfs({"clone", root_ + "/deleted/box/u1@copy", root_ + "/box/l1"});
  return "clone deleted/box/u1 as box/l1; ";
}

void RandomTree::write_file_of(Dice& dice, const std::string& file_system) {
  const std::string file = "/" + full_name(file_system) + "/file-" + std::to_string(dice.below(3));
  if (dice.chance(10))
    std::filesystem::remove(file);
  else
    write_file(file, some_noise(++number_));
}

void RandomTree::write_volume_of(Dice& dice, const std::string& volume) {
  write_volume(full_name(volume), dice.below(volume_size / file_size) * file_size, some_noise(++number_));
}

// Never a name that was there before: what is new must not be taken for what is gone.
std::string RandomTree::add_child(Dice& dice) {
  const std::string& parent = dice.pick(file_systems_);
  const std::string name = (parent.empty() ? "" : parent + "/") + "new-" + std::to_string(++number_);
  if (with_volumes_ && dice.chance(30))
    add_volume(name);
  else
    add_file_system(name);
  return "create " + name + "; ";
}

std::string RandomTree::remove_child(Dice& dice, Words& gone) {
  Words children = file_systems_ + volumes_;
  children.erase(children.begin());  // the root
  const std::string victim = dice.pick(children);
  zfs({"destroy", "-r", full_name(victim)});
  const auto goes = [&](const std::string& name) { return name == victim || is_below(name, victim); };
  std::copy_if(children.begin(), children.end(), std::back_inserter(gone), goes);
  std::erase_if(file_systems_, goes);
  std::erase_if(volumes_, goes);
  std::erase_if(foreign_, [&](const std::string& snapshot) {
    const std::string dataset = snapshot.substr(0, snapshot.find('@'));
    return dataset == full_name(victim) || is_below(dataset, full_name(victim));
  });
  return "destroy " + victim + "; ";
}

std::map<std::string, std::string> RandomTree::files_in(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().filename()] = read_file(entry.path());
  return files;
}

std::map<std::string, std::string> files_of_snapshot(const std::string& snapshot) {
  const std::string clone = snapshot.substr(0, snapshot.find('/')) + "/reading";
  const std::string where = "/tmp/reading";
  zfs({"clone", "-o", "mountpoint=" + where, "-o", "canmount=on", "-o", "readonly=on", snapshot, clone});
  std::map<std::string, std::string> files = RandomTree::files_in(where);
  zfs({"destroy", clone});
  return files;
}

}  // namespace czb::lab
