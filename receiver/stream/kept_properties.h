// SPDX-License-Identifier: MIT
// What becomes of the properties that a stream brings, on their way into our header. Pure. User properties are kept
// under names that no program of this host obeys (zfs/user_properties.h), with one printable line for a value; what
// cannot be kept so is left out, and told.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "receiver/stream/stream_package.h"
#include "zfs/user_properties.h"

namespace czb::receiver {

// The most bytes of a user property's value. ZFS itself takes 8191.
inline constexpr std::size_t longest_value = 4096;

struct PropertyRules {
  OwnNames own_names;                // of the key's line
  std::set<std::string> not_wanted;  // user properties of datasets that the sender asked to leave out (-x)
};

// What was left out, for people: some of it by name, the rest as a number.
class LeftOut {
 public:
  // `where`: the full name of a dataset or snapshot.
  void add(const std::string& property, const std::string& why, const std::string& where);
  // One line of bounded length; empty: nothing.
  std::string text() const;

 private:
  struct Told {
    std::string property;
    std::string why;
    std::string where;     // the first
    std::size_t more = 0;  // others of which the same is to be said
  };
  std::vector<Told> told_;
  std::size_t untold_ = 0;
};

// What our header has for those of a dataset, or of a snapshot. `where`: its full name at the sender; `is_new`: the
// dataset is not here yet. A native property that weakens what is to come is told only then: its value at the source
// may be meant, and stays as it is.
PackedProperties kept_of_dataset(const PackedProperties& properties, const PropertyRules& rules,
                                 const std::string& where, bool is_new, LeftOut& left_out);
PackedProperties kept_of_snapshot(const PackedProperties& properties, const PropertyRules& rules,
                                  const std::string& where, LeftOut& left_out);

}  // namespace czb::receiver
