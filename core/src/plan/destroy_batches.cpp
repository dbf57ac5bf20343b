// SPDX-License-Identifier: MIT
#include "plan/destroy_batches.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace czb {
namespace {

// A dataset in tree order: its descendants are exactly those from the next one up to `end`.
struct Place {
  const std::string* relative = nullptr;
  const Dataset* dataset = nullptr;
  std::size_t end = 0;
  std::vector<std::size_t> going;  // per snapshot: how many go with a batch that begins here; 0: none does
};

// A snapshot whose name is doomed somewhere.
struct Bearer {
  std::uint32_t name;   // its number
  std::uint32_t place;  // in tree order
  std::uint32_t position;
  bool doomed;
};

// '/' before every other character, unlike in the inventory: there "a b" stands between "a" and "a/c".
bool tree_order(const Place& a, const Place& b) {
  return std::lexicographical_compare(a.relative->begin(), a.relative->end(), b.relative->begin(), b.relative->end(),
                                      [](char x, char y) { return x != y && y != '/' && (x == '/' || x < y); });
}

std::vector<Place> places_of(const Inventory& inventory) {
  std::vector<Place> places;
  places.reserve(inventory.datasets.size());
  for (const auto& [relative, dataset] : inventory.datasets) places.push_back({&relative, &dataset, 0, {}});
  std::sort(places.begin(), places.end(), tree_order);
  std::vector<Place*> open;  // the ancestors of the present one
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (; !open.empty() && !is_below(*places[i].relative, *open.back()->relative); open.pop_back())
      open.back()->end = i;
    open.push_back(&places[i]);
  }
  for (Place* place : open) place->end = places.size();
  return places;
}

// All bearers, those of one name together and in tree order.
std::vector<Bearer> bearers_of(const std::vector<Place>& places, const Doomed& doomed) {
  std::unordered_map<std::string_view, std::uint32_t> numbers;
  for (const auto& [relative, names] : doomed)
    for (const std::string& name : names) numbers.emplace(name, static_cast<std::uint32_t>(numbers.size()));
  std::vector<Bearer> found;
  std::vector<std::size_t> begins(numbers.size() + 1, 0);
  std::vector<std::uint32_t> doomed_in(numbers.size(), UINT32_MAX);  // the last place that dooms the name
  for (std::uint32_t place = 0; place < places.size(); ++place) {
    if (auto mine = doomed.find(*places[place].relative); mine != doomed.end())
      for (const std::string& name : mine->second) doomed_in[numbers.find(name)->second] = place;
    const std::vector<Snapshot>& snapshots = places[place].dataset->snapshots;
    for (std::uint32_t position = 0; position < snapshots.size(); ++position) {
      auto number = numbers.find(snapshots[position].name);
      if (number == numbers.end()) continue;
      ++begins[number->second + 1];
      found.push_back({number->second, place, position, doomed_in[number->second] == place});
    }
  }
  for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
  std::vector<Bearer> sorted(found.size());
  for (const Bearer& bearer : found) sorted[begins[bearer.name]++] = bearer;
  return sorted;
}

// Decides where each doomed snapshot's batch begins: at the highest dataset below which nobody keeps the name.
void choose_tops(std::vector<Place>& places, const std::vector<Bearer>& bearers) {
  for (std::size_t i = 0; i < bearers.size();) {
    const Bearer& top = bearers[i++];
    if (!top.doomed) continue;
    std::size_t& going = places[top.place].going[top.position];
    const auto is_inside = [&](std::size_t j) {
      return j < bearers.size() && bearers[j].name == top.name && bearers[j].place < places[top.place].end;
    };
    std::size_t next = i;
    while (is_inside(next) && bearers[next].doomed) ++next;
    const bool kept_below = is_inside(next);
    going = kept_below ? 1 : next - i + 1;
    if (!kept_below) i = next;
  }
}

struct Batcher {
  Side side;
  const Inventory& inventory;
  std::size_t longest_word;
  std::vector<DestroySnapshots> batches;

  DestroySnapshots empty_batch(const std::string& relative, bool recursive) const {
    DestroySnapshots batch;
    batch.side = side;
    batch.root = inventory.root;
    batch.relative = relative;
    batch.recursive = recursive;
    return batch;
  }

  void add(const Place& place, bool recursive) {
    DestroySnapshots batch = empty_batch(*place.relative, recursive);
    const std::size_t dataset_length = batch.dataset().size();
    std::size_t length = dataset_length;
    for (std::size_t i = 0; i < place.going.size(); ++i) {
      if (place.going[i] == 0 || (place.going[i] > 1) != recursive) continue;
      const std::string& name = place.dataset->snapshots[i].name;
      if (!batch.names.empty() && length + 1 + name.size() > longest_word) {
        batches.push_back(std::move(batch));
        batch = empty_batch(*place.relative, recursive);
        length = dataset_length;
      }
      length += 1 + name.size();
      batch.names.push_back(name);
      batch.count += place.going[i];
    }
    if (!batch.names.empty()) batches.push_back(std::move(batch));
  }
};

}  // namespace

std::vector<DestroySnapshots> destroy_batches(Side side, const Inventory& inventory, const Doomed& doomed,
                                              std::size_t longest_word) {
  if (doomed.empty()) return {};
  std::vector<Place> places = places_of(inventory);
  for (Place& place : places)
    if (doomed.count(*place.relative) != 0) place.going.assign(place.dataset->snapshots.size(), 0);
  choose_tops(places, bearers_of(places, doomed));
  Batcher batcher{side, inventory, longest_word, {}};
  for (const Place& place : places) {
    batcher.add(place, true);
    batcher.add(place, false);
  }
  return batcher.batches;
}

}  // namespace czb
