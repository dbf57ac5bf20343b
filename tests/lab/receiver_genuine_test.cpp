// SPDX-License-Identifier: MIT
// What a receiver refuses that zfs send writes would stop a real backup: streams of trees that hold what ZFS stores in
// ways of its own, of all kinds, whole, as increments and in parts, arrive, and are what they were at the source.
//
// CZB_TREES says how many random trees there are, CZB_SEED with which one they begin.
#include <filesystem>
#include <iostream>

#include "forged_records.h"
#include "rich_files.h"

namespace czb::lab {
namespace {

struct Kind {
  std::string name;
  Words options;  // of zfs create
};

const Words sa_and_lists = {"-o", "xattr=sa", "-o", "acltype=posixacl"};
const Words as_stored = {"-L", "-c", "-e"};
const Words as_stored_but_embedded = {"-L", "-c"};

// Each stores something as no other does.
std::vector<Kind> kinds() {
  std::vector<Kind> all = {
      {"plain", {}},
      {"attributes in spill blocks", sa_and_lists},
      {"large dnodes", sa_and_lists + Words{"-o", "dnodesize=auto"}},
      {"huge dnodes", {"-o", "dnodesize=16k", "-o", "xattr=sa", "-o", "compression=zstd"}},
      {"attributes in folders", {"-o", "xattr=on", "-o", "dnodesize=1k", "-o", "acltype=posixacl"}},
      {"blocks of 1M", {"-o", "recordsize=1M", "-o", "compression=lz4"}},
      {"blocks of 512", {"-o", "recordsize=512", "-o", "compression=lzjb"}},
      {"gzip", {"-o", "compression=gzip", "-o", "checksum=sha256", "-o", "copies=2"}},
      {"zle", {"-o", "compression=zle", "-o", "checksum=skein", "-o", "redundant_metadata=most"}},
      {"uncompressed", {"-o", "compression=off", "-o", "checksum=edonr", "-o", "recordsize=4k"}},
      {"unchecked", {"-o", "checksum=off", "-o", "compression=zstd-fast"}},
      {"names of another kind", {"-o", "normalization=formD", "-o", "casesensitivity=mixed", "-o", "utf8only=on"}},
      {"version 4", {"-o", "version=4", "-o", "xattr=on"}},
      {"version 3", {"-o", "version=3"}},
  };
  if (openzfs_is("2.3"))
    all.push_back({"blocks of 16M", {"-o", "recordsize=16M", "-o", "checksum=blake3", "-o", "xattr=sa"}});
  return all;
}

// How it is sent.
std::vector<Words> ways(bool encrypted) {
  if (encrypted) return {{"-w"}, {"-w", "-p"}, {"-w", "-L", "-c", "-e"}};
  return {{}, {"-L"}, {"-c"}, {"-e"}, as_stored, {"-w"}, {"-p"}, {"-c", "-e"}};
}

std::string said(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += " " + word;
  return text;
}

class ReceiverGenuineTest : public ForgedRecordsTest {
 protected:
  // Access lists are shown where they are wanted.
  void make_root() {
    zfs({"create", "-o", "mountpoint=none", "-o", "acltype=posixacl", target});
    restrict_to();
  }

  Result bring(const std::string& stream, const std::string& dataset) const {
    came_[dataset].push_back(stream);
    return send_bytes(stream, dataset);
  }
  void destroy(const std::string& dataset) const {
    zfs({"destroy", "-R", dataset});
    came_.erase(dataset);
  }
  // It comes, cut at these parts of it (in thousandths) and finished by what zfs send makes of the token.
  void expect_in_parts(const Words& send, const std::string& dataset, const std::vector<std::size_t>& cuts,
                       const std::string& what) const;
  void expect_comes(const Words& send, const std::string& dataset, const std::string& what) const {
    expect_in_parts(send, dataset, {}, what);
  }
  // The files of a snapshot and those of its copy; or else zfs alone makes the same of what came.
  void expect_alike(const std::string& snapshot, const std::string& copy, const std::string& what) const;
  std::map<std::string, std::string> files_of(const std::string& snapshot) const;

  // Snapshots 1 to 3 of a file system of this kind.
  void make_history(const std::string& name, const Kind& kind, Dice& dice) const;
  void expect_history_comes(const std::string& name, const Words& way, const std::string& there,
                            const std::string& what) const;
  void load_key(const std::string& dataset) const { zfs({"load-key", "-L", "file://" + folder + "/key", dataset}); }
  void play(std::uint64_t seed) const;

  mutable std::map<std::string, std::map<std::string, std::string>> seen_;  // of the source's snapshots
  mutable std::map<std::string, Words> came_;  // to which dataset which streams, in their order
};

std::map<std::string, std::string> ReceiverGenuineTest::files_of(const std::string& snapshot) const {
  const std::string where = folder + "/reading";
  std::filesystem::create_directories(where);
  succeed({"mount", "-t", "zfs", snapshot, where});
  std::map<std::string, std::string> files = seen_in(where);
  succeed({"umount", where});
  return files;
}

void ReceiverGenuineTest::expect_alike(const std::string& snapshot, const std::string& copy,
                                       const std::string& what) const {
  EXPECT_EQ(property("guid", copy), property("guid", snapshot)) << what;
  const auto here = files_of(copy);
  auto& there = seen_[snapshot];
  if (there.empty()) there = files_of(snapshot);
  EXPECT_GT(there.size(), 10U);
  if (here == there) return;
  const std::string dataset = copy.substr(0, copy.find('@'));
  const std::string plain = dataset + "-plain";
  for (const std::string& stream : came_[dataset]) receive(plainly(plain, {"-s"}), stream);
  const auto alone =
      exists(plain + copy.substr(copy.find('@'))) ? files_of(plain + copy.substr(copy.find('@'))) : there;
  for (const auto& [path, is] : there) {
    const auto found = here.find(path);
    const std::string is_here = found == here.end() ? "not there" : found->second;
    if (is_here == is) continue;
    std::cout << what << ": " << copy << ", " << path << "\n  was  " << is << "\n  is   " << is_here << "\n";
    if (alone != here) ADD_FAILURE() << what << ": " << path << " is not what zfs alone makes of it";
  }
  EXPECT_EQ(here.size(), alone.size()) << what;
  run({"zfs", "destroy", "-R", plain});
}

void ReceiverGenuineTest::make_history(const std::string& name, const Kind& kind, Dice& dice) const {
  const std::string dataset = source + "/" + name;
  zfs(Words{"create"} + kind.options + Words{dataset});
  // Accounts, and an object of foreign users' domains.
  for (const char* const quota : {"userquota@1234=1G", "groupquota@2345=2G", "userquota@S-1-234-435-1006=3G"})
    run({"zfs", "set", quota, dataset});
  RichFiles files("/" + dataset, dice);
  zfs({"snapshot", dataset + "@1"});
  files.change();
  zfs({"snapshot", dataset + "@2"});
  files.change();
  // What is written from now on is of another kind, what is there stays.
  run({"zfs", "upgrade", dataset});
  for (const std::string& option :
       {"recordsize=" + dice.pick(Words{"4k", "128k", "1M"}), "dnodesize=" + dice.pick(Words{"legacy", "2k"}),
        "xattr=" + dice.pick(Words{"on", "sa"}), "compression=" + dice.pick(Words{"off", "gzip", "lz4"})})
    run({"zfs", "set", option, dataset});
  run({"zfs", "set", "userquota@1234=none", dataset});
  files.change();
  files.change();
  zfs({"snapshot", dataset + "@3"});
}

void ReceiverGenuineTest::expect_history_comes(const std::string& name, const Words& way, const std::string& there,
                                               const std::string& what) const {
  const std::string dataset = source + "/" + name;
  const std::string full = what + " sent by" + said(way);
  expect_comes(way + Words{dataset + "@1"}, there, full);
  expect_comes(way + Words{"-i", "@1", dataset + "@2"}, there, full);
  expect_comes(way + Words{"-i", "@2", dataset + "@3"}, there, full);
}

// OpenZFS 2.3 does not send them with -e as they are: the receiver says so, and that they come without.
bool would_lose_attributes(const Result& result) {
  return openzfs_is("2.3") && result.status == refused_by_receiver &&
         result.err.find("would lose attributes") != std::string::npos;
}
Words without_embedded(const Words& send) {
  Words others;
  for (const std::string& word : send)
    if (word == "-w")
      others = others + as_stored_but_embedded;
    else if (word != "-e")
      others.push_back(word);
  return others;
}

void ReceiverGenuineTest::expect_in_parts(const Words& send, const std::string& dataset,
                                          const std::vector<std::size_t>& cuts, const std::string& what) const {
  const std::size_t had = came_[dataset].size();
  Result result;
  std::string stream = sent(send);
  for (const std::size_t cut : cuts) {
    result = bring(stream.substr(0, stream.size() / 1000 * cut), dataset);
    if (would_lose_attributes(result)) break;
    const std::string token = exists(dataset) ? property("receive_resume_token", dataset) : "-";
    if (token != "-") stream = sent({"-t", token});
  }
  if (!would_lose_attributes(result)) result = bring(stream, dataset);
  if (would_lose_attributes(result)) {
    give_up(dataset);
    came_[dataset].resize(had);
    result = bring(sent(without_embedded(send)), dataset);
  }
  EXPECT_THAT(result, Exits(ok)) << what << ": zfs send" << said(send) << ", cut " << cuts.size() << " times";
}

TEST_F(ReceiverGenuineTest, FileSystemsOfAllKindsArrive) {
  make_tree();
  make_root();
  Dice dice(from_environment("CZB_SEED", 1));
  std::size_t number = 0;
  for (const Kind& kind : kinds()) {
    const std::string name = std::to_string(++number);
    make_history(name, kind, dice);
    const std::string there = target + "/" + name;
    const std::vector<Words> all = ways(false);
    expect_history_comes(name, all[number % all.size()], there, kind.name);
    expect_alike(source + "/" + name + "@3", there + "@3", kind.name);
    destroy(there);
    zfs({"destroy", "-r", source + "/" + name});
  }
  expect_sound_pool();
}

// Plain zfs receive takes its increment, exit 0, and the directory cannot be read any more.
TEST_F(ReceiverGenuineTest, AnOldFileSystemWithLargeDnodesWouldLoseFiles) {
  make_tree();
  make_root();
  zfs({"create", "-o", "version=4", "-o", "dnodesize=1k", source + "/old"});
  const std::string at = "/" + source + "/old/folder";
  std::filesystem::create_directory(at);
  for (int each = 0; each < 12; ++each) write_file(at + "/" + std::to_string(each), "some");
  zfs({"snapshot", source + "/old@1"});
  std::filesystem::permissions(at, std::filesystem::perms::owner_all);
  zfs({"snapshot", source + "/old@2"});
  EXPECT_THAT(bring(sent({source + "/old@1"}), target + "/old"),
              Exits(refused_by_receiver, {"files that would be lost"}));

  const std::string plain = target + "/plain";
  EXPECT_THAT(receive(plainly(plain), sent({source + "/old@1"})), Exits(ok));
  EXPECT_GT(files_of(plain + "@1").size(), 12U);
  EXPECT_THAT(receive(plainly(plain), sent({"-i", "@1", source + "/old@2"})), Exits(ok));
  EXPECT_THROW(files_of(plain + "@2"), std::filesystem::filesystem_error);
  run({"umount", folder + "/reading"});
}

TEST_F(ReceiverGenuineTest, EncryptedFileSystemsArrive) {
  make_tree();
  make_root();
  Dice dice(from_environment("CZB_SEED", 2));
  std::size_t number = 0;
  const std::vector<Kind> all = kinds();
  for (const Kind& kind : {all[1], all[3], all[5]}) {
    const std::string name = std::to_string(++number);
    make_history(name, {kind.name, encrypted() + kind.options}, dice);
    const std::string there = target + "/" + name;
    expect_history_comes(name, ways(true)[number % 3], there, kind.name);
    load_key(there);
    expect_alike(source + "/" + name + "@3", there + "@3", kind.name);
    zfs({"unload-key", there});
    destroy(there);
    zfs({"destroy", "-r", source + "/" + name});
  }
  expect_sound_pool();
}

TEST_F(ReceiverGenuineTest, InterruptedAnywhereTheyArrive) {
  make_tree();
  make_root();
  Dice dice(from_environment("CZB_SEED", 3));
  make_history("f", {"large", sa_and_lists + Words{"-o", "dnodesize=auto", "-o", "recordsize=1M"}}, dice);
  make_history("e", {"encrypted", encrypted() + sa_and_lists}, dice);
  int number = 0;
  const auto come = [&](const std::string& name, const Words& way, const std::vector<std::size_t>& cuts) {
    const std::string at = source + "/" + name;
    const bool raw = name == "e";
    const std::string there = target + "/" + std::to_string(++number);
    expect_in_parts(way + Words{at + "@1"}, there, cuts, name);
    expect_in_parts(way + Words{"-i", "@1", at + "@3"}, there, cuts, name);
    if (raw) load_key(there);
    expect_alike(at + "@3", there + "@3", name);
    if (raw) zfs({"unload-key", there});
    destroy(there);
  };
  come("f", {}, {150, 400, 980});
  come("f", as_stored, {500});
  come("e", {"-w"}, {150, 400, 980});
  expect_sound_pool();
}

void ReceiverGenuineTest::play(std::uint64_t seed) const {
  Dice dice(seed);
  const bool is_encrypted = dice.chance(35);
  const Words options = random_file_options(dice);
  const std::string name = "r" + std::to_string(seed);
  const std::string what =
      "CZB_SEED=" + std::to_string(seed) + " (" + said(options) + (is_encrypted ? ", encrypted)" : ")");
  make_history(name, {"random", (is_encrypted ? encrypted() : Words{}) + options}, dice);
  const bool raw = is_encrypted && dice.chance(70);
  const Words way = dice.pick(is_encrypted && !raw ? std::vector<Words>{{}, as_stored, {"-L"}} : ways(is_encrypted));
  const std::string at = source + "/" + name;
  const std::string there = target + "/" + name;
  const auto send = [&](const Words& words) {
    if (dice.chance(50)) return expect_comes(way + words, there, what);
    std::vector<std::size_t> cuts;
    for (int left = dice.between(1, 3); left > 0; --left) cuts.push_back(dice.below(1000));
    expect_in_parts(way + words, there, cuts, what);
  };
  const Words path = dice.pick(std::vector<Words>{{"@3"}, {"@1", "@3"}, {"@2", "@3"}, {"@1", "@2", "@3"}});
  send({at + path.front()});
  for (std::size_t each = 1; each < path.size(); ++each) send({"-i", path[each - 1], at + path[each]});
  if (raw) load_key(there);
  expect_alike(at + "@3", there + "@3", what + said(way));
  zfs({"destroy", "-r", at});
  destroy(there);
}

TEST_F(ReceiverGenuineTest, RandomTreesArrive) {
  make_tree();
  make_root();
  const std::uint64_t first = from_environment("CZB_SEED", 100);
  for (std::uint64_t seed = first; seed < first + from_environment("CZB_TREES", 1) && !HasFailure(); ++seed) play(seed);
  expect_sound_pool();
}

}  // namespace
}  // namespace czb::lab
