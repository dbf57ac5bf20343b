// SPDX-License-Identifier: MIT
// A source tree that changes at random, and what it held: small files and small volumes.
#pragma once

#include <map>
#include <string>

#include "random_fault.h"

namespace czb::lab {

// What to begin with.
struct Shape {
  Words file_systems;  // relative names, parents first; the root is not among them
  Words volumes;
  std::string key;  // of the encrypted tree; empty: plain
  // Snapshots that the program did not take are destroyed again now and then. A receiver in mirror mode keeps them.
  bool foreign_go = true;
};

class RandomTree {
 public:
  // Makes it.
  RandomTree(const std::string& root, const Shape& shape);

  // Some changes. Says which; a dataset that is gone afterwards is added to `gone`.
  std::string change(Dice& dice, Words& gone);

  const Words& file_systems() const { return file_systems_; }  // with the root: ""
  const Words& volumes() const { return volumes_; }
  std::string full_name(const std::string& relative) const { return root_ + (relative.empty() ? "" : "/" + relative); }

  // name → content of the files at the top of a mounted folder.
  static std::map<std::string, std::string> files_in(const std::string& folder);

 private:
  void write_file_of(Dice& dice, const std::string& file_system);
  void write_volume_of(Dice& dice, const std::string& volume);
  std::string add_child(Dice& dice);
  std::string remove_child(Dice& dice, Words& gone);
  std::string clone_into_a_look_alike();
  std::string hold_one(Dice& dice);
  void add_file_system(const std::string& relative);
  void add_volume(const std::string& relative);

  std::string root_;
  bool with_volumes_;
  bool encrypted_;
  bool foreign_go_;
  bool has_look_alike_ = false;
  std::string held_;  // the snapshot that somebody keeps
  Words file_systems_ = {""};
  Words volumes_;
  Words foreign_;  // full names of snapshots that the program did not take, one dataset each
  unsigned number_ = 0;
};

// The same of a snapshot, through a clone that is gone afterwards.
std::map<std::string, std::string> files_of_snapshot(const std::string& snapshot);

}  // namespace czb::lab
