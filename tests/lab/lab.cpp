// SPDX-License-Identifier: MIT
#include "lab.h"

#include <chrono>
#include <filesystem>
#include <iomanip>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>

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

void Pools::SetUp() { succeed({guest_tools + "/make-pools", "512"}); }

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
    const Result result =
        run({"zfs", "get", "-H", "-p", "-r", "-t", "filesystem,volume,snapshot,bookmark", "-o", "all", "all", root});
    state += "== " + root + "\n" + result.err;
    for (const std::string& line : lines_of(result.out))
      if (restless.count(fields_of(line).at(1)) == 0) state += line + "\n";
  }
  return state;
}

std::string noise(unsigned number) {
  std::mt19937_64 random(number);
  std::string text;
  while (text.size() < std::size_t{1} << 20)
    for (std::uint64_t bits = random(), i = 0; i < sizeof bits; ++i) text += static_cast<char>(bits >> (8 * i));
  return text;
}

std::string file_of(const std::string& snapshot, const std::string& file) {
  const std::string clone = snapshot.substr(0, snapshot.find('/')) + "/reading";
  const std::string where = "/tmp/reading";
  zfs({"clone", "-o", "mountpoint=" + where, "-o", "canmount=on", "-o", "readonly=on", snapshot, clone});
  std::string text = read_file(where + "/" + file);
  zfs({"destroy", clone});
  return text;
}

std::string ssh_config() {
  static const std::string ssh_folder = "/root/ssh";
  static const bool started = (succeed({guest_tools + "/setup-ssh", ssh_folder}), true);
  return started ? ssh_folder + "/ssh_config" : "";
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
  for (const std::string& line : lines_of(result.text())) {
    const std::size_t begin = line.find_first_not_of(' ');
    const std::size_t after_time = line.find("Z ");
    if (begin == 4 && line.compare(begin, 4, "zfs ") == 0)
      commands.push_back(line.substr(begin));
    else if (after_time == noon(0).size() - 1 && line.compare(after_time + 2, 4, "zfs ") == 0)
      commands.push_back(line.substr(after_time + 2));
  }
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

LabTest::LabTest() {
  static int number = 0;
  const std::string suite = ::testing::UnitTest::GetInstance()->current_test_info()->test_suite_name();
  const std::string name = suite + std::to_string(++number);
  folder = "/tmp/" + name;
  source = "zippy/" + name;
  target = "offsite/" + name;
  std::filesystem::create_directory(folder);
}

void LabTest::make_tree(const Words& file_systems, const Words& options) const {
  zfs(Words{"create"} + options + Words{source});
  for (const std::string& name : file_systems) zfs({"create", source + "/" + name});
}

void LabTest::write(const std::string& relative, const std::string& file, const std::string& text) const {
  write_file("/" + source + (relative.empty() ? "" : "/" + relative) + "/" + file, text);
}

void LabTest::take_snapshot(int day) const { zfs({"snapshot", "-r", source + "@" + noon(day)}); }

Words LabTest::backup_command(int day, const Words& arguments) const {
  std::string yaml = "jobs:\n  job:\n    dataset: " + source + "\n    retention: " + retention +
                     "\n    targets:\n      offsite:\n        dataset: \"" + target +
                     "\"\n        transport: " + transport + "\n";
  for (const std::string& option : target_options) yaml += "        " + option + "\n";
  const std::string file = folder + "/config.yaml";
  write_file(file, yaml + more_targets);
  return Words{CZB_PROGRAM} + arguments + Words{"--verbose", "--now", noon(day), "--config", file};
}

Result LabTest::backup(int day, const Words& arguments) const { return run(backup_command(day, arguments)); }

void LabTest::expect_backup(int day, const Words& arguments) const {
  EXPECT_THAT(backup(day, arguments), Exits(ok));
  expect_mirror(source, target);
}

}  // namespace czb::lab
