// SPDX-License-Identifier: MIT
#include "receiver/serve/serve.h"

#include <new>
#include <string>
#include <string_view>
#include <variant>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/host/memory_limit.h"
#include "receiver/host/state_folder.h"
#include "receiver/request/grammar.h"
#include "receiver/request/policy.h"
#include "receiver/serve/carry_out.h"
#include "receiver/stream/stream_head.h"

namespace czb::receiver {
namespace {

// As a person types it to see what a key is for: what it answers is this host's own to say, and nothing of the client
// is in it.
constexpr std::string_view typed_report = "cyber-zfs-backup-receiver report";

Request request_in(const std::string& command) {
  return command == typed_report ? Request(Report{}) : parse_request(parse_command(command));
}

int serve_request(Session& session) {
  if (!session.command)
    throw Refused("this key is for backups only: it runs the commands that cyber-zfs-backup sends, and no login");
  const Request request = request_in(*session.command);
  check_allowed(request, session.options);
  // Asked for where something may be wrong here, it must answer all the same, and soon ends.
  if (!std::holds_alternative<Report>(request)) {
    check_state_folder(session.options.state);
    session.slot.emplace(session.options.state, session.options.root, session.options.sessions);
  }
  return carry_out(request, session);
}

}  // namespace

Served serve(Session& session) {
  try {
    const int status = serve_request(session);
    return {status, "", "accepted, exit status " + std::to_string(status)};
  } catch (const Refused& refused) {
    const std::string said = std::string(receiver_says_refused) + refused.what();
    return {receiver_refused_status, said, said};
  } catch (const std::bad_alloc&) {
    return {exit_failed, needs_more_memory, std::string("failed: ") + needs_more_memory};
  } catch (const StreamTooShort& error) {
    return {exit_failed, error.what(), std::string("failed: ") + error.what()};
  } catch (const Misconfigured& error) {
    return {receiver_misconfigured_status, error.what(), std::string("misconfigured: ") + error.what()};
  } catch (const Error& error) {
    const bool busy = error.code() == ExitCode::busy;
    return {busy ? receiver_busy_status : exit_failed, error.what(),
            std::string(busy ? "busy: " : "failed: ") + error.what()};
  }
}

}  // namespace czb::receiver
