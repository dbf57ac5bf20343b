// SPDX-License-Identifier: MIT
#include "plan/obstacle_text.h"

namespace czb {

const char* advice_on(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::nothing_in_common:
      return "Both sides have data and no snapshot in common, so nothing was sent there: an increment is impossible "
             "and a full send would have to destroy what is there. Check that the target's dataset is the right "
             "one. To start over without losing anything, give the target another dataset, one that does not exist "
             "yet; or, where nothing of another job lies in it (zfs list -r), rename it there (zfs rename) to a name "
             "outside of the target's tree. Then push again, the whole tree with --force-non-incremental.";
    case Obstacle::diverged:
      return "The target has snapshots after the newest common one that the source lacks, so nothing was sent "
             "there. Either they were destroyed at the source after a push, or someone took them at the target. "
             "They may be the only copy: look at them, copy what is needed, and only then roll the target back "
             "(zfs rollback -r to the common snapshot, or 'on-divergence: rollback' for the target). To keep them, "
             "give the target another dataset, one that does not exist yet.";
    case Obstacle::modified:
      return "The target was written to since the last push, so nothing was sent there. Look at what was written "
             "(zfs diff), copy what is needed, and only then give it up (zfs rollback to its newest snapshot, or "
             "'on-divergence: rollback' for the target).";
    case Obstacle::no_snapshots:
      return "There is a dataset at the target without a snapshot, so nothing was sent there: a full stream goes only "
             "where there is no dataset yet. Of a tree that was pushed before: rename that dataset there (zfs rename) "
             "to a name outside of the target's tree, and the next push sends it in full. A target that was never "
             "pushed to may hold other backups: give it a dataset that does not exist yet, outside of every other "
             "backup, and push again with --force-non-incremental.";
    case Obstacle::name_too_long:
      return "ZFS allows 255 bytes for a dataset's name with its snapshot's, so nothing was sent there. Give the "
             "target a dataset with a shorter name, or rename the dataset at the source (zfs rename).";
    case Obstacle::none:
      break;
  }
  return "";
}

std::string advice_on_missing(bool was_pushed) {
  if (was_pushed)
    return "The source has a record of having been pushed there: find out what became of it (`zpool history` there; "
           "was "
           "it renamed?). Only if it is lost, begin anew with --force-non-incremental.";
  return "If this is the first push, run once with --force-non-incremental; if it is not, the backup is gone or the "
         "name is wrong: look there first.";
}

std::string sentence_on(const Position& position, const std::string& here, const std::string& there) {
  switch (position.obstacle) {
    case Obstacle::nothing_in_common:
      return there + " has " + std::to_string(position.there->snapshots.size()) +
             " snapshots and none of them is one of the " + std::to_string(position.here->snapshots.size()) + " of " +
             here;
    case Obstacle::diverged:
      return there + "@" + position.there->newest()->name + " is newer than the newest common snapshot @" +
             position.common->name + " and " + here + " does not have it";
    case Obstacle::modified:
      return there + " was written to since @" + position.there->newest()->name;
    case Obstacle::no_snapshots:
      return there + " has no snapshot at the target";
    case Obstacle::name_too_long:
      return "of " + here + " at the target: " + *position.name_error;
    case Obstacle::none:
      break;
  }
  return "";
}

}  // namespace czb
