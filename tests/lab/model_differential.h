// SPDX-License-Identifier: MIT
// The same commands to real ZFS and to the model (tests/model), with what they answer and leave compared. Names are
// the same on both sides; guids and tokens are not, so guids are compared by which belong together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "lab.h"
#include "model/zfs_model.h"

namespace czb::lab {

// The two do not agree; what() tells all that was done, and where they differ.
class Divergence : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class BothZfs {
 public:
  // Two roots that do not exist yet, in the pools zippy and offsite; a folder for streams.
  BothZfs(std::string source, std::string target, const std::string& folder, std::uint64_t seed);

  // Each of these throws Divergence. The status.
  int command(const Words& argv);
  // A stream is written to a file, cut in the middle of its `cut`th snapshot (counted from 0; -1: not), and received.
  // Returns receive's status, or send's where it gave nothing.
  int transfer(const Words& send, const Words& receive, int cut);
  // `send -t` with each side's own token of that dataset.
  int resume(const std::string& dataset, int cut);
  // Where the dataset is mounted: something new in a file of it. Otherwise nothing.
  void write(const std::string& dataset, std::uint64_t number);

  // Compares the trees.
  void compare();

  const model::ZfsModel& model() const { return model_; }
  // A receive gave a dataset a temporary name, which is another one in each: no more commands can be given.
  bool at_end() const { return at_end_; }
  std::size_t received() const { return received_; }  // transfers that went well
  std::size_t refused() const { return refused_; }    // commands that failed on both sides

 private:
  int transferred(const Words& real_send, const Words& model_send, const Words& receive, int cut);
  int agreed(const std::string& what, const Result& real, const model::ModelResult& told);
  [[noreturn]] void diverge(const std::string& how) const;
  void compare_guids(const std::string& name, const std::string& real, const std::string& told);
  void compare_rows(const std::string& real, const std::string& told);

  std::string source_;
  std::string target_;
  std::string stream_file_;
  model::ZfsModel model_;
  std::string log_;
  std::string before_;  // the listings, as they were last
  std::map<std::string, std::string> real_to_model_;
  std::map<std::string, std::string> model_to_real_;
  bool at_end_ = false;
  std::size_t received_ = 0;
  std::size_t refused_ = 0;
};

}  // namespace czb::lab
