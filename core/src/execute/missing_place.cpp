// SPDX-License-Identifier: MIT
#include "execute/missing_place.h"

namespace czb {
namespace {

// A restricted receiver answers for its own root and the dataset above that alone.
bool is_pool_there(Host& host, const std::string& pool) {
  try {
    return host.exists(pool);
  } catch (const Error& error) {
    if (error.code() != ExitCode::refused) throw;
    return true;
  }
}

Error missing_pool(const Host& host, const std::string& pool, const std::string& dataset, bool was_pushed) {
  if (was_pushed)
    return {ExitCode::unreachable,
            "the pool " + pool + " is not there on " + host.peer() + ", which is to hold the backup " + dataset +
                ", and the source has a record of a push to this target, so nothing was sent. "
                "Is the disk plugged in? " +
                import_advice(pool) + " If the target's dataset was changed in the configuration: is it right?"};
  return {ExitCode::failed, "there is no pool " + pool + " on " + host.peer() + ", which is to hold the backup " +
                                dataset + ", so nothing was sent. Is its disk plugged in? " + import_advice(pool) +
                                " Or correct the target's dataset."};
}

}  // namespace

std::optional<Error> missing_place(Host& host, const std::string& dataset, bool was_pushed) {
  const std::string pool = dataset.substr(0, dataset.find('/'));
  if (pool == dataset) return missing_pool(host, pool, dataset, was_pushed);
  const std::string parent = dataset.substr(0, dataset.rfind('/'));
  if (host.exists(parent)) return std::nullopt;
  if (parent == pool || !is_pool_there(host, pool)) return missing_pool(host, pool, dataset, was_pushed);
  const std::string missing = "the dataset " + parent + ", which is to hold the backup " + dataset +
                              ", does not exist on " + host.peer() + ", so nothing was sent. ";
  if (was_pushed)
    return Error(ExitCode::failed, missing +
                                       "The source has a record of a push to this target: find out what became of "
                                       "it (`zpool history " +
                                       pool +
                                       "` there; was it renamed?); or was the target's dataset changed in the "
                                       "configuration?");
  return Error(ExitCode::failed, missing + "Make it there: zfs create -p -o mountpoint=none " + parent);
}

std::string import_advice(const std::string& pool) {
  return "`zpool import` there lists the pools that can be imported, `zpool import " + pool + "` imports it.";
}

}  // namespace czb
