// SPDX-License-Identifier: MIT
#include "zfs/user_properties.h"

#include <algorithm>

#include "zfs/names.h"

namespace czb {
namespace {

// Beginnings of names that programs obey: ones that snapshot, replicate, destroy, mount, boot or run commands by what a
// property says. A second line only: what nobody allows has no name of its own, whether it is here or not.
constexpr std::string_view obeyed[] = {
    "autobackup",               // zfs_autobackup
    "bzfs",                     // bzfs
    "com.sun:",                 // zfs-auto-snapshot, zfstools: com.sun:auto-snapshot and what stands behind it
    "com.ubuntu.zsys",          // zsys: which states are booted, which go
    "cyber-zfs-backup",         // this program: what a host's own backups build on
    "democratic-csi",           // volumes for Kubernetes
    "freenas",                  // TrueNAS
    "incus",                    // Incus
    "lxd",                      // LXD
    "org.complete.simplesnap",  // simplesnap
    "org.debian",               // Debian's jobs that scrub and trim
    "org.freebsd",              // volumes for swap, iocage's jails
    "org.freenas",              // TrueNAS
    "org.opensolaris",          // boot environments
    "org.openzfs",              // the generator of mount units: org.openzfs.systemd:
    "org.truenas",              // TrueNAS
    "org.zectl",                // boot environments
    "org.zfsbootmenu",          // the command line of a kernel
    "org.znapzend",             // znapzend: runs commands
    "poudriere",                // poudriere's jails
    "sanoid",                   // sanoid
    "syncoid",                  // syncoid
    "znapzend",                 // znapzend
    "zrep",                     // zrep, and zrepl
    "zsys",                     // zsys
};

bool begins_with(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

bool is_obeyed(std::string_view name) {
  return std::any_of(std::begin(obeyed), std::end(obeyed),
                     [&](std::string_view beginning) { return begins_with(name, beginning); });
}

}  // namespace

bool is_user_property(std::string_view name) { return name.find(':') != std::string_view::npos; }

std::optional<std::string> own_names_error(std::string_view prefix) {
  if (!is_user_property(prefix) || prefix.front() == ':')
    return "it has to hold all that stands before a colon, as site: or org.example.site: do";
  if (auto wrong = property_name_error(prefix)) return wrong;
  for (const std::string_view beginning : obeyed)
    if (begins_with(prefix, beginning) || begins_with(beginning, prefix))
      return "programs of a host obey properties whose names begin with " + std::string(beginning);
  return std::nullopt;
}

std::string to_text(const OwnNames& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text.empty() ? "-" : text;
}

OwnNames own_names_in(std::string_view text) {
  OwnNames names;
  while (!text.empty()) {
    const std::string_view prefix = text.substr(0, text.find(','));
    if (!own_names_error(prefix)) names.emplace_back(prefix);
    text.remove_prefix(std::min(text.size(), prefix.size() + 1));
  }
  return names;
}

std::optional<std::string> kept_name(const std::string& name, const OwnNames& own) {
  const bool is_kept_already = begins_with(name, kept_name_prefix);
  const bool has_own_name = !is_obeyed(name) && std::any_of(own.begin(), own.end(), [&](const std::string& prefix) {
    return begins_with(name, prefix);
  });
  const std::string kept = is_kept_already || has_own_name ? name : std::string(kept_name_prefix) + name;
  return kept.size() > longest_received_name ? std::nullopt : std::optional(kept);
}

}  // namespace czb
