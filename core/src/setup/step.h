// SPDX-License-Identifier: MIT
// What setting up does, as values: printable as what a person would paste into a root shell, and carried out by
// setup/execute.h. No I/O.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace czb::setup {

// One program with exactly these words.
struct RunCommand {
  std::vector<std::string> argv;
};

// One more line at the end of a text file (which is made, 0644, where it does not exist), unless it is there.
struct AddLine {
  std::string file;  // absolute
  std::string line;  // without the newline
};

// A new text file, 0644, in a folder that exists. Never replaces one that is there.
struct NewFile {
  std::string file;  // absolute
  std::string content;
};

using Action = std::variant<RunCommand, AddLine, NewFile>;

// One thing that must be there in the end.
struct Step {
  std::string what;             // "the folder /etc/x"
  std::vector<Action> actions;  // in this order; none: it is there already
  bool refused = false;  // it is not as it has to be, and a refusal of the plan says why nothing is done about it
};

// What has to be done, or why nothing is.
struct Plan {
  std::vector<Step> steps;
  std::vector<std::string> refusals;  // with one or more of them nothing is carried out
  std::vector<std::string> notes;     // what a person should know or do
};

// What a person types into a POSIX shell to have the same done; without a newline at the end.
std::string as_shell_text(const Action& action);

// "already there: …", "refused, see below: …", or the step with each action, indented, on lines of its own, and each
// line ended.
std::string as_text(const Step& step);

}  // namespace czb::setup
