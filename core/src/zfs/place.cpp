// SPDX-License-Identifier: MIT
#include "zfs/place.h"

#include "error.h"
#include "text/visible.h"

namespace czb {

ReceivePlace parse_place(std::string_view output, const std::string& dataset) {
  const std::string before = dataset + "\t";
  const std::size_t tab = output.find('\t', before.size());
  if (output.substr(0, before.size()) != before || tab == std::string_view::npos || output.back() != '\n')
    throw Error(ExitCode::failed, "zfs list of " + dataset + " gave no line that can be read: " + visible(output, 200));
  ReceivePlace place;
  place.dataset = dataset;
  const std::string_view root = output.substr(before.size(), tab - before.size());
  if (root != "-") place.encryption_root = root;
  place.key_is_loaded = output.substr(tab + 1) != "unavailable\n";
  return place;
}

}  // namespace czb
