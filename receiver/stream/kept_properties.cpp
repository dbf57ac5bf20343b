// SPDX-License-Identifier: MIT
#include "receiver/stream/kept_properties.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "receiver/request/properties.h"
#include "text/visible.h"
#include "zfs/names.h"

namespace czb::receiver {
namespace {

constexpr std::size_t most_told = 5;
constexpr std::size_t longest_told_name = 80;

bool is_printable_line(const std::string& value) {
  return value.find_first_of("\n\t") == std::string::npos && printable(value) == value;
}

// What this program's backups at the source have recorded: another one after each push, and of no use in a restore.
bool is_own_record(const std::string& name) { return name.rfind("cyber-zfs-backup:", 0) == 0; }

// Why it cannot be kept under `name`; empty: it can.
std::string reason_to_leave_out(const PackedProperty& property, const std::optional<std::string>& name) {
  if (property_name_error(property.name)) return "that is no name";
  if (!name) return "its name would become longer than " + std::to_string(longest_received_name) + " bytes";
  const auto* const text = std::get_if<std::string>(&property.value);
  if (text == nullptr) return "its value is no text";
  if (text->size() > longest_value) return "its value is longer than " + std::to_string(longest_value) + " bytes";
  return is_printable_line(*text) ? "" : "its value is not one printable line";
}

void keep_user_property(const PackedProperty& property, const PackedProperties& all, const PropertyRules& rules,
                        const std::string& where, PackedProperties& kept, LeftOut& left_out) {
  const std::optional<std::string> name = kept_name(property.name, rules.own_names);
  const std::string why = reason_to_leave_out(property, name);
  if (!why.empty()) return left_out.add(property.name, why, where);
  const auto taken =
      *name == property.name
          ? all.end()
          : std::find_if(all.begin(), all.end(), [&](const PackedProperty& each) { return each.name == *name; });
  if (taken == all.end())
    kept.push_back({*name, property.value});
  else if (taken->value != property.value && !is_own_record(property.name))
    left_out.add(property.name, "another one from an earlier backup has the name under which it would be kept", where);
}

std::optional<std::uint64_t> number_of(const PackedProperty& property) {
  const auto* const number = std::get_if<std::uint64_t>(&property.value);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

}  // namespace

void LeftOut::add(const std::string& property, const std::string& why, const std::string& where) {
  const auto same = std::find_if(told_.begin(), told_.end(),
                                 [&](const Told& each) { return each.property == property && each.why == why; });
  if (same != told_.end())
    ++same->more;
  else if (told_.size() < most_told)
    told_.push_back({property, why, where});
  else
    ++untold_;
}

std::string LeftOut::text() const {
  std::string text;
  for (const Told& each : told_) {
    text += (text.empty() ? "" : "; ") + visible(each.property, longest_told_name) + " of " +
            visible(each.where, longest_told_name);
    if (each.more > 0) text += " and " + std::to_string(each.more) + " more";
    text += " (" + each.why + ")";
  }
  return untold_ == 0 ? text : text + "; and " + std::to_string(untold_) + " more";
}

PackedProperties kept_of_dataset(const PackedProperties& properties, const PropertyRules& rules,
                                 const std::string& where, bool is_new, LeftOut& left_out) {
  PackedProperties kept;
  for (const PackedProperty& property : properties) {
    if (is_user_property(property.name)) {
      if (rules.not_wanted.count(property.name) == 0)
        keep_user_property(property, properties, rules, where, kept, left_out);
    } else if (is_harmless(property.name)) {
      if (!weakens(property.name, number_of(property)))
        kept.push_back(property);
      else if (is_new)
        left_out.add(property.name, "its value would weaken what is to come", where);
    }
  }
  return kept;
}

// ZFS sets no other properties on a snapshot than a user's.
PackedProperties kept_of_snapshot(const PackedProperties& properties, const PropertyRules& rules,
                                  const std::string& where, LeftOut& left_out) {
  PackedProperties kept;
  for (const PackedProperty& property : properties)
    if (is_user_property(property.name)) keep_user_property(property, properties, rules, where, kept, left_out);
  return kept;
}

}  // namespace czb::receiver
