// SPDX-License-Identifier: MIT
// A target's `properties`: what OpenZFS makes of -o and -x, and that each way of a tree to a target ends in the same.
#include "plan/received_properties.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "all_properties.h"
#include "lab.h"
#include "random_fault.h"

namespace czb::lab {
namespace {

using ::testing::Contains;
using ::testing::Pair;

struct Native {
  std::string name;
  bool of_volumes;
  std::string at_source;
  std::string configured;
};

// One of each kind that a receive can be asked for. Of the others (volsize, version, what is set once at creation) zfs
// receive says "invalid property", whatever the stream.
const std::vector<Native> natives = {{"atime", false, "off", "on"},
                                     {"canmount", false, "off", "noauto"},
                                     {"compression", true, "gzip", "zle"},
                                     {"context", true, "u:object_r:a", "u:object_r:b"},
                                     {"filesystem_limit", false, "50", "60"},
                                     {"mountpoint", false, "legacy", "none"},
                                     {"quota", false, "200M", "500M"},
                                     {"readonly", true, "off", "on"},
                                     {"recordsize", false, "16K", "32K"},
                                     {"refquota", false, "100M", "300M"},
                                     {"refreservation", true, "1M", "2M"},
                                     {"reservation", true, "3M", "4M"},
                                     {"site:note", true, "source's", "target's"},
                                     {"snapdev", true, "visible", "hidden"},
                                     {"snapshot_limit", true, "70", "80"},
                                     {"volmode", true, "none", "dev"}};

const Words children = {"fs", "volume"};

class ReceivedPropertiesTest : public LabTest {
 protected:
  // A root, a file system and a volume, each with all of them, and day 1.
  void make_source() const {
    zfs({"create", "-o", "mountpoint=none", source});
    zfs({"create", source + "/fs"});
    zfs({"create", "-V", "8M", source + "/volume"});
    for (const std::string relative : {"", "/fs", "/volume"}) {
      Words command = {"set"};
      for (const Native& native : natives)
        if (native.of_volumes || relative != "/volume") command.push_back(native.name + "=" + native.at_source);
      command.push_back(source + relative);
      zfs(command);
    }
    take_snapshot(1);
  }

  static void send_receive(const Words& send, const CommandLine& receive) {
    succeed(Words{"bash", "-o", "pipefail", "-c", R"(zfs send -w -L -c -e "${@:1:$0}" | "${@:$0 + 1}")",
                  std::to_string(send.size())} +
            send + receive);
  }

  // What datasets have, by "RELATIVE NAME\tPROPERTY": value, source and received value, but for what is the dataset's
  // own or the records of the program.
  static std::map<std::string, std::string> all_of(const std::string& root) {
    static const std::set<std::string> own = {
        "available",     "compressratio",        "createtxg",         "creation", "filesystem_count",
        "guid",          "logicalreferenced",    "logicalused",       "objsetid", "refcompressratio",
        "referenced",    "snapshot_count",       "snapshots_changed", "used",     "usedbychildren",
        "usedbydataset", "usedbyrefreservation", "usedbysnapshots",   "written"};
    std::map<std::string, std::string> all;
    const AllProperties found = all_properties(root);
    for (const std::string& text : {found.stated, found.received})
      for (const std::string& line : lines_of(text)) {
        std::istringstream fields(line);
        std::string name, property, value, from;
        std::getline(fields, name, '\t');
        std::getline(fields, property, '\t');
        std::getline(fields, value, '\t');
        std::getline(fields, from, '\t');
        if (name.find_first_of("@#") != std::string::npos || own.count(property) != 0 ||
            property.rfind("cyber-zfs-backup:", 0) == 0)
          continue;
        const std::string inherited = "inherited from " + root;
        if (from.rfind(inherited, 0) == 0) from = "inherited from ROOT" + from.substr(inherited.size());
        all[name.substr(root.size()) + "\t" + property] += value + " (" + from + ") ";
      }
    return all;
  }
  void compare_ways(bool without_limits);
  // All in one stream, and with the words that the program has for each dataset.
  std::pair<std::map<std::string, std::string>, std::map<std::string, std::string>> in_both_ways(
      const ReceivedProperties& configured) const {
    const std::string tree = target + "-tree";
    const std::string ones = target + "-ones";
    send_receive({"-R", source + "@" + noon(1)}, receive_command(tree, configured));
    send_receive({"-p", source + "@" + noon(1)},
                 receive_command(ones, properties_for(configured, DatasetKind::filesystem, true)));
    for (const std::string& child : children)
      send_receive(
          {"-p", source + "/" + child + "@" + noon(1)},
          receive_command(
              ones + "/" + child,
              properties_for(configured, child == "volume" ? DatasetKind::volume : DatasetKind::filesystem, false)));
    auto found = std::make_pair(all_of(tree), all_of(ones));
    for (const std::string& root : {tree, ones}) zfs({"destroy", "-r", root});
    return found;
  }
};

TEST_F(ReceivedPropertiesTest, WithoutAValueNoneComesInAStreamOfATreeAndNoneOneByOne) {
  make_source();
  ReceivedProperties configured;
  for (const Native& native : natives) configured[native.name] = std::nullopt;
  const auto [tree, ones] = in_both_ways(configured);
  EXPECT_EQ(ones, tree);
  for (const std::string relative : {"", "/fs", "/volume"}) {
    EXPECT_EQ(tree.at(relative + "\trefreservation"), "0 (default) - () ") << relative;
    EXPECT_EQ(tree.at(relative + "\treservation"), "0 (default) - () ") << relative;
    EXPECT_EQ(tree.at(relative + "\tvolmode"), "default (default) none () ") << relative;
  }
  EXPECT_EQ(tree.at("/fs\tquota"), "0 (default) - () ");
  EXPECT_EQ(tree.at("/fs\tcanmount"), "on (default) - () ");
}

TEST_F(ReceivedPropertiesTest, WithAValueThatIsInheritedAllHaveItAndOneThatIsNotTheRootAlone) {
  make_source();
  ReceivedProperties configured;
  for (const Native& native : natives) configured[native.name] = native.configured;
  const auto [tree, ones] = in_both_ways(configured);
  EXPECT_EQ(ones, tree);
  EXPECT_EQ(tree.at("\treservation"), "4194304 (local) 3145728 () ");
  EXPECT_EQ(tree.at("/fs\tcanmount"), "off (received) off () ");
  EXPECT_EQ(tree.at("/fs\tquota"), "209715200 (received) 209715200 () ");
  for (const std::string relative : {"/fs", "/volume"}) {
    EXPECT_EQ(tree.at(relative + "\treservation"), "3145728 (received) 3145728 () ") << relative;
    EXPECT_EQ(tree.at(relative + "\tcontext"), "u:object_r:a (received) u:object_r:a () ") << relative;
    EXPECT_EQ(tree.at(relative + "\tsite:note"), "target's (inherited from ROOT) source's () ") << relative;
  }
}

// libzfs takes what the kernel tells of these for set on the dataset, unless it was received.
TEST_F(ReceivedPropertiesTest, ALimitOfSpaceThatIsLeftOutComesWithEverySecondIncrement) {
  make_source();
  const ReceivedProperties without = {{"canmount", std::nullopt},       {"filesystem_limit", std::nullopt},
                                      {"quota", std::nullopt},          {"refquota", std::nullopt},
                                      {"refreservation", std::nullopt}, {"reservation", std::nullopt},
                                      {"snapshot_limit", std::nullopt}};
  const auto received = [&](const std::string& relative) {
    std::set<std::string> names;
    for (const std::string& line :
         lines_of(zfs({"get", "-H", "-s", "received", "-o", "property",
                       "canmount,filesystem_limit,quota,refquota,refreservation,reservation,snapshot_limit",
                       target + relative})))
      names.insert(line);
    return names;
  };
  const std::set<std::string> none;
  const std::set<std::string> limits = {"quota", "refquota", "refreservation", "reservation"};
  const std::set<std::string> of_volumes = {"refreservation", "reservation"};
  send_receive({"-R", source + "@" + noon(1)}, receive_command(target, without));
  EXPECT_EQ(received("/fs"), none);
  EXPECT_EQ(received("/volume"), none);
  take_snapshot(2);
  send_receive({"-R", "-I", "@" + noon(1), source + "@" + noon(2)}, receive_command(target, without));
  EXPECT_EQ(received(""), limits);
  EXPECT_EQ(received("/fs"), limits);
  EXPECT_EQ(received("/volume"), of_volumes);
  take_snapshot(3);
  for (const std::string relative : {"", "/fs", "/volume"})
    send_receive(
        {"-p", "-I", "@" + noon(2), source + relative + "@" + noon(3)},
        receive_command(target + relative,
                        relative == "/volume" ? properties_for(without, DatasetKind::volume, false) : without));
  EXPECT_EQ(received("/fs"), none);
  EXPECT_EQ(received("/volume"), none);
}

// The rest of a stream has no properties, and zfs sets a refquota when a stream is at its end.
TEST_F(ReceivedPropertiesTest, OfAFirstStreamThatIsResumedAllComeButItsRefquotaWhichTheNextStreamBrings) {
  make_source();
  zfs({"set", "context=none", source + "/fs"});  // no kernel of the lab has labels: it would not be mounted
  zfs({"set", "mountpoint=/" + source + "/fs", "canmount=on", source + "/fs"});
  run({"zfs", "mount", source + "/fs"});
  write("fs", "data", noise(1));
  take_snapshot(2);
  const std::string one = source + "/fs@" + noon(2);
  lab::cut_stream({"-p", "-w", one}, 700000, {"zfs", "receive", "-s", "-u", "-x", "quota", target});
  const std::string token = property("receive_resume_token", target);
  ASSERT_NE(token, "-");
  succeed({"bash", "-o", "pipefail", "-c", R"(zfs send -t "$0" | zfs receive -s -u "$1")", token, target});
  EXPECT_EQ(property("quota", target), "0");
  EXPECT_EQ(property("reservation", target), "3145728");
  EXPECT_EQ(property("site:note", target), "source's");
  EXPECT_EQ(property("refquota", target), "0");
  take_snapshot(3);
  send_receive({"-p", "-I", "@" + noon(2), source + "/fs@" + noon(3)}, receive_command(target, {}));
  EXPECT_EQ(property("refquota", target), "104857600");
}

// A root, and below it file systems and volumes with values of their own, from CZB_PROPERTIES_SEED. `without_limits`:
// there is a limit of space without a value, so that the tree never goes in one stream.
void ReceivedPropertiesTest::compare_ways(bool without_limits) {
  if (through_receiver.used()) GTEST_SKIP() << "it leaves out what is not harmless";
  const std::uint64_t seed = from_environment("CZB_PROPERTIES_SEED", 1);
  SCOPED_TRACE("CZB_PROPERTIES_SEED=" + std::to_string(seed));
  Dice dice(seed);
  Words file_systems = {""};
  Words all = {""};
  make_tree();
  for (int i = 0; i < 4; ++i) {
    const std::string child = dice.pick(file_systems) + "/d" + std::to_string(i);
    const bool is_volume = i == 0 || (i > 1 && dice.chance(40));
    zfs(is_volume ? Words{"create", "-V", "8M", source + child}
                  : Words{"create", source + child});  // reserves its room
    if (!is_volume) file_systems.push_back(child);
    all.push_back(child);
  }
  const auto set_some = [&](int percent) {
    for (const std::string& relative : all) {
      const bool is_volume = std::find(file_systems.begin(), file_systems.end(), relative) == file_systems.end();
      Words command = {"set"};
      for (const Native& native : natives) {
        // A mounted source is written to.
        if (native.name == "mountpoint" || native.name == "context" || native.name == "canmount") continue;
        if ((native.of_volumes || !is_volume) && dice.chance(percent))
          command.push_back(native.name + "=" + native.at_source);
      }
      if (command.size() > 1) zfs(command + Words{source + relative});
    }
  };
  const std::string quota_of = file_systems.back();
  if (!quota_of.empty()) zfs({"set", "quota=200M", source + quota_of});
  set_some(30);
  write("", "data", noise(1));
  take_snapshot(1);
  set_some(20);
  write(file_systems.back().empty() ? "" : file_systems.back().substr(1), "more", noise(2));
  take_snapshot(2);

  ReceivedProperties configured = {{"canmount", "noauto"}, {"mountpoint", "none"}, {"readonly", "on"}};
  if (without_limits) configured["refreservation"] = std::nullopt;
  const std::set<std::string> limits = {"quota", "refquota", "refreservation", "reservation"};
  for (const Native& native : natives) {
    if (configured.count(native.name) != 0 || native.name == "context" || dice.chance(40)) continue;
    if (dice.chance(50))
      configured[native.name] = native.configured;
    else if (without_limits || limits.count(native.name) == 0)
      configured[native.name] = std::nullopt;
  }
  std::string yaml;
  for (const auto& [name, value] : configured)
    yaml += (yaml.empty() ? "" : ", ") + ("\"" + name + "\": ") + (value ? "\"" + *value + "\"" : "~");
  const Words options = {"initial: full", "properties: {" + yaml + "}"};
  SCOPED_TRACE(yaml);

  const std::string place = target;
  const auto begin = [&](const std::string& way, const Words& more = {}) {
    target = place + "-" + way;
    target_options = options + more;
  };
  const auto push = [&](int day) { EXPECT_THAT(backup(day, push_only), Exits(ok)); };

  begin("tree");
  const Result whole = backup(3, push_only);
  EXPECT_THAT(whole, Exits(ok));
  EXPECT_EQ(count_of(commands_of(whole), "zfs send -P -R "), without_limits ? 0U : 1U);
  const std::map<std::string, std::string> wanted = all_of(target);
  for (const std::string& relative : all) {
    if (!without_limits) break;
    EXPECT_EQ(property("refreservation", target + relative), "0") << relative;
  }
  const auto expect_same = [&](const std::string& way, std::map<std::string, std::string> found) {
    ASSERT_EQ(found.size(), wanted.size()) << way;
    for (const auto& [what, value] : wanted) EXPECT_EQ(found.at(what), value) << way << ": " << what;
  };

  begin("ones", {"parallel: 2"});
  push(3);
  expect_same("one by one", all_of(target));

  // Both again in the same place: what is behind, and what is missing.
  zfs({"destroy", target + all[1] + "@" + noon(2)});
  zfs({"rollback", target + all[1] + "@" + noon(1)});
  zfs({"destroy", "-r", target + all.back()});
  const Result healed = backup(3, push_only + Words{"--json"});
  EXPECT_THAT(healed, Exits(ok));
  EXPECT_THAT(push_of(healed).outcomes, Contains(Pair(all[1].substr(1), without_limits ? "sent" : "healed")));
  expect_same("healed", all_of(target));

  begin("pieces");
  Words receive;
  for (const auto& [name, value] : configured)
    receive = receive + Words{value ? "-o" : "-x", value ? name + "=" + *value : name};
  cut_stream({"-R", "-w", "-L", "-c", "-e", source + "@" + noon(2)}, 700000, receive + Words{target});
  ASSERT_EQ(tokens_of(target).size(), 1U);
  push(3);
  // A refquota that the interrupted stream had may be missing until the next.
  std::map<std::string, std::string> found = all_of(target);
  for (auto& [what, value] : found)
    if (what.rfind("\trefquota") != std::string::npos) value = wanted.at(what);
  expect_same("in pieces", found);
  take_snapshot(3);
  push(4);
  expect_same("in pieces, and on", all_of(target));
  for (const std::string way : {"tree", "ones", "pieces"}) zfs({"destroy", "-r", place + "-" + way});
  target = place;
}

TEST_F(ReceivedPropertiesTest, EachWayOfARandomTreeEndsInTheSame) { compare_ways(false); }

TEST_F(ReceivedPropertiesTest, EachWayOfARandomTreeWithoutLimitsOfSpaceEndsInTheSameAndHasNone) { compare_ways(true); }

}  // namespace
}  // namespace czb::lab
