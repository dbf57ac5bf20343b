// SPDX-License-Identifier: MIT
// What this host's administrator has set on datasets that a stream goes to. The first properties that are received for
// a dataset, where none have been for one above it either, make ZFS forget all that was set on it (measured, 2.1.11 and
// 2.3.2).
#pragma once

#include <string>
#include <vector>

#include "receiver/request/properties.h"

namespace czb::receiver {

class LocalValues {
 public:
  // Of a dataset that is there, or of all its tree. What the receiver forces is its own affair. Throws Error (failed).
  LocalValues(std::string zfs, std::string dataset, bool is_tree, const ReceivedProperties& forced);

  // When the receive has ended: sets again what ZFS has forgotten. What could not be set, as a sentence; empty:
  // nothing. What has another value now was asked for by who has it to say. Throws Error (failed).
  std::string set_again() const;

 private:
  struct Value {
    std::string dataset;
    std::string property;
    std::string value;
  };
  std::vector<Value> list() const;

  std::string zfs_;
  std::string dataset_;
  bool is_tree_;
  std::vector<Value> before_;
};

}  // namespace czb::receiver
