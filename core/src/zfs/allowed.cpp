// SPDX-License-Identifier: MIT
// The half of zfs/permissions.h that reads what `zfs allow DATASET` prints (libzfs's print_fs_perms):
//
//   ---- Permissions on offsite/home ------------------------------------
//   Permission sets:
//           @store create,mount,receive
//   Create time permissions:
//           readonly
//   Local permissions:
//           user backup destroy
//   Descendent permissions:
//           group backup hold
//   Local+Descendent permissions:
//           everyone @store,userprop
//   ---- Permissions on offsite -----------------------------------------
#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "zfs/permissions.h"

namespace czb {
namespace {

enum class Section { sets, create_time, local, descendent, both };

// What one dataset's part of the text says.
struct Part {
  std::string dataset;
  std::map<std::string, std::set<std::string>> sets;  // with '@'
  std::set<std::string> local;                        // what the user is given for the dataset itself
  std::set<std::string> below;                        // and for those below it
};

struct Reader {
  const std::string& user;
  const std::vector<std::string>& groups;

  std::vector<Part> parts = {};
  Section section = Section::local;

  void read(const std::string& line) {
    static const std::string beginning = "---- Permissions on ";
    static const std::map<std::string, Section> titles = {{"Permission sets:", Section::sets},
                                                          {"Create time permissions:", Section::create_time},
                                                          {"Local permissions:", Section::local},
                                                          {"Descendent permissions:", Section::descendent},
                                                          {"Local+Descendent permissions:", Section::both}};
    if (line.rfind(beginning, 0) == 0) {
      const std::string rest = line.substr(beginning.size());
      parts.push_back({rest.substr(0, rest.rfind(' ')), {}, {}, {}});
    } else if (const auto title = titles.find(line); title != titles.end()) {
      section = title->second;
    } else if (!parts.empty() && !line.empty() && line.front() == '\t') {
      read_entry(line.substr(1));
    }
  }

  // "user NAME a,b", "group NAME a,b", "everyone a,b", "@set a,b".
  void read_entry(const std::string& entry) {
    const std::size_t last_space = entry.rfind(' ');
    if (section == Section::create_time || last_space == std::string::npos) return;
    const std::string who = entry.substr(0, last_space);
    std::set<std::string> permissions;
    std::istringstream list(entry.substr(last_space + 1));
    for (std::string each; std::getline(list, each, ',');) permissions.insert(each);
    Part& part = parts.back();
    if (section == Section::sets) {
      part.sets[who].merge(permissions);
    } else if (is_about_the_user(who)) {
      if (section != Section::descendent) part.local.insert(permissions.begin(), permissions.end());
      if (section != Section::local) part.below.insert(permissions.begin(), permissions.end());
    }
  }

  bool is_about_the_user(const std::string& who) const {
    return who == "everyone" || who == "user " + user ||
           std::any_of(groups.begin(), groups.end(), [&](const std::string& group) { return who == "group " + group; });
  }
};

// As dsl_deleg_access_impl does it: from the dataset upwards. A set is what the nearest definition says that lies at,
// or above, the dataset where it was given.
std::set<std::string> held(std::vector<Part> parts, const std::string& dataset) {
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return a.dataset.size() > b.dataset.size(); });
  std::set<std::string> result;
  std::set<std::string> given_sets;
  std::set<std::string> resolved;
  for (const Part& part : parts) {
    for (const std::string& each : part.dataset == dataset ? part.local : part.below)
      (each.front() == '@' ? given_sets : result).insert(each);
    for (bool expanded = true; expanded;) {
      expanded = false;
      for (const auto& [name, permissions] : part.sets) {
        if (given_sets.count(name) == 0 || !resolved.insert(name).second) continue;
        expanded = true;
        for (const std::string& each : permissions) (each.front() == '@' ? given_sets : result).insert(each);
      }
    }
  }
  return result;
}

}  // namespace

Permissions missing_permissions(const std::string& allowed, const std::string& dataset, const std::string& user,
                                const std::vector<std::string>& groups, const Permissions& needed) {
  Reader reader{user, groups};
  std::istringstream text(allowed);
  for (std::string line; std::getline(text, line);) reader.read(line);
  const std::set<std::string> has = held(std::move(reader.parts), dataset);
  Permissions missing;
  for (const std::string& each : needed)
    if (has.count(each) == 0 && (each != "receive" || has.count("receive:append") == 0)) missing.push_back(each);
  return missing;
}

}  // namespace czb
