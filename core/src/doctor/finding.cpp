// SPDX-License-Identifier: MIT
#include "doctor/finding.h"

#include <algorithm>

#include "error.h"

namespace czb::doctor {

const char* to_string(State state) {
  switch (state) {
    case State::ok:
      return "ok";
    case State::skipped:
      return "skipped";
    case State::warning:
      return "warning";
    case State::failed:
      return "failed";
  }
  return "unknown";
}

void Findings::add(const std::string& check, State state, const std::string& seen, const std::string& remedy) {
  all_.push_back({job_, target_, check, state, seen, remedy});
}

void Findings::attempt(const std::string& check, const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    failed(check, error.what(),
           error.code() == ExitCode::unreachable
               ? "See whether the host and the network on the way to it are up, then run doctor again."
               : "Run doctor again with --debug, which shows each command that it runs, and try the last one by hand.");
  }
}

void Findings::skip_rest(const std::vector<std::string>& checks, const std::string& why) {
  for (const std::string& check : checks)
    if (!has(check)) skipped(check, why);
}

bool Findings::has(const std::string& check) const {
  return std::any_of(all_.begin() + static_cast<std::ptrdiff_t>(begin_), all_.end(), [&](const Finding& finding) {
    return finding.check == check && finding.job == job_ && finding.target == target_;
  });
}

}  // namespace czb::doctor
