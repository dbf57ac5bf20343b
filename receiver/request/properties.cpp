// SPDX-License-Identifier: MIT
#include "receiver/request/properties.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "receiver/answer.h"
#include "zfs/names.h"
#include "zfs/user_properties.h"

namespace czb::receiver {
namespace {

enum class Kinds { filesystems, volumes, both };

enum class Treatment {
  harmless,   // how what arrives is stored; nothing on this host acts by it before somebody mounts a clone
  left_out,   // changes what this host does, takes its space, or stands in the way of later streams: -x
  never_sent  // read-only, or set once at creation: zfs send puts it into no stream, so this one was made by hand
};

struct Native {
  std::string_view name;
  Kinds kinds;
  Treatment treatment;
};

using enum Kinds;
using enum Treatment;

constexpr Native natives[] = {
    // Mounting, running, sharing: forced to values of ours, and left out of the stream beside that.
    {"canmount", filesystems, left_out},
    {"mountpoint", filesystems, left_out},
    {"readonly", both, left_out},
    {"exec", filesystems, left_out},
    {"setuid", filesystems, left_out},
    {"devices", filesystems, left_out},
    {"sharenfs", filesystems, left_out},
    {"sharesmb", filesystems, left_out},
    // Mount options and delegation to containers that a restore is to choose for itself.
    {"context", both, left_out},
    {"fscontext", both, left_out},
    {"defcontext", both, left_out},
    {"rootcontext", both, left_out},
    {"mlslabel", both, left_out},
    {"nbmand", filesystems, left_out},
    {"overlay", filesystems, left_out},
    {"vscan", filesystems, left_out},
    {"zoned", filesystems, left_out},
    {"zoned_uid", filesystems, left_out},
    {"jailed", filesystems, left_out},
    // Device nodes of volumes and of their snapshots, for udev and what it starts (blkid, LVM, mdadm) to
    // look into: forced to none, and left out of the stream beside that.
    {"volmode", both, left_out},
    {"snapdev", both, left_out},
    {"volthreading", volumes, left_out},
    // Space and limits of this host: a reservation takes room from others, a limit stops later receives.
    {"reservation", both, left_out},
    {"refreservation", both, left_out},
    {"quota", filesystems, left_out},
    {"refquota", filesystems, left_out},
    {"filesystem_limit", filesystems, left_out},
    {"snapshot_limit", both, left_out},
    {"dedup", both, left_out},                 // its table stays in this host's memory
    {"special_small_blocks", both, left_out},  // fills this pool's special devices
    // How data is stored and cached, and what the file systems' contents mean.
    {"aclinherit", filesystems, harmless},
    {"aclmode", filesystems, harmless},
    {"acltype", filesystems, harmless},
    {"atime", filesystems, harmless},
    {"checksum", both, harmless},
    {"compression", both, harmless},
    {"copies", both, harmless},
    {"direct", filesystems, harmless},
    {"dnodesize", filesystems, harmless},
    {"logbias", both, harmless},
    {"longname", filesystems, harmless},
    {"prefetch", both, harmless},
    {"primarycache", both, harmless},
    {"recordsize", filesystems, harmless},
    {"redundant_metadata", both, harmless},
    {"relatime", filesystems, harmless},
    {"secondarycache", both, harmless},
    {"snapdir", filesystems, harmless},
    {"sync", both, harmless},
    {"volsize", volumes, harmless},
    {"xattr", filesystems, harmless},
    // Limits for users of a file system that is never written to.
    {"defaultuserquota", filesystems, harmless},
    {"defaultgroupquota", filesystems, harmless},
    {"defaultprojectquota", filesystems, harmless},
    {"defaultuserobjquota", filesystems, harmless},
    {"defaultgroupobjquota", filesystems, harmless},
    {"defaultprojectobjquota", filesystems, harmless},
    // Where the key of an encryption root lies. A raw receive may neither set it nor leave it out; it is read when
    // somebody loads a key. Its value is looked at with the stream's header.
    {"keylocation", both, harmless},
    {"available", both, never_sent},
    {"casesensitivity", filesystems, never_sent},
    {"clones", both, never_sent},
    {"compressratio", both, never_sent},
    {"createtxg", both, never_sent},
    {"creation", both, never_sent},
    {"defer_destroy", both, never_sent},
    {"encryption", both, never_sent},
    {"encryptionroot", both, never_sent},
    {"filesystem_count", filesystems, never_sent},
    {"guid", both, never_sent},
    {"keyformat", both, never_sent},
    {"keyguid", both, never_sent},
    {"keystatus", both, never_sent},
    {"logicalreferenced", both, never_sent},
    {"logicalused", both, never_sent},
    {"mounted", filesystems, never_sent},
    {"normalization", filesystems, never_sent},
    {"objsetid", both, never_sent},
    {"origin", both, never_sent},
    {"pbkdf2iters", both, never_sent},
    {"pbkdf2salt", both, never_sent},
    {"receive_resume_token", both, never_sent},
    {"redact_snaps", both, never_sent},
    {"redacted", both, never_sent},
    {"refcompressratio", both, never_sent},
    {"referenced", both, never_sent},
    {"snapshot_count", both, never_sent},
    {"snapshots_changed", both, never_sent},
    {"type", both, never_sent},
    {"used", both, never_sent},
    {"usedbychildren", both, never_sent},
    {"usedbydataset", both, never_sent},
    {"usedbyrefreservation", both, never_sent},
    {"usedbysnapshots", both, never_sent},
    {"userrefs", both, never_sent},
    {"utf8only", filesystems, never_sent},
    {"version", filesystems, never_sent},
    {"volblocksize", volumes, never_sent},
    {"written", both, never_sent},
};

// What a sender may set: values that protect as much as ours do, or that only say how data is stored. Without a list of
// values: any word of lower-case letters, digits and '-' that zfs takes, or a size, but for those that would weaken
// what is still to come: data without checksums, metadata without a second copy, a pool filled sooner than need be.
struct Settable {
  std::string_view name;
  std::string_view values;        // separated by spaces; empty: see above
  std::string_view refused = "";  // of those
};

constexpr Settable settables[] = {
    {"canmount", "noauto off"}, {"mountpoint", "none legacy"},
    {"readonly", "on"},         {"exec", "off"},
    {"setuid", "off"},          {"devices", "off"},
    {"sharenfs", "off"},        {"sharesmb", "off"},
    {"volmode", "none"},        {"snapdev", "hidden"},
    {"atime", "on off"},        {"relatime", "on off"},
    {"compression", "", "off"}, {"checksum", "", "off noparity"},
    {"recordsize", ""},         {"copies", "1 2 3"},
    {"primarycache", ""},       {"secondarycache", ""},
    {"snapdir", "hidden"},      {"redundant_metadata", "all most"},
};

// The same of a stream, which has them as numbers: zio_checksum, zio_compress (include/sys/zio.h,
// zio_compress.h), zfs_redundant_metadata_type_t (zfs.h).
struct Weakening {
  std::string_view name;
  std::array<std::uint64_t, 2> numbers;
};

constexpr Weakening weakenings[] = {
    {"checksum", {2, 10}},           // off, noparity
    {"compression", {2, 2}},         // off
    {"redundant_metadata", {2, 3}},  // some, none
};

const Native* find(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(natives), std::end(natives), [&](const Native& each) { return each.name == name; });
  return found == std::end(natives) ? nullptr : found;
}

bool applies(Kinds kinds, DatasetKind kind) {
  return kinds == both || (kinds == volumes) == (kind == DatasetKind::volume);
}

bool is_one_of(std::string_view word, std::string_view words) {
  return word.find(' ') == std::string_view::npos &&
         (" " + std::string(words) + " ").find(" " + std::string(word) + " ") != std::string::npos;
}

bool is_plain_value(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == 'K' || c == 'M';
  });
}

}  // namespace

bool may_be_asked_for(const std::string& name, const std::optional<std::string>& value) {
  if (property_name_error(name)) return false;
  // Set by -o it would be local, as if this host's administrator had said it, and other programs obey such ones. (The
  // stream brings them as received.)
  if (is_user_property(name)) return !value;
  if (!value) {
    // What is left out has this host's own value. The encryption's properties cannot be.
    const Native* const native = find(name);
    return native != nullptr && native->treatment != never_sent && name != "keylocation" && name != "volsize";
  }
  return std::any_of(std::begin(settables), std::end(settables), [&](const Settable& each) {
    if (each.name != name) return false;
    return each.values.empty() ? is_plain_value(*value) && !is_one_of(*value, each.refused)
                               : is_one_of(*value, each.values);
  });
}

ReceivedProperties forced_properties(DatasetKind kind) {
  if (kind == DatasetKind::volume) return {{"readonly", "on"}, {"snapdev", "hidden"}, {"volmode", "none"}};
  // The last two for the volumes below: a file system has them for nothing else than to be inherited (zfsprops(7)).
  return {{"canmount", "noauto"}, {"devices", "off"}, {"exec", "off"},     {"mountpoint", "none"},
          {"readonly", "on"},     {"setuid", "off"},  {"sharenfs", "off"}, {"sharesmb", "off"},
          {"snapdev", "hidden"},  {"volmode", "none"}};
}

bool is_harmless(const std::string& name) {
  const Native* const native = find(name);
  return native != nullptr && native->treatment == harmless;
}

bool weakens(const std::string& name, const std::optional<std::uint64_t>& number) {
  return std::any_of(std::begin(weakenings), std::end(weakenings), [&](const Weakening& each) {
    return each.name == name &&
           (!number || std::find(each.numbers.begin(), each.numbers.end(), *number) != each.numbers.end());
  });
}

ReceivedProperties receive_properties(const ReceivedProperties& asked, const StreamProperties& stream,
                                      const std::function<Names(const Names&)>& known_of) {
  ReceivedProperties result = asked;
  std::erase_if(result, [](const auto& each) { return is_user_property(each.first); });
  Names unknown;
  for (const auto& [name, value] : forced_properties(stream.kind)) result[name] = value;
  for (const std::string& name : stream.names) {
    if (property_name_error(name))
      throw Refused("the stream has a property '" + visible(name, 60) + "', which is no name");
    if (is_user_property(name)) continue;
    const Native* const native = find(name);
    if (native != nullptr && native->treatment == never_sent)
      throw Refused("the stream sets the property " + name + ", which no stream of zfs send does");
    if (native != nullptr && native->treatment == harmless) continue;
    // zfs says a word for each property that the kind does not have; for a tree's stream it cannot tell before.
    if (native != nullptr && !stream.recursive && !applies(native->kinds, stream.kind)) continue;
    if (native == nullptr)
      unknown.insert(name);
    else
      result.emplace(name, std::nullopt);
  }
  if (unknown.size() > most_unknown)
    throw Refused("the stream has " + std::to_string(unknown.size()) + " properties that are not known here, such as " +
                  visible(*unknown.begin(), 60));
  // Others cannot be left out by name, and zfs here sets them on nothing.
  if (!unknown.empty())
    for (const std::string& name : known_of(unknown)) result.emplace(name, std::nullopt);
  return result;
}

}  // namespace czb::receiver
