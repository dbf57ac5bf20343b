// SPDX-License-Identifier: MIT
// What holds for every command: the steps of a job are accepted, and what is accepted is what a builder makes.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "naming-rfc3339/rfc3339_name.h"
#include "plan/received_properties.h"
#include "plan/step.h"
#include "receiver/answer.h"
#include "receiver/request/grammar.h"
#include "receiver/request/guards.h"
#include "receiver/request/policy.h"
#include "remote_command.h"

namespace czb::receiver {
namespace {

const std::string root = "offsite/zippy";

rc::Gen<std::string> any_component() {
  const auto first = rc::gen::elementOf(std::string("abcXYZ019_"));
  const auto rest =
      rc::gen::resize(20, rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcXYZ019-_.: "))));
  return rc::gen::map(rc::gen::pair(first, rest), [](const auto& parts) { return parts.first + parts.second; });
}

// The root or below it.
rc::Gen<std::string> any_dataset() {
  return rc::gen::map(rc::gen::resize(4, rc::gen::container<std::vector<std::string>>(any_component())),
                      [](const std::vector<std::string>& parts) {
                        std::string name = root;
                        for (const std::string& part : parts) name += "/" + part;
                        return name;
                      });
}

rc::Gen<std::vector<std::string>> some_names() {
  return rc::gen::nonEmpty(rc::gen::resize(5, rc::gen::container<std::vector<std::string>>(any_component())));
}

rc::Gen<std::string> any_token() {
  return rc::gen::map(rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123456789abcdef-"))),
                      [](const std::string& rest) { return "1-" + rest; });
}

bool is_accepted(const CommandLine& words, Mode mode, bool sudo) {
  Options options;
  options.root = root;
  options.mode = mode;
  try {
    const Request request = parse_request(parse_command(ssh::remote_command(words, sudo)));
    check_allowed(request, options);
    return command_of(request) == words;
  } catch (const Refused& refused) {
    RC_LOG(std::string(refused.what()));
    return false;
  }
}

const ReceivedProperties configured = {{"canmount", "noauto"}, {"mountpoint", "none"}, {"readonly", "on"}};

RC_GTEST_PROP(ReceiverProperty, EachStepOfAPushIsAccepted, ()) {
  const std::string dataset = *any_dataset();
  const std::vector<std::string> names = *some_names();
  const DatasetKind kind = *rc::gen::element(DatasetKind::filesystem, DatasetKind::volume);
  const bool sudo = *rc::gen::arbitrary<bool>();
  DestroySnapshots destroy;
  destroy.side = Side::target;
  destroy.root = dataset;
  destroy.names = names;
  destroy.recursive = *rc::gen::arbitrary<bool>();
  const czb::SendTree tree = {"tank", dataset, std::nullopt, names[0], configured, false};
  czb::SendDataset one;
  one.target = dataset;
  one.to = names[0];
  one.properties = properties_for(configured, kind, dataset == root);
  const ResumeSend rest = {"tank", dataset, "1-a", names[0]};

  for (const Mode mode : {Mode::append_only, Mode::mirror}) {
    for (const Step& step : {Step(tree), Step(one), Step(rest)})
      RC_ASSERT(is_accepted(receiving_argv(step).value(), mode, sudo));
    RC_ASSERT(is_accepted(argv_of(czb::AbortReceive{dataset}), mode, sudo));
    RC_ASSERT(is_accepted(list_command(root, {}, true), mode, sudo));
    RC_ASSERT(is_accepted(list_names_command(dataset), mode, sudo));
    RC_ASSERT(is_accepted(exists_command("offsite"), mode, sudo));
    RC_ASSERT(is_accepted(argv_of(destroy), mode, sudo) == (mode == Mode::mirror));
  }
}

RC_GTEST_PROP(ReceiverProperty, EachStepOfAPullIsAccepted, ()) {
  const std::string dataset = *any_dataset();
  const std::string origin = *any_dataset() + "@" + *any_component();
  const std::vector<std::string> names = *some_names();
  const bool sudo = *rc::gen::arbitrary<bool>();
  const std::string token = *any_token();
  const bool skip = *rc::gen::arbitrary<bool>();
  const CommandLine commands[] = {list_command(dataset, {base_property("far"), base_property("near.2")}, true),
                                  list_command(dataset, {base_property("far")}, false),
                                  list_names_command(dataset),
                                  exists_command(dataset),
                                  send_tree_command(dataset, std::nullopt, names[0], skip),
                                  send_tree_command(dataset, names.back(), names[0], skip),
                                  send_dataset_command(dataset, SendFrom::nothing, "", names[0]),
                                  send_dataset_command(dataset, SendFrom::snapshot, names.back(), names[0]),
                                  send_dataset_command(dataset, SendFrom::bookmark, names.back(), names[0]),
                                  send_dataset_command(dataset, SendFrom::origin, origin, names[0]),
                                  send_token_command(token),
                                  read_token_command(token)};
  for (const CommandLine& words : commands) RC_ASSERT(is_accepted(words, Mode::pull, sudo));
}

// Any words, most of them such as commands are made of.
rc::Gen<std::string> any_word() {
  static const std::vector<std::string> known = {"zfs",
                                                 "list",
                                                 "receive",
                                                 "destroy",
                                                 "send",
                                                 "-H",
                                                 "-p",
                                                 "-r",
                                                 "-t",
                                                 "-o",
                                                 "-s",
                                                 "-u",
                                                 "-A",
                                                 "-P",
                                                 "-R",
                                                 "-w",
                                                 "-L",
                                                 "-c",
                                                 "-e",
                                                 "-I",
                                                 "-i",
                                                 "-x",
                                                 "-nvt",
                                                 "-F",
                                                 "-d",
                                                 "1",
                                                 "name",
                                                 "@a",
                                                 "filesystem,volume",
                                                 root,
                                                 "-f",
                                                 root + "@a",
                                                 root + "/b",
                                                 "offsite",
                                                 "readonly=on",
                                                 "1-ab",
                                                 "report",
                                                 "--",
                                                 "offsite/zippy2",
                                                 "mountpoint=/etc"};
  return rc::gen::oneOf(rc::gen::elementOf(known), rc::gen::arbitrary<std::string>());
}

RC_GTEST_PROP(ReceiverProperty, WhateverIsAcceptedIsOfABuilderAndInTheRoot, ()) {
  CommandLine words = *rc::gen::container<CommandLine>(any_word());
  words.insert(words.begin(), "zfs");
  for (std::string& word : words) word.erase(std::remove(word.begin(), word.end(), '\0'), word.end());
  for (const Mode mode : {Mode::append_only, Mode::mirror, Mode::pull}) {
    if (!is_accepted(words, mode, false)) continue;  // is_accepted also compares with the builder's
    const std::string& last = words.back();
    RC_ASSERT(last == root || last.rfind(root + "/", 0) == 0 || last.rfind(root + "@", 0) == 0 || last == "offsite" ||
              words[1] == "send");
    RC_ASSERT(std::find(words.begin(), words.end(), "-F") == words.end());
  }
}

// Whatever is asked for, in whatever portions: what stays is what the guards promise.
RC_GTEST_PROP(ReceiverProperty, NoOrderOfDestroysBreaksTheGuards, ()) {
  Options options;
  options.root = root;
  options.mode = Mode::mirror;
  options.keep_newest = *rc::gen::inRange(1U, 5U);
  options.destroy_limit = *rc::gen::inRange(0U, 101U);
  const auto count = *rc::gen::inRange<std::uint64_t>(1, 40);
  PresentSnapshots present;
  for (std::uint64_t i = 0; i < count; ++i)
    present[root].push_back({options.naming.format(static_cast<std::int64_t>(i) * 86400), i + 1});
  DayCounts counts;
  for (int round = 0; round < 20 && !present[root].empty(); ++round) {
    std::vector<std::string> names;
    for (const PresentSnapshot& each : present[root])
      if (*rc::gen::inRange(0, 4) == 0) names.push_back(each.name);
    if (names.empty()) continue;
    try {
      for (const auto& [dataset, counted] : check_destroy({root, names, false}, present, counts, 7, options))
        counts[dataset] = counted;
    } catch (const Refused&) {
      continue;
    }
    std::erase_if(present[root], [&](const PresentSnapshot& each) {
      return std::find(names.begin(), names.end(), each.name) != names.end();
    });
  }
  const std::uint64_t left = present[root].size();
  RC_ASSERT(left >= std::min<std::uint64_t>(count, options.keep_newest));
  RC_ASSERT((count - left) * 100 <= count * options.destroy_limit);
  for (std::uint64_t txg = count; txg > 0 && count - txg < options.keep_newest; --txg)
    RC_ASSERT(std::any_of(present[root].begin(), present[root].end(),
                          [&](const PresentSnapshot& each) { return each.createtxg == txg; }));
}

}  // namespace
}  // namespace czb::receiver
