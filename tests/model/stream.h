// SPDX-License-Identifier: MIT
// The model's streams: lines of tab-separated fields, and payloads. In their order:
//
//   PACKAGE …      a -R, -I or -p stream's head, with what libzfs puts into its nvlist
//   BEGIN …        one snapshot; then its payload, as many bytes as BEGIN says; then END
//   CLOSE          the package's end
//
// A stream without a package is BEGIN, payload, END alone.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace czb::model {

// A dataset in a package's head.
struct FilesystemEntry {
  std::uint64_t guid = 0;
  std::string name;
  std::uint64_t parent_from = 0;  // guid of the base in the parent, or of its target snapshot where it has no base
  std::uint64_t origin = 0;       // guid
  bool encryption_root = false;
  bool has_properties = false;
  std::map<std::string, std::string> properties;
  std::vector<std::pair<std::string, std::uint64_t>> snapshots;  // name, guid

  bool operator==(const FilesystemEntry&) const = default;
};

struct PackageHead {
  std::string toname;  // "DATASET@SNAPSHOT"
  std::string fromsnap;
  bool has_list = false;  // -R or -p
  bool recursive = false;
  bool raw = false;
  std::vector<FilesystemEntry> filesystems;

  bool operator==(const PackageHead&) const = default;
};

struct SnapshotHead {
  std::string toname;
  std::uint64_t toguid = 0;
  std::uint64_t fromguid = 0;
  bool clone = false;
  bool resuming = false;
  bool raw = false;       // only of encrypted datasets
  bool embedded = false;  // may have embedded blocks; never of encrypted ones
  bool volume = false;
  std::uint64_t master_key = 0;
  std::uint64_t content = 0;
  std::uint64_t referenced = 0;
  std::uint64_t size = 0;    // of the whole snapshot's payload
  std::uint64_t offset = 0;  // where this payload begins

  bool operator==(const SnapshotHead&) const = default;
};

inline constexpr std::string_view snapshot_end = "END\n";
inline constexpr std::string_view package_end = "CLOSE\n";

// Whole lines, with the newline.
std::string to_line(const PackageHead& head);
std::string to_line(const SnapshotHead& head);
// A line without its newline. Throws std::runtime_error.
PackageHead package_of(std::string_view line);
SnapshotHead snapshot_of(std::string_view line);
bool is_package(std::string_view line);
bool is_snapshot(std::string_view line);

// Snapshot streams in their order, for cuts: where each begins (its BEGIN) and ends (after END).
struct StreamPart {
  SnapshotHead head;
  std::size_t begin = 0;
  std::size_t payload = 0;
  std::size_t end = 0;
};
std::vector<StreamPart> parts_of(std::string_view stream);

// Resume tokens: as OpenZFS makes them, with these values inside.
struct ResumeToken {
  std::string toname;
  std::uint64_t toguid = 0;
  std::uint64_t fromguid = 0;
  std::uint64_t offset = 0;
  bool raw = false;
};
std::string to_text(const ResumeToken& token);
// Throws std::runtime_error.
ResumeToken token_of(const std::string& text);

}  // namespace czb::model
