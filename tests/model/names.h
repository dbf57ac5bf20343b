// SPDX-License-Identifier: MIT
// Names of datasets and snapshots, taken apart; and how a command of the model fails.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace czb::model {

// Thrown by a command's body: what zfs prints, and its exit status.
struct Failure {
  std::string text;
  int status = 1;
};

// "a/b@c" and "a/b#c": "a/b".
inline std::string dataset_part(const std::string& name) { return name.substr(0, name.find_first_of("@#")); }

// "a/b@c" and "a/b#c": "c"; "" for a dataset.
inline std::string short_part(const std::string& name) {
  const std::size_t at = name.find_first_of("@#");
  return at == std::string::npos ? "" : name.substr(at + 1);
}

// "" for a pool.
inline std::string parent_of(const std::string& dataset) {
  const std::size_t slash = dataset.rfind('/');
  return slash == std::string::npos ? "" : dataset.substr(0, slash);
}

// "/c" of "a/b/c"; "" of a pool.
inline std::string tail_of(const std::string& dataset) {
  const std::size_t slash = dataset.rfind('/');
  return slash == std::string::npos ? "" : dataset.substr(slash);
}

inline std::string pool_of(const std::string& name) { return name.substr(0, name.find_first_of("/@#")); }

inline bool is_below(const std::string& name, const std::string& root) {
  return name.size() > root.size() && name.compare(0, root.size(), root) == 0 && name[root.size()] == '/';
}

inline bool is_at_or_below(const std::string& name, const std::string& root) {
  return name == root || is_below(name, root);
}

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

template <typename Container, typename Value>
bool contains(const Container& container, const Value& value) {
  return std::find(container.begin(), container.end(), value) != container.end();
}

}  // namespace czb::model
