// SPDX-License-Identifier: MIT
// `cyber-zfs-backup setup`, but for its command line and the test of the connection: looks, plans, asks where a person
// has to decide, and does it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "error.h"
#include "setup/far_end.h"
#include "setup/sender_observe.h"
#include "setup/sender_steps.h"

namespace czb::setup {

struct Dialogue {
  std::function<void(const std::string&)> say;  // whole lines
  // The answer of a person at a terminal; nothing where there is none.
  std::function<std::optional<std::string>(const std::string& question)> ask;
};

// What came of one far end.
struct FarEndOutcome {
  ReceiverSetup receiver;
  std::string host_name;              // as ssh connects to it
  std::optional<std::string> config;  // the ssh configuration that is to be used; nothing: ssh's own
  bool may_connect = false;           // the host's key is known here
  ExitCode code = ExitCode::ok;       // the worst that was met
};

class SenderSetup {
 public:
  // `scratch`: a folder of this run's own. Throws Error (usage) for options that cannot be used.
  SenderSetup(SenderOptions options, Dialogue dialogue, std::string scratch);

  // The key. Throws Error: refused where a person has to look, failed where something could not be done.
  void make_key();

  // One far end: ssh's configuration and the host's key. In a dry run nothing is changed
  // and nobody asked. Throws Error: needs_person where the host's key is not the one that is known or expected.
  FarEndOutcome set_up(const FarEnd& far_end);

  // What has to be done at the receiver. Asks how much it may take there, where nobody has said.
  void tell_receivers_part(FarEndOutcome outcome) const;

 private:
  void carry_out(const Plan& plan);
  std::string make_config(const FarEnd& far_end, FarEndOutcome& outcome);
  std::string write_config(const FarEnd& far_end, const std::string& file);
  void check_address(const FarEnd& far_end, const std::string& config, const SshSettings& settings) const;
  void tell_lacking_lines(const FarEnd& far_end, const std::string& config, const SshSettings& settings);
  void settle_host_key(const FarEnd& far_end, const SshSettings& settings, FarEndOutcome& outcome);
  void ask_for_quota(ReceiverSetup& receiver) const;
  void decide(const FarEnd& far_end, const SshSettings& settings, const PublicKey& key, FarEndOutcome& outcome);

  SenderOptions options_;
  Dialogue dialogue_;
  std::string scratch_;
  std::optional<PublicKey> key_;
};

}  // namespace czb::setup
