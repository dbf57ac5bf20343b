// SPDX-License-Identifier: MIT
// The zfs command lines that we use, each made in one place. Words only: nothing here runs them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace czb {

using CommandLine = std::vector<std::string>;

// One listing of a whole tree: datasets and snapshots, tab-separated, exact numbers.
// `user_properties` become further columns. Read by parse_listing (zfs/listing.h).
CommandLine list_command(const std::string& root, const std::vector<std::string>& user_properties);

// Whether a dataset exists; no descendants.
CommandLine exists_command(const std::string& dataset);

CommandLine snapshot_command(const std::string& root, const std::string& name);

// `recursive`: also the snapshots of the same names in every descendant.
CommandLine destroy_command(const std::string& dataset, const std::vector<std::string>& names, bool recursive);

// A raw replication stream of the whole tree up to `to`: from `base` (exclusive), or in full. With
// `-P` zfs prints the estimated size on standard error before the stream begins; see
// estimated_size in zfs/listing.h.
CommandLine send_command(const std::string& root, const std::optional<std::string>& base, const std::string& to);

// Receives unmounted. A property with a value is set (`-o`), one without is left out of the stream
// (`-x`), which lets the parent's value through.
CommandLine receive_command(const std::string& root,
                            const std::map<std::string, std::optional<std::string>>& properties);

CommandLine set_property_command(const std::string& dataset, const std::string& property, const std::string& value);

// The user property on the source's root that records the snapshot a target was last seen to share
// with it (docs/architecture.md, rule 2). Its value is the snapshot's full name: descendants inherit
// the property, and a replication stream carries it along, but there it names another tree's root.
std::string base_property(const std::string& target_name);

// The name after '@' in that property's value, where it is set and names a snapshot of `root` itself.
std::optional<std::string> recorded_base(const std::map<std::string, std::string>& properties,
                                         const std::string& target_name, const std::string& root);

}  // namespace czb
