// SPDX-License-Identifier: MIT
#include "zfs/meaning.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace czb {
namespace {

struct Meaning {
  const char* text;  // a part of the message
  Lasting lasting;
  const char* advice;        // whole sentences; empty: zfs's own words say it best
  bool begins_anew = false;  // what the target has of the dataset can never be continued
};

using enum Lasting;

// Within the tree, a rename would be put right by the next push.
constexpr char beginning_anew[] =
    " Keep what is there: give the target another dataset, one that does not exist yet; or, where nothing of another "
    "job lies in it, rename the one there (zfs rename) to a name outside of the target's tree. The next push sends it "
    "in full, the whole tree with --force-non-incremental.";

// What is permanent comes first. The first advice that matches is given.
constexpr std::array meanings = {
    // Each time the same, until a person has changed something.
    Meaning{"IV set guid mismatch", permanent,
            "The snapshot that the increment begins from came to the target in another way than raw, or was changed "
            "there: no raw increment goes on from it.",
            true},
    Meaning{"IV set guid missing", permanent,
            "The snapshot that the increment begins from was received by ZFS on Linux 0.8.0 or older without what raw "
            "increments need (errata ZOL-8308).",
            true},
    Meaning{"raw receive on top of existing unencrypted dataset", permanent,
            "The source is encrypted and what the target has of it is not: it was received in clear once. An encrypted "
            "stream cannot go on from it.",
            true},
    Meaning{"encryption key does not match existing key", permanent,
            "The target's dataset has another encryption key than the source's: it is no copy of it, or the source was "
            "made anew. Find out which.",
            true},
    Meaning{"inherited key must be loaded", permanent,
            "What is sent comes below an encrypted dataset there, whose key is not loaded: load it there (zfs "
            "load-key), or name a target that is not below it."},
    Meaning{"requires -L (--large-block)", permanent,
            "The target's copy has blocks above 128 KiB and the source has none any more: it was restored or copied "
            "without them. No option of a push changes that.",
            true},
    Meaning{"pool must be upgraded to receive this stream", permanent,
            "The target's pool lacks a feature that the stream needs: doctor says which, and how to enable it."},
    Meaning{"stream has unsupported feature", permanent,
            "OpenZFS at the target is too old for this stream: upgrade it there. doctor compares both sides."},
    Meaning{"stream uses crypto parameters not compatible", permanent,
            "OpenZFS at the target does not know how this dataset is encrypted: upgrade it there."},
    Meaning{"unsupported version or feature", permanent,
            "OpenZFS or the pool at the receiving side is too old for this: doctor compares both sides."},
    Meaning{"Spill block flag missing", permanent,
            "OpenZFS at the source is too old to send this dataset raw: upgrade it there."},
    Meaning{"name is too long", permanent,
            "ZFS allows 255 bytes for a dataset's name with its snapshot's: choose a shorter name for the target, or "
            "rename the dataset at the source."},
    Meaning{"invalid name", permanent, "ZFS does not take this name there: choose another one for the target."},
    Meaning{"is not a filesystem", permanent,
            "A dataset cannot lie below a volume: name another dataset for the target."},
    Meaning{"This account is currently not available", unknown,
            "The user there has no login shell (nologin), so nothing can be run as it, not even a key's forced "
            "command: give it one, or use another user."},

    // Of `properties`, or of a property that this zfs does not know.
    Meaning{"stream: invalid property value", permanent,
            "'properties' of the target asks for a value that ZFS does not take there."},
    Meaning{"cannot receive: invalid property", permanent,
            "'properties' of the target names a property that ZFS does not know there."},

    // These pass.
    Meaning{"partially-complete state", passing,
            "An interrupted receive is pending there, and the next push finishes it or gives it up by itself. If that "
            "stays so, another receive is at work."},
    Meaning{"checksum mismatch", passing, ""},
    Meaning{"incomplete stream", passing, ""},
    Meaning{"invalid stream", passing, ""},
    Meaning{"took longer than", passing, ""},
    Meaning{"bad magic number", passing, ""},
    Meaning{"failed to read from stream", passing, ""},
    Meaning{"I/O error", passing, ""},
    Meaning{"ended by signal", passing, ""},
    // libzfs's words for any EINVAL of a receive that is resumable (2.1) or has embedded data (2.3): the stream is
    // damaged, or begins where the target no longer is, because another receive went on there meanwhile.
    Meaning{"kernel modules must be upgraded to receive this stream", passing, ""},
    Meaning{"incompatible embedded data stream feature with encrypted receive", passing, ""},

    // Whoever looks can say.
    Meaning{"cyber-zfs-backup-receiver: refused", unknown,
            "The key that is used is limited by the receiver there: its line in authorized_keys says to which "
            "datasets, mode and amounts."},
    Meaning{"out of space", unknown,
            "The pool at the receiving side is full, or the dataset's quota is reached: make room there. What had "
            "arrived before is kept."},
    Meaning{"no space left", unknown,
            "The pool at the receiving side is full: make room there. What had arrived before is kept."},
    Meaning{"permission denied", unknown,
            "The user lacks a permission: run as root, use --use-sudo, or allow it (zfs allow)."},
    Meaning{"Permission denied", unknown,
            "The user may not do that there: run as root, use --use-sudo, or allow it (zfs allow)."},
    Meaning{"it's being held", unknown,
            "A snapshot is held: zfs holds shows by whom. It goes once whoever holds it has let go."},
    Meaning{"dataset is busy", passing, "Something uses it: a hold (zfs holds), a mount, or another send or receive."},
    Meaning{"has dependent clones", unknown, "A clone depends on it: zfs list -o name,origin shows which."},
    Meaning{"dataset already exists", unknown,
            "That name is taken already, so no snapshot was taken. Two runs within one second make the same name: run "
            "again."},
    Meaning{"destination already exists", unknown,
            "The target has another snapshot or dataset of that name, which may be the only copy of what is in it: "
            "look at it, and rename it there (zfs rename); a dataset to a name outside of the target's tree."},
    Meaning{"has been modified", unknown,
            "The target was written to since the last receive. Look at what was written there and copy what is "
            "needed; only then zfs rollback to its newest snapshot, which gives that up."},
    Meaning{"match incremental source", unknown, "The target does not hold the base that the increment starts from."},
    Meaning{"must specify -F", unknown, "The target exists already, so a full stream cannot go there."},
    Meaning{"quota exceeded", unknown, "A quota at the receiving side is reached: raise it or make room there."},
    Meaning{"pool is suspended", unknown, "The pool is suspended after I/O errors: zpool status shows why."},
    Meaning{"/dev/zfs", unknown, "ZFS is not available there: is the module loaded, and may this user open /dev/zfs?"},
};

// From `beginning` up to and with the next `end`.
void replace(std::string& message, std::string_view beginning, std::string_view end, std::string_view instead) {
  const std::size_t at = message.find(beginning);
  if (at == std::string::npos) return;
  const std::size_t last = message.find(end, at + beginning.size());
  if (last != std::string::npos) message.replace(at, last + end.size() - at, instead);
}

}  // namespace

Lasting lasting_of(const std::string& message) {
  Lasting lasting = unknown;
  for (const Meaning& meaning : meanings) {
    if (meaning.lasting == unknown || message.find(meaning.text) == std::string::npos) continue;
    lasting = meaning.lasting;
    if (lasting == permanent) break;
  }
  return lasting;
}

std::string advice_on(const std::string& message) {
  for (const Meaning& meaning : meanings)
    if (*meaning.advice != '\0' && message.find(meaning.text) != std::string::npos)
      return std::string(meaning.advice) + (meaning.begins_anew ? beginning_anew : "");
  return "";
}

std::string without_zfs_advice(std::string message) {
  replace(message, "incremental send stream requires -L (--large-block), to match previous receive.", "",
          "the target has blocks above 128 KiB, and this stream has none");
  replace(message, "IV set guid mismatch. ", "send streams.", "IV set guid mismatch.");
  replace(message, "\nmust specify -F to overwrite it", "", "");
  replace(message, "\nmust destroy it to overwrite it", "", "");
  replace(message, "\nmust destroy them to overwrite it", "", "");
  // The lines after it only name what would go.
  for (const char* beginning : {"\nuse '-r' to ", "\nuse '-R' to "})
    message.erase(std::min(message.find(beginning), message.size()));
  return message;
}

std::string property_reason(const std::string& property, const std::string& reason) {
  if (property == "recordsize" && reason.find("not allowed on bootable datasets") != std::string::npos)
    return "it is above what the kernel there allows (zfs_max_recordsize)";
  return reason;
}

}  // namespace czb
