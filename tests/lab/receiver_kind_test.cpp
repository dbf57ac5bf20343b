// SPDX-License-Identifier: MIT
// Streams that lie in the records of their datasets, not in the header: about what a clone builds on, and about what
// kind of dataset it is. Each has its control (receiver_header_test.cpp).
#include <filesystem>

#include "forged_stream.h"
#include "receiver_key.h"
#include "receiver_lab.h"

namespace czb::lab {
namespace {

class ReceiverKindTest : public LabTest {
 protected:
  ReceiverKindTest() {
    key = {target, folder + "/state", {}, true};
    std::filesystem::create_directory(key.state);
    std::filesystem::permissions(key.state, std::filesystem::perms::owner_all);
    succeed({"truncate", "-s", "128M", folder + "/plain.img"});
    succeed(
        {"zpool", "create", "-o", "ashift=12", "-o", "cachefile=none", "-m", "none", "plain", folder + "/plain.img"});
  }
  ~ReceiverKindTest() override { run({"zpool", "destroy", "-f", "plain"}); }

  std::string stream_of(const Words& send) const { return zfs(Words{"send"} + send); }
  Result send(const std::string& stream, const std::string& relative) const {
    return receive(with_key(key, target + relative), stream);
  }
  static Words own_key(const std::string& file) { return {"-o", "keyformat=raw", "-o", "keylocation=file://" + file}; }

  ReceiverKey key;
  const std::string control = "plain/control";
};

// A raw stream of a clone brings the wrapped key of its origin, and zfs writes it there. The origin is found by a guid;
// a copy of it with another key, by the key's own right, makes the choice one of zfs's.
TEST_F(ReceiverKindTest, ACloneOfASnapshotThatTwoDatasetsHaveRewritesNoKey) {
  const std::string mine = folder + "/mine";
  const std::string his = folder + "/his";
  write_file(mine, std::string(32, 'm'));
  write_file(his, std::string(32, 'h'));
  make_tree();
  zfs(Words{"create", "-o", "encryption=on"} + own_key(mine) + Words{source + "/x"});
  fill_and_snapshot(1, {"x"});
  const std::string honest = stream_of({"-R", "-w", source + "@" + noon(1)});
  EXPECT_THAT(send(honest, ""), Exits(ok));

  zfs({"clone", source + "/x@" + noon(1), source + "/x/c"});
  zfs({"snapshot", source + "/x/c@" + noon(2)});
  zfs(Words{"change-key"} + own_key(his) + Words{source + "/x"});
  const std::string copy = stream_of({"-w", source + "/x@" + noon(1)});
  const std::string clone = stream_of({"-w", "-i", source + "/x@" + noon(1), source + "/x/c@" + noon(2)});
  EXPECT_THAT(send(clone, "/x/c"), Exits(refused_by_receiver, {"another key"}));
  EXPECT_THAT(send(copy, "/b"), Exits(ok));
  EXPECT_THAT(send(clone, "/x/c"), Exits(refused_by_receiver, {"a snapshot that more than one dataset has"}));
  EXPECT_THAT(send(clone, "/c"), Exits(refused_by_receiver, {"a snapshot that more than one dataset has"}));
  EXPECT_THAT(run({"zfs", "load-key", "-n", "-L", "file://" + mine, target + "/x"}), Exits(ok));
  zfs({"load-key", "-L", "file://" + mine, target + "/x"});
  EXPECT_EQ(file_of(target + "/x@" + noon(1), "data"), noise(100, std::size_t{1} << 18));
  zfs({"unload-key", target + "/x"});

  EXPECT_THAT(receive(plainly(control), honest), Exits(ok));
  EXPECT_THAT(receive(plainly(control + "/b"), copy), Exits(ok));
  EXPECT_THAT(run({"zfs", "load-key", "-n", "-L", "file://" + mine, control + "/x"}), Exits(ok));
  receive(plainly(control + "/x/c"), clone);
  EXPECT_NE(run({"zfs", "load-key", "-n", "-L", "file://" + mine, control + "/x"}).status, 0)
      << "zfs is not fooled, so this shows nothing";
}

// What is forced, and what is left out, goes by the kind; the kind is the first record's word.
TEST_F(ReceiverKindTest, AStreamThatLiesAboutItsKindBringsNoMountpoint) {
  make_tree();
  zfs({"create", "-o", "canmount=noauto", "-o", "mountpoint=/etc/cron.d", source + "/a"});
  take_snapshot(1);
  take_snapshot(2);
  const auto as_volume = [](const std::string& genuine) {
    ForgedStream stream = parts_of(genuine);
    for (SentDataset& each : stream.sent) each.put(at_begin::type, type_volume);
    return put_together(stream);
  };
  const std::string full = as_volume(stream_of({"-p", source + "/a@" + noon(1)}));
  const std::string increment = as_volume(stream_of({"-p", "-i", "@" + noon(1), source + "/a@" + noon(2)}));
  const std::string tree = as_volume(stream_of({"-R", source + "@" + noon(1)}));
  // In full the kernel makes a volume of it that has no size, and ends itself at the next listing (2.1.11 and 2.3.2),
  // so that this has no control.
  const std::string why = "it says that it is of a volume, and it is not";
  EXPECT_THAT(send(tree, ""), Exits(refused_by_receiver, {why}));
  EXPECT_FALSE(exists(target));
  EXPECT_THAT(send(stream_of({"-R", source + "@" + noon(1)}), ""), Exits(ok));
  EXPECT_THAT(send(full, "/new"), Exits(refused_by_receiver, {why}));
  EXPECT_FALSE(exists(target + "/new"));
  send(increment, "/a");
  for (const auto& [name, value] : property_of_tree("mountpoint", target)) EXPECT_EQ(value, "none") << name;
  for (const auto& [name, value] : property_of_tree("readonly", target)) EXPECT_EQ(value, "on") << name;
  EXPECT_EQ(property("mounted", target + "/a"), "no");

  // What the receiver says of a volume: zfs itself takes the mountpoint along.
  const Words of_a_volume = {"-o", "readonly=on", "-o", "snapdev=hidden", "-o", "volmode=none"};
  EXPECT_THAT(receive(plainly(control), stream_of({source + "/a@" + noon(1)})), Exits(ok));
  EXPECT_EQ(property("mountpoint", control), "none");
  const Result plain = receive(plainly(control, of_a_volume), increment);
  EXPECT_EQ(property("mountpoint", control), "/etc/cron.d")
      << "zfs is not fooled, so this shows nothing: " << plain.text();
}

}  // namespace
}  // namespace czb::lab
