// SPDX-License-Identifier: MIT
// What `zfs send` was asked for, and what libzfs gathers about a tree before it sends it (send_iterate_fs).
#pragma once

#include <string>

#include "model/stream.h"
#include "model/zfs_model.h"

namespace czb::model {

struct ZfsModel::Options {
  bool replicate = false;
  bool all = false;  // intermediate snapshots too
  bool skip_missing = false;
  bool properties = false;
  bool raw = false;
  bool embedded = false;
  bool dry_run = false;
  bool verbose = false;
  bool parsable = false;
  bool from_origin = false;
  std::string from;  // as given; empty: none
  std::string token;
  std::string dataset;
  std::string to;  // the snapshot's name; empty: none was named
};

struct ZfsModel::Gathering {
  std::string root;
  std::string from;
  std::string to;  // empty: all there is, as receive asks
  bool recursive = false;
  bool replicate = false;
  bool all = false;
  bool skip_missing = false;
  bool properties = false;
  bool raw = false;
  bool verbose = false;
};

}  // namespace czb::model
