// SPDX-License-Identifier: MIT
// Files of every kind that ZFS stores in a way of its own, made and changed at random by a seed: what the streams of
// real machines are made of.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "random_fault.h"

namespace czb::lab {

class RichFiles {
 public:
  // In a mounted, empty folder: one of each kind.
  RichFiles(std::string folder, Dice& dice);
  // Closes what is gone and still open.
  ~RichFiles();
  RichFiles(const RichFiles&) = delete;
  RichFiles& operator=(const RichFiles&) = delete;

  // Some are changed, some go, some come.
  void change();

 private:
  using Step = void (RichFiles::*)();

  void make_tiny();
  void make_blocks();
  void make_text();
  void make_zeros();
  void make_sparse();
  void make_far();
  void make_huge();
  void make_holes();
  void make_links();
  void make_nodes();
  void make_attributes();
  void make_large_attribute();
  void make_access_list();
  void make_folder();
  void make_crowd();
  void make_long_names();
  void make_nameless();
  void make_somebodys();
  void cut();
  void grow();
  void overwrite();
  void punch();
  void remove();
  void move();
  void touch();
  void take_attributes();
  void thin_out();

  std::string fresh(const std::string& kind);
  // Empty where there is none.
  std::string a_file();
  std::string some(std::size_t size);
  static const std::vector<Step>& makers();
  static const std::vector<Step>& changers();

  std::string folder_;
  Dice& dice_;
  unsigned number_ = 0;
  std::vector<int> open_;
};

// All that there is to see of the files in a folder: path → kind, owner, times, links, content, attributes.
std::map<std::string, std::string> seen_in(const std::string& folder);

// Options for `zfs create` at random, that say how files are stored; of any version of the file system.
Words random_file_options(Dice& dice);

}  // namespace czb::lab
