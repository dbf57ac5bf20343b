// SPDX-License-Identifier: MIT
// One `zfs receive`, fed with a stream piece by piece: what is complete takes effect at once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "model/stream.h"
#include "model/zfs_model.h"

namespace czb::model {

class Receiver {
 public:
  // `argv`: the whole command line. The model must live longer.
  Receiver(ZfsModel& model, const Words& argv);
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  ~Receiver();  // kills it where it has not ended

  // False: it has ended, well or not, and reads no more.
  bool feed(std::string_view bytes);
  // The input has ended. What was received in part is kept with -s, and gone without.
  ModelResult finish();
  // The process is killed: the same, but nothing is tidied up behind the stream.
  ModelResult kill();

 private:
  enum class Wants { record, payload, end, nothing };

  void take_line(const std::string& line);
  void begin_package(PackageHead head);
  void begin_snapshot(SnapshotHead head);
  std::string destination_of(const std::string& what, const FilesystemEntry* entry, std::string& origin);
  int check(const std::string& name, const FilesystemEntry* entry) const;
  bool will_be_encrypted(const std::string& name, const FilesystemEntry* entry) const;
  void begin_new(const std::string& name, const std::string& origin, const FilesystemEntry* entry);
  void begin_into(const std::string& name);
  std::string reason(int error, const std::string& what, const std::string& name) const;
  void apply_properties(const std::string& name, const FilesystemEntry* entry, bool is_new);
  bool apply_command_line(const std::string& name, bool top);
  void take_payload(std::string_view& bytes);
  void complete_snapshot();
  void leave_partial();
  void fail(const std::string& text);
  void end();  // after the last snapshot, also of a failed stream
  DatasetState* dataset();

  ZfsModel& model_;
  std::string target_;
  std::map<std::string, std::optional<std::string>> properties_;  // -o with a value, -x without
  bool resumable_ = false;
  ModelResult result_;

  std::string buffer_;
  Wants wants_ = Wants::record;
  bool started_ = false;
  bool skipping_ = false;   // a snapshot that is there already
  std::uint64_t left_ = 0;  // of the payload
  std::optional<PackageHead> package_;
  SnapshotHead head_;
  std::uint64_t object_ = 0;  // the dataset that receives; 0: none
  std::string name_;          // and how it was called when it began
  std::map<std::string, Property> properties_before_;
  std::set<std::pair<std::uint64_t, std::string>> taken_out_;  // of the package's list: a dataset's guid, a property
  std::string top_;
  bool soft_error_ = false;
};

// What a -R increment changes before and after its snapshots: renames and promotes follow the source
// (recv_incremental_replication), then encryption roots (recv_fix_encryption_hierarchy). Both return whether something
// could not be done.
class Replication {
 public:
  Replication(ZfsModel& model, const PackageHead& stream, std::string target, std::string& err)
      : model_(model), stream_(stream), target_(std::move(target)), err_(err) {}

  bool follow_changes();
  bool fix_encryption_roots(const std::string& top);

 private:
  bool pass(bool& again, bool& progress, bool& last_failed);
  bool follow_origin(const FilesystemEntry& local, std::uint64_t wanted, bool& progress, bool& last_failed);
  int created_before(std::uint64_t first, std::uint64_t second) const;
  bool rename(const std::string& name, const std::string& wanted, std::size_t base);

  ZfsModel& model_;
  const PackageHead& stream_;
  std::string target_;
  std::string& err_;
  std::vector<FilesystemEntry> local_;
  int temporary_ = 0;
};

const FilesystemEntry* entry_with(const std::vector<FilesystemEntry>& list, std::uint64_t snapshot_guid);

}  // namespace czb::model
