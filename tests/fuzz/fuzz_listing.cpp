// SPDX-License-Identifier: MIT
// libFuzzer: whatever a host prints for a listing is read or refused with Error (failed), and what was read is in
// order. The first byte says how many user properties were asked for. Corpus: corpus/listing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "error.h"
#include "zfs/listing.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const czb::Inventory& inventory, const std::vector<std::string>& properties) {
  require(inventory.root == "tank/home");
  require(inventory.exists() == (inventory.find("") != nullptr));
  for (const auto& [relative, dataset] : inventory.datasets) {
    require(relative.find_first_of("@\t\n") == std::string::npos);
    require(dataset.user_properties.size() <= properties.size());
    require(std::is_sorted(dataset.snapshots.begin(), dataset.snapshots.end(),
                           [](const auto& a, const auto& b) { return a.createtxg < b.createtxg; }));
    for (const czb::Snapshot& snapshot : dataset.snapshots) {
      require(!snapshot.name.empty());
      require(snapshot.name.find_first_of("\t\n") == std::string::npos);
    }
    require(std::is_sorted(dataset.bookmarks.begin(), dataset.bookmarks.end(),
                           [](const auto& a, const auto& b) { return a.createtxg < b.createtxg; }));
    for (const czb::Bookmark& bookmark : dataset.bookmarks) {
      require(!bookmark.name.empty());
      require(bookmark.name.find_first_of("\t\n") == std::string::npos);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  czb::estimated_size(input);
  if (input.empty()) return 0;
  const std::vector<std::string> all = {"a:b", "c:d", "e:f"};
  const std::vector<std::string> properties(all.begin(), all.begin() + (input[0] & 3));
  try {
    check(czb::parse_listing(std::string_view(input).substr(1), "tank/home", properties), properties);
  } catch (const czb::Error& error) {
    require(error.code() == czb::ExitCode::failed);
    require(std::string_view(error.what()).size() < 2000);
  }
  return 0;
}
