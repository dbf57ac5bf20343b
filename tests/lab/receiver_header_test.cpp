// SPDX-License-Identifier: MIT
// Headers that zfs receive takes and is fooled by, sent by somebody who has the key. Each forgery is made of a genuine
// stream, with right sizes and checksums, and has its control: a plain zfs receive, which does as it is told.
#include <fstream>
#include <iterator>

#include "receiver/stream/written_head.h"
#include "receiver_lab.h"

namespace czb::lab {
namespace {

using receiver::Package;
using receiver::PackedDataset;
using receiver::PackedProperties;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ReceiverHeaderTest : public ReceiverLabTest {
 protected:
  static std::uint64_t guid(const std::string& snapshot) { return std::stoull(property("guid", snapshot)); }

  // An encrypted tree with the children "a", which inherits its key, and "x", which has one of its own, and its backup.
  void make_keyed_backup() {
    make_tree({"a"}, encrypted());
    write_file(folder + "/key-of-x", std::string(32, 'x'));
    zfs({"create", "-o", "encryption=on", "-o", "keyformat=raw", "-o", "keylocation=file://" + folder + "/key-of-x",
         source + "/x"});
    restrict_to();
    fill_and_snapshot(1, {"a", "x"});
    expect_backup(1, push_only);
    take_snapshot(2);
  }

  // Of `zfs send` with these arguments.
  std::string stream_of(const Words& send) const {
    const std::string file = folder + "/stream";
    succeed(Words{"bash", "-c", "\"${@:2}\" > \"$1\"", "send", file, "zfs", "send"} + send);
    return bytes_of(file);
  }

  // The stream with its header changed; the rest of it comes as it is.
  template <typename Change>
  static std::string forged(const std::string& genuine, const std::string& snapshot, Change change) {
    const receiver::BeginRecord begin =
        receiver::parse_begin(std::string_view(genuine).substr(0, receiver::record_bytes));
    Package package =
        receiver::parse_package(std::string_view(genuine).substr(receiver::record_bytes, begin.payload), begin.dataset);
    change(package);
    return receiver::package_records(snapshot, begin.features, receiver::encode_package(package, begin.dataset)) +
           genuine.substr(2 * receiver::record_bytes + begin.payload);
  }

  Result send_forged(const std::string& stream, const std::string& dataset) const {
    write_file(folder + "/forged", stream);
    return ask(as_sent({"zfs", "receive", "-s", "-u", dataset}), "cat " + folder + "/forged");
  }
  Result receive_forged(const std::string& stream, const std::string& dataset) const {
    write_file(folder + "/forged", stream);
    return run({"bash", "-c", "zfs receive -u \"$1\" < \"$2\"", "receive", dataset, folder + "/forged"});
  }

  // The same tree, received by zfs alone.
  std::string control() const { return target + "-control"; }
  void make_control() const {
    succeed(
        {"bash", "-c", "zfs send -R -w \"$1\" | zfs receive -u \"$2\"", "control", source + "@" + noon(1), control()});
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
  take_snapshot(1);
  take_snapshot(2);
  for (const Words& send : {Words{"-R", "-w", "-I", "@" + noon(1), source + "@" + noon(2)},
                            Words{"-R", "-w", source + "@" + noon(1)}, Words{"-p", "-w", source + "/a@" + noon(2)}}) {
    const std::string genuine = stream_of(send);
    const receiver::BeginRecord begin =
        receiver::parse_begin(std::string_view(genuine).substr(0, receiver::record_bytes));
    const std::string payload = genuine.substr(receiver::record_bytes, begin.payload);
    const Package package = receiver::parse_package(payload, begin.dataset);
    EXPECT_TRUE(receiver::parse_package(receiver::encode_package(package, begin.dataset), begin.dataset) == package);
    if (!openzfs_is("2.1")) continue;  // later ones have two words in another order
    EXPECT_TRUE(forged(genuine, begin.dataset + "@" + begin.snapshot, [](Package&) {}) == genuine) << send.back();
  }
}

// A dataset that is not there lists the snapshot that another one is about to get: zfs takes that one for it.
TEST_F(ReceiverHeaderTest, AGuidThatIsListedTwiceMakesNothingInheritItsKey) {
  make_keyed_backup();
  const std::string before = state_of({"offsite"});
  const std::string stream = forged(stream_of({"-R", "-w", "-I", "@" + noon(1), source + "@" + noon(2)}),
                                    source + "@" + noon(2), [&](Package& package) {
                                      PackedDataset ghost;
                                      ghost.id = "0xdead";
                                      ghost.relative = "y";
                                      ghost.properties.emplace();
                                      ghost.snapshots = {{noon(2), guid(source + "/x@" + noon(2)), PackedProperties()}};
                                      package.from.reset();
                                      for (PackedDataset& each : package.datasets) each.parent_from = 0;
                                      package.datasets.push_back(ghost);
                                    });
  EXPECT_THAT(send_forged(stream, target), Exits(refused_by_receiver, {"lists one snapshot twice"}));
  EXPECT_EQ(state_of({"offsite"}), before);
  expect_readable_as_before();

  if (!openzfs_is("2.1")) return;  // 2.3 was not fooled by it, wherever in the header the dataset was
  make_control();
  receive_forged(stream, control());
  EXPECT_EQ(property("encryptionroot", control() + "/x"), control()) << "zfs is not fooled, so this shows nothing";
  zfs({"destroy", "-r", control()});
}

// Two sessions, two claims: "home" inherits its key at the sender, and is the top of what comes; then it is said to be
// a child of the dataset that happens to be above it here, which this host encrypts with a key of its own.
TEST_F(ReceiverHeaderTest, WhatCameAsAChildInheritsFromNothingThatHappensToBeAboveIt) {
  target = "offsite/host";
  const std::string home = target + "/home";
  write_file(folder + "/key-of-host", std::string(32, 'h'));
  zfs({"create", "-o", "encryption=on", "-o", "keyformat=raw", "-o", "keylocation=file://" + folder + "/key-of-host",
       target});
  zfs({"snapshot", target + "@evil"});
  make_tree({"a"}, encrypted());
  fill_and_snapshot(1, {"a"});
  zfs({"snapshot", source + "/a@evil"});
  restrict_to();
  ASSERT_THAT(push_by_hand({"-p", "-w", source + "/a@" + noon(1)}, home), Exits(ok));
  ASSERT_THAT(push_by_hand({"-p", "-w", "-i", "@" + noon(1), source + "/a@evil"}, home), Exits(ok));
  ASSERT_EQ(property("encryptionroot", home), home);

  Package package;
  package.to = "evil";
  package.recursive = package.raw = true;
  for (const std::string relative : {"", "home"}) {
    PackedDataset packed;
    packed.relative = relative;
    packed.id = relative.empty() ? "0x1" : "0x2";
    packed.is_encryption_root = relative.empty();
    packed.properties.emplace();
    if (relative.empty()) packed.properties->push_back({"keylocation", "file:///evil"});
    packed.snapshots = {{"evil", guid((relative.empty() ? target : home) + "@evil"), PackedProperties()}};
    package.datasets.push_back(packed);
  }
  receiver::BeginRecord begin;
  begin.dataset = target;
  begin.snapshot = "evil";
  begin.to_guid = begin.from_guid = guid(target + "@evil");
  const std::string stream = receiver::package_records(target + "@evil", 0, receiver::encode_package(package, target)) +
                             receiver::write_begin(begin) + receiver::write_nothing() + receiver::write_end() +
                             receiver::write_end();
  const Result result = send_forged(stream, target);
  EXPECT_EQ(property("encryptionroot", home), home) << result.text();
  EXPECT_EQ(property("keylocation", target), "file://" + folder + "/key-of-host");
  zfs({"load-key", "-L", "file://" + folder + "/key", home});
  EXPECT_NE(file_of(home + "@" + noon(1), "data"), "");
  zfs({"unload-key", home});

  receive_forged(stream, target);
  EXPECT_EQ(property("encryptionroot", home), target) << "zfs is not fooled, so this shows nothing";
  EXPECT_EQ(property("keylocation", target), "file:///evil");
  zfs({"destroy", "-r", target});
}

// Not twice, but for the wrong one: of a stream of "a" alone, what "x" gets only later, or has had for long.
TEST_F(ReceiverHeaderTest, AGuidThatIsAnotherDatasetsIsTiedToNothing) {
  make_keyed_backup();
  const auto of_a = [&](int from, int to) {
    const std::string snapshot = source + "/a@" + noon(to);
    return forged(stream_of({"-p", "-w", "-i", "@" + noon(from), snapshot}), snapshot, [&](Package& package) {
      auto& snapshots = package.datasets[0].snapshots;
      snapshots.insert(snapshots.begin(), {"0", guid(source + "/x@" + noon(2)), PackedProperties()});
    });
  };
  const std::string early = of_a(1, 2);
  const Result first = send_forged(early, target + "/a");
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(push_by_hand({"-w", "-p", "-i", "@" + noon(1), source + "/x@" + noon(2)}, target + "/x").status, 0);
  expect_readable_as_before();
  take_snapshot(3);
  const Result late = send_forged(of_a(2, 3), target + "/a");
  EXPECT_EQ(late.status, 0) << late.err;
  expect_readable_as_before();

  if (!openzfs_is("2.1")) return;  // later ones look in the tree of "a" alone
  make_control();
  succeed({"bash", "-c", "zfs send -w -i \"$1\" \"$2\" | zfs receive -u \"$3\"", "x", "@" + noon(1),
           source + "/x@" + noon(2), control() + "/x"});
  receive_forged(early, control() + "/a");
  EXPECT_EQ(property("encryptionroot", control() + "/x"), control()) << "zfs is not fooled, so this shows nothing";
  zfs({"destroy", "-r", control()});
}

TEST_F(ReceiverHeaderTest, APackageThatDoesNotBringAllThatItListsIsRefusedAtItsEnd) {
  make_keyed_backup();
  const std::string stream = forged(stream_of({"-R", "-w", "-I", "@" + noon(1), source + "@" + noon(2)}),
                                    source + "@" + noon(2), [&](Package& package) {
                                      PackedDataset ghost;
                                      ghost.id = "0xdead";
                                      ghost.relative = "ghost";
                                      ghost.properties.emplace();
                                      ghost.snapshots = {{noon(2), 4711, PackedProperties()}};
                                      package.datasets.push_back(ghost);
                                    });
  EXPECT_THAT(send_forged(stream, target), Exits(refused_by_receiver, {"ghost@", "has not come"}));
  expect_readable_as_before();
  expect_backup(3, push_only);
  expect_readable_as_before();
}

// A copy of what is here, by the key's own right, and then a header that means the copy.
TEST_F(ReceiverHeaderTest, ACopyOfADatasetIsNotTakenForIt) {
  make_keyed_backup();
  ASSERT_EQ(push_by_hand({"-w", "-p", source + "/x@" + noon(1)}, target + "/b").status, 0);
  ASSERT_EQ(push_by_hand({"-w", "-p", "-i", "@" + noon(1), source + "/x@" + noon(2)}, target + "/b").status, 0);
  zfs({"rename", source + "/x", source + "/b"});
  const std::string stream = stream_of({"-R", "-w", "-I", "@" + noon(1), source + "@" + noon(2)});
  EXPECT_THAT(send_forged(stream, target), Exits(refused_by_receiver, {"would rename " + target + "/x@" + noon(1)}));
  const std::string no_increment = forged(stream, source + "@" + noon(2), [](Package& package) {
    package.from.reset();
    for (PackedDataset& each : package.datasets) {
      each.parent_from = 0;
      if (each.relative == "b") each.is_encryption_root = false;
    }
  });
  EXPECT_THAT(send_forged(no_increment, target),
              Exits(refused_by_receiver, {"would make " + target + "/b inherit its key"}));
  expect_readable_as_before();
}

}  // namespace
}  // namespace czb::lab
