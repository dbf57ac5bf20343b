// SPDX-License-Identifier: MIT
#include "receiver/serve/forced_afterwards.h"

#include <exception>
#include <sstream>

#include "receiver/host/present_listing.h"
#include "receiver/host/zfs_process.h"
#include "receiver/request/properties.h"

namespace czb::receiver {
namespace {

// Whether the dataset has these values. zfs receive exits with 0 where it may not set a property (measured, 2.1.11).
std::string not_in_effect(const std::string& zfs, const std::string& dataset, const ReceivedProperties& properties) {
  std::string names;
  for (const auto& [name, value] : properties) names += (names.empty() ? "" : ",") + name;
  std::istringstream lines(output_of(zfs, {"zfs", "get", "-H", "-p", "-o", "property,value", names, dataset}));
  std::string different;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    const auto wanted = properties.find(line.substr(0, tab));
    if (tab == std::string::npos || wanted == properties.end() || line.substr(tab + 1) == wanted->second) continue;
    different += (different.empty() ? "" : ", ") + wanted->first;
  }
  return different;
}

}  // namespace

DatasetKind kind_of(const StreamHead& head) {
  return head.first && head.first->is_volume ? DatasetKind::volume : DatasetKind::filesystem;
}

ForcedAfterwards::ForcedAfterwards(const Receive& request, const StreamHead& head, const Options& options)
    : dataset_(request.dataset), zfs_(options.zfs), forced_(forced_properties(kind_of(head))) {
  const bool is_rest_of_first = head.is_resuming() && (head.begin.from_guid == 0 || head.begin.is_clone);
  if (is_rest_of_first) to_set_ = forced_;
}

std::string ForcedAfterwards::run(bool well) const {
  if (!well && to_set_.empty()) return "";
  try {
    if (!exists(zfs_, dataset_)) return "";
    if (!to_set_.empty()) {
      CommandLine command = {"zfs", "set"};
      for (const auto& [name, value] : to_set_) command.push_back(name + "=" + value.value_or(""));
      command.push_back(dataset_);
      output_of(zfs_, command);
    }
    if (!well) return "";
    // A tree's stream sets canmount on its top alone (measured), and without a mountpoint it says nothing.
    ReceivedProperties to_hold = forced_;
    to_hold.erase("canmount");
    const std::string different = not_in_effect(zfs_, dataset_, to_hold);
    if (different.empty()) return "";
    return dataset_ + " was received, but these properties could not be set: " + different +
           ". Allow them to this user (zfs allow), then push again";
  } catch (const std::exception& error) {
    return "properties could not be set: " + std::string(error.what());
  }
}

}  // namespace czb::receiver
