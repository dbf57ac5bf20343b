// SPDX-License-Identifier: MIT
#include "doctor/permission_checks.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

#include "doctor/ask.h"

namespace czb::doctor {
namespace {

// "1000(backup)": the number and the name.
std::optional<std::pair<unsigned long, std::string>> named_number(std::string_view text) {
  unsigned long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  if (name.size() < 3 || name.front() != '(' || name.back() != ')')
    return std::make_pair(number, std::to_string(number));
  return std::make_pair(number, std::string(name.substr(1, name.size() - 2)));
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, separator);)
    if (!word.empty()) words.push_back(word);
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

void resolve(const std::string& word, const std::map<std::string, std::set<std::string>>& sets,
             std::set<std::string>& permissions) {
  if (!permissions.insert(word).second) return;
  const auto set = sets.find(word);
  if (set == sets.end()) return;
  for (const std::string& each : set->second) resolve(each, sets, permissions);
}

void judge(const Side& side, const std::string& user, const std::vector<std::string>& missing, Findings& findings) {
  const std::string who = "the user " + user + " on " + side.host.peer();
  if (missing.empty()) return findings.ok("permissions", who + " has what a run needs on " + side.existing);
  findings.failed("permissions", who + " lacks permissions on " + side.existing + ": " + joined(missing),
                  "As root " + side.there() + ": zfs allow -u " + user + " " + joined(missing) + " " + side.existing);
}

}  // namespace

std::optional<Identity> parse_identity(std::string_view output) {
  Identity who;
  bool known = false;
  std::string line(output.substr(0, output.find('\n')));
  for (const std::string& word : split(line, ' ')) {
    if (word.rfind("uid=", 0) == 0) {
      const auto user = named_number(std::string_view(word).substr(4));
      if (!user) return std::nullopt;
      who.id = user->first;
      who.user = user->second;
      known = true;
    }
    if (word.rfind("groups=", 0) == 0)
      for (const std::string& each : split(word.substr(7), ','))
        if (const auto group = named_number(each)) who.groups.push_back(group->second);
  }
  return known ? std::optional<Identity>(who) : std::nullopt;
}

std::set<std::string> permissions_of(const Identity& who, std::string_view output, const std::string& dataset) {
  std::map<std::string, std::set<std::string>> sets;
  std::set<std::string> words;
  bool is_dataset = false;  // the section is the dataset's own, not that of one above it
  enum class Part { none, definitions, local, descendent, both } part = Part::none;
  std::istringstream stream{std::string(output)};
  for (std::string line; std::getline(stream, line);) {
    const std::string section = "---- Permissions on ";
    if (line.rfind(section, 0) == 0) {
      is_dataset = line.rfind(section + dataset + " -", 0) == 0;
      part = Part::none;
    } else if (!line.empty() && line.front() != '\t' && line.front() != ' ') {
      part = line.rfind("Permission sets", 0) == 0     ? Part::definitions
             : line.rfind("Local+Descend", 0) == 0     ? Part::both
             : line.rfind("Local permissions", 0) == 0 ? Part::local
             : line.rfind("Descend", 0) == 0           ? Part::descendent
                                                       : Part::none;
    } else {
      std::istringstream entry(line);
      std::string kind;
      std::string name;
      std::string permissions;
      entry >> kind;
      if (part == Part::definitions) {
        entry >> permissions;
        for (const std::string& word : split(permissions, ',')) sets[kind].insert(word);
        continue;
      }
      if (part == Part::none || (part == Part::local && !is_dataset) || (part == Part::descendent && is_dataset))
        continue;
      if (kind != "everyone") entry >> name;
      entry >> permissions;
      const bool applies =
          kind == "everyone" || (kind == "user" && name == who.user) ||
          (kind == "group" && std::find(who.groups.begin(), who.groups.end(), name) != who.groups.end());
      if (!applies) continue;
      for (const std::string& word : split(permissions, ',')) words.insert(word);
    }
  }
  std::set<std::string> resolved;
  for (const std::string& word : words) resolve(word, sets, resolved);
  return resolved;
}

// Measured (README): the least with which a replication stream is received, and what the source's commands ask for.
std::vector<std::string> needed_permissions(const Side& side) {
  if (!side.is_source) {
    std::vector<std::string> needed = {"create", "mount", "receive", "userprop"};
    for (const auto& [property, value] : side.target_config->properties) needed.push_back(property);
    if (side.target_config->mirror != Mirror::off) needed.emplace_back("destroy");
    return needed;
  }
  return {"snapshot", "destroy", "mount", "hold", "send", "userprop", "bookmark"};
}

void check_permissions(Side& side, Findings& findings) {
  if (side.is_restricted) {
    const std::string user = side.receiver ? side.receiver->value("user") : "";
    if (user == "root") return findings.ok("permissions", "the receiver runs as root there");
    if (user.empty() || side.receiver->value("missing-permissions").empty())
      return findings.skipped("permissions", "the receiver does not tell them");
    return judge(side, user, side.receiver->list("missing-permissions"), findings);
  }
  const Completed asked = ask(side.host.transport(), {"id"});
  const auto who = asked.ok() ? parse_identity(asked.out) : std::nullopt;
  if (!who) return findings.skipped("permissions", "it is not told as which user zfs runs " + side.there());
  if (who->id == 0) return findings.ok("permissions", "zfs runs as root on " + side.host.peer());
  const Completed allowed = ask(side.host.transport(), {"zfs", "allow", side.existing});
  if (!allowed.ok()) return findings.skipped("permissions", "zfs allow gave no answer: " + reason_of(allowed));
  const std::set<std::string> has = permissions_of(*who, allowed.out, side.existing);
  std::vector<std::string> missing;
  for (const std::string& permission : needed_permissions(side)) {
    const bool is_there = has.count(permission) != 0 || (permission == "receive" && has.count("receive:append") != 0);
    if (!is_there) missing.push_back(permission);
  }
  judge(side, who->user, missing, findings);
}

}  // namespace czb::doctor
