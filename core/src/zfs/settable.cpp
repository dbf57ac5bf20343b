// SPDX-License-Identifier: MIT
#include "zfs/settable.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace czb {
namespace {

// What a sender may set: values that protect as much as ours do, or that only say how data is stored. Without a list of
// values: any word of lower-case letters, digits and '-' that zfs takes, or a size, but for those that would weaken
// what is still to come: data without checksums, metadata without a second copy, a pool filled sooner than need be.
struct Settable {
  std::string_view name;
  std::string_view values;        // separated by spaces; empty: see above
  std::string_view refused = "";  // of those
};

constexpr Settable settables[] = {
    {"canmount", "noauto off"}, {"mountpoint", "none legacy"},
    {"readonly", "on"},         {"exec", "off"},
    {"setuid", "off"},          {"devices", "off"},
    {"sharenfs", "off"},        {"sharesmb", "off"},
    {"volmode", "none"},        {"snapdev", "hidden"},
    {"atime", "on off"},        {"relatime", "on off"},
    {"compression", "", "off"}, {"checksum", "", "off noparity"},
    {"recordsize", ""},         {"copies", "1 2 3"},
    {"primarycache", ""},       {"secondarycache", ""},
    {"snapdir", "hidden"},      {"redundant_metadata", "all most"},
};

bool is_one_of(std::string_view word, std::string_view words) {
  return word.find(' ') == std::string_view::npos &&
         (" " + std::string(words) + " ").find(" " + std::string(word) + " ") != std::string::npos;
}

bool is_plain_value(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == 'K' || c == 'M';
  });
}

}  // namespace

bool may_be_set(std::string_view property, std::string_view value) {
  return std::any_of(std::begin(settables), std::end(settables), [&](const Settable& each) {
    if (each.name != property) return false;
    return each.values.empty() ? is_plain_value(value) && !is_one_of(value, each.refused)
                               : is_one_of(value, each.values);
  });
}

}  // namespace czb
