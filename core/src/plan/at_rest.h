// SPDX-License-Identifier: MIT
// How what is in clear at the source will lie at the target, or lies there already: in clear, or encrypted by what is
// above it there (adr/0020). Pure.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "zfs/inventory.h"

namespace czb {

// What is to be said of it.
struct AtRestView {
  std::vector<std::string> refusal;  // nothing may be sent
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
  // Full names: they lie in clear at the target, below something that encrypts there; with 'at-rest: encrypt' all that
  // do.
  std::vector<std::string> in_clear;
};

// `target.place`: what is not known of it is taken for not encrypted.
AtRestView view_at_rest(const Inventory& source, const Inventory& target, const TargetConfig& config);

// "far/tank lies in clear", "far/tank and 2 more lie in clear".
std::string that_they_lie_in_clear(const std::vector<std::string>& names);

// How to have encrypted there what has arrived in clear: that dataset, and all below it. A whole sentence without its
// full stop.
std::string to_have_it_encrypted(const std::string& dataset, const std::string& target);

}  // namespace czb
