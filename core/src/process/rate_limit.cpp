// SPDX-License-Identifier: MIT
#include "process/rate_limit.h"

#include <algorithm>

namespace czb {
namespace {

constexpr double least_bucket = 64 * 1024;

double bucket(double rate) { return std::max(rate / 4, least_bucket); }
double enough(double rate) { return std::max(rate / 16, 1.0); }

}  // namespace

RateLimit::RateLimit(std::uint64_t bytes_per_second) : rate_(static_cast<double>(bytes_per_second)) {}

void RateLimit::begin_turn(SteadyClock::time_point now) {
  if (now <= filled_at_) return;
  const double seconds = std::chrono::duration<double>(now - filled_at_).count();
  filled_at_ = now;
  level_ = std::min(level_ + seconds * rate_, bucket(rate_));
  const std::size_t sharers = std::max<std::size_t>(sharers_, 1);
  share_ = level_ < enough(rate_) ? 0 : std::max<std::size_t>(static_cast<std::size_t>(level_) / sharers, 1);
}

SteadyClock::time_point RateLimit::opens_at() const {
  const std::chrono::duration<double> wait(std::max(enough(rate_) - level_, 0.0) / rate_);
  return filled_at_ + std::chrono::ceil<SteadyClock::duration>(wait);
}

RateShare::RateShare(std::shared_ptr<RateLimit> limit) : limit_(std::move(limit)) {
  if (limit_ && limit_->rate_ == 0) limit_.reset();
  if (limit_) ++limit_->sharers_;
}

RateShare::~RateShare() {
  if (limit_) --limit_->sharers_;
}

void RateShare::begin_turn(SteadyClock::time_point now) {
  if (!limit_) return;
  limit_->begin_turn(now);
  left_ = limit_->share_;
}

void RateShare::spend(std::size_t bytes) {
  if (!limit_) return;
  limit_->level_ -= static_cast<double>(bytes);
  left_ -= std::min(left_, bytes);
}

}  // namespace czb
