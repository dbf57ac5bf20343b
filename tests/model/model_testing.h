// SPDX-License-Identifier: MIT
// Short words for tests that speak to a ZfsModel.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "model/zfs_model.h"

namespace czb::model {

// "zfs " and these words, split at blanks.
inline Words zfs(const std::string& line) {
  Words words = {"zfs"};
  std::istringstream stream(line);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// Runs it; it must succeed.
inline std::string run(ZfsModel& model, const std::string& line) {
  const ModelResult result = model.command(zfs(line));
  EXPECT_EQ(result.status, 0) << "zfs " << line << ": " << result.err;
  return result.out;
}

MATCHER_P(FailsSaying, text, std::string("fails and says ") + text) {
  *result_listener << "status " << arg.status << ": " << arg.err;
  return arg.status != 0 && arg.err.find(text) != std::string::npos;
}

// Names of the snapshots below a root, in the order of a listing.
inline Words snapshots(ZfsModel& model, const std::string& root) {
  std::istringstream stream(model.command(zfs("list -H -r -t snapshot -o name " + root)).out);
  Words names;
  for (std::string line; std::getline(stream, line);) names.push_back(line.substr(root.size()));
  return names;
}

// Two pools of one machine, and in "here" a tree.
class TwoPools : public ::testing::Test {
 protected:
  TwoPools() {
    model.add_pool("here");
    model.add_pool("there");
    run(model, "create here/t");
    run(model, "create here/t/a");
    run(model, "create here/t/b");
  }

  ModelResult send_receive(const std::string& send, const std::string& receive) {
    const SendResult sent = model.send(zfs("send " + send));
    if (sent.status != 0) return {sent.status, "", sent.err};
    return model.receive(zfs("receive " + receive), sent.bytes);
  }
  void transfer(const std::string& send, const std::string& receive) {
    const ModelResult result = send_receive(send, receive);
    EXPECT_EQ(result.status, 0) << result.err;
  }
  void snapshot(const std::string& name) {
    model.write("here/t");
    model.write("here/t/a");
    run(model, "snapshot -r here/t@" + name);
  }
  // The stream up to the middle of a snapshot's payload.
  std::string cut(const std::string& send, std::size_t part) {
    const SendResult sent = model.send(zfs("send " + send));
    EXPECT_EQ(sent.status, 0) << sent.err;
    return cut_bytes(sent.bytes, part);
  }
  static std::string cut_bytes(const std::string& bytes, std::size_t part);
  std::string token(const std::string& dataset) {
    std::string text = run(model, "list -H -o receive_resume_token " + dataset);
    text.pop_back();
    return text;
  }

  ZfsModel model{7};
};

}  // namespace czb::model
