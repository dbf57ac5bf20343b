// SPDX-License-Identifier: MIT
#include "forgery_ground.h"

#include <filesystem>
#include <set>

#include "lab.h"
#include "restricted.h"

namespace czb::lab {
namespace {

const Words with_files = {"", "/a", "/x", "/x/y"};

Words key_options(const std::string& file) {
  return {"-o", "encryption=on", "-o", "keyformat=raw", "-o", "keylocation=file://" + file};
}

}  // namespace

ForgeryGround::ForgeryGround(const std::string& source, const std::string& root, const std::string& folder,
                             GroundShape shape)
    : source_(source), attackers_(source + "-his"), root_(root), folder_(folder), shape_(shape) {
  key_ = {root, folder + "/state", {}, shape.as_root};
  std::filesystem::create_directory(key_.state);
  std::filesystem::permissions(key_.state, std::filesystem::perms::owner_all);
  std::filesystem::permissions(folder, std::filesystem::perms(0755));
  if (!shape.as_root) {
    allow(ZfsRole::append_only, root.substr(0, root.rfind('/')));
    succeed({"chown", system_user + ":", key_.state});
  }
  make_source();
  make_backup();
  collect();
}

ForgeryGround::~ForgeryGround() {
  run({"zfs", "destroy", "-R", "-f", attackers_});
  if (!shape_.as_root) unallow(root_.substr(0, root_.rfind('/')));
}

void ForgeryGround::make_source() {
  for (const char* const each : {"k1", "k2", "k3"}) write_file(folder_ + "/" + each, std::string(32, each[1]));
  const auto options = [&](const char* key) { return shape_.encrypted ? key_options(folder_ + "/" + key) : Words{}; };
  zfs(Words{"create"} + options("k1") + Words{source_});
  zfs({"create", "-o", "com.example:note=some", source_ + "/a"});
  zfs(Words{"create"} + options("k2") + Words{source_ + "/x"});
  zfs({"create", source_ + "/x/y"});
  zfs({"create", "-s", "-V", "1M", "-o", "volmode=none", source_ + "/v"});
  zfs(Words{"create"} + options("k3") + Words{attackers_});
  zfs({"create", attackers_ + "/x"});
  for (const char* const day : {"1", "2", "3"}) {
    for (const std::string& each : with_files)
      write_file("/" + source_ + each + "/file", noise(static_cast<unsigned>(day[0]), 3000) + each + day);
    write_file("/" + attackers_ + "/x/file", std::string("his") + day);
    zfs({"snapshot", "-r", source_ + "@" + day, attackers_ + "@" + day});
    if (day == std::string("1")) zfs({"clone", source_ + "/a@1", source_ + "/c"});
    if (day == std::string("1")) zfs({"set", "com.example:of=snapshot", source_ + "/x@1"});
  }
}

std::string ForgeryGround::send(const Words& words) const {
  return zfs(Words{"send"} + (shape_.encrypted ? Words{"-w"} : Words{}) + words);
}

void ForgeryGround::make_backup() {
  genuine_ = {send({"-R", source_ + "@1"}), send({"-R", "-I", "@1", source_ + "@2"})};
  for (const std::string& stream : genuine_) {
    const Result result = receive(with_key(key_, root_), stream);
    if (result.status != 0) throw std::runtime_error("the backup failed: " + result.text());
  }
  for (const std::string& each : with_files)
    for (const char* const day : {"1", "2"})
      files_[root_ + each + "@" + day] = noise(static_cast<unsigned>(day[0]), 3000) + each + day;
}

void ForgeryGround::take_stream(const Words& words, const std::string& dataset) {
  forgers_.streams.push_back({parts_of(send(words)), dataset});
}

void ForgeryGround::collect() {
  take_stream({"-R", "-I", "@2", source_ + "@3"}, "");
  take_stream({"-R", "-I", "@2", source_ + "@3"}, "");
  take_stream({"-R", "-I", "@1", source_ + "@3"}, "");
  take_stream({"-R", source_ + "@2"}, "new");
  take_stream({"-p", "-i", "@2", source_ + "/a@3"}, "a");
  take_stream({"-p", "-i", "@2", source_ + "/x@3"}, "x");
  take_stream({"-i", "@2", source_ + "/x@3"}, "x");
  take_stream({"-R", "-I", "@2", source_ + "/x@3"}, "x");
  take_stream({"-p", source_ + "/a@2"}, "b");
  take_stream({"-p", "-i", source_ + "/a@1", source_ + "/c@2"}, "d");
  take_stream({"-p", source_ + "/v@3"}, "w");
  take_stream({"-p", "-i", "@2", source_ + "/v@3"}, "v");
  take_stream({"-R", attackers_ + "@3"}, "his");
  take_stream({"-p", "-i", "@2", attackers_ + "/x@3"}, "x");
  take_stream({"-p", attackers_ + "/x@2"}, "new");

  std::set<std::uint64_t> guids;
  for (const std::string& line : lines_of(zfs({"list", "-H", "-p", "-r", "-t", "all", "-o", "guid", source_, attackers_,
                                               root_.substr(0, root_.find('/'))})))
    guids.insert(std::stoull(line));
  forgers_.guids.assign(guids.begin(), guids.end());
  forgers_.places = {"", "a", "x", "x/y", "c", "v", "new", "a/new", "x/new", "b"};
  forgers_.snapshots = {"1", "2", "3", "4", "0"};
  forgers_.key_file = folder_ + "/k3";
}

Words ForgeryGround::keys_that_do_not_fit(const std::string& root) const {
  if (!shape_.encrypted) return {};
  Words wrong;
  for (const auto& [dataset, key] : {std::pair(root, "k1"), std::pair(root + "/x", "k2")}) {
    const Result result = run({"zfs", "load-key", "-n", "-L", "file://" + folder_ + "/" + key, dataset});
    if (result.status != 0) wrong.push_back("the key of " + dataset + " does not fit: " + result.text());
  }
  return wrong;
}

Words ForgeryGround::unreadable(bool all) const {
  Words wrong = keys_that_do_not_fit(root_);
  if (!all || !wrong.empty()) return wrong;
  if (shape_.encrypted)
    for (const auto& [dataset, key] : {std::pair(root_, "k1"), std::pair(root_ + "/x", "k2")})
      zfs({"load-key", "-L", "file://" + folder_ + "/" + key, dataset});
  const std::string where = folder_ + "/reading";
  std::filesystem::create_directories(where);
  for (const auto& [snapshot, text] : files_) {
    const Result mounted = run({"mount", "-t", "zfs", snapshot, where});
    if (mounted.status != 0 || read_file(where + "/file") != text)
      wrong.push_back("the file of " + snapshot + " is not what it was " + mounted.text());
    if (mounted.status == 0) succeed({"umount", where});
  }
  if (shape_.encrypted) zfs({"unload-key", "-r", root_});
  return wrong;
}

}  // namespace czb::lab
