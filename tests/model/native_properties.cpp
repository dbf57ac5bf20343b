// SPDX-License-Identifier: MIT
#include "model/native_properties.h"

#include <set>

namespace czb::model {
namespace {

const std::set<std::string> of_filesystems_only = {"mountpoint",
                                                   "canmount",
                                                   "quota",
                                                   "refquota",
                                                   "atime",
                                                   "relatime",
                                                   "devices",
                                                   "exec",
                                                   "setuid",
                                                   "sharenfs",
                                                   "sharesmb",
                                                   "zoned",
                                                   "dnodesize",
                                                   "recordsize",
                                                   "snapdir",
                                                   "filesystem_limit",
                                                   "special_small_blocks"};

const std::set<std::string> of_volumes_only = {"volsize"};

const std::set<std::string> not_inherited = {"canmount",    "filesystem_limit", "keylocation",
                                             "quota",       "refquota",         "refreservation",
                                             "reservation", "snapshot_limit",   "volsize"};

}  // namespace

bool applies(const std::string& property, bool to_volume) {
  return (to_volume ? of_filesystems_only : of_volumes_only).count(property) == 0;
}

bool is_limit_of_space(const std::string& property) {
  return property == "quota" || property == "refquota" || property == "reservation" || property == "refreservation";
}

bool is_inherited(const std::string& property) { return not_inherited.count(property) == 0; }

}  // namespace czb::model
