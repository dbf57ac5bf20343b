// SPDX-License-Identifier: MIT
// What a stream may bring to a dataset and what is below it. Pure: the stream's words against a listing of what is
// there.
//
// zfs receive trusts the stream where this does not. It looks for a dataset by guids in the whole pool when its name is
// not there (libzfs_sendrecv.c, guid_to_name). It appends the rest of a name from the stream to the name that it was
// told, without a look at the "/" between. Where a header says that it is of a tree's increment, it renames and
// promotes before and after until this side looks as the stream says (recv_incremental_replication); ours does not say
// it (written_head.h), so what was renamed at the sender is refused here. Under these rules a stream can only add
// snapshots, and datasets below, where they belong.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "receiver/stream/stream_head.h"
#include "zfs/commands.h"

namespace czb::receiver {

struct PresentDataset {
  std::uint64_t guid = 0;
  std::map<std::uint64_t, std::string> snapshots;  // guid → name
  std::string origin;                              // full name of a snapshot; empty: it is no clone
  std::string encryption_root;                     // full name; empty: it is not encrypted
  bool is_volume = false;                          // else a file system
  bool operator==(const PresentDataset&) const = default;
};

// By relative name; empty: the dataset is not there.
using PresentTree = std::map<std::string, PresentDataset>;

// Lists a tree's datasets and snapshots, or those of one dataset alone, for parse_present. Throws Error (failed) when
// the output is not understood.
CommandLine present_command(const std::string& dataset, bool recursive = true);
PresentTree parse_present(std::string_view listing, const std::string& dataset);

// The same of a listing that comes in pieces of any size, so that it is never in memory as a whole.
class PresentParser {
 public:
  explicit PresentParser(std::string dataset) : dataset_(std::move(dataset)) {}
  void feed(std::string_view piece);
  PresentTree take();  // at its end

 private:
  void take_line(std::string_view line);

  std::string dataset_;
  std::string partial_;  // the beginning of a line
  PresentTree tree_;
};

// What of the listing of `root` lies in `dataset`, by names relative to that.
PresentTree part_of(const PresentTree& tree, const std::string& root, const std::string& dataset);

// What is there before the stream comes.
struct StreamFacts {
  // Of a compound stream: the dataset and what is below it; of any other at least what the dataset is, if it is there.
  PresentTree present;
  bool parent_exists = false;  // for a compound stream, where the dataset is not there
  // Full name → guid of the snapshots in the key's root, where needs_origins, and which of its datasets are volumes.
  std::map<std::string, std::uint64_t> snapshots;
  std::set<std::string> volumes;
};

// Whether the stream brings clones, or meets some: then StreamFacts::snapshots is needed.
bool needs_origins(const StreamHead& head, const PresentTree& present);

// What a dataset is among those that the stream brings.
enum class PlaceInStream {
  alone,  // the only one
  top,    // of a tree
  below,  // in a tree
};

// Where a dataset's stream goes.
struct StreamPlace {
  std::string dataset;                     // full name, here
  bool was_there = false;                  // before this stream of it
  std::optional<std::string> origin;       // of a clone: the dataset whose snapshot it builds on
  std::optional<bool> is_encryption_root;  // at the sender, where the stream says it
  PlaceInStream in_stream = PlaceInStream::alone;
};

class StreamRules {
 public:
  // `head` outlives this. Throws Refused where the header would have what is there renamed or promoted, or has the guid
  // of a dataset that is there for a snapshot's.
  StreamRules(const std::string& dataset, const StreamHead& head, StreamFacts facts);

  // The beginning of a dataset's stream, in the order in which they come. Throws Refused.
  StreamPlace begin(const BeginRecord& record);

  // The first record behind such a beginning, with the size of its payload. Throws Refused where zfs receive would lose
  // its place in the stream.
  void first_record(RecordType type, std::uint64_t payload);

  // The end of a package. Throws Refused unless each dataset that its header lists has come as far as the header says,
  // or was there: what zfs receive does behind the end it does by the header.
  void end() const;

 private:
  // A dataset of the header, to be looked up.
  struct Listed {
    std::map<std::string, std::uint64_t> snapshots;  // name → guid
    std::uint64_t parent_from = 0;
    std::uint64_t origin = 0;
    bool is_encryption_root = false;
  };

  void check_guids() const;
  void check_renames() const;
  // A file system stays one, and a volume: zfs does not look, and what is forced on the one is not on the other.
  void check_kind(const BeginRecord& record, const std::string& relative) const;
  // The dataset that a clone's origin is in.
  std::optional<std::string> check_clone(const BeginRecord& record, const Listed* listed) const;
  void check_place(const BeginRecord& record, const std::string& relative) const;
  std::set<std::string> datasets_with(std::uint64_t guid) const;
  bool is_volume_here(const std::string& dataset) const;
  std::string full_name(const std::string& relative) const;

  std::string dataset_;
  std::string top_;  // its name at the sender
  bool compound_ = false;
  const Package* package_;                // none: nullptr
  std::map<std::string, Listed> listed_;  // by relative name
  StreamFacts facts_;
  bool is_first_ = true;  // no dataset's stream has come yet
  bool skips_ = false;    // the snapshot that comes now is there already
  bool hides_ = false;    // the one before it was, too, and had no data: zfs 2.1 takes this one for the rest of that
};

}  // namespace czb::receiver
