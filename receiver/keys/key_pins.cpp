// SPDX-License-Identifier: MIT
#include "receiver/keys/key_pins.h"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

#include "receiver/answer.h"
#include "receiver/host/state_file.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

constexpr std::size_t fingerprint_size = 64;

std::string role(const std::optional<bool>& is_root) { return !is_root ? "?" : *is_root ? "root" : "child"; }

bool is_fingerprint(std::string_view word) {
  return word.size() == fingerprint_size && word.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string or_dash(const std::string& word) { return word.empty() ? "-" : word; }

// The last two words are missing where an older version wrote it.
std::optional<PinnedKey> parse(std::string_view text, const std::string& dataset) {
  if (text.empty() || text.back() != '\n') return std::nullopt;
  text.remove_suffix(1);
  std::vector<std::string> words;
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(std::min(text.size(), end + 1))) {
    end = text.find('\t');
    words.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
  }
  if (words.size() == 3) words.insert(words.end(), {"-", "-"});
  if (words.size() != 5 || words[0] != dataset || !is_fingerprint(words[1])) return std::nullopt;
  if (words[3] == "-") words[3].clear();
  if (words[4] == "-") words[4].clear();
  if (words[3].find_first_not_of("0123456789:") != std::string::npos) return std::nullopt;
  if (!words[4].empty() && !is_fingerprint(words[4])) return std::nullopt;
  for (const std::optional<bool>& each : {std::optional<bool>(), std::optional(true), std::optional(false)})
    if (words[2] == role(each)) return PinnedKey{words[1], each, words[3], words[4]};
  return std::nullopt;
}

// Whether it would be another one, or the first, and not only told with fewer words.
bool is_news(const std::optional<PinnedKey>& before, const PinnedKey& next) {
  return !before || before->fingerprint != next.fingerprint || (next.is_root && before->is_root != next.is_root) ||
         (!next.parent.empty() && before->parent != next.parent);
}

}  // namespace

KeyPins::KeyPins(std::string state, PresentKey present, std::string top, KeyFiles files)
    : state_(std::move(state)), present_(std::move(present)), top_(std::move(top)), files_(std::move(files)) {}

std::string KeyPins::path_of(const std::string& dataset) const { return state_file_path(state_, dataset, "key"); }

std::optional<PinnedKey> KeyPins::read(const std::string& dataset) const {
  const std::string path = path_of(dataset);
  const std::optional<std::string> text = files_.read(path);
  if (!text) return std::nullopt;
  std::optional<PinnedKey> key = parse(*text, dataset);
  if (!key) refuse_state_file(path, "is to tell the key of " + dataset + ", and is not understood");
  return key;
}

void KeyPins::write(const std::string& dataset, const PinnedKey& key) const {
  files_.write(path_of(dataset), dataset + "\t" + key.fingerprint + "\t" + role(key.is_root) + "\t" +
                                     or_dash(key.wrapping) + "\t" + or_dash(key.parent) + "\n");
}

std::optional<PinnedKey> KeyPins::known(const std::string& dataset) const {
  if (std::optional<PinnedKey> key = read(dataset)) return key;
  const std::optional<std::string> fingerprint = present_.fingerprint(dataset);
  return fingerprint ? std::optional(PinnedKey{*fingerprint, std::nullopt}) : std::nullopt;
}

// By the age of the file, so that one that has not served is not taken for ever.
std::optional<std::string> KeyPins::new_key_place(const std::string& dataset) const {
  constexpr std::time_t day = 86400;
  for (std::string each = dataset; !each.empty(); each = parent_of(each).value_or("")) {
    struct stat status = {};
    if (lstat(state_file_path(state_, each, "newkey").c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const std::time_t age = std::time(nullptr) - status.st_mtime;
    if (age >= 0 && age < day) return each;
  }
  return std::nullopt;
}

// Whose key it has here: the nearest above it that does not inherit. One file for that does for all below it.
std::string KeyPins::key_holder(const std::string& dataset) const {
  std::string holder = dataset;
  for (std::string each = dataset; !each.empty(); each = parent_of(each).value_or("")) {
    const std::optional<PinnedKey> pinned = read(each);
    const std::optional<bool> is_root = pinned && pinned->is_root ? pinned->is_root : present_.is_root(each);
    if (!is_root) break;
    holder = each;
    if (*is_root) break;
  }
  return holder;
}

std::string KeyPins::advice(const std::string& place) const {
  return ". If you have changed it (zfs change-key): touch " + visible(state_file_path(state_, place, "newkey")) +
         " at the receiver, then push within a day";
}

// Only of what came through here, too: a dataset of this host's own has a key of its own.
std::string KeyPins::key_above(const std::string& dataset, const PinnedKey& key, PlaceInStream in_stream) const {
  if (key.is_root != false || in_stream == PlaceInStream::top) return "";
  const std::optional<std::string> parent = parent_of(dataset);
  const std::optional<PinnedKey> above = parent && !parent->empty() ? read(*parent) : std::nullopt;
  return above && above->wrapping == key.wrapping ? above->fingerprint : "";
}

void KeyPins::admit(const std::string& dataset, bool was_there, const PinnedKey& key,
                    const std::optional<std::string>& origin, PlaceInStream in_stream) {
  PinnedKey next = key;
  if (const std::optional<std::string> place = new_key_place(dataset)) {
    next.parent = key_above(dataset, key, in_stream);
    if (was_there && is_news(read(dataset), next)) served_.insert(*place);
    write(dataset, next);
    return;
  }
  if (origin) {
    const std::optional<PinnedKey> shared = known(*origin);
    if (shared && shared->fingerprint != key.fingerprint)
      throw Refused("the stream brings a clone of " + visible(*origin) + " with another key than that has" +
                    advice(key_holder(*origin)));
  }
  const std::optional<PinnedKey> pinned = read(dataset);
  const bool is_gone = !was_there && pinned && pinned->fingerprint != key.fingerprint && present_.is_absent(dataset);
  const std::optional<PinnedKey> file = is_gone ? std::nullopt : pinned;
  const std::optional<PinnedKey> present = file || !was_there ? file : known(dataset);
  if (present && present->fingerprint != key.fingerprint)
    throw Refused("the stream brings another key for " + visible(dataset) +
                  " than what is here is encrypted with, and then nothing here could be read with the old one" +
                  advice(key_holder(dataset)));
  if (!was_there) {
    next.parent = key_above(dataset, key, in_stream);
    write(dataset, next);
    return;
  }
  if (!present && present_.is_root(dataset)) taken_on_trust_.insert(dataset);
  // A top that inherits at the sender is a root here, and nothing follows from what is said.
  if (next.is_root == false && in_stream != PlaceInStream::below) next.is_root.reset();
  if (next.is_root) check_root(dataset, *next.is_root);
  if (!next.is_root) next.is_root = file ? file->is_root : present_.is_root(dataset);
  if (file) next.parent = file->parent;
  if (!file || file->is_root != next.is_root || file->wrapping != next.wrapping) write(dataset, next);
}

void KeyPins::check_root(const std::string& dataset, bool is_root) const {
  const std::optional<PinnedKey> pinned = read(dataset);
  const std::optional<bool> was_root = pinned && pinned->is_root ? pinned->is_root : present_.is_root(dataset);
  if (!was_root || *was_root == is_root || new_key_place(dataset)) return;
  if (is_root)
    throw Refused("the stream would make " + visible(dataset) + " an encryption root, and it was not so before" +
                  advice(key_holder(dataset)));
  throw Refused("the stream would make " + visible(dataset) +
                " inherit its key from above, and it was not so before. If that is right (you have changed it by zfs "
                "change-key, or its first receive had broken off before there was a receiver): touch " +
                visible(state_file_path(state_, top_.empty() ? dataset : top_, "newkey")) +
                " at the receiver, then push within a day");
}

bool KeyPins::may_become(const std::string& dataset, bool is_root) const {
  const std::optional<PinnedKey> pinned = read(dataset);
  if (!pinned || pinned->is_root != is_root) return false;
  if (is_root) return true;
  const std::optional<std::string> parent = parent_of(dataset);
  const std::optional<PinnedKey> above = parent && !parent->empty() ? read(*parent) : std::nullopt;
  return above && !pinned->parent.empty() && pinned->parent == above->fingerprint;
}

}  // namespace czb::receiver
