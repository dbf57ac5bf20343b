// SPDX-License-Identifier: MIT
#include "cli/command_line.h"

#include <array>
#include <boost/program_options.hpp>
#include <charconv>
#include <ctime>
#include <map>
#include <sstream>
#include <system_error>

#include "error.h"

namespace czb {
namespace {

namespace po = boost::program_options;

constexpr unsigned help_width = 100;
using Strings = std::vector<std::string>;

// An option that may come with one of several spellings counts once.
const char* const dataset_spellings[] = {"dataset", "pool"};
const char* const dry_run_spellings[] = {"dry-run", "no-act", "print-only"};

// Takes no value, and may be given again: -v -v says no more than -v.
po::value_semantic* a_switch() { return po::value<Strings>()->zero_tokens()->composing(); }

po::options_description general_options() {
  po::options_description options("General options", help_width);
  options.add_options()("help,h", a_switch(), "say what there is and stop")(
      "version", a_switch(), "say the version and stop")("quiet,q", a_switch(), "warnings and errors only")(
      "verbose,v", a_switch(), "also each command that is run, and what is kept and why")(
      "debug", a_switch(), "also every listing and other detail")(
      "log-format", po::value<std::string>()->value_name("text|json"),
      "messages for people (text), or one JSON object a line");
  return options;
}

po::options_description plugin_options() {
  po::options_description options("Plugins", help_width);
  options.add_options()("plugin-dir", po::value<std::string>()->value_name("DIR"),
                        "load plugins from this absolute folder only (for developers)");
  return options;
}

po::options_description conformance_options() {
  po::options_description options("The plugin", help_width);
  options.add_options()("option", po::value<Strings>()->composing()->value_name("NAME=VALUE"),
                        "an option of the plugin, as in the configuration; may be repeated, also for each word of a "
                        "list")("cycles", po::value<std::string>()->value_name("N"),
                                "how many commands a transport has to start and end without a trace (default: 1000)");
  return options;
}

po::options_description setup_options() {
  po::options_description options("What to set up", help_width);
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  options.add_options()("accept-host-key", po::value<Strings>()->composing()->value_name("SHA256:…"),
                        "trust the receiver's host key without a question if it has this fingerprint, which was read "
                        "at the receiver; may be repeated")(
      "yes", a_switch(), "write a new ssh configuration without a question (never a host key)")(
      "host-name", text("HOST"), "the receiver's name or address, for a new ssh configuration")(
      "port", text("NUMBER"), "its port, for the same")("key", text("FILE"),
                                                        "the private key that is used, and made where there is none "
                                                        "(default: /etc/cyber-zfs-backup/ssh/id_ed25519)")(
      "known-hosts", text("FILE"), "where host keys are added (default: /etc/cyber-zfs-backup/ssh/known_hosts)")(
      "encrypted", a_switch(), "the tree is encrypted, or some of it: two more permissions are needed there")(
      "root", text("DATASET"), "what the key may reach there, for several targets (default: the target's dataset)")(
      "mode", text("MODE"), "append-only, mirror or pull (default: append-only; pull where backups are pulled)")(
      "quota", text("SIZE|none"),
      "how much may lie at the receiver, such as 2T; none: the pool may be filled (default: a person is asked, and "
      "none "
      "is told)")("receiver-user", text("USER"), "who the receiver runs as, there (default: cyber-zfs-backup)")(
      "receiver-program", text("PATH"), "where it is, there (default: /usr/bin/cyber-zfs-backup-receiver)")(
      "dry-run,n", a_switch(), "say what would be done; change nothing")("print-only", a_switch(),
                                                                         "the same as --dry-run");
  return options;
}

po::options_description json_options() {
  po::options_description options("Output", help_width);
  options.add_options()("json", a_switch(), "print JSON");
  return options;
}

po::options_description configuration_options() {
  po::options_description options("Which jobs", help_width);
  options.add_options()("config", po::value<std::string>()->value_name("FILE"),
                        "configuration file (default: /etc/cyber-zfs-backup/config.yaml where it exists)")(
      "job", po::value<Strings>()->composing()->value_name("NAME"), "only this job of the file; may be repeated");
  po::options_description seed("One job without a file", help_width);
  seed.add_options()("dataset", po::value<std::string>()->value_name("POOL/DATASET"),
                     "tree to snapshot and push (default: HOST/HOST)")(
      "pool", po::value<std::string>()->value_name("POOL/DATASET"), "the same as --dataset")(
      "retention-policy", po::value<Strings>()->multitoken()->value_name("DAYS WEEKS MONTHS"),
      "how many to keep; yearlies are kept for ever (default: 31 12 36)")(
      "ssh-destination", po::value<std::string>()->value_name("DESTINATION"), "where to push (default: offsite)")(
      "zfs-receive-dataset", po::value<std::string>()->value_name("POOL/DATASET"),
      "what to push to, there (default: offsite/HOST)")("ssh-config", po::value<std::string>()->value_name("FILE"),
                                                        "configuration file for ssh")(
      "use-sudo", a_switch(), "run zfs through sudo -n at the target; here too, unless this is root");
  return options.add(seed);
}

po::options_description run_options() {
  po::options_description options("What to do", help_width);
  options.add_options()("action", po::value<Strings>()->multitoken()->value_name("snapshot|expire|push"),
                        "one or more of the three (default: all)")(
      "dry-run,n", a_switch(), "print the plan with its exact commands; change nothing on either side")(
      "no-act", a_switch(), "the same as --dry-run")("force-destroy-lots", a_switch(),
                                                     "let more than a quarter of a dataset's snapshots go in one run")(
      "force-non-incremental", a_switch(), "send everything where the target does not exist yet");
  return options;
}

// For tests and the demo: the clock of the run.
po::options_description hidden_options() {
  po::options_description options;
  options.add_options()("now", po::value<std::string>());
  return options;
}

// Words that belong to no option, so that the refusal can name them.
po::options_description stray_words() {
  po::options_description options;
  options.add_options()("stray-word", po::value<Strings>());
  return options;
}

po::options_description visible_options(const std::set<OptionGroup>& groups) {
  po::options_description all(help_width);
  if (groups.count(OptionGroup::run) != 0) all.add(run_options());
  if (groups.count(OptionGroup::setup) != 0) all.add(setup_options());
  if (groups.count(OptionGroup::configuration) != 0) all.add(configuration_options());
  if (groups.count(OptionGroup::plugins) != 0) all.add(plugin_options());
  if (groups.count(OptionGroup::conformance) != 0) all.add(conformance_options());
  if (groups.count(OptionGroup::json) != 0) all.add(json_options());
  if (groups.count(OptionGroup::general) != 0) all.add(general_options());
  return all;
}

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ExitCode::usage, message + ". `cyber-zfs-backup --help` lists the options.");
}

std::optional<std::string> text(const po::variables_map& values, const char* name) {
  if (values.count(name) == 0) return std::nullopt;
  std::string value = values[name].as<std::string>();
  if (value.empty()) refuse(std::string("option --") + name + " needs a value that is not empty");
  return value;
}

std::set<Action> actions_of(const Strings& words) {
  const auto& known = action_words();
  std::set<Action> actions;
  for (const std::string& word : words) {
    auto found = known.find(word);
    if (found == known.end())
      refuse("option --action: there is no action '" + word + "', only snapshot, expire and push");
    actions.insert(found->second);
  }
  return actions;
}

std::optional<std::int64_t> fixed_clock_of(const std::optional<std::string>& now) {
  if (!now) return std::nullopt;
  constexpr char form[] = "%Y-%m-%dT%H:%M:%SZ";
  std::tm fields = {};
  strptime(now->c_str(), form, &fields);
  const std::time_t time = timegm(&fields);  // turns a 30th of February into a day of March
  std::array<char, 32> written = {};
  if (gmtime_r(&time, &fields) == nullptr || std::strftime(written.data(), written.size(), form, &fields) == 0 ||
      *now != written.data())
    refuse("option --now: '" + *now + "' is not a time such as 2026-06-25T12:13:15Z");
  return time;
}

std::optional<unsigned> cycles_of(const std::optional<std::string>& number) {
  if (!number) return std::nullopt;
  unsigned cycles = 0;
  const char* const end = number->data() + number->size();
  if (const auto [stopped, error] = std::from_chars(number->data(), end, cycles);
      error != std::errc() || stopped != end || cycles == 0)
    refuse("option --cycles: '" + *number + "' is not a number of 1 or more");
  return cycles;
}

LogLevel log_level_of(const po::variables_map& values) {
  if (values.count("debug") != 0) return LogLevel::debug;
  if (values.count("verbose") != 0) return LogLevel::verbose;
  return values.count("quiet") != 0 ? LogLevel::quiet : LogLevel::normal;
}

SeedOptions seed_of(const po::variables_map& values) {
  SeedOptions seed;
  for (const char* spelling : dataset_spellings)
    if (auto dataset = text(values, spelling)) {
      if (seed.dataset && *seed.dataset != *dataset) refuse("options --dataset and --pool name two different datasets");
      seed.dataset = dataset;
    }
  if (values.count("retention-policy") != 0) seed.retention_policy = values["retention-policy"].as<Strings>();
  seed.ssh_destination = text(values, "ssh-destination");
  seed.zfs_receive_dataset = text(values, "zfs-receive-dataset");
  seed.ssh_config = text(values, "ssh-config");
  seed.use_sudo = values.count("use-sudo") != 0;
  return seed;
}

SetupArguments setup_of(const po::variables_map& values) {
  SetupArguments setup;
  setup.key = text(values, "key");
  setup.known_hosts = text(values, "known-hosts");
  setup.root = text(values, "root");
  setup.mode = text(values, "mode");
  setup.quota = text(values, "quota");
  setup.host_name = text(values, "host-name");
  setup.port = text(values, "port");
  setup.receiver_user = text(values, "receiver-user");
  setup.receiver_program = text(values, "receiver-program");
  if (values.count("accept-host-key") != 0) setup.accepted_host_keys = values["accept-host-key"].as<Strings>();
  setup.encrypted = values.count("encrypted") != 0;
  setup.yes = values.count("yes") != 0;
  return setup;
}

po::variables_map parsed(const Strings& words, const std::set<OptionGroup>& groups) {
  po::options_description all = visible_options(groups);
  if (groups.count(OptionGroup::run) != 0) all.add(hidden_options());
  all.add(stray_words());
  po::variables_map values;
  try {
    // No guessing: an abbreviation that is unique today may mean something else tomorrow.
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(words)
                  .options(all)
                  .style(style)
                  .positional(po::positional_options_description().add("stray-word", -1))
                  .run(),
              values);
    po::notify(values);
  } catch (const po::error& error) {
    refuse(error.what());
  }
  return values;
}

// The words that belong to no option: the operand, where the command takes one, and no other.
std::string operand_of(const po::variables_map& values, const char* operand) {
  const Strings words = values.count("stray-word") == 0 ? Strings() : values["stray-word"].as<Strings>();
  const std::size_t taken = operand == nullptr ? 0 : 1;
  if (words.size() > taken)
    refuse("'" + words[taken] +
           "' belongs to no option; a command stands before the options (cyber-zfs-backup plan --verbose)");
  if (words.size() == taken) return taken == 0 ? "" : words.front();
  if (values.count("help") != 0 || values.count("version") != 0) return "";
  refuse(std::string("this command needs ") + operand + " behind it");
}

}  // namespace

Arguments parse_arguments(const Strings& words, const std::set<OptionGroup>& groups, const char* operand) {
  const po::variables_map values = parsed(words, groups);
  Arguments arguments;
  arguments.operand = operand_of(values, operand);
  arguments.help = values.count("help") != 0;
  arguments.version = values.count("version") != 0;
  arguments.json = values.count("json") != 0;
  arguments.log_level = log_level_of(values);
  if (auto format = text(values, "log-format")) {
    if (*format != "text" && *format != "json") refuse("option --log-format is text or json, not '" + *format + "'");
    arguments.log_format = *format == "json" ? LogFormat::json : LogFormat::text;
  }
  arguments.config_file = text(values, "config");
  if (values.count("job") != 0) arguments.jobs = values["job"].as<Strings>();
  arguments.plugin_dir = text(values, "plugin-dir");
  if (values.count("option") != 0) arguments.conformance.options = values["option"].as<Strings>();
  arguments.conformance.cycles = cycles_of(text(values, "cycles"));
  arguments.seed = seed_of(values);
  arguments.setup = setup_of(values);
  if (values.count("action") != 0) arguments.run.actions = actions_of(values["action"].as<Strings>());
  for (const char* spelling : dry_run_spellings) arguments.run.dry_run |= values.count(spelling) != 0;
  arguments.run.force_destroy_lots = values.count("force-destroy-lots") != 0;
  arguments.run.force_non_incremental = values.count("force-non-incremental") != 0;
  arguments.run.fixed_now = fixed_clock_of(text(values, "now"));
  arguments.run.explain = arguments.log_level == LogLevel::verbose || arguments.log_level == LogLevel::debug;
  return arguments;
}

std::string options_help(const std::set<OptionGroup>& groups) {
  std::ostringstream text;
  text << visible_options(groups);
  return text.str();
}

}  // namespace czb
