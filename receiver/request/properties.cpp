// SPDX-License-Identifier: MIT
#include "receiver/request/properties.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "receiver/answer.h"
#include "zfs/names.h"
#include "zfs/settable.h"
#include "zfs/user_properties.h"

namespace czb::receiver {
namespace {

enum class Treatment {
  harmless,   // how what arrives is stored; nothing on this host acts by it before somebody mounts a clone
  left_out,   // changes what this host does, takes its space, or stands in the way of later streams
  never_sent  // read-only, or set once at creation: zfs send puts it into no stream, so this one was made by hand
};

struct Native {
  std::string_view name;
  Treatment treatment;
};

using enum Treatment;

constexpr Native natives[] = {
    // Mounting, running, sharing: forced to values of ours, and left out of the stream beside that.
    {"canmount", left_out},
    {"mountpoint", left_out},
    {"readonly", left_out},
    {"exec", left_out},
    {"setuid", left_out},
    {"devices", left_out},
    {"sharenfs", left_out},
    {"sharesmb", left_out},
    // Mount options and delegation to containers that a restore is to choose for itself.
    {"context", left_out},
    {"fscontext", left_out},
    {"defcontext", left_out},
    {"rootcontext", left_out},
    {"mlslabel", left_out},
    {"nbmand", left_out},
    {"overlay", left_out},
    {"vscan", left_out},
    {"zoned", left_out},
    {"zoned_uid", left_out},
    {"jailed", left_out},
    // Device nodes of volumes and of their snapshots, for udev and what it starts (blkid, LVM, mdadm) to
    // look into: forced to none, and left out of the stream beside that.
    {"volmode", left_out},
    {"snapdev", left_out},
    {"volthreading", left_out},
    // Space and limits of this host: a reservation takes room from others, a limit stops later receives.
    {"reservation", left_out},
    {"refreservation", left_out},
    {"quota", left_out},
    {"refquota", left_out},
    {"filesystem_limit", left_out},
    {"snapshot_limit", left_out},
    {"dedup", left_out},                 // its table stays in this host's memory
    {"special_small_blocks", left_out},  // fills this pool's special devices
    // How data is stored and cached, and what the file systems' contents mean.
    {"aclinherit", harmless},
    {"aclmode", harmless},
    {"acltype", harmless},
    {"atime", harmless},
    {"checksum", harmless},
    {"compression", harmless},
    {"copies", harmless},
    {"direct", harmless},
    {"dnodesize", harmless},
    {"logbias", harmless},
    {"longname", harmless},
    {"prefetch", harmless},
    {"primarycache", harmless},
    {"recordsize", harmless},
    {"redundant_metadata", harmless},
    {"relatime", harmless},
    {"secondarycache", harmless},
    {"snapdir", harmless},
    {"sync", harmless},
    {"volsize", harmless},
    {"xattr", harmless},
    // Limits for users of a file system that is never written to.
    {"defaultuserquota", harmless},
    {"defaultgroupquota", harmless},
    {"defaultprojectquota", harmless},
    {"defaultuserobjquota", harmless},
    {"defaultgroupobjquota", harmless},
    {"defaultprojectobjquota", harmless},
    // Where the key of an encryption root lies. A raw receive may neither set it nor leave it out; it is read when
    // somebody loads a key. Its value is looked at with the stream's header.
    {"keylocation", harmless},
    {"available", never_sent},
    {"casesensitivity", never_sent},
    {"clones", never_sent},
    {"compressratio", never_sent},
    {"createtxg", never_sent},
    {"creation", never_sent},
    {"defer_destroy", never_sent},
    {"encryption", never_sent},
    {"encryptionroot", never_sent},
    {"filesystem_count", never_sent},
    {"guid", never_sent},
    {"keyformat", never_sent},
    {"keyguid", never_sent},
    {"keystatus", never_sent},
    {"logicalreferenced", never_sent},
    {"logicalused", never_sent},
    {"mounted", never_sent},
    {"normalization", never_sent},
    {"objsetid", never_sent},
    {"origin", never_sent},
    {"pbkdf2iters", never_sent},
    {"pbkdf2salt", never_sent},
    {"receive_resume_token", never_sent},
    {"redact_snaps", never_sent},
    {"redacted", never_sent},
    {"refcompressratio", never_sent},
    {"referenced", never_sent},
    {"snapshot_count", never_sent},
    {"snapshots_changed", never_sent},
    {"type", never_sent},
    {"used", never_sent},
    {"usedbychildren", never_sent},
    {"usedbydataset", never_sent},
    {"usedbyrefreservation", never_sent},
    {"usedbysnapshots", never_sent},
    {"userrefs", never_sent},
    {"utf8only", never_sent},
    {"version", never_sent},
    {"volblocksize", never_sent},
    {"written", never_sent},
};

// What would weaken what is still to come (zfs/settable.h), of a stream, which has it as numbers: zio_checksum,
// zio_compress (include/sys/zio.h, zio_compress.h), zfs_redundant_metadata_type_t (zfs.h).
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

}  // namespace

bool may_be_asked_for(const std::string& name, const std::optional<std::string>& value) {
  if (property_name_error(name)) return false;
  // Set by -o it would be local, as if this host's administrator had said it, and other programs obey such ones. (The
  // stream brings them as received.)
  if (is_user_property(name)) return !value;
  if (!value) {
    // What is left out has this host's own value. The encryption's properties cannot be; but what comes in clear may be
    // encrypted as this host encrypts what is made in that place.
    if (name == "encryption") return true;
    const Native* const native = find(name);
    return native != nullptr && native->treatment != never_sent && name != "keylocation" && name != "volsize";
  }
  return may_be_set(name, *value);
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

ReceivedProperties receive_properties(const ReceivedProperties& asked, DatasetKind kind,
                                      const std::set<std::string>& in_stream) {
  for (const std::string& name : in_stream) {
    if (property_name_error(name))
      throw Refused("the stream has a property '" + visible(name, 60) + "', which is no name");
    const Native* const native = find(name);
    if (native != nullptr && native->treatment == never_sent)
      throw Refused("the stream sets the property " + name + ", which no stream of zfs send does");
  }
  ReceivedProperties result = forced_properties(kind);
  for (const auto& [name, value] : asked)
    if (value) result.emplace(name, value);
  // No stream has it, so it cannot be left out of one: zfs has to be told.
  if (asked.count("encryption") != 0) result.emplace("encryption", std::nullopt);
  return result;
}

std::set<std::string> not_wanted_of(const ReceivedProperties& asked) {
  std::set<std::string> names;
  for (const auto& [name, value] : asked)
    if (!value) names.insert(name);
  return names;
}

}  // namespace czb::receiver
