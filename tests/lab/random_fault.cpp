// SPDX-License-Identifier: MIT
#include "random_fault.h"

#include <cmath>

namespace czb::lab {
namespace {

// Each as often as it stands there.
const Words stream_faults = {"cut",  "cut",  "cut",  "cut",  "garble", "garble", "garble", "kill", "kill",
                             "kill", "drop", "drop", "drop", "fail",   "fail",   "delay",  "stall"};
const Words other_faults = {"drop", "drop", "drop", "kill", "kill", "kill", "fail", "fail", "delay", "refuse", "stall"};

// Small numbers more often: the beginnings of a stream and of its records are where most is decided.
std::string bytes(Dice& dice, const std::string& fault) {
  if (dice.chance(10)) return "0";
  if (fault == "drop" && dice.chance(20)) return "1G";  // behind the last byte: all was done, and nobody knows
  if (dice.chance(20)) return std::to_string(dice.between(1, 400));
  const double exponent = static_cast<double>(dice.between(0, 1000)) / 1000;
  return std::to_string(static_cast<int>(400 * std::pow(1000, exponent)));  // 400 to 400,000
}

}  // namespace

RandomFault random_fault(Dice& dice, const std::string& log) {
  const bool at_source = dice.chance(50);
  const bool in_stream = dice.chance(65);
  const std::string fault = dice.pick(in_stream ? stream_faults : other_faults);
  std::string match;
  int at_command = 1;
  if (in_stream) {
    match = at_source ? "send" : "receive";
    if (dice.chance(25)) at_command = dice.between(2, 4);
  } else {
    match = dice.pick(at_source ? Words{"snapshot", "list", "destroy", "set", ""} : Words{"list", "destroy", ""});
    at_command = match.empty() ? dice.between(1, 8) : dice.between(1, 2);
  }
  std::string options = "fault: " + fault + ", at-command: " + std::to_string(at_command);
  if (!match.empty() && fault != "refuse") options += ", match: " + match;
  if (fault != "fail" && fault != "refuse") options += ", after: " + (in_stream ? bytes(dice, fault) : "0");

  RandomFault made;
  made.description = std::string(at_source ? "source" : "target") + " {" + options + "}";
  (at_source ? made.links.source : made.links.target) = faulty(options + ", log: " + log);
  if (fault == "stall" && in_stream) made.target_options = {"idle-timeout: 3s"};
  if (fault == "stall") (at_source ? made.job_options : made.target_options).push_back("command-timeout: 15s");
  return made;
}

}  // namespace czb::lab
