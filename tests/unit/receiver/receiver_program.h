// SPDX-License-Identifier: MIT
// The whole receiver as a process, as sshd starts it, with a shell script in the place of zfs.
#pragma once

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "fixtures/stream_builder.h"
#include "fixtures/temporary_folder.h"
#include "process/command.h"
#include "real_process.h"
#include "remote_command.h"
#include "zfs/commands.h"

namespace czb::receiver_test {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using Words = std::vector<std::string>;

inline const std::string root = "offsite/zippy";

inline std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Here what the receiver says is data.
struct Completed : czb::Completed {
  Completed(czb::Completed other) : czb::Completed(std::move(other)), err(czb::Completed::err.raw()) {}
  std::string err;
};

class ReceiverProgramTest : public ::testing::Test {
 protected:
  ReceiverProgramTest() {
    ::signal(SIGPIPE, SIG_IGN);  // a receiver that refuses a stream does not read it
    zfs("");
  }

  // A zfs that writes down how it was called and does as the script says; asked what the root uses, it says what is in
  // the file `space`; asked for
  // datasets by their names, it has those in the file `hidden`; asked for several properties, it has them as they were
  // forced, but for those in the file `unset`.
  void zfs(const std::string& script) {
    const std::string file = folder_.file("zfs", "#!/bin/bash\nhere=" + folder_.path() + R"(
if [ "$1 $6" = "get type,used,quota" ]; then
  cat $here/space 2> /dev/null || printf 'type\tfilesystem\nused\t0\nquota\t0\n'
  exit
fi
if [ "$1 $5" = "get property,value" ]; then
  printf '%s\t%s\n' canmount noauto devices off exec off mountpoint none readonly on setuid off sharenfs off sharesmb off \
      snapdev hidden volmode none |
    sed -f <(sed 's/.*/s|^&\t.*|&\ton|/' $here/unset 2> /dev/null)
  exit
fi
if [ "$1 $6" = "list name,guid" ]; then
  for each in "${@:7}"; do
    [ -e $here/unreadable ] && { echo "cannot open '$each': I/O error" >&2; exit 1; }
    grep -qsx "$each" $here/hidden && printf '%s\t1\n' "$each" || { echo "cannot open '$each': dataset does not exist" >&2; failed=1; }
  done
  exit ${failed:-0}
fi
printf '%s\n' "zfs $*" >> $here/called
)" + script);
    ::chmod(file.c_str(), 0700);
  }
  static std::string missing(const std::string& dataset) {
    return "if [ \"${*: -1}\" = " + dataset + " ]; then echo \"cannot open '" + dataset +
           "': dataset does not exist\" >&2; exit 1; fi\n";
  }

  Words argv_for(const std::optional<CommandLine>& command, const Words& options, const Words& environment = {}) const {
    Words argv = {"env", "-i"};
    argv.insert(argv.end(), environment.begin(), environment.end());
    if (command) argv.push_back("SSH_ORIGINAL_COMMAND=" + ssh::remote_command(*command, false));
    argv.insert(argv.end(), {CZB_RECEIVER, "--root", root, "--zfs", folder_ / "zfs", "--state", folder_ / "state"});
    argv.insert(argv.end(), options.begin(), options.end());
    return argv;
  }

  Completed run(const std::optional<CommandLine>& command, const Words& options = {}, std::string_view input = {},
                const Words& environment = {}) {
    RunLimits limits;
    limits.input = input;
    return czb::run(*transport_, argv_for(command, options, environment), limits);
  }

  // What zfs was called with, a line each.
  std::string called() const { return read_text(folder_ / "called"); }

  const Deadline deadline_;
  const TemporaryFolder folder_;
  std::shared_ptr<Transport> transport_ = local_transport();
};

inline const std::string stream = substream({"tank@b", 2});

// A zfs that lists `before` until a stream has come, and `after` then, and keeps what each receive gets.
class ComparedTest : public ReceiverProgramTest {
 protected:
  void zfs_with(const std::string& before, const std::string& after, const std::string& key_locations = "") {
    folder_.file("before", with_types(before));
    folder_.file("after", with_types(after));
    folder_.file("locations", key_locations);
    zfs(R"(case "$*" in
receive\ -s*) cat > $here/stream; mv $here/after $here/before;;
receive*) cat > $here/package;;
*name,guid,origin,encryptionroot,type*) cat $here/before;;
*name,keylocation*) cat $here/locations;;
esac
)");
  }
  // The last word of each line that has none: what is no snapshot is a file system.
  static std::string with_types(const std::string& listing) {
    std::istringstream lines(listing);
    std::string typed;
    for (std::string line; std::getline(lines, line);) {
      const bool has_three = std::count(line.begin(), line.end(), '\t') == 3;
      typed += line + (!has_three ? "" : line.find('@') == std::string::npos ? "\tfilesystem" : "\tsnapshot") + "\n";
    }
    return typed;
  }
  static constexpr std::size_t record_size = 312;
  static std::string increment() {
    const std::vector<Packed> datasets = {{"tank", {{"a", 1}, {"b", 2}}}, {"tank/c", {{"b", 12}}, 1}};
    return package_head("tank@b", package(datasets, "b", "a")) + substream({"tank@b", 2, 1}) +
           substream({"tank/c@b", 12}) + end_record();
  }
};

}  // namespace czb::receiver_test
