// SPDX-License-Identifier: MIT
#include "plan/judge.h"

#include "error.h"
#include "text_buffer.h"

namespace czb {
namespace {

class Collector final : public VerdictSink {
 public:
  explicit Collector(std::size_t count) : verdicts_(count), given_(count, false) {}

  void verdict(std::uint64_t index, Decision decision, std::string_view rule) noexcept override {
    if (index >= verdicts_.size()) {
      complaint_ = "a verdict for a snapshot that it was not given";
    } else if (given_[index]) {
      complaint_ = "two verdicts for one snapshot";
    } else if (decision != Decision::keep && decision != Decision::expire) {
      complaint_ = "a verdict that is neither keep nor expire";
    } else {
      given_[index] = true;
      ++count_;
      verdicts_[index] = {decision, std::string(rule)};
    }
  }

  std::string complaint() const {
    if (complaint_ != nullptr) return complaint_;
    return count_ == verdicts_.size() ? "" : "no verdict for some snapshots";
  }
  std::vector<Verdict> take() { return std::move(verdicts_); }

 private:
  std::vector<Verdict> verdicts_;
  std::vector<bool> given_;
  std::size_t count_ = 0;
  const char* complaint_ = nullptr;
};

}  // namespace

std::vector<OwnSnapshot> own_snapshots(const Dataset& dataset, Naming& naming) {
  std::vector<OwnSnapshot> own;
  own.reserve(dataset.snapshots.size());
  for (auto it = dataset.snapshots.rbegin(); it != dataset.snapshots.rend(); ++it) {
    std::int64_t time = 0;
    if (naming.parse(it->name, time)) own.push_back({&*it, time});
  }
  return own;
}

std::vector<Verdict> judge(const std::vector<OwnSnapshot>& own, const std::string& dataset, Retention& retention,
                           std::int64_t now) {
  std::vector<SnapshotView> views;
  views.reserve(own.size());
  for (const OwnSnapshot& s : own) views.push_back({s.snapshot->name, s.snapshot->guid, s.snapshot->createtxg, s.time});
  Collector collector(own.size());
  TextBuffer error;
  if (retention.judge(views.data(), views.size(), now, collector, error) != Status::ok)
    throw Error(ExitCode::failed,
                dataset + ": the retention plugin failed: " + error.text() + ". Nothing was expired.");
  if (std::string complaint = collector.complaint(); !complaint.empty())
    throw Error(ExitCode::failed, dataset + ": the retention plugin gave " + complaint +
                                      ". That is a defect of the plugin. Nothing was expired.");
  return collector.take();
}

}  // namespace czb
