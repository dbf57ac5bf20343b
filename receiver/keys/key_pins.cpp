// SPDX-License-Identifier: MIT
#include "receiver/keys/key_pins.h"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "receiver/answer.h"
#include "receiver/host/state_file.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

constexpr std::size_t fingerprint_size = 64;

std::string role(const std::optional<bool>& is_root) { return !is_root ? "?" : *is_root ? "root" : "child"; }

std::optional<PinnedKey> parse(const std::string& text, const std::string& dataset) {
  PinnedKey key;
  if (text.compare(0, dataset.size() + 1, dataset + "\t") != 0) return std::nullopt;
  key.fingerprint = text.substr(dataset.size() + 1, fingerprint_size);
  const std::string rest = text.substr(std::min(text.size(), dataset.size() + 1 + key.fingerprint.size()));
  if (key.fingerprint.find_first_not_of("0123456789abcdef") != std::string::npos ||
      key.fingerprint.size() != fingerprint_size)
    return std::nullopt;
  for (const std::optional<bool>& each : {std::optional<bool>(), std::optional(true), std::optional(false)}) {
    if (rest != "\t" + role(each) + "\n") continue;
    key.is_root = each;
    return key;
  }
  return std::nullopt;
}

}  // namespace

KeyPins::KeyPins(std::string state, PresentKey present) : state_(std::move(state)), present_(std::move(present)) {}

std::string KeyPins::path_of(const std::string& dataset) const { return state_file_path(state_, dataset, "key"); }

std::optional<PinnedKey> KeyPins::read(const std::string& dataset) const {
  const std::string path = path_of(dataset);
  const std::optional<std::string> text = read_state_file(path);
  if (!text) return std::nullopt;
  std::optional<PinnedKey> key = parse(*text, dataset);
  if (!key) refuse_state_file(path, "is to tell the key of " + dataset + ", and is not understood");
  return key;
}

void KeyPins::write(const std::string& dataset, const PinnedKey& key) const {
  write_state_file(path_of(dataset), dataset + "\t" + key.fingerprint + "\t" + role(key.is_root) + "\n");
}

std::optional<PinnedKey> KeyPins::known(const std::string& dataset) const {
  if (std::optional<PinnedKey> key = read(dataset)) return key;
  const std::optional<std::string> fingerprint = present_.fingerprint(dataset);
  return fingerprint ? std::optional(PinnedKey{*fingerprint, std::nullopt}) : std::nullopt;
}

// By the age of the file, so that nobody has to think of removing it.
bool KeyPins::takes_new_key(const std::string& dataset) const {
  constexpr std::time_t day = 86400;
  for (std::string each = dataset; !each.empty(); each = parent_of(each).value_or("")) {
    struct stat status = {};
    if (lstat(state_file_path(state_, each, "newkey").c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const std::time_t age = std::time(nullptr) - status.st_mtime;
    if (age >= 0 && age < day) return true;
  }
  return false;
}

std::string KeyPins::advice(const std::string& dataset) const {
  return ". If you have changed it (zfs change-key): touch " + visible(state_file_path(state_, dataset, "newkey")) +
         " here, then push within a day";
}

void KeyPins::admit(const std::string& dataset, bool was_there, const PinnedKey& key,
                    const std::optional<std::string>& origin) {
  if (takes_new_key(dataset)) {
    write(dataset, key);
    return;
  }
  if (origin) {
    const std::optional<PinnedKey> shared = known(*origin);
    if (shared && shared->fingerprint != key.fingerprint)
      throw Refused("the stream brings a clone of " + visible(*origin) + " with another key than that has" +
                    advice(*origin));
  }
  const std::optional<PinnedKey> file = was_there ? read(dataset) : std::nullopt;
  const std::optional<PinnedKey> present = file || !was_there ? file : known(dataset);
  if (present && present->fingerprint != key.fingerprint)
    throw Refused("the stream brings another key for " + visible(dataset) +
                  " than what is here is encrypted with, and then nothing here could be read with the old one" +
                  advice(dataset));
  if (key.is_root && was_there) check_root(dataset, *key.is_root);
  PinnedKey next = key;
  if (!next.is_root && was_there) next.is_root = file ? file->is_root : present_.is_root(dataset);
  if (!file || file->is_root != next.is_root) write(dataset, next);
}

void KeyPins::check_root(const std::string& dataset, bool is_root) const {
  const std::optional<PinnedKey> pinned = read(dataset);
  const std::optional<bool> was_root = pinned ? pinned->is_root : present_.is_root(dataset);
  if (!was_root || *was_root == is_root || takes_new_key(dataset)) return;
  throw Refused("the stream would make " + visible(dataset) +
                (is_root ? " an encryption root" : " inherit its key from above") + ", and it was not so before" +
                advice(dataset));
}

}  // namespace czb::receiver
