// SPDX-License-Identifier: MIT
#include "setup/sender_observe.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <set>

#include "error.h"
#include "setup/lines.h"
#include "setup/local_command.h"
#include "setup/path_state.h"
#include "text/visible.h"

namespace czb::setup {
namespace {

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == 0 ? "/" : file.substr(0, slash);
}

// ssh-keygen's last words, without the box that it draws around some.
std::string last_words(std::string_view said) {
  std::string words = "ssh-keygen cannot read it";
  for (const std::string_view line : lines_of(said))
    if (!trimmed(line).empty() && line.find("@@@") == std::string_view::npos) words = visible(trimmed(line));
  return words;
}

// The comment is in the public file alone. One of another key does not count.
void add_comment(const std::string& file, PublicKey& key) {
  try {
    const PublicKey written = parse_public_key(text_of_file(file));
    if (is_same_key(written, key)) key.comment = written.comment;
  } catch (const Error&) {  // it is not needed
  }
}

}  // namespace

KeyState observe_key(const std::string& key) {
  KeyState state;
  state.folder = state_of_path(folder_of(key));
  state.file = state_of_path(key);
  state.public_file_exists = state_of_path(key + ".pub").kind != PathState::Kind::absent;
  if (state.file.kind == PathState::Kind::absent) return state;
  const Completed made = run_here(public_key_command(key));
  if (!made.ok()) {
    state.problem = last_words(made.err.raw());
    return state;
  }
  try {
    state.public_key = parse_public_key(made.out);
    add_comment(key + ".pub", *state.public_key);
  } catch (const Error& error) {
    state.problem = error.what();
  }
  return state;
}

SshSettings observe_settings(const FarEnd& far_end, const std::string& config) {
  return parse_settings(
      output_of(show_settings_command(far_end.program, config, far_end.options, far_end.destination)));
}

std::vector<KnownKey> observe_known(const SshSettings& settings, const std::string& own_file) {
  std::vector<std::string> files = settings.all_known_hosts;
  files.push_back(own_file);
  const std::string home = home_here();
  std::vector<KnownKey> known;
  std::set<std::string> seen;
  for (std::string file : files) {
    if (file.rfind("~/", 0) == 0) file.replace(0, 1, home);
    if (!seen.insert(file).second || access(file.c_str(), F_OK) != 0) continue;
    const auto argv = find_known_command(known_hosts_name(settings), file);
    const Completed found = run_here(argv);
    // 1: nothing found, and it says nothing.
    if (!found.ok() && !found.err.empty()) throw Error(ExitCode::failed, failure_of(argv, found));
    for (KnownKey& key : parse_known(found.out, file)) known.push_back(std::move(key));
  }
  return known;
}

Shown observe_shown(const SshSettings& settings, const std::vector<KnownKey>& known) {
  const Completed scan = run_here(scan_command(settings.host_name, settings.port, known));
  Shown shown{parse_scan(scan.out), ""};
  std::string complaints;  // its comments tell of what the host said
  for (const std::string_view line : lines_of(scan.err.raw()))
    if (!line.empty() && line.front() != '#') complaints.append(line).append("\n");
  shown.error = FarText(complaints).shown(500);
  return shown;
}

std::string fingerprint_of(const PublicKey& key) {
  return parse_fingerprint(output_of({"ssh-keygen", "-l", "-E", "sha256", "-f", "-"}, to_line(key) + "\n"));
}

std::string home_here() {
  std::array<char, 16 * 1024> buffer;
  passwd entry = {};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return "/";
  return found->pw_dir;
}

}  // namespace czb::setup
