// SPDX-License-Identifier: MIT
// The table of zfs/permissions.h on real ZFS: with exactly what it says each command works for a user who is not root;
// with any one permission less it does not, and the advice names that one. docs/permissions.md says the same.
#include <functional>
#include <optional>
#include <vector>

#include "restricted.h"

namespace czb::lab {
namespace {

// One of our commands and what is around it. Each test has a source tree (root and child) and, where `prepare` makes
// it, a target tree.
struct Scenario {
  std::string name;
  ZfsOperation operation;
  std::string place;  // where it is allowed
  std::function<void()> prepare;
  std::function<CommandLine()> command;
  std::function<bool()> done;
  std::string input = {};  // a file: the standard input
  // Beside the command's own: what the stream brings.
  Permissions more = {};
  // Only that it works: what is missing is told by another scenario.
  bool only_that_it_works = false;
};

class PermissionsTest : public LabTest {
 protected:
  void SetUp() override {
    make_tree({"child"});
    write("child", "file", noise(1, 20000));
    for (const char* each : {"t1", "t2"}) zfs({"snapshot", "-r", source + "@" + each});
  }

  std::string file(const std::string& name) const { return folder + "/" + name; }

  // A stream, written to a file.
  std::string saved(const std::string& name, const CommandLine& send, std::size_t bytes = 0) const {
    succeed(Words{"bash", "-c", R"(if (($1)); then "${@:2}" | head -c "$1"; else "${@:2}"; fi > "$0" 2> /dev/null)",
                  file(name), std::to_string(bytes)} +
            send);
    return file(name);
  }

  static Result run_with_input(const std::string& input, const Words& command) {
    if (input.empty()) return run(command);
    return run(Words{"bash", "-c", R"(exec "$@" < "$0")", input} + command);
  }

  void receive_as_root(const std::string& input, const CommandLine& receive) const {
    const Result result = run_with_input(input, receive);
    if (result.status != 0) throw std::runtime_error(result.text());
  }

  void forget_target() const {
    if (exists(target)) zfs({"destroy", "-r", target});
  }

  // How a command ended that had these permissions.
  struct Attempt {
    Result result;
    bool done = false;
    // zfs exits with 0 also where it has not sent everything, or not set a property.
    bool clean() const { return done && result.status == 0 && result.err.find("cannot ") == std::string::npos; }
  };
  static Attempt attempt(const Scenario& scenario, const CommandLine& command, const Permissions& permissions) {
    unallow(scenario.place);
    allow(permissions, scenario.place);
    Attempt attempt;
    attempt.result = run_with_input(scenario.input, non_root(command));
    attempt.done = scenario.done();
    unallow(scenario.place);
    return attempt;
  }

  static void expect_minimal(const Scenario& scenario) {
    SCOPED_TRACE(scenario.name);
    scenario.prepare();
    const CommandLine command = scenario.command();
    ASSERT_EQ(operation_of(command), scenario.operation);
    Permissions needed = needed_permissions(command);
    needed.insert(needed.end(), scenario.more.begin(), scenario.more.end());
    if (!scenario.only_that_it_works)
      for (const std::string& each : needed) {
        Permissions fewer = needed;
        std::erase(fewer, each);
        const Attempt without = attempt(scenario, command, fewer);
        EXPECT_FALSE(without.clean()) << "it works without " << each;
        const std::string advice = permission_advice(command, without.result.err, system_user);
        EXPECT_THAT(advice, ::testing::HasSubstr("zfs allow -u " + system_user)) << without.result.text();
        EXPECT_THAT(advice, ::testing::ContainsRegex("[ ,]" + each + "[ ,]")) << without.result.text();
        scenario.prepare();
      }
    const Attempt with = attempt(scenario, command, needed);
    EXPECT_TRUE(with.clean()) << "it does not work with what it needs: " << with.result.text();
  }
};

bool has_token(const std::string& dataset) {
  return exists(dataset) && property("receive_resume_token", dataset) != "-";
}

const ReceivedProperties three = {{"canmount", "noauto"}, {"mountpoint", "none"}, {"readonly", "on"}};
const ReceivedProperties for_child = {{"mountpoint", std::nullopt}, {"readonly", std::nullopt}};

// Also: reading needs nothing.
TEST_F(PermissionsTest, OfASource) {
  const std::string child = source + "/child";
  zfs({"bookmark", child + "@t1", child + "#b1"});
  zfs({"clone", child + "@t1", source + "/clone"});
  zfs({"snapshot", source + "/clone@t2"});
  zfs({"create", source + "/big"});
  write("big", "file", noise(2));
  zfs({"snapshot", source + "/big@t1"});
  cut_stream({source + "/big@t1"}, 500000, {target});
  const std::string token = property("receive_resume_token", target);

  const auto nothing = [] {};
  const auto always = [] { return true; };
  const auto reads = [&](const std::string& name, ZfsOperation operation, const CommandLine& command) {
    expect_minimal({name, operation, source, nothing, [&] { return command; }, always, "", {}, false});
  };
  using enum ZfsOperation;
  reads("list", list, list_command(source, {base_property("offsite")}, true));
  reads("one level", list, list_command(source, {}, false));
  reads("a token", list, read_token_command(token));
  reads("one snapshot", send, send_dataset_command(child, SendFrom::nothing, "", "t2"));
  reads("from a bookmark", send, send_dataset_command(child, SendFrom::bookmark, "b1", "t2"));
  reads("from an origin", send, send_dataset_command(source + "/clone", SendFrom::origin, child + "@t1", "t2"));
  reads("the rest of a stream", send, send_token_command(token));
  reads("snapshots between", send_several, send_dataset_command(child, SendFrom::snapshot, "t1", "t2"));
  reads("a tree", send_several, send_tree_command(source, "t1", "t2", true));

  const auto is_there = [](const std::string& name) { return [=] { return exists(name); }; };
  const auto is_gone = [](const std::string& name) { return [=] { return !exists(name); }; };
  const auto without_new = [&] {
    if (exists(source + "@new")) zfs({"destroy", "-r", source + "@new"});
  };
  const auto with_new = [&] {
    without_new();
    zfs({"snapshot", "-r", source + "@new"});
  };
  expect_minimal({"snapshots of a tree", snapshot, source, without_new,
                  [&] { return snapshot_tree_command(source, "new"); }, is_there(child + "@new")});
  expect_minimal({"snapshots of datasets", snapshot, source, without_new,
                  [&] {
                    return snapshot_command({source, child}, "new");
                  },
                  is_there(child + "@new")});
  expect_minimal({"snapshots destroyed", destroy_snapshot, source, with_new,
                  [&] { return destroy_command(source, {"new"}, true); }, is_gone(child + "@new")});

  const std::string mark = child + "#b2";
  const auto has_mark = [&] { return run({"zfs", "list", "-t", "bookmark", mark}).status == 0; };
  const auto without_mark = [&] { run({"zfs", "destroy", mark}); };
  const auto with_mark = [&] { run({"zfs", "bookmark", child + "@t2", mark}); };
  expect_minimal({"a bookmark made", bookmark, source, without_mark,
                  [&] {
                    return CommandLine{"zfs", "bookmark", child + "@t2", mark};
                  },
                  has_mark});
  expect_minimal({"a bookmark destroyed", destroy_bookmark, source, with_mark,
                  [&] { return destroy_bookmark_command(child, "b2"); }, [&] { return !has_mark(); }});
  const std::string base = base_property("offsite");
  expect_minimal({"a base recorded", set_property, source,
                  [&] {
                    zfs({"inherit", base, source});
                  },
                  [&] { return set_property_command(source, base, source + "@t2"); },
                  [&] { return property(base, source) == source + "@t2"; }});
}

TEST_F(PermissionsTest, NoneHelpsWithAChannelProgram) {
  write_file(file("program"), record_base_program);
  allow(ZfsRole::sender, source);
  allow(ZfsRole::sender, "zippy");
  const CommandLine command = record_base_command(source, base_property("offsite"), source + "@t2", "t2", "b");
  const Result result = run_with_input(file("program"), non_root(command));
  EXPECT_NE(result.status, 0);
  EXPECT_EQ(permission_advice(command, result.err), "Only root may run channel programs.");
  unallow("zippy");
}

TEST_F(PermissionsTest, OfATarget) {
  using enum ZfsOperation;
  const std::string base = base_property("offsite");
  zfs({"set", base + "=" + source + "@t1", source});
  const std::string full = saved("full", send_tree_command(source, std::nullopt, "t1", false));
  zfs({"set", base + "=" + source + "@t2", source});
  const std::string more = saved("more", send_tree_command(source, "t1", "t2", false));
  const CommandLine receive_tree = receive_command(target, three);
  const auto first = [&] {
    forget_target();
    receive_as_root(full, receive_tree);
  };
  const auto has = [&](const std::string& name) { return [=, this] { return exists(target + name); }; };
  const auto has_not = [&](const std::string& name) { return [=, this] { return !exists(target + name); }; };

  expect_minimal({"a first full",
                  receive,
                  "offsite",
                  [&] { forget_target(); },
                  [&] { return receive_tree; },
                  has("/child@t1"),
                  full,
                  {"userprop"}});
  EXPECT_EQ(property("mountpoint", target + "/child"), "none");
  EXPECT_EQ(property(base, target), source + "@t1");
  expect_minimal({"an increment",
                  receive,
                  target,
                  first,
                  [&] { return receive_tree; },
                  has("/child@t2"),
                  more,
                  {"userprop"},
                  true});
  EXPECT_EQ(property(base, target), source + "@t2");
  expect_minimal({"an increment without properties", receive, target, first,
                  [&] { return receive_command(target, {}); }, has("@t2"),
                  saved("bare", {"zfs", "send", "-w", "-I", "@t1", source + "@t2"})});

  const std::string child = saved("child", send_dataset_command(source + "/child", SendFrom::nothing, "", "t1"));
  expect_minimal({"a new child", receive, target,
                  [&] {
                    first();
                    zfs({"destroy", "-r", target + "/child"});
                  },
                  [&] { return receive_command(target + "/child", for_child); }, has("/child@t1"), child});
  first();
  expect_minimal({"a child's snapshots destroyed", destroy_snapshot, target, first,
                  [&] { return destroy_command(target, {"t1"}, true); }, has_not("/child@t1")});
  expect_minimal({"a child destroyed", destroy_dataset, target,
                  [&] {
                    first();
                    zfs({"destroy", target + "/child@t1"});
                  },
                  [&] { return destroy_dataset_command(target + "/child"); }, has_not("/child")});
}

TEST_F(PermissionsTest, OfAnInterruptedReceive) {
  using enum ZfsOperation;
  write("child", "big", noise(3));
  zfs({"snapshot", source + "/child@t3"});
  const std::string child = source + "/child";
  const std::string full = saved("full", send_dataset_command(child, SendFrom::nothing, "", "t1"));
  const CommandLine increment = send_dataset_command(child, SendFrom::bookmark, "b1", "t3");
  zfs({"bookmark", child + "@t1", child + "#b1"});
  const auto cut_first = [&] {
    forget_target();
    cut_stream({"-w", child + "@t3"}, 500000, {target});
  };
  const auto cut_increment = [&] {
    forget_target();
    receive_as_root(full, receive_command(target, {}));
    cut_stream({"-w", "-i", child + "#b1", child + "@t3"}, 500000, {target});
  };
  const CommandLine abort = abort_receive_command(target);
  expect_minimal({"a first receive given up", abort_receive, target, cut_first, [&] { return abort; },
                  [&] { return !exists(target); }});
  expect_minimal({"an increment given up", abort_receive, target, cut_increment, [&] { return abort; },
                  [&] { return exists(target + "@t1") && !has_token(target); }});

  cut_increment();
  const std::string rest = saved("rest", send_token_command(property("receive_resume_token", target)));
  expect_minimal({"the rest of a stream", receive, target, cut_increment, [&] { return receive_command(target, {}); },
                  [&] { return exists(target + "@t3"); }, rest});
}

TEST_F(PermissionsTest, OfWhatAPushPrepares) {
  using enum ZfsOperation;
  zfs({"clone", source + "/child@t1", source + "/clone"});
  zfs({"snapshot", "-r", source + "@t3"});
  const std::string all = saved("all", send_tree_command(source, std::nullopt, "t3", false));
  const auto all_there = [&] {
    forget_target();
    receive_as_root(all, receive_command(target, three));
  };
  expect_minimal({"a tree with a clone",
                  receive,
                  "offsite",
                  [&] { forget_target(); },
                  [&] { return receive_command(target, three); },
                  [&] { return exists(target + "/clone@t3"); },
                  all,
                  {"encryption"},
                  true});
  expect_minimal({"renamed", rename, target, all_there,
                  [&] { return rename_command(target + "/child", target + "/moved"); },
                  [&] { return exists(target + "/moved"); }});
  expect_minimal({"promoted", promote, target, all_there, [&] { return promote_command(target + "/clone"); },
                  [&] { return exists(target + "/clone@t1"); }});
  expect_minimal({"rolled back", roll_back, target,
                  [&] {
                    all_there();
                    write_at_target("child", "file", "written there");
                  },
                  [&] { return rollback_command(target + "/child", "t3"); },
                  [&] { return property("written", target + "/child") == "0"; }});
}

// What ZFS says where one of these is missing does not name it.
TEST_F(PermissionsTest, OfAnEncryptedTree) {
  using enum ZfsOperation;
  const std::string secret = source + "/secret";
  zfs(Words{"create"} + encrypted() + Words{secret});
  for (const char* each : {"/a", "/a/b"}) zfs({"create", secret + each});
  for (const char* each : {"t1", "t2"}) zfs({"snapshot", "-r", secret + "@" + each});
  const std::string full = saved("full", send_tree_command(secret, std::nullopt, "t1", false));
  const std::string more = saved("more", send_tree_command(secret, "t1", "t2", false));
  const CommandLine command = receive_command(target, three);
  const auto is_there = [&] {
    return exists(target + "/a/b@t1") && property("encryptionroot", target + "/a/b") == target;
  };
  const Scenario first = {"a first full of it",
                          receive,
                          "offsite",
                          [&] { forget_target(); },
                          [&] { return command; },
                          is_there,
                          full,
                          {"change-key", "keylocation"},
                          true};
  expect_minimal(first);
  for (const std::string& missing : first.more) {
    forget_target();
    Permissions fewer = needed_permissions(command) + first.more;
    std::erase(fewer, missing);
    const Attempt without = attempt(first, command, fewer);
    EXPECT_NE(without.result.status, 0) << missing;
    EXPECT_THAT(permission_advice(command, without.result.err, system_user),
                ::testing::HasSubstr("zfs allow -u " + system_user + " change-key,keylocation offsite"));
  }
  expect_minimal({"its increment",
                  receive,
                  target,
                  [&] {
                    forget_target();
                    receive_as_root(full, command);
                  },
                  [&] { return command; },
                  [&] { return exists(target + "/a/b@t2"); },
                  more,
                  {},
                  true});
}

TEST_F(PermissionsTest, OfAVolume) {
  using enum ZfsOperation;
  zfs({"create", "-s", "-V", "8M", source + "/volume"});
  for (const char* each : {"v1", "v2"}) zfs({"snapshot", source + "/volume@" + each});
  const std::string full = saved("full", send_dataset_command(source + "/volume", SendFrom::nothing, "", "v1"));
  const std::string more = saved("more", send_dataset_command(source + "/volume", SendFrom::snapshot, "v1", "v2"));
  const CommandLine receive_it = receive_command(target, {{"readonly", "on"}});
  expect_minimal({"a new volume", receive, "offsite", [&] { forget_target(); }, [&] { return receive_it; },
                  [&] { return exists(target + "@v1"); }, full});
  expect_minimal({"its increment",
                  receive,
                  target,
                  [] {},
                  [&] { return receive_it; },
                  [&] { return exists(target + "@v2"); },
                  more,
                  {},
                  true});
}

}  // namespace
}  // namespace czb::lab
