// SPDX-License-Identifier: MIT
#include "receiver/setup/setup_options.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/options.h"
#include "setup/authorized_keys.h"
#include "setup/path_state.h"

namespace czb::receiver {
namespace {

using Words = std::vector<std::string>;

constexpr const char* own_values[] = {"--key", "--user", "--program"};
constexpr const char* own_switches[] = {"--apply", "--create-parent", "--create-root", "--encrypted", "--help", "-h"};

struct Given {
  std::vector<std::pair<std::string, std::string>> own;  // option and value; a switch has none
  Words receiver;                                        // all others, as they were given
  Words in_keys;                                         // the same without --root
};

bool is_one_of(const std::string& word, const auto& list) {
  return std::any_of(std::begin(list), std::end(list), [&](const char* each) { return word == each; });
}

// How many letters have to be changed, added or left out to make the one of the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

// Said before the words behind it are taken for anything: an `--aply` would eat the next one.
void check_known(const std::string& name) {
  constexpr std::size_t most_wrong = 2;
  std::vector<std::string> known = option_names();
  known.insert(known.end(), std::begin(own_values), std::end(own_values));
  known.insert(known.end(), std::begin(own_switches), std::end(own_switches));
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  if (name.empty() || name.front() != '-')
    throw Misconfigured("the word '" + visible(name, 60) +
                        "' belongs to no option: the key is one word, in quotes (--key 'ssh-ed25519 AAAA… comment')");
  std::string like;
  for (const std::string& each : known)
    if (distance(each, name) <= most_wrong && (like.empty() || distance(each, name) < distance(like, name)))
      like = each;
  throw Misconfigured("there is no option " + visible(name, 60) +
                      (like.empty() ? ": setup --help tells those that there are" : ". Is " + like + " meant?"));
}

// The words are taken apart here, without a guess: `--option VALUE` or `--option=VALUE`; whatever stands where a value
// is due is the value.
Given taken_apart(const Words& words) {
  Given given;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string name = words[i].substr(0, words[i].find('='));
    const bool joined = name.size() < words[i].size();
    check_known(name);
    if (is_one_of(words[i], own_switches)) {
      given.own.emplace_back(words[i], "");
      continue;
    }
    Words option = {words[i]};
    if (!joined && name != "--version") {
      if (i + 1 == words.size()) throw Misconfigured("the option " + visible(name) + " needs a value");
      option.push_back(words[++i]);
    }
    if (is_one_of(name, own_values)) {
      given.own.emplace_back(name, joined ? words[i].substr(name.size() + 1) : option.back());
      continue;
    }
    given.receiver.insert(given.receiver.end(), option.begin(), option.end());
    if (name != "--root") given.in_keys.insert(given.in_keys.end(), option.begin(), option.end());
  }
  return given;
}

std::string checked_user(const std::string& user) {
  const bool plain =
      !user.empty() && user.size() <= 32 && user.front() != '-' && std::all_of(user.begin(), user.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._-").find(c) != std::string_view::npos;
      });
  if (!plain) throw Misconfigured("--user: '" + visible(user) + "' is no name of a user");
  return user;
}

std::string checked_program(const std::string& path) {
  if (path.empty() || path.front() != '/')
    throw Misconfigured("--program: '" + visible(path) + "' is no absolute path");
  return path;
}

// This program's own file: it is the one that was found good enough to be run here.
std::string own_program() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? setup::default_receiver : path.string();
}

// The key itself, or the file that holds it.
setup::PublicKey key_in(const std::string& value) {
  const bool is_file =
      !value.empty() && (value.front() == '/' || value.rfind("./", 0) == 0 || value.rfind("../", 0) == 0);
  try {
    if (!is_file) return setup::parse_public_key(value);
  } catch (const Error& error) {
    throw Misconfigured(
        std::string("--key: ") + error.what() +
        ". It is the content of the client's file .pub, one word in quotes: 'ssh-ed25519 AAAA… comment'");
  }
  const std::string file = visible(value);
  try {
    const setup::PathState found = setup::state_of_path(value);
    if (found.kind == setup::PathState::Kind::absent) throw Misconfigured("--key: there is no file " + file);
    if (found.kind != setup::PathState::Kind::file)
      throw Misconfigured("--key: " + file + " is not a regular file (a symbolic link is none, here)");
    return setup::parse_public_key(setup::text_of_file(value));
  } catch (const Error& error) {
    throw Misconfigured("--key: the file " + file + ": " + error.what() +
                        ". It has to be the client's public key, the one whose name ends with .pub");
  }
}

void take_own(const Given& given, SetupOptions& options, std::optional<std::string>& key) {
  for (const auto& [name, value] : given.own) {
    if (name == "--key") {
      if (key) throw Misconfigured("--key is given twice: a set-up is for one client's key");
      key = value;
    } else if (name == "--user") {
      options.wanted.user = checked_user(value);
    } else if (name == "--program") {
      options.wanted.program = checked_program(value);
    } else if (name == "--apply") {
      options.apply = true;
    } else if (name == "--create-parent") {
      options.wanted.create_parent = true;
    } else if (name == "--create-root") {
      options.wanted.create_root = true;
    } else if (name == "--encrypted") {
      options.wanted.encrypted = true;
    } else {
      options.help = true;
    }
  }
}

}  // namespace

SetupOptions parse_setup_options(const Words& words) {
  const Given given = taken_apart(words);
  SetupOptions options;
  options.wanted.program = own_program();
  std::optional<std::string> key;
  take_own(given, options, key);
  if (options.help) return options;
  const Options receiver = parse_options(given.receiver);
  if (receiver.help || receiver.version) throw Misconfigured("--version does not go with setup");
  if (!key) throw Misconfigured("the option --key is missing: the client's public key, as one word in quotes");
  options.wanted.key = key_in(*key);
  try {
    options.wanted.root = receiver.root;
    options.wanted.mode = receiver.mode;
    options.wanted.options = given.in_keys;
    options.wanted.state_folder = receiver.state;
    if (receiver.unbounded) options.wanted.quota = "none";
    if (receiver.quota != 0) options.wanted.quota = std::to_string(receiver.quota);
    setup::authorized_keys_line_of(options.wanted);
  } catch (const Error& error) {
    throw Misconfigured(error.what());
  }
  options.zfs = receiver.zfs.empty() ? "zfs" : receiver.zfs;
  const bool chosen = std::any_of(given.in_keys.begin(), given.in_keys.end(),
                                  [](const std::string& word) { return word.rfind("--zfs", 0) == 0; });
  if (chosen) options.wanted.zfs = receiver.zfs;
  return options;
}

std::string setup_help_text() {
  return "Usage: cyber-zfs-backup-receiver setup --root DATASET --key 'TYPE BASE64 COMMENT' [OPTIONS]\n\n"
         "What this host needs before the holder of that key can push to DATASET, or pull from it, and nothing else: "
         "a\n"
         "system user, its folders, the line in authorized_keys, the dataset that the backup is to lie in, the\n"
         "permissions of `zfs allow`, and a look at sshd's configuration. Tells the steps; with --apply, as root, "
         "does\n"
         "them. What is there already is left as it is.\n\n"
         "  --key LINE        the client's public key, as `cyber-zfs-backup setup` prints it there; or an absolute "
         "path of "
         "its .pub file\n"
         "  --apply           do it (root only)\n"
         "  --create-parent   make the datasets above DATASET where they lack, not mounted\n"
         "  --create-root     make DATASET itself too, empty: for several trees that will lie in it\n"
         "  --encrypted       the tree is encrypted, or some of it: two more permissions\n"
         "  --user USER       who the receiver runs as (default: cyber-zfs-backup)\n"
         "  --program PATH    the receiver in authorized_keys (default: this one)\n"
         "  -h, --help        say what there is and stop\n\n"
         "All options of the receiver itself (cyber-zfs-backup-receiver --help) go into authorized_keys as they "
         "are.\n"
         "Give one of them always: --quota SIZE, how much this key may fill, such as 2T; --quota none, that it may "
         "fill\n"
         "the pool. Without it setup says that there is none.\n\n"
         "Exit status: 0 told or done, 1 something failed, 77 refused: a person has to decide, 78 wrong options.\n";
}

}  // namespace czb::receiver
