// SPDX-License-Identifier: MIT
// The zfs command lines that we use, each made in one place. Words only: nothing here runs them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace czb {

using CommandLine = std::vector<std::string>;

// Property → the value that a receive sets (`-o`); no value: it is left out of the stream (`-x`), which lets the
// parent's value through.
using ReceivedProperties = std::map<std::string, std::optional<std::string>>;

// One listing of a whole tree: datasets, snapshots and bookmarks, tab-separated, exact numbers.
// `user_properties` become further columns. Read by parse_listing (zfs/listing.h).
CommandLine list_command(const std::string& root, const std::vector<std::string>& user_properties, bool recursive);

// The names of the tree's datasets, one a line.
CommandLine list_names_command(const std::string& root);

// The names of the properties that are set in the tree, not on its snapshots: one a line, again for each dataset that
// has it. What a dataset inherits from above the tree is not among them, nor does a stream bring it.
CommandLine property_names_command(const std::string& root);

// Where the property's value comes from: "local", "received", "inherited from NAME", "-".
CommandLine property_source_command(const std::string& dataset, const std::string& property);

// Whether a dataset exists; no descendants.
CommandLine exists_command(const std::string& dataset);

// One atomic snapshot: of `root` and all its descendants, or of exactly these datasets.
CommandLine snapshot_tree_command(const std::string& root, const std::string& name);
CommandLine snapshot_command(const std::vector<std::string>& datasets, const std::string& name);

// `recursive`: also the snapshots of the same names in every descendant.
CommandLine destroy_command(const std::string& dataset, const std::vector<std::string>& names, bool recursive);
// A dataset without snapshots and children: zfs refuses any other.
CommandLine destroy_dataset_command(const std::string& dataset);
CommandLine bookmark_command(const std::string& dataset, const std::string& snapshot, const std::string& bookmark);
CommandLine destroy_bookmark_command(const std::string& dataset, const std::string& bookmark);

CommandLine rename_command(const std::string& from, const std::string& to);
// Of a snapshot: `from` and `to` are the parts after '@'. `recursive`: and in each descendant that has it; all or none.
CommandLine rename_snapshot_command(const std::string& dataset, const std::string& from, const std::string& to,
                                    bool recursive);
CommandLine promote_command(const std::string& dataset);
// To its newest snapshot: zfs refuses any other without -r.
CommandLine rollback_command(const std::string& dataset, const std::string& snapshot);

// In what form the blocks of a stream are (docs/adr/0020).
enum class StreamForm {
  raw,    // as they lie on the disk, encrypted ones too (-w)
  plain,  // compressed and large ones as they are, embedded ones as any other (-L -c); zfs refuses it of what is
          // encrypted
};

// A replication stream of the whole tree up to `to`: from `base` (exclusive), or in full. With
// `-P` zfs prints the estimated size on standard error before the stream begins; see
// estimated_size in zfs/listing.h. `skip_missing`: without the datasets that lack `to`, and what is below them.
CommandLine send_tree_command(const std::string& root, const std::optional<std::string>& base, const std::string& to,
                              bool skip_missing, StreamForm form = StreamForm::raw);

// Where the stream of one dataset begins.
enum class SendFrom {
  nothing,   // in full
  snapshot,  // `base` is a snapshot of the dataset; all in between are sent too (-I)
  bookmark,  // `base` is a bookmark of the dataset (-i)
  origin,    // `base` is the full name of the snapshot that the dataset is a clone of (-i)
};

// A stream of one dataset with its properties up to its snapshot `to`.
CommandLine send_dataset_command(const std::string& dataset, SendFrom from, const std::string& base,
                                 const std::string& to, StreamForm form = StreamForm::raw);

CommandLine send_token_command(const std::string& token);
// Prints what the token stands for and whether it could be sent; see zfs/resume_token.h.
CommandLine read_token_command(const std::string& token);

// Whether the dataset is there, what encrypts what is made in it, and whether its key is loaded; see
// zfs/place.h.
CommandLine place_command(const std::string& dataset);

// Receives unmounted, and keeps what arrived of an interrupted stream (-s).
CommandLine receive_command(const std::string& dataset, const ReceivedProperties& properties);

// Gives up a partially received state.
CommandLine abort_receive_command(const std::string& dataset);

CommandLine set_property_command(const std::string& dataset, const std::string& property, const std::string& value);

// The user property on the source's root that records what a target has of it (docs/architecture.md, rule 2; adr/0019).
// Its value is the full name of the snapshot that both were last seen to share: descendants inherit the property, and a
// replication stream carries it along, but there it names another tree's root. Before something is sent, ",FIRST-LAST"
// is put behind it: what may have arrived since.
std::string base_property(const std::string& target_name);

// Of snapshots, by their createtxg.
struct TxgRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool holds(std::uint64_t createtxg) const { return first <= createtxg && createtxg <= last; }
  bool operator==(const TxgRange&) const = default;
};

struct TargetRecord {
  std::string base;                       // the name after '@'; empty: none was seen
  std::optional<TxgRange> may_have_come;  // nothing: the target was seen to have all that was sent
  bool operator==(const TargetRecord&) const = default;
};
std::string record_value(const std::string& root, const TargetRecord& record);

// That property's value, where it is set and is of `root` itself.
std::optional<TargetRecord> recorded(const std::map<std::string, std::string>& properties,
                                     const std::string& target_name, const std::string& root);

// Our bookmarks of what a target holds: "cyber-zfs-backup:TARGET:" and the snapshot's name.
std::string base_bookmark_prefix(const std::string& target_name);

// With one process, whatever the number of datasets: sets the property and bookmarks the snapshot in every dataset of
// the tree that has it, and of single datasets (full names) another of theirs. A bookmark has the prefix and the
// snapshot's name. A channel program (zfs-program.8, root only), which is read from standard input:
// record_base_program.
CommandLine record_base_command(const std::string& root, const std::string& property, const std::string& value,
                                const std::string& snapshot, const std::string& bookmark_prefix,
                                const std::vector<std::pair<std::string, std::string>>& own = {});
extern const char record_base_program[];

}  // namespace czb
