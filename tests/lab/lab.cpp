// SPDX-License-Identifier: MIT
#include "lab.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

#include "all_properties.h"
#include "remote_command.h"
#include "zfs/user_properties.h"

namespace czb::lab {
namespace {

const std::string guest_tools = CZB_GUEST_TOOLS;

Words fields_of(const std::string& line) {
  Words fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, '\t');) fields.push_back(field);
  return fields;
}

std::string relative_name(const std::string& name, const std::string& root) {
  return name == root ? "" : name.substr(root.size() + 1);
}

template <typename Line>
Tree listed(const std::string& root, Line line) {
  Tree tree;
  const Result listing = run({"zfs", "list", "-H", "-p", "-r", "-t", "filesystem,volume,snapshot", "-s", "createtxg",
                              "-o", "name,guid", root});
  if (listing.status != 0 && listing.err.find("does not exist") == std::string::npos)
    throw std::runtime_error("zfs list " + root + ": " + listing.err);
  for (const std::string& row : lines_of(listing.out)) {
    const Words fields = fields_of(row);
    const std::size_t at = fields[0].find('@');
    Words& snapshots = tree[relative_name(fields[0].substr(0, at), root)];
    if (at != std::string::npos) snapshots.push_back(line(fields[0].substr(at + 1), fields[1]));
  }
  return tree;
}

}  // namespace

void Pools::SetUp() {
  succeed({"date", "-u", "-s", "12:00"});
  succeed({guest_tools + "/make-pools", "512"});
}

std::string zfs(const Words& arguments) { return succeed(Words{"zfs"} + arguments); }

bool exists(const std::string& dataset) {
  const Result result = run({"zfs", "list", "-H", "-o", "name", dataset});
  if (result.status != 0 && result.err.find("does not exist") == std::string::npos)
    throw std::runtime_error("zfs list " + dataset + ": " + result.err);
  return result.status == 0;
}

std::string property(const std::string& name, const std::string& dataset) {
  const std::string value = zfs({"get", "-H", "-p", "-o", "value", name, dataset});
  return value.substr(0, value.size() - 1);
}

std::map<std::string, std::string> property_of_tree(const std::string& name, const std::string& root) {
  std::map<std::string, std::string> values;
  for (const std::string& line :
       lines_of(zfs({"get", "-H", "-p", "-r", "-t", "filesystem,volume", "-o", "name,value", name, root}))) {
    const Words fields = fields_of(line);
    values[relative_name(fields[0], root)] = fields.at(1);
  }
  return values;
}

Tree tree_of(const std::string& root) {
  return listed(root, [](const std::string& name, const std::string& guid) { return name + " " + guid; });
}

Tree snapshots_of(const std::string& root) {
  return listed(root, [](const std::string& name, const std::string&) { return name; });
}

void expect_mirror(const std::string& source_root, const std::string& target_root) {
  const Tree source = tree_of(source_root);
  EXPECT_FALSE(source.empty()) << source_root << " does not exist";
  EXPECT_EQ(source, tree_of(target_root));
}

std::string state_of(const Words& roots) {
  static const std::set<std::string> restless = {
      "available", "compressratio",  "logicalreferenced", "logicalused",     "refcompressratio",     "referenced",
      "used",      "usedbychildren", "usedbydataset",     "usedbysnapshots", "usedbyrefreservation", "written"};
  std::string state;
  for (const std::string& root : roots) {
    const AllProperties all = all_properties(root);
    state += "== " + root + "\n" + all.error;
    for (const std::string& line : lines_of(all.stated))
      if (restless.count(fields_of(line).at(1)) == 0) state += line + "\n";
    state += "-- received\n" + all.received;
  }
  return state;
}

std::string noise(unsigned number, std::size_t size) {
  std::mt19937_64 random(number);
  constexpr std::size_t word = sizeof(std::uint64_t);
  std::string text((size + word - 1) / word * word, '\0');
  for (std::size_t at = 0; at < text.size(); at += word) {
    const std::uint64_t bits = random();
    std::memcpy(text.data() + at, &bits, word);
  }
  return text;
}

bool openzfs_is(const std::string& series) { return read_file("/sys/module/zfs/version").rfind(series + ".", 0) == 0; }

std::string file_of(const std::string& snapshot, const std::string& file) {
  const std::string clone = snapshot.substr(0, snapshot.find('/')) + "/reading";
  const std::string where = "/tmp/reading";
  zfs({"clone", "-o", "mountpoint=" + where, "-o", "canmount=on", "-o", "readonly=on", snapshot, clone});
  std::string text = read_file(where + "/" + file);
  zfs({"destroy", clone});
  return text;
}

void cut_stream(const Words& send, std::size_t bytes, const Words& receive) {
  Words words = {"bash",
                 "-c",
                 R"(bytes=$1 count=$2; shift 2
zfs send "${@:1:count}" | head -c "$bytes" | "${@:count+1}")",
                 "cut",
                 std::to_string(bytes),
                 std::to_string(send.size())};
  const Result result = run(words + send + receive);
  if (result.status == 0) throw std::runtime_error("the stream was not cut: " + result.text());
}

bool nobody_works_on_zfs() {
  return processes_called("cyber-zfs-backup-receiver").empty() && processes_called("zfs").empty();
}

Words tokens_of(const std::string& root) {
  Words names;
  for (const auto& [name, token] : property_of_tree("receive_resume_token", root))
    if (token != "-") names.push_back(name);
  return names;
}

std::string ssh_config() {
  static const std::string ssh_folder = "/root/ssh";
  static const bool started = (succeed({guest_tools + "/setup-ssh", ssh_folder}), true);
  return started ? ssh_folder + "/ssh_config" : "";
}

std::string ssh_transport(const std::string& config, const std::string& more) {
  return "{plugin: ssh, destination: offsite, config: " + config +
         ", connect-timeout: " + std::to_string(patience.count()) + "s" + more + "}";
}

std::string text_from_environment(const char* variable) {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? "" : text;
}

std::uint64_t from_environment(const char* variable, std::uint64_t otherwise) {
  const std::string text = text_from_environment(variable);
  return text.empty() ? otherwise : std::stoull(text);
}

std::string noon(int day) {
  using namespace std::chrono;
  const year_month_day date = sys_days{2026y / January / 1} + days{day};
  std::ostringstream text;
  text << std::setfill('0') << static_cast<int>(date.year()) << '-' << std::setw(2)
       << static_cast<unsigned>(date.month()) << '-' << std::setw(2) << static_cast<unsigned>(date.day())
       << "T12:00:00Z";
  return text.str();
}

Words commands_of(const Result& result) {
  Words commands;
  // What the far side is asked for, as its own words.
  const auto far_words = [](const std::string& line) {
    const std::size_t begin = line.find(":/sbin zfs ");
    return line.rfind("ssh ", 0) == 0 && begin != std::string::npos && line.back() == '\''
               ? line.substr(begin + 7, line.size() - begin - 8)
               : line;
  };
  for (const std::string& line : lines_of(result.text())) {
    const std::size_t begin = line.find_first_not_of(' ');
    const std::size_t after_time = line.find("Z ");
    const std::size_t at = begin == 4 ? begin : after_time == noon(0).size() - 1 ? after_time + 2 : line.size();
    const std::string command = at < line.size() ? far_words(line.substr(at)) : "";
    if (command.rfind("zfs ", 0) == 0) commands.push_back(command);
  }
  return commands;
}

Words without_last_txg(Words commands) {
  static const std::regex range(",[0-9]+-[0-9]+ ");
  for (std::string& command : commands)
    if (command.rfind("zfs program ", 0) == 0) command = std::regex_replace(command, range, ",FIRST-LAST ");
  return commands;
}

std::size_t count_of(const Words& commands, const std::string& beginning) {
  std::size_t count = 0;
  for (const std::string& command : commands) count += command.rfind(beginning, 0) == 0 ? 1 : 0;
  return count;
}

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Tree without(Tree tree, const std::string& relative) {
  std::erase_if(
      tree, [&](const auto& entry) { return entry.first == relative || entry.first.rfind(relative + "/", 0) == 0; });
  return tree;
}

Push push_of(const Result& json, const std::string& target) {
  const nlohmann::json job = nlohmann::json::parse(json.out).at("jobs").at(0);
  for (const auto& action : job.at("actions")) {
    if (action.value("target", "") != target) continue;
    Push push;
    for (const auto& dataset : action.at("datasets")) {
      const std::string relative = relative_name(dataset.at("dataset"), job.at("dataset"));
      push.outcomes[relative] = dataset.at("outcome");
      push.bytes[relative] = dataset.value("bytes", std::uint64_t{0});
    }
    push.sent_bytes = action.at("sent-bytes");
    push.retries = action.at("retries");
    push.agrees = action.value("agrees", false);
    return push;
  }
  throw std::runtime_error("no push to " + target + " in " + json.text());
}

LabTest::LabTest() : through_receiver(text_from_environment("CZB_RECEIVER")) {
  static int number = 0;
  const std::string suite = ::testing::UnitTest::GetInstance()->current_test_info()->test_suite_name();
  const std::string name = suite + std::to_string(++number);
  folder = "/tmp/" + name;
  source = "zippy/" + name;
  target = "offsite/" + name;
  std::filesystem::create_directory(folder);
}

LabTest::~LabTest() {
  for (const std::string& root : {source, target}) run({"zfs", "destroy", "-R", "-f", root});
  // What runs that were killed have left, and locks of another user's, are no business of the next test's.
  run({"sh", "-c",
       "rm -rf /run/cyber-zfs-backup/run-* /tmp/cyber-zfs-backup-*/run-* /var/lib/cyber-zfs-backup/receiver/zippy*"});
}

void LabTest::make_tree(const Words& file_systems, const Words& options) const {
  zfs(Words{"create"} + options + Words{source});
  for (const std::string& name : file_systems) zfs({"create", source + "/" + name});
}

void LabTest::write(const std::string& relative, const std::string& file, const std::string& text) const {
  write_file("/" + source + (relative.empty() ? "" : "/" + relative) + "/" + file, text);
}

void LabTest::take_snapshot(int day) const { zfs({"snapshot", "-r", source + "@" + noon(day)}); }

void LabTest::fill_and_snapshot(int day, const Words& relatives) const {
  constexpr std::size_t two_records = std::size_t{1} << 18;
  for (unsigned i = 0; i < relatives.size(); ++i)
    write(relatives[i], "data", noise(static_cast<unsigned>(day) * 100 + i, two_records));
  take_snapshot(day);
}

void LabTest::write_at_target(const std::string& relative, const std::string& file, const std::string& text) const {
  const std::string name = target + (relative.empty() ? "" : "/" + relative);
  const std::string where = folder + "/target";
  zfs({"set", "readonly=off", "canmount=on", "mountpoint=" + where, name});
  if (property("mounted", name) != "yes") zfs({"mount", name});
  write_file(where + "/" + file, text);
  zfs({"unmount", name});
  for (const char* const each : {"readonly", "mountpoint"}) zfs({"inherit", each, name});
}

Words LabTest::encrypted() const {
  const std::string key = folder + "/key";
  write_file(key, "0123456789abcdef0123456789abcdef");
  return {"-o", "encryption=on", "-o", "keyformat=raw", "-o", "keylocation=file://" + key};
}

Words LabTest::before_each_zfs(const std::string& script) const {
  const std::string bin = folder + "/bin";
  std::filesystem::create_directories(bin);
  write_file(bin + "/zfs", "#!/bin/sh\nzfs=/usr/sbin/zfs\n" + script + "\nexec $zfs \"$@\"\n");
  std::filesystem::permissions(bin + "/zfs", std::filesystem::perms::owner_all);
  return {"PATH=" + bin + ":" + std::getenv("PATH")};
}

Words LabTest::backup_command(int day, const Words& arguments) const {
  std::string yaml = "jobs:\n  job:\n    dataset: " + source + "\n    retention: " + retention + "\n";
  for (const std::string& option : job_options) yaml += "    " + option + "\n";
  const std::string way =
      through_receiver.used() ? ssh_transport(through_receiver.ssh_config(source, target, folder)) : transport;
  yaml += "    targets:\n      offsite:\n        dataset: \"" + target + "\"\n        transport: " + way + "\n";
  for (const std::string& option : target_options) yaml += "        " + option + "\n";
  const std::string file = folder + "/config.yaml";
  write_file(file, yaml + more_targets);
  const Words program = Words{CZB_PROGRAM} + arguments + Words{"--verbose", "--now", noon(day), "--config", file};
  if (!through_receiver.used()) return program;
  through_receiver.remember(tree_of(source));
  return through_receiver.command(program);
}

Result LabTest::backup(int day, const Words& arguments, const Words& environment) const {
  return run(backup_command(day, arguments), environment);
}

void LabTest::expect_backup(int day, const Words& arguments) const {
  EXPECT_THAT(backup(day, arguments), Exits(ok));
  expect_mirror(source, target);
}

std::string LabTest::name_at_target(const std::string& property) const {
  return through_receiver.used() ? kept_name(property, {}).value() : property;
}

void LabTest::cut_stream(const Words& send, std::size_t bytes, const Words& receive) const {
  const Words command = Words{"zfs", "receive", "-s", "-u"} + receive;
  if (!through_receiver.used()) return lab::cut_stream(send, bytes, command);
  const std::string config = through_receiver.ssh_config(source, target, folder);
  lab::cut_stream(send, bytes,
                  through_receiver.command({"ssh", "-F", config, "offsite", ssh::remote_command(command, false)}));
}

void LabTest::expect_mirror(const std::string& source_root, const std::string& target_root) const {
  if (!through_receiver.used()) return lab::expect_mirror(source_root, target_root);
  through_receiver.remember(tree_of(source_root));
  const Tree here = tree_of(source_root);
  const Tree there = tree_of(target_root);
  EXPECT_FALSE(here.empty()) << source_root << " does not exist";
  for (const auto& [name, snapshots] : here) {
    ASSERT_EQ(there.count(name), 1U) << name;
    EXPECT_TRUE(through_receiver.agrees(name, snapshots, there.at(name)))
        << name << " has " << ::testing::PrintToString(there.at(name)) << "\n    and not "
        << ::testing::PrintToString(snapshots);
  }
  for (const auto& [name, snapshots] : there)
    EXPECT_TRUE(here.count(name) != 0 || through_receiver.may_keep(name, snapshots))
        << name << " was never at the source";
}

}  // namespace czb::lab
