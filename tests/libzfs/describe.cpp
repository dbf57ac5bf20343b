// SPDX-License-Identifier: MIT
#include <sstream>

#include "libzfs/trial.h"

namespace czb::libzfs {
namespace {

void describe_package(std::ostream& out, const receiver::Package& package) {
  out << "    header to " << package.to << (package.from ? " from " + *package.from : "") << (package.raw ? " raw" : "")
      << (package.recursive ? "" : " not recursive") << "\n";
  for (const receiver::PackedDataset& dataset : package.datasets) {
    out << "      '" << dataset.relative << "'" << (dataset.is_encryption_root ? " root" : "") << " parent "
        << dataset.parent_from << " origin " << dataset.origin << (dataset.properties ? "" : " no properties") << ":";
    for (const receiver::PackedSnapshot& each : dataset.snapshots) out << " " << each.name << "=" << each.guid;
    out << "\n";
  }
}

}  // namespace

std::string describe(const Pool& pool) {
  std::ostringstream out;
  for (const Dataset& dataset : pool.datasets) {
    out << "  " << dataset.name << " guid " << dataset.guid << (dataset.is_volume ? " volume" : "");
    if (dataset.key != 0)
      out << " key " << pool.keys.at(dataset.key).content << " of " << pool.find(pool.keys.at(dataset.key).root)->name
          << " " << dataset.key_location;
    if (dataset.origin != 0)
      out << " origin " << pool.owner_of(dataset.origin)->name << "@" << pool.snapshot_of(dataset.origin)->name;
    out << " [" << dataset.properties << "]:";
    for (const Snapshot& each : dataset.snapshots) out << " " << each.name << "=" << each.guid;
    out << "\n";
  }
  return out.str();
}

std::string describe(const Trial& trial) {
  std::ostringstream out;
  out << describe(trial.world.pool);
  for (const Session& session : trial.sessions) {
    out << "  session into " << session.dataset << " of " << session.top
        << (trial.turns == Turns::at_once ? ", at once" : "") << "\n";
    if (session.package) describe_package(out, *session.package);
    for (std::size_t i = 0; i < session.streams.size(); ++i) {
      const Stream& stream = session.streams[i];
      out << "    stream " << stream.dataset << "@" << stream.snapshot << " " << stream.from_guid << " -> "
          << stream.to_guid << (stream.is_clone ? " clone" : "") << (stream.is_volume ? " volume" : "");
      if (stream.raw_key) out << " raw " << *stream.raw_key;
      out << (i == session.breaks_off_at ? " breaks off" : "") << "\n";
    }
  }
  return out.str();
}

}  // namespace czb::libzfs
