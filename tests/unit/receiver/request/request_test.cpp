// SPDX-License-Identifier: MIT
// argv ↔ request (receiver/request.h).
#include "receiver/request/request.h"

#include <gmock/gmock.h>

#include "receiver/answer.h"

namespace czb::receiver {
namespace {

using ::testing::HasSubstr;

std::string refusal_of(const CommandLine& words) {
  try {
    parse_request(words);
  } catch (const Refused& refused) {
    return refused.what();
  }
  return "(taken)";
}

const std::vector<std::string> datasets = {"tank", "tank/a", "tank/a b/c.d-e_f:g", "t/-x"};
const std::vector<std::string> snapshots = {"2026-06-25T12:13:15Z", "-t", "a b", "x:y"};

std::vector<CommandLine> every_command() {
  std::vector<CommandLine> commands;
  const std::vector<ReceivedProperties> properties = {
      {},
      {{"canmount", "noauto"}, {"mountpoint", "none"}, {"readonly", "on"}},
      {{"mountpoint", std::nullopt}, {"readonly", std::nullopt}, {"compression", "zstd-9"}, {"a:b", "x=y z"}}};
  for (const std::string& dataset : datasets) {
    commands.insert(commands.end(), {list_command(dataset, {}, true), list_command(dataset, {}, false),
                                     list_command(dataset, {base_property("x"), base_property("y.z")}, true),
                                     list_command(dataset, {base_property("x")}, false), list_names_command(dataset),
                                     exists_command(dataset), abort_receive_command(dataset)});
    for (const ReceivedProperties& each : properties) commands.push_back(receive_command(dataset, each));
    for (const std::string& to : snapshots) {
      commands.insert(
          commands.end(),
          {destroy_command(dataset, {to}, false), destroy_command(dataset, {to, "b", "c d"}, true),
           send_tree_command(dataset, std::nullopt, to, false), send_tree_command(dataset, "b", to, true),
           send_tree_command(dataset, to, "b", false), send_dataset_command(dataset, SendFrom::nothing, "", to),
           send_dataset_command(dataset, SendFrom::snapshot, "b", to),
           send_dataset_command(dataset, SendFrom::bookmark, "cyber-zfs-backup:far:b", to),
           send_dataset_command(dataset, SendFrom::origin, "tank/o@b", to),
           send_tree_command(dataset, "b", to, true, czb::StreamForm::plain),
           send_dataset_command(dataset, SendFrom::snapshot, "b", to, czb::StreamForm::plain), place_command(dataset)});
    }
  }
  commands.insert(
      commands.end(),
      {send_token_command("1-abc-0"), read_token_command("1-abc-0"), {"cyber-zfs-backup-receiver", "report"}});
  return commands;
}

TEST(ReceiverRequest, EachCommandOfASenderIsTakenAndIsTheSameAgain) {
  for (const CommandLine& words : every_command()) {
    EXPECT_EQ(refusal_of(words), "(taken)") << ::testing::PrintToString(words);
    EXPECT_EQ(command_of(parse_request(words)), words);
  }
}

// Everything one step away from a command of a sender: one word missing, doubled, changed or added.
TEST(ReceiverRequest, WhatIsTakenAlwaysIsWhatABuilderMakes) {
  for (const CommandLine& words : every_command()) {
    for (std::size_t i = 0; i <= words.size(); ++i) {
      std::vector<CommandLine> neighbours;
      for (const char* added : {"-F", "-r", "-d", "", "-o", "tank/b", "-n", "--", "sharenfs=on"}) {
        CommandLine more = words;
        more.insert(more.begin() + static_cast<std::ptrdiff_t>(i), added);
        neighbours.push_back(more);
        if (i < words.size()) {
          CommandLine other = words;
          other[i] = added;
          neighbours.push_back(other);
          other[i] = words[i] + added;
          neighbours.push_back(other);
        }
      }
      if (i < words.size()) {
        CommandLine fewer = words;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
        neighbours.push_back(fewer);
      }
      for (const CommandLine& each : neighbours) {
        if (refusal_of(each) == "(taken)") {
          EXPECT_EQ(command_of(parse_request(each)), each);
        }
      }
    }
  }
}

TEST(ReceiverRequest, NoNameIsAnOption) {
  EXPECT_THAT(refusal_of(exists_command("-r")), HasSubstr("no name of a dataset"));
  EXPECT_THAT(refusal_of(receive_command("-F", {})), HasSubstr("no name of a dataset"));
  EXPECT_THAT(refusal_of(abort_receive_command("--")), HasSubstr("no name of a dataset"));
  EXPECT_THAT(refusal_of(destroy_command("-r", {"a"}, false)), HasSubstr("no name of a dataset"));
  EXPECT_THAT(refusal_of(send_token_command("-t")), HasSubstr("no resume token"));
  EXPECT_THAT(refusal_of(read_token_command("1-abc;id")), HasSubstr("no resume token"));
  EXPECT_THAT(refusal_of(receive_command("tank", {{"-F", std::nullopt}})), HasSubstr("no name of a property"));
}

TEST(ReceiverRequest, NamesAreOnesThatZfsTakes) {
  for (const char* dataset : {"", "/tank", "tank/", "tank//a", "tank/../b", "tank/.", "tank@a", "tank#a", "tank%recv",
                              "tank\n", "1tank", "mirror"}) {
    EXPECT_NE(refusal_of(exists_command(dataset)), "(taken)") << dataset;
    EXPECT_NE(refusal_of(receive_command(dataset, {})), "(taken)") << dataset;
  }
  for (const char* name : {"", "a%b", "%", "a/b", "a@b", "a#b", "..", "a\nb"}) {
    EXPECT_NE(refusal_of(destroy_command("tank", {name}, false)), "(taken)") << name;
    EXPECT_NE(refusal_of(send_tree_command("tank", std::nullopt, name, false)), "(taken)") << name;
    EXPECT_NE(refusal_of(send_dataset_command("tank", SendFrom::snapshot, name, "t")), "(taken)") << name;
    EXPECT_NE(refusal_of(send_dataset_command("tank", SendFrom::bookmark, name, "t")), "(taken)") << name;
  }
}

TEST(ReceiverRequest, PropertiesComeInTheOrderOfTheBuilder) {
  EXPECT_NE(refusal_of({"zfs", "receive", "-s", "-u", "-o", "readonly=on", "-o", "canmount=off", "tank"}), "(taken)");
  EXPECT_NE(refusal_of({"zfs", "receive", "-s", "-u", "-o", "readonly=on", "-o", "readonly=on", "tank"}), "(taken)");
  EXPECT_NE(refusal_of({"zfs", "receive", "-u", "-s", "tank"}), "(taken)");
  EXPECT_NE(refusal_of({"zfs", "receive", "-su", "tank"}), "(taken)");
}

TEST(ReceiverRequest, OtherCommandsAreNamedInTheRefusal) {
  EXPECT_THAT(refusal_of({"zfs", "allow", "everyone", "destroy", "tank"}), HasSubstr("'zfs allow'"));
  EXPECT_THAT(refusal_of({"rm", "-rf", "/"}), HasSubstr("'rm -rf'"));
  EXPECT_THAT(refusal_of({"id"}), HasSubstr("'id'"));
  EXPECT_THAT(refusal_of({"a\nb", "\x1b[2J"}), HasSubstr("'a\\x0ab \\x1b[2J'"));
  EXPECT_NE(refusal_of({}), "(taken)");
}

}  // namespace
}  // namespace czb::receiver
