// SPDX-License-Identifier: MIT
// What a user who is not root must be allowed (`zfs allow`) for our zfs commands: one table, measured on
// real OpenZFS (tests/lab/permissions_test.cpp). docs/permissions.md is the same for people.
//
// ZFS says that something was not permitted, and hardly ever what was missing. permission_advice names all that the
// failed command needs. Whoever can run `zfs allow DATASET`, which any user may, asks missing_permissions with what it
// prints, and knows exactly. Pure: nothing here runs a command.
#pragma once

#include <string>
#include <vector>

#include "zfs/commands.h"
#include "zfs/receiver.h"

namespace czb {

// Names of permissions, as `zfs allow` takes them; in alphabetical order, each once.
using Permissions = std::vector<std::string>;

enum class ZfsOperation {
  list,  // zfs list; zfs send -n
  snapshot,
  send,          // of one snapshot, from nothing, a snapshot, a bookmark or an origin; the rest of a stream
  send_several,  // -R, -I
  destroy_snapshot,
  destroy_bookmark,
  set_property,
  bookmark,
  record_base,        // zfs program
  receive,            // each property that it sets (-o) or leaves out (-x) needs its own permission beside
  receive_encrypted,  // a tree's stream (-R) that brings encryption roots with children
  abort_receive,
  destroy_dataset,
  rename,
  promote,
  roll_back,
};

struct OperationPermissions {
  ZfsOperation operation;
  const char* name;  // "destroys snapshots"
  Permissions needed;
  bool root_only = false;
};

// Every operation, in the order of the enum.
const std::vector<OperationPermissions>& operation_permissions();

// Which one a command of zfs/commands.h is.
ZfsOperation operation_of(const CommandLine& command);

// What a command of zfs/commands.h needs, its properties included. Empty for one that needs nothing, or that no
// permission helps.
Permissions needed_permissions(const CommandLine& command);

// What setting a property needs, also by receive's -o and -x, or when a stream brings it: its own name; "userprop" for
// a user property.
std::string permission_for_property(const std::string& property);

// A property that a receive did not set: zfs then exits with 0, and the data is there (measured). One for each line
// "cannot receive NAME property on DATASET: REASON".
struct RefusedProperty {
  std::string property;
  std::string dataset;
  std::string reason;
};
std::vector<RefusedProperty> refused_properties(const std::string& said);

// What a host does.
enum class ZfsRole {
  sender,       // the source: takes and expires snapshots, pushes
  target,       // of a push, without the restricted receiver
  append_only,  // of a push, behind the restricted receiver in that mode
  mirror,
  pull,  // the source of a pull, behind the restricted receiver
};

// Of the host whose key is limited to a receiver in this mode.
ZfsRole role_of(ReceiverMode mode);

struct RolePermissions {
  // Of a target with those of the properties that are set on what it receives: without one of these the data arrives
  // all the same, but the property is not set.
  Permissions permissions;
  // The same for the properties that the source has of its own: without them they stay behind.
  Permissions source_properties;
  // Given to whoever creates a dataset, on that dataset but not on its snapshots (`zfs allow -c`). With `destroy` given
  // so, an interrupted receive can be given up, and still no snapshot destroyed.
  Permissions create_time;
};

// `encrypted`: the tree is, or some of it.
RolePermissions role_permissions(ZfsRole role, bool encrypted = false);

// What root has to run, as argv; `zfs`: the program. `dataset`: a sender's tree; of a target the parent of its tree,
// which is not there before the first push. `append`: receive:append, which cannot force (receive -F), in place of
// receive; OpenZFS knows it from 2.3.2 on.
std::vector<CommandLine> allow_commands(const std::string& zfs, const RolePermissions& role, const std::string& user,
                                        const std::string& dataset, bool append = false);

// The same as lines to type, `zfs allow -u USER … DATASET`, quoted for a shell.
std::vector<std::string> allow_lines(const RolePermissions& role, const std::string& user, const std::string& dataset,
                                     bool append = false);

// Those of `needed` that the user does not have on `dataset`. `allowed`: what `zfs allow DATASET` prints, which lists
// the dataset and those above it; `groups`: the names of the user's groups. For what is done to snapshots (destroy,
// send) `dataset` is a snapshot's name, DATASET@NAME: what is allowed locally only (-l, -c) does not go for snapshots.
// receive:append will do for receive: our commands do not force.
Permissions missing_permissions(const std::string& allowed, const std::string& dataset, const std::string& user,
                                const std::vector<std::string>& groups, const Permissions& needed);

// What to do when zfs failed `command` with the words `said`: which permissions it needs, or lacks where the words
// tell, and the line to type. Empty when they do not tell of a lack of permission. A receive that failed without a
// word, or because it "cannot set property for" a dataset, lacks change-key or keylocation where the stream has
// encrypted datasets (measured).
std::string permission_advice(const CommandLine& command, const std::string& said, const std::string& user = "USER");

}  // namespace czb
