// SPDX-License-Identifier: MIT
// A YAML document as a tree of values that know where they were written. It is built from yaml-cpp's
// events, not from its YAML::Node, because the tree must refuse duplicate keys, tell `~` from "~",
// keep `on` and `off` as they were written, and stay small whatever the file holds.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace czb {

struct YamlNode;
using YamlNodePtr = std::shared_ptr<const YamlNode>;

struct YamlNode {
  enum class Kind { null, scalar, sequence, map };

  Kind kind = Kind::null;
  std::string text;                                          // scalar: UTF-8 without control characters but \t and \n
  std::vector<YamlNodePtr> items;                            // sequence
  std::vector<std::pair<YamlNodePtr, YamlNodePtr>> entries;  // map, as written; each key a scalar, none twice
  int line = 1;                                              // from 1
  int column = 1;                                            // from 1, in bytes
  std::size_t weight = 0;                                    // of the tree below, aliases written out
};

// A configuration file may have so many bytes.
inline constexpr std::size_t yaml_size_limit = std::size_t{1} << 20;

// Reads one YAML document. Null when there is none (empty, or comments only). Aliases share their
// anchor's node. Throws Error (usage), "PATH:LINE:COLUMN: …", for what is not UTF-8, not YAML, too
// large, too deep, or grows too large through aliases; for duplicate keys, tags, merge keys and a
// second document.
YamlNodePtr parse_yaml(const std::string& text, const std::string& path);

// "PATH:LINE:COLUMN"
std::string origin_of(const std::string& path, const YamlNode& node);

}  // namespace czb
