// SPDX-License-Identifier: MIT
#include "execute/missing_parent.h"

#include "error.h"

namespace czb {

void refuse_missing_parent(Host& host, const std::string& dataset) {
  const std::size_t slash = dataset.rfind('/');
  if (slash == std::string::npos)
    throw Error(ExitCode::failed, "the pool " + dataset + " does not exist on " + host.peer() +
                                      ", so nothing was sent. Make it there (zpool create).");
  const std::string parent = dataset.substr(0, slash);
  if (!host.exists(parent))
    throw Error(ExitCode::failed,
                "the dataset " + parent + ", which is to hold the backup " + dataset + ", does not exist on " +
                    host.peer() + ", so nothing was sent. Make it there (" +
                    (parent.find('/') == std::string::npos ? "zpool create " + parent + " …"
                                                           : "zfs create -p -o mountpoint=none " + parent) +
                    ").");
}

}  // namespace czb
