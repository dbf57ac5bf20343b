// SPDX-License-Identifier: MIT
// What retention.h promises.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/text_check.h"
#include "config/wording.h"
#include "conformance/check.h"
#include "conformance/pure.h"
#include "conformance/subject.h"
#include "cyber-zfs-backup/retention.h"
#include "text_buffer.h"

namespace czb::conformance {
namespace {

using Limits = std::numeric_limits<std::int64_t>;

constexpr std::int64_t now = 1'795'471'806;  // 2026-11-23T22:10:06Z
constexpr std::int64_t hour = 3600;
constexpr std::int64_t day = 24 * hour;

struct Entry {
  std::uint64_t index;
  Decision decision;
  std::string rule;
  bool operator==(const Entry&) const = default;
};

class Recorder final : public VerdictSink {
 public:
  void verdict(std::uint64_t index, Decision decision, std::string_view rule) noexcept override {
    entries.push_back({index, decision, std::string(rule)});
  }
  std::vector<Entry> entries;
};

// One dataset's snapshots, newest first.
struct History {
  std::string what;
  std::vector<std::int64_t> times;
  bool one_createtxg = false;
};

struct Answer {
  Status status = Status::failed;
  std::string error;
  std::vector<Entry> entries;  // as they came

  // In the order of the snapshots.
  Answer sorted() const {
    Answer copy = *this;
    std::stable_sort(copy.entries.begin(), copy.entries.end(),
                     [](const Entry& a, const Entry& b) { return a.index < b.index; });
    return copy;
  }
  bool operator==(const Answer&) const = default;
};

// What the plugin is given lies in memory that holds something else right after the call.
Answer judge(Retention& retention, const History& history) {
  const std::size_t count = history.times.size();
  std::vector<std::string> names;
  names.reserve(count);
  std::vector<SnapshotView> views;
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back("snapshot-" + std::to_string(count - i));
    const std::uint64_t order = count - i;
    views.push_back({names.back(), order * 0x9e3779b97f4a7c15ULL, history.one_createtxg ? 7 : order, history.times[i]});
  }
  Recorder recorder;
  TextBuffer error;
  Answer answer;
  answer.status = retention.judge(views.data(), count, now, recorder, error);
  for (std::string& name : names) std::fill(name.begin(), name.end(), '#');
  std::fill(views.begin(), views.end(), SnapshotView{"scribbled over", 0, 0, -1});
  answer.error = error.text();
  answer.entries = std::move(recorder.entries);
  return answer;
}

std::vector<std::int64_t> every(std::int64_t step, std::size_t count, std::int64_t newest = now - 60) {
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < count; ++i) times.push_back(newest - static_cast<std::int64_t>(i) * step);
  return times;
}

// What any dataset may have come to.
std::vector<History> histories() {
  std::vector<History> all = {
      {"one snapshot", {now - 60}},
      {"a snapshot of this second", {now}},
      {"two of one time", {now - 60, now - 60}},
      {"a hundred of one time", std::vector<std::int64_t>(100, now - day)},
      {"three of one transaction group", {now - 60, now - 120, now - 180}, true},
      {"every hour of a month", every(hour, 720)},
      {"every day of six years", every(day, 2192)},
      {"one a year since 1970", every(365 * day, 57)},
      {"some from the future", {now + 400 * day, now + day, now + 1, now, now - 1, now - day}},
      {"all from the future", every(day, 40, now + 100 * day)},
      {"a clock that was put back", {now - 90 * day, now - 91 * day, now - day, now - 2 * day, now - 3 * day}},
      {"ten thousand snapshots", every(hour, 10'000)},
  };
  std::mt19937_64 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp,bugprone-random-generator-seed)
  for (int i = 0; i < 50; ++i) {
    History history{"random history " + std::to_string(i + 1), {}};
    std::int64_t time = now;
    const std::size_t count = 1 + random() % 200;
    while (history.times.size() < count) {
      time -= static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(i % 2 == 0 ? 2 * hour : 40 * day));
      history.times.push_back(time);
    }
    all.push_back(std::move(history));
  }
  return all;
}

std::string of(std::uint64_t index, const History& history) {
  return "snapshot " + std::to_string(index) + " of " + std::to_string(history.times.size()) + " (" + history.what +
         ")";
}

// One verdict for each index, of the two that there are.
void check_complete(const Answer& answer, const History& history, Findings& findings) {
  std::vector<unsigned> given(history.times.size(), 0);
  for (const Entry& entry : answer.entries) {
    if (entry.index >= given.size()) {
      findings.add("a verdict on " + of(entry.index, history) + ", which it was not given");
      continue;
    }
    ++given[entry.index];
    if (entry.decision != Decision::keep && entry.decision != Decision::expire)
      findings.add("the verdict on " + of(entry.index, history) + " is neither keep nor expire");
  }
  for (std::size_t index = 0; index < given.size(); ++index) {
    if (given[index] == 0) findings.add("no verdict on " + of(index, history));
    if (given[index] > 1) findings.add(std::to_string(given[index]) + " verdicts on " + of(index, history));
  }
}

void loads(Subject& subject, Findings& /*findings*/) { subject.retention(); }

void one_verdict_each(Subject& subject, Findings& findings) {
  const auto retention = subject.retention();
  for (const History& history : histories()) {
    const Answer answer = judge(*retention, history);
    if (answer.status != Status::ok)
      findings.add("it fails on " + history.what + ": " + answer.error);
    else
      check_complete(answer, history, findings);
  }
}

void nothing(Subject& subject, Findings& findings) {
  const auto retention = subject.retention();
  Recorder recorder;
  TextBuffer error;
  const Status status = retention->judge(nullptr, 0, now, recorder, error);
  findings.expect(status == Status::ok, "it fails on a dataset without snapshots: " + error.text());
  findings.expect(recorder.entries.empty(), "it gives verdicts on a dataset without snapshots");
}

void pure(Subject& subject, Findings& findings) {
  const auto ask_all = [](Retention& retention) {
    std::vector<Answer> answers;
    for (const History& history : histories()) answers.push_back(judge(retention, history).sorted());
    return answers;
  };
  const auto first = subject.retention();
  const std::vector<Answer> expected = ask_all(*first);
  findings.expect(ask_all(*first) == expected, "asked a second time, an instance answers differently");
  const auto second = subject.retention();
  findings.expect(ask_all(*second) == expected, "a second instance answers differently");
  for (const char* zone : {"AAA-13:45", "BBB+11"}) {
    const TimeZone elsewhere(zone);
    findings.expect(ask_all(*first) == expected, std::string("in the time zone ") + zone + " it answers differently");
    const auto born_there = subject.retention();
    findings.expect(ask_all(*born_there) == expected,
                    std::string("an instance made in the time zone ") + zone + " answers differently");
  }
}

void rules(Subject& subject, Findings& findings) {
  constexpr std::size_t longest_rule = 200;
  const auto retention = subject.retention();
  for (const History& history : histories()) {
    for (const Entry& entry : judge(*retention, history).entries) {
      const std::string rule = "the rule " + quoted(entry.rule) + " of " + of(entry.index, history) + " ";
      findings.expect(!entry.rule.empty(), "no rule with the verdict on " + of(entry.index, history));
      findings.expect(entry.rule.size() <= longest_rule,
                      rule + "has " + std::to_string(entry.rule.size()) + " bytes: a few words are meant");
      if (const auto fault = text_fault(entry.rule)) findings.add(rule + "is no text: " + fault->what);
      findings.expect(entry.rule.find_first_of("\n\r\t") == std::string::npos, rule + "is more than one line");
    }
  }
}

// Far from now it may fail, but then says why and expires nothing.
void limits(Subject& subject, Findings& findings) {
  constexpr std::int64_t year_10000 = 253'402'300'800;
  const auto retention = subject.retention();
  const std::vector<History> all = {
      {"the edges of integers", {Limits::max(), Limits::max() - 1, 0, Limits::min() + 1, Limits::min()}},
      {"the edges of integers, backwards", {Limits::min(), -1, 0, 1, Limits::max()}},
      {"around 1970", {86'400, 1, 0, -1, -86'400}},
      {"around 2038", {2'147'483'648, 2'147'483'647, 2'147'483'646}},
      {"around the year 10000", {year_10000, year_10000 - 1}},
      {"around the year 0", {-62'167'219'200, -62'167'219'201}},
  };
  for (const History& history : all) {
    const Answer answer = judge(*retention, history);
    if (answer.status == Status::ok)
      check_complete(answer, history, findings);
    else
      findings.expect(!answer.error.empty(), "it fails on " + history.what + " without a sentence that says why");
  }
}

}  // namespace

const std::vector<Check>& retention_checks() {
  static const std::vector<Check> checks = {
      {"retention/loads", "The program loads it, takes its options and makes an instance.", loads, true},
      {"retention/one-verdict-each",
       "Each snapshot gets exactly one verdict and nothing else does: few or ten thousand, equal times, future ones, a "
       "clock put back.",
       one_verdict_each},
      {"retention/nothing", "Of a dataset without snapshots it says nothing, and does not fail.", nothing},
      {"retention/pure",
       "The same snapshots and clock get the same verdicts: again, from each instance, in each time zone.", pure},
      {"retention/rules", "Each verdict comes with a few words, on one line, that say what decided.", rules},
      {"retention/limits", "Times at the edges of calendars and integers are judged, or refused with a reason.",
       limits},
  };
  return checks;
}

}  // namespace czb::conformance
