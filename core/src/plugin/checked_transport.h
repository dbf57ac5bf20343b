// SPDX-License-Identifier: MIT
// A transport plugin held to its contract (cyber-zfs-backup/transport.h), as the registry hands it out.
#pragma once

#include <memory>
#include <string>

#include "cyber-zfs-backup/transport.h"

namespace czb {

// A command that start says it started is a Process whose ready_descriptor can be polled: else nobody would ever learn
// of its end. An exit status is of a kind that there is. A failure comes with a sentence, and what is in it of the far
// end is fit to be shown (text/far_text.h).
class CheckedTransport final : public Transport {
 public:
  // `plugin`: "transport plugin 'x'", for messages.
  CheckedTransport(std::shared_ptr<Transport> transport, std::string plugin);

  void describe_peer(TextSink& text) noexcept override;
  void describe_command(const Argv& argv, TextSink& text) noexcept override;
  Status open(TextSink& error) noexcept override;
  Status start(const Argv& argv, const StandardDescriptors& descriptors, Process** process,
               TextSink& error) noexcept override;
  void close() noexcept override;

 private:
  std::shared_ptr<Transport> transport_;
  std::shared_ptr<const std::string> plugin_;  // shared with the processes
};

}  // namespace czb
