// SPDX-License-Identifier: MIT
#include "doctor/permission_checks.h"

#include <charconv>
#include <sstream>

#include "doctor/ask.h"
#include "text/visible.h"
#include "zfs/permissions.h"

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
  return std::make_pair(number, visible(name.substr(1, name.size() - 2), 100));
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, separator);)
    if (!word.empty()) words.push_back(word);
  return words;
}

// "a, b, c and 12 more"
std::string some_of(const Permissions& permissions) {
  constexpr std::size_t most_named = 8;
  std::string text;
  for (std::size_t i = 0; i < permissions.size() && i < most_named; ++i) text += (i == 0 ? "" : ", ") + permissions[i];
  if (permissions.size() > most_named) text += " and " + std::to_string(permissions.size() - most_named) + " more";
  return text;
}

std::string remedy(const Side& side, const std::string& user, const Permissions& permissions) {
  return "As root " + side.there() + ": " + allow_lines({permissions, {}, {}}, user, side.existing).front();
}

// `needed`: those without which a run fails; `properties`: those without which a property does not arrive.
void judge(const Side& side, const std::string& user, const Permissions& needed, const Permissions& properties,
           Findings& findings) {
  const std::string who = "the user " + user + " on " + side.host.peer();
  if (!needed.empty()) {
    Permissions all = needed;
    all.insert(all.end(), properties.begin(), properties.end());
    return findings.failed("permissions", who + " lacks what a run needs on " + side.existing + ": " + some_of(needed),
                           remedy(side, user, all));
  }
  if (!properties.empty())
    return findings.warning("permissions",
                            who + " may not set on " + side.existing + " what a stream may bring: " +
                                some_of(properties) + "; the data arrives, these properties do not",
                            remedy(side, user, properties));
  findings.ok("permissions", who + " has what a run needs on " + side.existing);
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

void check_permissions(Side& side, Findings& findings) {
  if (side.is_restricted) {
    const std::string user = side.receiver ? side.receiver->value("user") : "";
    if (user == "root") return findings.ok("permissions", "the receiver runs as root there");
    if (user.empty() || side.receiver->value("missing-permissions").empty())
      return findings.skipped("permissions", "the receiver does not tell them");
    std::vector<std::string> missing = side.receiver->list("missing-permissions");
    if (side.encrypted)
      for (const std::string& each : side.receiver->list("missing-permissions-for-encrypted")) missing.push_back(each);
    return judge(side, user, missing, side.receiver->list("missing-property-permissions"), findings);
  }
  const Completed asked = ask(side.host.transport(), {"id"});
  const auto who = asked.ok() ? parse_identity(asked.out) : std::nullopt;
  if (!who) return findings.skipped("permissions", "it is not told as which user zfs runs " + side.there());
  if (who->id == 0) return findings.ok("permissions", "zfs runs as root on " + side.host.peer());
  const Completed allowed = ask(side.host.transport(), {"zfs", "allow", side.existing});
  if (!allowed.ok()) return findings.skipped("permissions", "zfs allow gave no answer: " + reason_of(allowed));
  const RolePermissions role = role_permissions(side.is_source ? ZfsRole::sender : ZfsRole::target, side.encrypted);
  // Of a snapshot: what is allowed on the dataset alone, not below it, goes neither for these nor for its children.
  const auto missing = [&](const Permissions& permissions) {
    return missing_permissions(allowed.out, side.existing + "@snapshot", who->user, who->groups, permissions);
  };
  judge(side, who->user, missing(role.permissions), missing(role.source_properties), findings);
}

}  // namespace czb::doctor
