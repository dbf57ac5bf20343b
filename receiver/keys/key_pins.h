// SPDX-License-Identifier: MIT
// Holds each dataset to the wrapped key that it was first received with (key_data.h says why). One file a dataset in
// the state folder, under the dataset's lock: "DATASET<TAB>FINGERPRINT<TAB>root|child|?".
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace czb::receiver {

struct PinnedKey {
  std::string fingerprint;
  std::optional<bool> is_root;  // whether the dataset is an encryption root at the sender, where that was said
};

// What a dataset that is there and has no file has now.
struct PresentKey {
  // The fingerprint of its key; nothing where it is not encrypted or may not be looked at.
  std::function<std::optional<std::string>(const std::string& dataset)> fingerprint;
  // Whether it is an encryption root; nothing where it is not encrypted or has no snapshot, so nothing to lose.
  std::function<std::optional<bool>(const std::string& dataset)> is_root;
};

class KeyPins {
 public:
  KeyPins(std::string state, PresentKey present);

  // A raw stream comes for `dataset`, which was there before or not, with this key. Throws Refused when it is not the
  // key that the dataset has, and Misconfigured. A dataset that is new gets a file. `origin`: of a clone, the dataset
  // that it shares its key with.
  void admit(const std::string& dataset, bool was_there, const PinnedKey& key,
             const std::optional<std::string>& origin = std::nullopt);

  // The header of a tree's stream says of a dataset that is there whether it is an encryption root: zfs receive makes
  // it so. Throws Refused when it was said otherwise before, or where nothing was said and it is otherwise now.
  void check_root(const std::string& dataset, bool is_root) const;

 private:
  bool takes_new_key(const std::string& dataset) const;
  std::string advice(const std::string& dataset) const;
  std::optional<PinnedKey> known(const std::string& dataset) const;
  std::optional<PinnedKey> read(const std::string& dataset) const;
  void write(const std::string& dataset, const PinnedKey& key) const;
  std::string path_of(const std::string& dataset) const;

  std::string state_;
  PresentKey present_;
};

}  // namespace czb::receiver
