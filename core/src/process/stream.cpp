// SPDX-License-Identifier: MIT
#include "process/stream.h"

#include <utility>

#include "process/streams.h"

namespace czb {
namespace {

class OneStream final : public StreamFeed {
 public:
  OneStream(const StreamRequest& request, const ProgressFunction& progress) : request_(request), progress_(progress) {}

  std::optional<StreamTask> next() override {
    if (std::exchange(given_, true)) return std::nullopt;
    return StreamTask{0, request_};
  }

  void ended(std::size_t, StreamResult result) override { result_ = std::move(result); }

  void progress(const StreamsProgress& progress) override {
    if (progress_ && !progress.running.empty()) progress_(progress.running.front().progress);
  }

  StreamResult take_result() { return std::move(result_); }

 private:
  const StreamRequest& request_;
  const ProgressFunction& progress_;
  bool given_ = false;
  StreamResult result_;
};

}  // namespace

StreamResult stream(const StreamRequest& request, const ProgressFunction& progress) {
  OneStream feed(request, progress);
  run_streams(1, feed);
  return feed.take_result();
}

}  // namespace czb
