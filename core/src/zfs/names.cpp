// SPDX-License-Identifier: MIT
#include "zfs/names.h"

#include <algorithm>
#include <cstddef>

namespace czb {
namespace {

constexpr std::size_t longest_name = 255;
constexpr std::ptrdiff_t deepest_nesting = 49;  // slashes

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name_char(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == ':' || c == ' ';
}

// A character as it can stand in a message.
std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte > 0x20 && byte < 0x7f) return std::string("'") + c + "'";
  constexpr std::string_view digits = "0123456789abcdef";
  return std::string("the byte 0x") + digits[byte >> 4] + digits[byte & 15];
}

std::optional<std::string> component_error(std::string_view component) {
  if (component.empty()) return "it has an empty part";
  const auto bad = std::find_if_not(component.begin(), component.end(), is_name_char);
  if (bad != component.end()) {
    return "it has " + shown(*bad) + ", and ZFS allows only letters, digits, '-', '_', '.', ':' and ' '";
  }
  if (component == "." || component == "..") return "it has the part '" + std::string(component) + "'";
  return std::nullopt;
}

std::optional<std::string> length_error(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > longest_name) return "it has " + std::to_string(name.size()) + " bytes, and ZFS allows 255";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> dataset_name_error(std::string_view name) {
  if (auto error = length_error(name)) return error;
  if (name.front() == '/') return "it begins with '/'";
  if (name.back() == '/') return "it ends with '/'";
  if (!is_letter(name.front())) return "a pool's name begins with a letter";
  if (std::count(name.begin(), name.end(), '/') > deepest_nesting) return "it has more than 50 parts";

  std::string_view rest = name;
  for (;;) {
    const std::size_t slash = rest.find('/');
    if (auto error = component_error(rest.substr(0, slash))) return error;
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  const std::string_view pool = name.substr(0, name.find('/'));
  if (pool == "mirror" || pool == "raidz" || pool == "draid") {
    return "ZFS reserves the pool name '" + std::string(pool) + "'";
  }
  return std::nullopt;
}

std::optional<std::string> snapshot_name_error(std::string_view name) {
  if (auto error = length_error(name)) return error;
  return component_error(name);
}

std::optional<std::string> full_name_error(std::string_view dataset, std::string_view snapshot) {
  const std::size_t size = dataset.size() + 1 + snapshot.size();
  if (size <= longest_name) return std::nullopt;
  return std::string(dataset) + "@" + std::string(snapshot) + " would have " + std::to_string(size) +
         " bytes, and ZFS allows 255 for a dataset's name with its snapshot's";
}

std::optional<std::string> property_name_error(std::string_view name) {
  if (auto error = length_error(name)) return error;
  if (name.front() == '-') return "it begins with '-'";
  const bool is_user_property = name.find(':') != std::string_view::npos;
  for (const char c : name) {
    const bool native = (c >= 'a' && c <= 'z') || is_digit(c) || c == '_';
    if (native || (is_user_property && (c == ':' || c == '-' || c == '.'))) continue;
    return "it has " + shown(c) + ", and ZFS allows only lower-case letters, digits and '_'" +
           (is_user_property ? ", and '-', '.' and ':' in a user property" : "");
  }
  return std::nullopt;
}

}  // namespace czb
