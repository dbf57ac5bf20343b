// SPDX-License-Identifier: MIT
#include "receiver/options.h"

#include <unistd.h>

#include <boost/program_options.hpp>
#include <charconv>
#include <optional>
#include <sstream>
#include <string_view>

#include "receiver/answer.h"
#include "zfs/names.h"
#include "zfs/size.h"

namespace czb::receiver {
namespace {

namespace po = boost::program_options;

constexpr unsigned help_width = 100;
constexpr const char* zfs_places[] = {"/usr/sbin/zfs", "/sbin/zfs", "/usr/local/sbin/zfs"};

po::typed_value<std::string>* text(const char* value_name) { return po::value<std::string>()->value_name(value_name); }

po::options_description all_options() {
  po::options_description options("Options", help_width);
  options.add_options()
      // clang-format off
      ("root", text("DATASET"), "the dataset that this key may use, with all below it; needed")
      ("mode", text("MODE"), "what the key may do: append-only (list, receive; the default), mirror (also destroy "
                             "snapshots, within the limits below), pull (list, send)")
      ("keep-newest", text("N"), "mirror: so many newest snapshots of each dataset are never destroyed (default: 3)")
      ("destroy-limit", text("PERCENT"), "mirror: the share of a dataset's snapshots that may be destroyed in a day, "
                                         "which begins at 00:00 UTC (default: 25)")
      ("sessions", text("N"), "so many requests may go on at once for this root, whatever the key (default: 16)")
      ("max-stream", text("SIZE"), "end a stream that is longer, such as 500G (default: any length)")
      ("quota", text("SIZE|none"), "what may lie in the root, where it has no quota of its own; none: this key may fill "
                                   "the pool, and that is meant (default: none, and not meant)")
      ("user-properties", text("PREFIX,..."), "keep user properties whose names begin so under their own names, such "
                                              "as site:,org.example.site: (default: none; all others are kept behind "
                                              "cyber-zfs-backup.source:)")
      ("naming-prefix", text("TEXT"), "mirror: what stands before the time in a snapshot's name (default: nothing)")
      ("naming-suffix", text("TEXT"), "mirror: what stands behind it (default: nothing)")
      ("state", text("DIR"), "where locks and counts are kept (default: /var/lib/cyber-zfs-backup/receiver)")
      ("zfs", text("PATH"), "the zfs program (default: the first of /usr/sbin/zfs, /sbin/zfs, /usr/local/sbin/zfs)")
      ("help,h", "say what there is and stop")
      ("version", "say the version and stop");
  // clang-format on
  return options;
}

std::optional<std::uint64_t> whole_number(std::string_view word) {
  std::uint64_t number = 0;
  const char* const end = word.data() + word.size();
  const auto [stopped, error] = std::from_chars(word.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

std::uint64_t size_of(const std::string& option, std::string_view word) {
  if (const std::optional<std::uint64_t> size = size_in(word)) return *size;
  throw Misconfigured("--" + option + ": '" + visible(word) + "' is no size such as 512M, 100G or 2T");
}

unsigned number_of(const std::string& option, std::string_view word, unsigned least, unsigned most) {
  const std::optional<std::uint64_t> number = whole_number(word);
  if (!number || *number < least || *number > most)
    throw Misconfigured("--" + option + ": '" + visible(word) + "' is no number from " + std::to_string(least) +
                        " to " + std::to_string(most));
  return static_cast<unsigned>(*number);
}

Mode mode_of(const std::string& word) {
  for (const Mode mode : {Mode::append_only, Mode::mirror, Mode::pull})
    if (word == to_string(mode)) return mode;
  throw Misconfigured("--mode: '" + visible(word) + "' is none of append-only, mirror, pull");
}

std::string absolute(const std::string& option, const std::string& word) {
  if (word.empty() || word.front() != '/')
    throw Misconfigured("--" + option + ": '" + visible(word) + "' is no absolute path");
  return word;
}

// Separated by commas: an option is given once.
OwnNames checked_own_names(std::string_view list) {
  OwnNames names;
  for (;;) {
    const std::string_view prefix = list.substr(0, list.find(','));
    if (const auto wrong = own_names_error(prefix))
      throw Misconfigured("--user-properties: '" + visible(prefix) + "' cannot be allowed: " + *wrong);
    names.emplace_back(prefix);
    if (prefix.size() == list.size()) return names;
    list.remove_prefix(prefix.size() + 1);
  }
}

std::string first_zfs() {
  for (const char* place : zfs_places)
    if (access(place, X_OK) == 0) return place;
  return "";
}

void take(Options& options, const std::string& name, const std::string& word) {
  if (name == "root") {
    if (const auto wrong = dataset_name_error(word))
      throw Misconfigured("--root: '" + visible(word) + "' is no dataset name: " + *wrong);
    options.root = word;
  } else if (name == "mode") {
    options.mode = mode_of(word);
  } else if (name == "keep-newest") {
    options.keep_newest = number_of(name, word, 1, 1'000'000);
  } else if (name == "destroy-limit") {
    const bool with_sign = !word.empty() && word.back() == '%';
    options.destroy_limit =
        number_of(name, std::string_view(word).substr(0, word.size() - (with_sign ? 1 : 0)), 0, 100);
  } else if (name == "sessions") {
    options.sessions = number_of(name, word, 2, 1000);
  } else if (name == "max-stream") {
    options.max_stream = size_of(name, word);
  } else if (name == "quota") {
    options.unbounded = word == "none";
    options.quota = options.unbounded ? 0 : size_of(name, word);
  } else if (name == "user-properties") {
    options.own_names = checked_own_names(word);
  } else if (name == "naming-prefix") {
    options.naming_prefix = word;
  } else if (name == "naming-suffix") {
    options.naming_suffix = word;
  } else if (name == "state") {
    options.state = absolute(name, word);
  } else if (name == "zfs") {
    options.zfs = absolute(name, word);
  }
}

}  // namespace

Options parse_options(const std::vector<std::string>& words) {
  Options options;
  const po::options_description known = all_options();
  const po::positional_options_description no_other_words;
  try {
    const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    const po::parsed_options parsed =
        po::command_line_parser(words).options(known).positional(no_other_words).style(style).run();
    po::variables_map once;
    po::store(parsed, once);  // refuses an option that is given twice
    for (const auto& option : parsed.options) {
      if (option.string_key == "help") {
        options.help = true;
      } else if (option.string_key == "version") {
        options.version = true;
      } else {
        take(options, option.string_key, option.value.at(0));
      }
    }
  } catch (const po::error& error) {
    throw Misconfigured(visible(error.what()));
  }
  if (options.help || options.version) return options;
  if (options.root.empty()) throw Misconfigured("the option --root is missing: which dataset this key is for");
  try {
    options.naming = rfc3339::NameFormat(options.naming_prefix, options.naming_suffix);
  } catch (const std::invalid_argument& error) {
    throw Misconfigured(std::string("--naming-prefix, --naming-suffix: ") + error.what());
  }
  if (options.zfs.empty()) options.zfs = first_zfs();
  return options;
}

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  const po::options_description known = all_options();
  for (const auto& option : known.options()) names.push_back("--" + option->long_name());
  return names;
}

std::string help_text() {
  std::ostringstream text;
  text << "Usage: cyber-zfs-backup-receiver --root DATASET [OPTIONS]\n"
          "       cyber-zfs-backup-receiver setup --help\n\n"
          "The far side of cyber-zfs-backup, for a host that trusts nobody: the only command that a sender's ssh key\n"
          "may run. In authorized_keys:\n\n"
          "    restrict,command=\"cyber-zfs-backup-receiver --root offsite/zippy\" ssh-ed25519 AAAA… zippy\n\n"
          "It reads what the sender asks for from SSH_ORIGINAL_COMMAND, accepts exactly the commands that\n"
          "cyber-zfs-backup sends, for that dataset and what is below it, and runs zfs itself, without a shell.\n\n"
       << all_options()
       << "\nExit status: zfs's own; 75 another request holds the dataset, or all sessions go on, 77 refused, 78 wrong "
          "options "
          "or state\nfolder, 128 and a signal's number when that ended it. Each request is one line in the system's "
          "log.\n";
  return text.str();
}

}  // namespace czb::receiver
