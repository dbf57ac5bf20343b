// SPDX-License-Identifier: MIT
// What the tests of streams share: feeds made of a list.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "process/streams.h"
#include "real_process.h"

namespace czb::test {

using Words = std::vector<std::string>;

class StreamsTest : public ::testing::Test {
 protected:
  // The program ignores SIGPIPE too (process/interrupt.h).
  StreamsTest() : before_(::signal(SIGPIPE, SIG_IGN)) {}
  ~StreamsTest() override { ::signal(SIGPIPE, before_); }

  StreamRequest request(const Words& from, const Words& to, const StreamLimits& limits = {}) {
    return {source_.get(), from, target_.get(), to, limits};
  }

  const Deadline deadline_;
  void (*before_)(int);
  std::shared_ptr<Transport> source_ = local_transport();
  std::shared_ptr<Transport> target_ = local_transport();
};

// Gives its tasks in order, with the ids 0, 1, …, and keeps what it is told.
class ListFeed : public StreamFeed {
 public:
  void add(StreamRequest request) { waiting_.push_back({added_++, std::move(request)}); }

  std::optional<StreamTask> next() override {
    if (waiting_.empty()) return std::nullopt;
    StreamTask task = std::move(waiting_.front());
    waiting_.pop_front();
    most_at_once = std::max(most_at_once, ++running_);
    return task;
  }

  void ended(std::size_t id, StreamResult result) override {
    --running_;
    order.push_back(id);
    results.emplace(id, std::move(result));
  }

  std::map<std::size_t, StreamResult> results;
  std::vector<std::size_t> order;  // in which they ended
  int most_at_once = 0;

 private:
  std::deque<StreamTask> waiting_;
  std::size_t added_ = 0;
  int running_ = 0;
};

}  // namespace czb::test
