// SPDX-License-Identifier: MIT
// What doctor found, as values.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace czb::doctor {

enum class State {
  ok,
  skipped,  // it does not apply, or what it rests on failed
  warning,  // backups go on; somebody should look
  failed,   // backups do not go on as they should, or would not
};

struct Finding {
  std::string job;     // empty: this machine
  std::string target;  // empty: the job's source, or this machine
  std::string check;   // its id: docs/doctor.md lists them
  State state = State::ok;
  std::string seen;    // what was seen
  std::string remedy;  // what to do, in whole sentences; empty where nothing is
};

const char* to_string(State state);

// The findings on one subject: this machine, a job's source, or one of its targets.
class Findings {
 public:
  // They are added to `all`, which must outlive this.
  explicit Findings(std::vector<Finding>& all, std::string job = "", std::string target = "")
      : all_(all), job_(std::move(job)), target_(std::move(target)), begin_(all.size()) {}

  void ok(const std::string& check, const std::string& seen) { add(check, State::ok, seen, ""); }
  void skipped(const std::string& check, const std::string& why) { add(check, State::skipped, why, ""); }
  void warning(const std::string& check, const std::string& seen, const std::string& remedy) {
    add(check, State::warning, seen, remedy);
  }
  void failed(const std::string& check, const std::string& seen, const std::string& remedy) {
    add(check, State::failed, seen, remedy);
  }
  void add(const std::string& check, State state, const std::string& seen, const std::string& remedy);

  // Runs the check. An Error out of it is a failure of this check, and stops no other.
  void attempt(const std::string& check, const std::function<void()>& body);

  // Those of `checks` on which nothing was found are skipped, because of `why`.
  void skip_rest(const std::vector<std::string>& checks, const std::string& why);

  bool has(const std::string& check) const;

 private:
  std::vector<Finding>& all_;
  std::string job_;
  std::string target_;
  std::size_t begin_;  // where this subject's begin
};

}  // namespace czb::doctor
