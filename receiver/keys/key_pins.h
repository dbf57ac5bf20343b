// SPDX-License-Identifier: MIT
// Holds each dataset to the wrapped key that it was first received with (key_data.h says why). One file a dataset in
// the state folder, under the dataset's lock: "DATASET<TAB>FINGERPRINT<TAB>root|child|?<TAB>WRAPPING<TAB>PARENT".
//
// It also says what the dataset's encryption root may be. What a sender claims of a dataset that was here is believed
// only where it came as that: one that came as a child may inherit its key from the dataset above it where that has the
// key which it had then, and which the child's was wrapped with as far as can be told. Else two claims in two sessions
// could have old data inherit a key that they are not wrapped with.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "receiver/host/state_file.h"
#include "receiver/stream/stream_rules.h"

namespace czb::receiver {

struct PinnedKey {
  std::string fingerprint;
  std::optional<bool> is_root;  // whether the dataset is an encryption root at the sender, where that was said
  std::string wrapping = {};    // of key_data.h; empty: not known
  std::string parent = {};      // the key of the dataset above, from which this one may inherit; empty: of none
};

// What a dataset that is there and has no file has now.
struct PresentKey {
  // The fingerprint of its key; nothing where it is not encrypted or may not be looked at.
  std::function<std::optional<std::string>(const std::string& dataset)> fingerprint;
  // Whether it is an encryption root; nothing where it is not encrypted or has no snapshot, so nothing to lose.
  std::function<std::optional<bool>(const std::string& dataset)> is_root;
  // Whether zfs says, asked for it by its name, that it does not exist.
  std::function<bool(const std::string& dataset)> is_absent;
};

// How the files are read and written: state_file.h's functions, or a test's.
struct KeyFiles {
  std::function<std::optional<std::string>(const std::string& path)> read = read_state_file;
  std::function<void(const std::string& path, std::string_view text)> write = write_state_file;
};

class KeyPins {
 public:
  // `top`: of what is received, whose file a refusal names where the tree is to be changed as a whole.
  KeyPins(std::string state, PresentKey present, std::string top = "", KeyFiles files = {});

  // A raw stream comes for `dataset`, which was there before or not, with this key. Throws Refused when it is not the
  // key that the dataset has, and Misconfigured. A dataset that is new gets a file; one that has a file, and another
  // key now, has to be absent for that. `origin`: of a clone, the dataset that it shares its key with.
  void admit(const std::string& dataset, bool was_there, const PinnedKey& key,
             const std::optional<std::string>& origin = std::nullopt, PlaceInStream in_stream = PlaceInStream::below);

  // The header of a tree's stream says of a dataset that is there, and is not its top, whether it is an encryption
  // root. Throws Refused when it was said otherwise before, or where nothing was said and it is otherwise now.
  void check_root(const std::string& dataset, bool is_root) const;

  // Whether a dataset that was there may be made an encryption root, or told where its key is as one, or made to
  // inherit its key from above.
  bool may_become(const std::string& dataset, bool is_root) const;

  // The datasets whose .newkey has let something of this stream through that would have been refused, or of which
  // nothing was known.
  const std::set<std::string>& served() const { return served_; }
  // Those whose data were here before this stream, and whose key nobody could tell: the first that came was taken.
  const std::set<std::string>& taken_on_trust() const { return taken_on_trust_; }

 private:
  std::optional<std::string> new_key_place(const std::string& dataset) const;
  std::string key_holder(const std::string& dataset) const;
  std::string advice(const std::string& place) const;
  std::optional<PinnedKey> known(const std::string& dataset) const;
  std::string key_above(const std::string& dataset, const PinnedKey& key, PlaceInStream in_stream) const;
  std::optional<PinnedKey> read(const std::string& dataset) const;
  void write(const std::string& dataset, const PinnedKey& key) const;
  std::string path_of(const std::string& dataset) const;

  std::string state_;
  PresentKey present_;
  std::string top_;
  KeyFiles files_;
  std::set<std::string> served_;
  std::set<std::string> taken_on_trust_;
};

}  // namespace czb::receiver
