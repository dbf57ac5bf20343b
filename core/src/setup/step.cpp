// SPDX-License-Identifier: MIT
#include "setup/step.h"

#include "cyber-zfs-backup/shell_quote.h"

namespace czb::setup {
namespace {

std::string shell_text(const RunCommand& action) { return shell_quote_command(action.argv); }

std::string shell_text(const AddLine& action) {
  return "printf '%s\\n' " + shell_quote(action.line) + " >> " + shell_quote(action.file);
}

// The delimiter is quoted, so that the shell leaves the content as it is; no line of the content is that word.
std::string shell_text(const NewFile& action) {
  std::string end = "END";
  while (("\n" + action.content).find("\n" + end + "\n") != std::string::npos) end += "_";
  return "cat > " + shell_quote(action.file) + " << '" + end + "'\n" + action.content + end;
}

}  // namespace

std::string as_shell_text(const Action& action) {
  return std::visit([](const auto& each) { return shell_text(each); }, action);
}

std::string as_text(const Step& step) {
  if (step.refused) return "refused, see below: " + step.what + "\n";
  if (step.actions.empty()) return "already there: " + step.what + "\n";
  std::string text = "to do: " + step.what + "\n";
  for (const Action& action : step.actions) {
    // A here-document must stand at the beginning of its lines to be pasted; a command may be indented.
    const bool document = std::holds_alternative<NewFile>(action);
    text += (document ? "" : "    ") + as_shell_text(action) + "\n";
  }
  return text;
}

}  // namespace czb::setup
