// SPDX-License-Identifier: MIT
// Doctor before the first push: what does not lie there yet.
#include "doctor/doctor_world.h"

namespace czb::doctor {
namespace {

class DoctorFirstPush : public DoctorWorld {
 protected:
  DoctorFirstPush() {
    far->answer(far_listing(), {"", "cannot open 'vault/home': dataset does not exist\n", 1});
    far->answer("zfs list -H -o name vault", {"vault\n"});
    source_has({99000});
  }
  void source_has(const std::vector<int>& snapshots, const std::string& more = "") {
    source->answer(source_listing(), {listing_of("tank/home", snapshots, "-", "\t-") + more});
  }
};

TEST_F(DoctorFirstPush, IsAdvisedInAWayThatWorksWithoutASnapshotToo) {
  EXPECT_THAT(examine_for("dataset", "far"),
              Tells(State::warning, "", "--job home --action push --force-non-incremental"));
  source_has({});
  EXPECT_THAT(examine_for("dataset", "far"),
              Tells(State::warning, "", "--job home --action snapshot push --force-non-incremental"));
  job.actions = {Action::push};
  EXPECT_THAT(
      examine_for("dataset", "far"),
      Tells(State::warning, "", "--action push --force-non-incremental, once the source's root has a snapshot"));
}

TEST_F(DoctorFirstPush, HowItWillLieThereIsNotToldAsIfItLayThere) {
  const std::string question = "zfs list -H -t filesystem,volume -o name,encryptionroot,keystatus vault";
  EXPECT_THAT(examine_for("at-rest", "far"), Tells(State::ok, "vault/home will lie in clear, as at the source", ""));
  source_has({99000}, "tank/home/secret\tfilesystem\t2\t2\t-\t-\t-\ttank/home/secret\t-\t0\t-\n");
  EXPECT_THAT(examine_for("at-rest", "far"), Tells(State::ok, "will lie in clear, as at the source", ""));
  EXPECT_THAT(examine_for("at-rest", "far"), Tells(State::ok, "; 1 dataset below is encrypted with its own key", ""));
  far->answer(question, {"vault\tvault\tavailable\n"});
  EXPECT_THAT(examine_for("at-rest", "far"),
              Tells(State::warning, "vault/home will lie in clear, as at the source, though vault above is encrypted",
                    "before the first push"));
  job.targets[0].at_rest = AtRest::encrypt;
  EXPECT_THAT(examine_for("at-rest", "far"), Tells(State::ok, "vault/home will be encrypted there by vault", ""));
  source->answer(source_listing(), {listing_of("tank/home", {99000}, "-", "\t-", "tank/home")});
  EXPECT_THAT(examine_for("at-rest", "far"), Tells(State::ok, "encrypted at the source, and will lie so", ""));
}

TEST_F(DoctorFirstPush, OfKeysNothingIsSaidThatAReceiverCannotKnowYet) {
  source->answer(source_listing(), {listing_of("tank/home", {99000}, "-", "\t-", "tank/home")});
  const auto restricted = [&](const std::string& unknown) {
    restrict_far({{"unknown-keys", unknown}});
    far->answer(
        far_listing(),
        {"", "cyber-zfs-backup-receiver: mode append-only\ncannot open 'vault/home': dataset does not exist\n", 1});
    far->answer("zfs list -H -o name vault", {"vault\n"});
  };
  restricted("0");
  EXPECT_THAT(checks_in(examine(), State::ok, "far"), ::testing::Not(::testing::Contains("keys")));
  restricted("2");
  EXPECT_THAT(examine_for("keys", "far"), Tells(State::warning, "no record of the keys of 2", ""));
}

}  // namespace
}  // namespace czb::doctor
