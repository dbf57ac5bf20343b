// SPDX-License-Identifier: MIT
// Headers that zfs receive takes and is fooled by, sent by somebody who has the key. Each forgery is made of a genuine
// stream, with right sizes and checksums, and has its control: a plain zfs receive, which does as it is told.
#include <filesystem>

#include "forged_stream.h"
#include "receiver/stream/written_head.h"
#include "receiver_key.h"
#include "receiver_lab.h"
#include "restricted.h"

namespace czb::lab {
namespace {

using receiver::Package;
using receiver::PackedDataset;
using receiver::PackedProperties;

class ReceiverHeaderTest : public ReceiverLabTest {
 protected:
  static std::uint64_t guid(const std::string& snapshot) { return std::stoull(property("guid", snapshot)); }

  // An encrypted tree with the children "a", which inherits its key, and "x", which has one of its own, and its backup.
  void make_keyed_backup() {
    make_keyed_source();
    restrict_to();
    EXPECT_THAT(send_forged(stream_of({"-R", "-w", source + "@" + noon(1)}), target), Exits(ok));
  }
  // Its snapshots are 1 and 2.
  void make_keyed_source() {
    make_tree({"a"}, encrypted());
    write_file(folder + "/key-of-x", std::string(32, 'x'));
    zfs({"create", "-o", "encryption=on", "-o", "keyformat=raw", "-o", "keylocation=file://" + folder + "/key-of-x",
         source + "/x"});
    fill_and_snapshot(1, {"a", "x"});
    take_snapshot(2);
  }

  // Of `zfs send` with these arguments.
  std::string stream_of(const Words& send) const { return zfs(Words{"send"} + send); }

  // The stream with its header changed; the rest of it comes as it is.
  template <typename Change>
  static std::string forged(const std::string& genuine, Change change) {
    ForgedStream stream = parts_of(genuine);
    change(*stream.package);
    return put_together(stream);
  }

  ReceiverKey key() const { return {target, folder + "/state", {}, true}; }
  Result send_forged(const std::string& stream, const std::string& dataset) const {
    return receive(with_key(key(), dataset), stream);
  }

  // An increment of the tree whose header has a dataset more that is not there and lists what "x" has and gets: in 2.1
  // zfs goes through the header, where the last one wins, later ones go through what is here, and there the first one.
  std::string with_a_ghost_of_x(bool last) const {
    return forged(stream_of({"-R", "-w", "-I", "@" + noon(1), source + "@" + noon(2)}), [&](Package& package) {
      const std::string x = source + "/x@";
      PackedDataset ghost = packed_ghost("y", {{noon(1), guid(x + noon(1))}, {noon(2), guid(x + noon(2))}});
      no_increment(package);
      package.datasets.insert(last ? package.datasets.end() : package.datasets.begin(), ghost);
    });
  }

  // The header of a stream of one dataset, or of a tree without "x", lists what "x" has.
  std::string with_a_guid_of_x(int from, int to, bool of_tree) const {
    const std::string before = "@" + noon(from);
    const std::uint64_t of_x = guid(source + "/x@" + noon(to));
    if (!of_tree)
      return forged(stream_of({"-p", "-w", "-i", before, source + "/a@" + noon(to)}), [&](Package& package) {
        auto& snapshots = package.datasets[0].snapshots;
        snapshots.insert(snapshots.begin(), {"0", of_x, PackedProperties()});
      });
    ForgedStream stream = parts_of(stream_of({"-R", "-w", "-I", before, source + "@" + noon(to)}));
    Package& package = *stream.package;
    no_increment(package);
    std::erase_if(package.datasets, [](const PackedDataset& each) { return !each.relative.empty(); });
    package.datasets.push_back(packed_ghost("y", {{noon(to), of_x}}));
    std::erase_if(stream.sent, [&](const SentDataset& each) { return each.parsed().dataset != source; });
    return put_together(stream);
  }
  // What the control is fooled by: 2.1 looks for guids in the whole pool, later ones in the tree that has come.
  static bool of_tree_here() { return !openzfs_is("2.1"); }

  // In a pool of its own: zfs receive looks for guids in all of it.
  void make_pool_for_control() const {
    succeed({"truncate", "-s", "128M", folder + "/plain.img"});
    succeed(
        {"zpool", "create", "-o", "ashift=12", "-o", "cachefile=none", "-m", "none", "plain", folder + "/plain.img"});
  }
  // There the same tree, received by zfs alone.
  void make_control(const Words& send = {"-w"}) const {
    make_pool_for_control();
    EXPECT_EQ(receive(plainly(control), stream_of(Words{"-R"} + send + Words{source + "@" + noon(1)})).status, 0);
  }
  ~ReceiverHeaderTest() override { run({"zpool", "destroy", "-f", "plain"}); }
  const std::string control = "plain/control";
  // "x" of the control has lost its encryption root.
  void expect_fooled() const {
    EXPECT_EQ(property("encryptionroot", control + "/x"), control) << "zfs is not fooled, so this shows nothing";
  }

  void expect_readable_as_before() const {
    for (const std::string& own : {std::string(), std::string("/x")})
      EXPECT_EQ(property("encryptionroot", target + own), target + own);
    EXPECT_EQ(property("encryptionroot", target + "/a"), target);
    zfs({"load-key", "-L", "file://" + folder + "/key-of-x", target + "/x"});
    EXPECT_NE(file_of(target + "/x@" + noon(1), "data"), "");
    zfs({"unload-key", target + "/x"});
  }
};

TEST_F(ReceiverHeaderTest, OurEncoderWritesWhatZfsSendWrites) {
  make_tree({"a"}, encrypted());
  zfs({"set", "com.example:owner=some 'body'", source + "/a"});
  write("a", "data", noise(1, 100000));
  take_snapshot(1);
  write("a", "data", noise(2, 100000));
  take_snapshot(2);
  for (const Words& send :
       {Words{"-R", "-w", "-I", "@" + noon(1), source + "@" + noon(2)}, Words{"-R", "-w", source + "@" + noon(1)},
        Words{"-p", "-w", source + "/a@" + noon(2)}, Words{"-w", source + "/a@" + noon(2)}}) {
    const std::string genuine = stream_of(send);
    const ForgedStream stream = parts_of(genuine);
    if (stream.package) {
      const std::string again = receiver::encode_package(*stream.package, stream.dataset);
      EXPECT_TRUE(receiver::parse_package(again, stream.dataset) == *stream.package) << send.back();
    }
    if (!openzfs_is("2.1") && stream.package) continue;  // later ones have two words in another order
    EXPECT_TRUE(put_together(stream) == genuine) << send.back();
  }
}

// A dataset that is not there lists the snapshots that another one has and is about to get: zfs takes that one for it.
TEST_F(ReceiverHeaderTest, AGuidThatIsListedTwiceMakesNothingInheritItsKey) {
  make_keyed_backup();
  const std::string before = state_of({"offsite"});
  for (const bool last : {true, false})
    EXPECT_THAT(send_forged(with_a_ghost_of_x(last), target), Exits(refused_by_receiver, {"lists one snapshot twice"}));
  EXPECT_EQ(state_of({"offsite"}), before);
  expect_readable_as_before();

  make_control();
  receive(plainly(control), with_a_ghost_of_x(openzfs_is("2.1")));
  expect_fooled();
}

// What zfs asks of a user for it, the receiver's user is allowed.
TEST_F(ReceiverHeaderTest, NeitherDoesItWithoutRoot) {
  make_keyed_source();
  allow(ZfsRole::append_only, "offsite");
  ReceiverKey users = key();
  users.is_roots = false;
  std::filesystem::permissions(folder, std::filesystem::perms(0755));
  std::filesystem::create_directory(users.state);
  succeed({"chown", system_user + ":", users.state});
  const std::string first = stream_of({"-R", "-w", source + "@" + noon(1)});
  EXPECT_THAT(receive(with_key(users, target), first), Exits(ok));
  for (const bool last : {true, false})
    EXPECT_THAT(receive(with_key(users, target), with_a_ghost_of_x(last)),
                Exits(refused_by_receiver, {"lists one snapshot twice"}));
  EXPECT_THAT(receive(with_key(users, target), stream_of({"-R", "-w", "-I", "@" + noon(1), source + "@" + noon(2)})),
              Exits(ok));
  expect_readable_as_before();
  unallow("offsite");

  make_control();
  allow(ZfsRole::append_only, "plain");
  Receiving plain = plainly(control);
  plain.command = non_root(plain.command);
  receive(plain, with_a_ghost_of_x(openzfs_is("2.1")));
  expect_fooled();
}

// Two sessions, two claims: "home" inherits its key at the sender, and is the top of what comes; then it is said to be
// a child of the dataset that happens to be above it here, which this host encrypts with a key of its own.
TEST_F(ReceiverHeaderTest, WhatCameAsAChildInheritsFromNothingThatHappensToBeAboveIt) {
  const std::string key_of_host = "file://" + folder + "/key-of-host";
  write_file(folder + "/key-of-host", std::string(32, 'h'));
  make_tree({"a"}, encrypted());
  fill_and_snapshot(1, {"a"});
  zfs({"snapshot", source + "/a@evil"});
  const Words of_home = {stream_of({"-p", "-w", source + "/a@" + noon(1)}),
                         stream_of({"-p", "-w", "-i", "@" + noon(1), source + "/a@evil"})};
  restrict_to();
  make_pool_for_control();
  const auto make_host = [&](const std::string& host) {
    zfs({"create", "-o", "encryption=on", "-o", "keyformat=raw", "-o", "keylocation=" + key_of_host, host});
    zfs({"snapshot", host + "@evil"});
  };
  make_host(target);
  make_host(control);
  for (const std::string& each : of_home) {
    ASSERT_THAT(send_forged(each, target + "/home"), Exits(ok));
    ASSERT_THAT(receive(plainly(control + "/home"), each), Exits(ok));
  }
  ASSERT_EQ(property("encryptionroot", target + "/home"), target + "/home");

  const auto claim = [&](const std::string& host) {
    PackedDataset top = packed_ghost("", {{"evil", guid(host + "@evil")}});
    top.is_encryption_root = true;
    top.properties->push_back({"keylocation", "file:///evil"});
    PackedDataset home = packed_ghost("home", {{"evil", guid(host + "/home@evil")}});
    home.id = "0xbeef";
    Package package;
    package.to = "evil";
    package.recursive = package.raw = true;
    package.datasets = {top, home};
    receiver::BeginRecord begin;
    begin.dataset = host;
    begin.snapshot = "evil";
    begin.to_guid = begin.from_guid = guid(host + "@evil");
    return receiver::package_records(host + "@evil", 0, receiver::encode_package(package, host)) +
           receiver::write_begin(begin) + receiver::write_nothing() + receiver::write_end() + receiver::write_end();
  };
  const Result result = send_forged(claim(target), target);
  EXPECT_EQ(property("encryptionroot", target + "/home"), target + "/home") << result.text();
  EXPECT_EQ(property("keylocation", target), key_of_host);
  zfs({"load-key", "-L", "file://" + folder + "/key", target + "/home"});
  EXPECT_NE(file_of(target + "/home@" + noon(1), "data"), "");
  zfs({"unload-key", target + "/home"});

  receive(plainly(control), claim(control));
  EXPECT_EQ(property("encryptionroot", control + "/home"), control) << "zfs is not fooled, so this shows nothing";
  EXPECT_EQ(property("keylocation", control), "file:///evil");
}

// Not twice, but for the wrong one: what "x" gets only later, or has had for long.
TEST_F(ReceiverHeaderTest, AGuidThatIsAnotherDatasetsIsTiedToNothing) {
  make_keyed_backup();
  const std::string early = with_a_guid_of_x(1, 2, false);
  const std::string early_of_tree = with_a_guid_of_x(1, 2, true);
  EXPECT_THAT(send_forged(early, target + "/a"), Exits(ok));
  EXPECT_THAT(send_forged(early_of_tree, target), Exits(refused_by_receiver, {"y@", "has not come"}));
  const std::string of_x = stream_of({"-w", "-p", "-i", "@" + noon(1), source + "/x@" + noon(2)});
  EXPECT_THAT(send_forged(of_x, target + "/x"), Exits(ok));
  expect_readable_as_before();
  take_snapshot(3);
  EXPECT_THAT(send_forged(with_a_guid_of_x(2, 3, false), target + "/a"), Exits(ok));
  EXPECT_THAT(send_forged(stream_of({"-w", "-p", "-i", "@" + noon(2), source + "/x@" + noon(3)}), target + "/x"),
              Exits(ok));
  EXPECT_THAT(send_forged(with_a_guid_of_x(2, 3, true), target), Exits(refused_by_receiver, {"lists the snapshot"}));
  expect_readable_as_before();

  make_control();
  EXPECT_THAT(receive(plainly(control + "/x"), of_x), Exits(ok));
  receive(plainly(of_tree_here() ? control : control + "/a"), of_tree_here() ? early_of_tree : early);
  expect_fooled();
}

// One session waits before its last record, and what its header means comes by another one.
TEST_F(ReceiverHeaderTest, TwoSessionsAtOnceTieNothingEither) {
  make_keyed_backup();
  const std::string of_x = stream_of({"-w", "-i", "@" + noon(1), source + "/x@" + noon(2)});
  for (const bool of_tree : {false, true}) {
    const TwoResults both =
        receive_around(with_key(key(), of_tree ? target : target + "/a"), with_a_guid_of_x(1, 2, of_tree),
                       receiver::record_bytes, with_key(key(), target + "/x"), of_x);
    EXPECT_THAT(both.quick, Exits(receiver_busy, {"is being changed"})) << "a raw package has the root for itself";
    EXPECT_THAT(both.slow, Exits(of_tree ? refused_by_receiver : ok));
  }
  EXPECT_THAT(send_forged(of_x, target + "/x"), Exits(ok));
  expect_readable_as_before();
  expect_backup(3, {"--action", "snapshot", "push"});
  expect_readable_as_before();

  make_control();
  const bool of_tree = of_tree_here();
  const TwoResults both = receive_around(plainly(of_tree ? control : control + "/a"), with_a_guid_of_x(1, 2, of_tree),
                                         receiver::record_bytes, plainly(control + "/x"), of_x);
  EXPECT_THAT(both.quick, Exits(ok));
  EXPECT_THAT(both.slow, Exits(ok));
  expect_fooled();
}

// In an increment's header: zfs gives what is here the name of the other one.
TEST_F(ReceiverHeaderTest, AGuidThatIsListedTwiceRenamesNothing) {
  make_tree({"x"});
  restrict_to();
  fill_and_snapshot(1, {"", "x"});
  expect_backup(1, push_only);
  take_snapshot(2);
  const std::string before = state_of({"offsite"});
  const std::string stream =
      forged(stream_of({"-R", "-I", "@" + noon(1), source + "@" + noon(2)}), [&](Package& package) {
        PackedDataset ghost = packed_ghost("y", {{noon(2), guid(source + "/x@" + noon(2))}});
        ghost.parent_from = guid(source + "@" + noon(1));
        package.datasets.insert(package.datasets.begin(), ghost);
      });
  EXPECT_THAT(send_forged(stream, target), Exits(refused_by_receiver, {"lists one snapshot twice"}));
  EXPECT_EQ(state_of({"offsite"}), before);

  make_control({});
  receive(plainly(control), stream);
  EXPECT_TRUE(!exists(control + "/x") && exists(control + "/y@" + noon(1))) << "zfs is not fooled";
}

TEST_F(ReceiverHeaderTest, APackageThatDoesNotBringAllThatItListsIsRefusedAtItsEnd) {
  make_keyed_backup();
  const std::string stream =
      forged(stream_of({"-R", "-w", "-I", "@" + noon(1), source + "@" + noon(2)}), [&](Package& package) {
        package.datasets.push_back(packed_ghost("ghost", {{noon(2), 4711}}));
      });
  EXPECT_THAT(send_forged(stream, target), Exits(refused_by_receiver, {"ghost@", "has not come"}));
  expect_readable_as_before();
  expect_backup(3, {"--action", "snapshot", "push"});
  expect_readable_as_before();

  make_control();
  EXPECT_THAT(receive(plainly(control), stream), Exits(ok)) << "zfs itself wants it, too";
}

// A copy of what is here, by the key's own right, and then a header that means the copy.
TEST_F(ReceiverHeaderTest, ACopyOfADatasetIsNotTakenForIt) {
  make_keyed_backup();
  const Words copy = {stream_of({"-w", "-p", source + "/x@" + noon(1)}),
                      stream_of({"-w", "-p", "-i", "@" + noon(1), source + "/x@" + noon(2)})};
  for (const std::string& each : copy) ASSERT_THAT(send_forged(each, target + "/b"), Exits(ok));
  zfs({"rename", source + "/x", source + "/b"});
  const std::string genuine = stream_of({"-R", "-w", "-I", "@" + noon(1), source + "@" + noon(2)});
  EXPECT_THAT(send_forged(genuine, target), Exits(refused_by_receiver, {"would rename " + target + "/x@" + noon(1)}));
  const std::string no_longer_a_root = forged(genuine, [](Package& package) {
    no_increment(package);
    for (PackedDataset& each : package.datasets)
      if (each.relative == "b") each.is_encryption_root = false;
  });
  EXPECT_THAT(send_forged(no_longer_a_root, target),
              Exits(refused_by_receiver, {"would make " + target + "/b inherit its key"}));
  expect_readable_as_before();
  zfs({"rename", source + "/b", source + "/x"});

  make_control();
  for (const std::string& each : copy) ASSERT_THAT(receive(plainly(control + "/b"), each), Exits(ok));
  receive(plainly(control), no_longer_a_root);
  const std::string roots =
      property("encryptionroot", control + "/x") + " " + property("encryptionroot", control + "/b");
  EXPECT_NE(roots, control + "/x " + control + "/b") << "zfs is not fooled, so this shows nothing";
}

// A line more in what other programs read line by line: zfs-list.cache, of which systemd's generator makes mounts.
TEST_F(ReceiverHeaderTest, AValueOfSeveralLinesDoesNotArrive) {
  make_tree({"a"});
  restrict_to();
  const std::string name = "org.openzfs.systemd:requires";
  zfs({"set", name + "=-\noffsite/evil\t/etc/cron.d\ton\ton", source + "/a"});
  zfs({"snapshot", "-r", source + "@" + noon(1)});
  const std::string stream = stream_of({"-R", source + "@" + noon(1)});
  EXPECT_EQ(send_forged(stream, target).status, 0);
  const auto tells_of_evil = [](const std::string& root, const std::string& property) {
    const Words lines = lines_of(zfs({"list", "-H", "-r", "-o", "name," + property, root}));
    return std::any_of(lines.begin(), lines.end(), [](const auto& each) { return each.rfind("offsite/evil", 0) == 0; });
  };
  EXPECT_FALSE(tells_of_evil(target, name));
  EXPECT_FALSE(tells_of_evil(target, kept_name(name, {}).value()));
  make_control({});
  EXPECT_TRUE(tells_of_evil(control, name)) << "zfs itself leaves it out, so this shows nothing";
}

TEST_F(ReceiverHeaderTest, AReservationTakesNoRoomHere) {
  make_tree();
  restrict_to();
  zfs({"create", "-o", "reservation=50M", "-o", "refreservation=40M", source + "/a"});
  zfs({"snapshot", "-r", source + "@" + noon(1)});
  EXPECT_EQ(send_forged(stream_of({"-R", source + "@" + noon(1)}), target).status, 0);
  make_control({});
  for (const char* const each : {"reservation", "refreservation"}) {
    EXPECT_EQ(property(each, target + "/a"), "0") << each;
    EXPECT_NE(property(each, control + "/a"), "0") << "zfs itself leaves it out, so this shows nothing";
  }
}

}  // namespace
}  // namespace czb::lab
