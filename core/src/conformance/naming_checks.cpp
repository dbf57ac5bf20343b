// SPDX-License-Identifier: MIT
// What naming.h promises.
#include <cstdint>
#include <ctime>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "config/wording.h"
#include "conformance/check.h"
#include "conformance/pure.h"
#include "conformance/subject.h"
#include "cyber-zfs-backup/naming.h"
#include "text_buffer.h"
#include "zfs/names.h"

namespace czb::conformance {
namespace {

using Limits = std::numeric_limits<std::int64_t>;

constexpr std::int64_t year_2000 = 946'684'800;
constexpr std::int64_t year_2101 = 4'133'980'800;
constexpr std::int64_t year_10000 = 253'402'300'800;

std::string at(std::int64_t time) { return "the time " + std::to_string(time); }

std::optional<std::int64_t> parse(Naming& naming, std::string_view name) {
  std::int64_t time = 0;
  return naming.parse(name, time) ? std::optional(time) : std::nullopt;
}

std::string read_as(const std::optional<std::int64_t>& time) {
  return time ? "is read back as " + std::to_string(*time) : "is not read back";
}

struct Formatted {
  Status status = Status::failed;
  std::string name;
  std::string error;
};

Formatted format(Naming& naming, std::int64_t time) {
  TextBuffer name;
  TextBuffer error;
  const Status status = naming.format(time, name, error);
  return {status, name.text(), error.text()};
}

// The name of a time that must have one.
std::string name_of(Naming& naming, std::int64_t time) {
  const Formatted made = format(naming, time);
  if (made.status != Status::ok) throw Failure(at(time) + " has no name: " + made.error);
  return made.name;
}

// The same on each run, so that a failure comes again.
std::vector<std::int64_t> times() {
  std::vector<std::int64_t> all = {0, year_2000, year_2101 - 1, 2'147'483'647, 2'147'483'648};
  std::mt19937_64 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp,bugprone-random-generator-seed)
  std::uniform_int_distribution<std::int64_t> any(0, year_2101 - 1);
  while (all.size() < 10'000) all.push_back(any(random));
  return all;
}

void loads(Subject& subject, Findings& /*findings*/) { subject.naming(); }

void reads_back(Subject& subject, Findings& findings) {
  const auto naming = subject.naming();
  for (const std::int64_t time : times()) {
    const std::string name = name_of(*naming, time);
    const auto back = parse(*naming, name);
    findings.expect(back == time, quoted(name) + ", the name of " + at(time) + ", " + read_as(back));
  }
}

// The hours around each of these have names of their own: a day's, a month's and a year's end, leap days, and where
// clocks of Europe, America and Australia were put back.
void every_second(Subject& subject, Findings& findings) {
  constexpr std::int64_t moments[] = {951'782'400,   1'078'012'800, 1'451'606'400, 1'709'164'800,
                                      1'761'440'400, 1'762'063'200, 1'775'318'400, 1'798'761'600};
  constexpr std::int64_t around = 4000;
  const auto naming = subject.naming();
  for (const std::int64_t moment : moments) {
    std::string last_name;
    std::optional<std::int64_t> last_time;
    for (std::int64_t time = moment - around; time <= moment + around; ++time) {
      const std::string name = name_of(*naming, time);
      const auto back = parse(*naming, name);
      if (back && last_time && *back <= *last_time)
        findings.add(quoted(name) + ", the name of " + at(time) + ", is read as a time not after that of " +
                     quoted(last_name) + ", which is a second older");
      last_name = name;
      last_time = back;
    }
  }
}

void names_fit(Subject& subject, Findings& findings) {
  const auto naming = subject.naming();
  std::vector<std::int64_t> all = times();
  all.insert(all.end(), {4'294'967'296, year_10000 - 1, year_10000, Limits::max()});
  for (const std::int64_t time : all) {
    const Formatted made = format(*naming, time);
    if (made.status != Status::ok) continue;  // see reads_back and limits
    if (const auto error = snapshot_name_error(made.name))
      findings.add("ZFS takes no snapshot called " + quoted(made.name) + ": " + *error);
    else if (made.name.size() > snapshot_name_limit)
      findings.add(quoted(made.name) + " has " + std::to_string(made.name.size()) + " bytes, and 200 are allowed");
  }
}

// All that one instance answers to a fixed list of questions.
std::string answers(Naming& naming) {
  std::string all;
  for (const std::int64_t time : times()) {
    const Formatted made = format(naming, time);
    all += made.name + " " + read_as(parse(naming, made.name)) + "\n";
  }
  return all;
}

void pure(Subject& subject, Findings& findings) {
  const auto first = subject.naming();
  const std::string expected = answers(*first);
  findings.expect(answers(*first) == expected, "asked a second time, an instance answers differently");
  const auto second = subject.naming();
  findings.expect(answers(*second) == expected, "a second instance answers differently");
  findings.expect(answers(*first) == expected, "beside a second instance, the first one answers differently");
  for (const char* zone : {"AAA-13:45", "BBB+11"}) {
    const TimeZone elsewhere(zone);
    findings.expect(answers(*first) == expected, std::string("in the time zone ") + zone + " it answers differently");
    const auto born_there = subject.naming();
    findings.expect(answers(*born_there) == expected,
                    std::string("an instance made in the time zone ") + zone + " answers differently");
  }
}

// Names that ZFS cannot have, so that format never writes them.
std::vector<std::string> impossible_names(const std::string& real) {
  std::vector<std::string> names = {"",
                                    real + "@" + real,
                                    real + "/",
                                    "/" + real,
                                    real + "#",
                                    "%" + real,
                                    real + "\n",
                                    "\t" + real,
                                    "\xff\xfe\xfd",
                                    "Grüße",
                                    real + std::string(1, '\0'),
                                    std::string(300, 'a'),
                                    std::string(1'000'000, '1'),
                                    real + std::string(300, ' ')};
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) {
    every_byte += static_cast<char>(byte);
    if (byte >= 0x80) names.push_back(std::string(1, static_cast<char>(byte)) + real);
  }
  names.push_back(every_byte);
  return names;
}

// Names that could be anybody's, and all that are one slip away from a real one.
std::vector<std::string> possible_names(const std::string& real) {
  std::vector<std::string> names = {"a",
                                    ".",
                                    "..",
                                    "-",
                                    "-r",
                                    ":",
                                    " ",
                                    "0",
                                    "-1",
                                    "00",
                                    "manual",
                                    "before upgrade",
                                    "9223372036854775807",
                                    "9223372036854775808",
                                    "-9223372036854775808",
                                    "2024-02-30T00:00:00Z",
                                    "2024-01-01T00:00:60Z",
                                    "2024-01-01",
                                    "20240101",
                                    "autosnap_2026-11-23_22:10:06_daily",
                                    "zfs-auto-snap_daily-2024-01-01-0000",
                                    std::string(255, '9'),
                                    real + real,
                                    real + " ",
                                    " " + real};
  for (std::size_t index = 0; index < real.size(); ++index) {
    names.push_back(real.substr(0, index));
    names.push_back(real.substr(index));
    names.push_back(std::string(real).erase(index, 1));
    names.push_back(std::string(real).insert(index, 1, real[index]));
    for (const char other : std::string_view("0139 -_.:azAZT"))
      names.push_back(std::string(real).replace(index, 1, 1, other));
  }
  return names;
}

void foreign_names(Subject& subject, Findings& findings) {
  const auto naming = subject.naming();
  for (const std::int64_t time : {year_2000, std::int64_t{1'709'209'849}, std::int64_t{1'798'761'599}}) {
    const std::string real = name_of(*naming, time);
    for (const std::string& name : impossible_names(real)) {
      std::int64_t untouched = 42;
      if (naming->parse(name, untouched))
        findings.add(quoted(name) + ", which no snapshot can be called, " + read_as(untouched));
      else
        findings.expect(untouched == 42, quoted(name) + " is foreign, but parse writes a time");
    }
    for (const std::string& name : possible_names(real)) {
      const auto read = parse(*naming, name);
      if (!read) continue;
      const Formatted made = format(*naming, *read);
      findings.expect(made.status == Status::ok && made.name == name,
                      quoted(name) + " " + read_as(read) + ", but the name of that time is " +
                          (made.status == Status::ok ? quoted(made.name) : "none") +
                          ": what others made would be expired");
    }
  }
}

// Far from now a time may have no name, but then the plugin says so.
void limits(Subject& subject, Findings& findings) {
  const auto naming = subject.naming();
  for (const std::int64_t time :
       {Limits::min(), Limits::min() + 1, std::int64_t{-62'167'219'201}, std::int64_t{-62'167'219'200},
        std::int64_t{-2'147'483'649}, std::int64_t{-86'400}, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1},
        std::int64_t{4'294'967'295}, std::int64_t{4'294'967'296}, year_10000 - 1, year_10000, Limits::max() - 1,
        Limits::max()}) {
    const Formatted made = format(*naming, time);
    if (made.status != Status::ok) {
      findings.expect(!made.error.empty(), at(time) + " is refused without a sentence that says why");
      continue;
    }
    const auto back = parse(*naming, made.name);
    findings.expect(back == time, quoted(made.name) + ", the name of " + at(time) + ", " + read_as(back));
  }
}

}  // namespace

const std::vector<Check>& naming_checks() {
  static const std::vector<Check> checks = {
      {"naming/loads", "The program loads it, takes its options and makes an instance.", loads, true},
      {"naming/reads-back", "Every time from 1970 to 2100 has a name, and parse gives that time back.", reads_back},
      {"naming/every-second",
       "Neighbouring seconds have names of their own that are read in their order, also at midnight, on leap days and "
       "where clocks change.",
       every_second},
      {"naming/names-fit", "Names have 1 to 200 letters, digits, '-', '_', '.', ':' and ' ', as ZFS takes them.",
       names_fit},
      {"naming/pure", "The same question gets the same answer: again, from each instance, in each time zone.", pure},
      {"naming/foreign-names",
       "parse takes a name only if format would write it, whatever the name, however long, whatever bytes.",
       foreign_names},
      {"naming/limits",
       "A time at the edges of calendars and integers is named and read back, or refused with a reason.", limits},
  };
  return checks;
}

}  // namespace czb::conformance
