// SPDX-License-Identifier: MIT
#include <utility>

#include "libzfs/play.h"

namespace czb::libzfs {
namespace {

class Straight final : public Play {
 public:
  Straight(Host& host, const Session& session) : host_(host), session_(session), zfs_(host.version, session.dataset) {}

  bool step() override {
    if (!std::exchange(has_begun_, true) && session_.package) {
      std::string_view bytes = session_.head;
      zfs_.take_head(host_.pool, bytes);
      return true;
    }
    if (next_ < session_.streams.size() && next_ <= session_.breaks_off_at) {
      outcome_.addressed.insert(place_of(session_, session_.streams[next_]));
      zfs_.take_stream(host_.pool, session_.streams[next_], next_ != session_.breaks_off_at);
      ++next_;
      return true;
    }
    zfs_.end(host_.pool);
    host_.has_asked_version |= zfs_.has_asked_version();
    outcome_.well = zfs_.well();
    return false;
  }

  const Outcome& outcome() const override { return outcome_; }

 private:
  Host& host_;
  const Session& session_;
  bool has_begun_ = false;
  Receive zfs_;
  std::size_t next_ = 0;
  Outcome outcome_;
};

}  // namespace

std::unique_ptr<Play> straight(Host& host, const Session& session) { return std::make_unique<Straight>(host, session); }

}  // namespace czb::libzfs
