// SPDX-License-Identifier: MIT
// ZFS in memory: one machine with pools, spoken to with the command lines that the program uses. What it does is read
// from OpenZFS 2.1.11 (libzfs_sendrecv.c, dmu_recv.c, zfs_main.c) and compared with real ZFS by
// tests/lab/model_differential_test.cpp. Data has no bytes here: a dataset's content is a number that changes with each
// write, and a stream's payload is as long as what was written.
//
// Every function may be called from any thread. Names that begin with a pool that does not exist are missing datasets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace czb::model {

using Words = std::vector<std::string>;

// As zfs leaves it: exit status (0, 1 or 2), standard output, standard error.
struct ModelResult {
  int status = 0;
  std::string out;
  std::string err;
};

// A property that is set at a dataset. A local value counts before a received one; `inherit` hides the received one.
struct Property {
  std::optional<std::string> local;
  std::optional<std::string> received;
  bool inherit = false;
};

struct SnapshotState {
  std::string name;          // the part after '@'
  std::uint64_t object = 0;  // identity in this machine; stays when a promote moves it
  std::uint64_t guid = 0;    // identity everywhere
  std::uint64_t createtxg = 0;
  std::uint64_t content = 0;
  std::uint64_t referenced = 0;  // bytes in all
  std::uint64_t written = 0;     // bytes since the snapshot before
  std::set<std::string> holds;
  bool in_use = false;  // mounted, or its device is open: no listing tells
};

struct BookmarkState {
  std::uint64_t guid = 0;  // the snapshot's
  std::uint64_t createtxg = 0;
};

// A snapshot that was received in part. `initial`: the dataset has nothing else; destroyed with it.
struct PartialState {
  std::string toname;
  std::uint64_t toguid = 0;
  std::uint64_t fromguid = 0;
  std::uint64_t base = 0;    // the object of the snapshot it continues from; 0 when initial and no clone
  std::uint64_t offset = 0;  // payload bytes that are here
  bool initial = false;
  bool resumable = false;
  bool raw = false;
  bool active = false;  // a receive is at work
};

struct DatasetState {
  bool volume = false;
  std::uint64_t object = 0;
  std::uint64_t guid = 0;
  std::uint64_t createtxg = 0;
  std::uint64_t origin = 0;  // the object of the snapshot that it is a clone of; 0: none
  std::uint64_t content = 0;
  std::uint64_t referenced = 0;
  std::uint64_t written = 0;             // bytes since the newest snapshot
  std::vector<SnapshotState> snapshots;  // oldest first
  std::map<std::string, BookmarkState> bookmarks;
  std::map<std::string, Property> properties;
  std::uint64_t encryption_root = 0;  // the object of the dataset that holds the key; 0: not encrypted
  std::uint64_t master_key = 0;
  std::optional<PartialState> partial;

  const SnapshotState* snapshot(std::string_view name) const;
  const SnapshotState* newest() const { return snapshots.empty() ? nullptr : &snapshots.back(); }
};

struct PoolState {
  std::uint64_t txg = 4;
  std::optional<std::uint64_t> free;  // bytes; none: no limit
  bool readonly = false;
  bool missing = false;  // not imported
};

struct FilesystemEntry;

// What `zfs send` gave. Until end_send the snapshots of a -R or -I stream are held, as zfs holds them.
struct SendResult {
  int status = 0;
  std::string bytes;
  std::string out;  // with -n
  std::string err;
  std::string hold;
};

class ZfsModel {
 public:
  // guids are drawn from the seed; so is the order in which a stream visits the children of a dataset.
  explicit ZfsModel(std::uint64_t seed = 1);
  ~ZfsModel();
  ZfsModel(const ZfsModel&) = delete;
  ZfsModel& operator=(const ZfsModel&) = delete;

  // An empty pool, with its root dataset.
  void add_pool(const std::string& name);
  PoolState& pool(const std::string& name);

  // Any command line but a stream's: list, get, create, snapshot, destroy, rename, promote, rollback, set, inherit,
  // hold, release, clone, bookmark, receive -A, program. Status 127 for other programs, 2 for what it does not know.
  // `input`: the standard input of `zfs program`.
  ModelResult command(const Words& argv, const std::string& input = "");

  // `zfs send …`.
  SendResult send(const Words& argv);  // begin_send and end_send
  SendResult begin_send(const Words& argv);
  void end_send(const SendResult& sent);

  // `zfs receive …` with a stream whose end was reached (`complete`) or which was cut off there: both are the end of
  // the input, and differ only in this: a receive that is killed does not tidy up behind a cut stream.
  ModelResult receive(const Words& argv, std::string_view bytes, bool killed = false);

  // Somebody writes into a dataset.
  void write(const std::string& dataset, std::uint64_t bytes = 100);

  // `zfs program [-j] POOL SCRIPT ARGS…`: what the script does is up to the test. Called with the pool, the script's
  // name and the arguments, and the script's text.
  using Program = std::function<ModelResult(ZfsModel&, const Words&, const std::string& script)>;
  void set_program(Program program);

  // The handler where none was set, for ROOT PROPERTY VALUE SNAPSHOT BOOKMARK: sets the property at the root, and makes
  // a bookmark of each snapshot of that name in its tree. Says as JSON how many it made and how many there were.
  static ModelResult record(ZfsModel& model, const Words& words, const std::string& script);

  // The order in which streams visit datasets, where it matters; full names. Others follow.
  void set_stream_order(Words order);

  // What there is. Pointers last until the next change.
  const DatasetState* find(const std::string& dataset) const;
  Words names() const;
  // The value as `zfs get` shows it, inherited ones too; none when it is set nowhere.
  std::optional<std::string> property(const std::string& dataset, const std::string& name) const;
  std::string encryption_root(const std::string& dataset) const;  // full name; empty: not encrypted
  std::string origin(const std::string& dataset) const;           // "DATASET@SNAPSHOT"; empty: no clone
  // To change what no command changes. The dataset must exist.
  DatasetState& edit(const std::string& dataset);

 private:
  friend class Receiver;
  friend class Replication;
  struct Options;

  // model_dataset.cpp
  void create(const Words& argv);
  void take_snapshots(const Words& argv);
  void clone(const Words& argv);
  void bookmark(const Words& argv);
  void hold(const Words& argv, bool release);
  void set(const Words& argv);
  void inherit(const Words& argv);
  // `recursive`: a snapshot, in each descendant that has it.
  void rename(const std::string& from, const std::string& to, bool recursive = false);
  void promote(const std::string& name);
  void rollback(const std::string& name);
  void abort_receive(const std::string& name);
  ModelResult program(const Words& argv, const std::string& input);
  void check_writable(const std::string& name, const std::string& what) const;
  // model_list.cpp
  void list(const Words& argv, ModelResult& result) const;
  std::string get(const Words& argv) const;
  std::string column(const std::string& name, const std::string& column) const;
  // model_destroy.cpp
  void destroy(const Words& argv);
  void destroy_snapshots(const std::string& word, bool recursive);
  void destroy_dataset(const std::string& name, bool recursive);
  Words clones_of(std::uint64_t snapshot) const;
  // model_send.cpp
  struct Gathering;
  std::vector<FilesystemEntry> gather(const Gathering& wanted, std::string& err) const;
  void gather_from(const std::string& name, const Gathering& wanted, std::uint64_t parent_from,
                   std::uint64_t to_txg_above, std::vector<FilesystemEntry>& found, std::string& err) const;
  void send_all(const Options& options, SendResult& sent);
  void send_one(const Options& options, SendResult& sent);
  void send_resumed(const Options& options, SendResult& sent);
  void send_datasets(const Options& options, const std::vector<FilesystemEntry>& found, bool dry_run, SendResult& sent,
                     std::uint64_t& size);
  bool send_dataset(const std::string& name, const Options& options, bool dry_run, SendResult& sent,
                    std::uint64_t& size);
  // shared
  DatasetState& open(const std::string& name);
  const DatasetState& open(const std::string& name) const;
  std::pair<std::string, const SnapshotState*> by_object(std::uint64_t object) const;
  std::string dataset_by_object(std::uint64_t object) const;
  // The full name of the snapshot with this guid that is nearest to `near`; empty: none (libzfs's guid_to_name).
  std::string by_guid(const std::string& near, std::uint64_t guid, bool bookmarks = false) const;
  Words children_of(const std::string& name) const;            // direct ones, in the order of streams
  Words tree_of(const std::string& name) const;                // itself and all below, by name
  Words taken(const std::string& root, bool recursive) const;  // `root` and, where `recursive`, all below
  std::map<std::string, std::string> sent_properties(const DatasetState& dataset) const;
  void change_root(std::uint64_t from, std::uint64_t to, const std::string& below);
  std::uint64_t next_guid();
  std::uint64_t next_txg(const std::string& name);

  mutable std::recursive_mutex mutex_;
  std::map<std::string, PoolState> pools_;
  std::map<std::string, DatasetState> datasets_;
  Words order_;
  Program program_ = record;
  std::uint64_t seed_;
  std::uint64_t random_;
  std::uint64_t last_object_ = 0;
  std::uint64_t last_content_ = 0;
  std::uint64_t last_hold_ = 0;
};

}  // namespace czb::model
