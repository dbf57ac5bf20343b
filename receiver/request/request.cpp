// SPDX-License-Identifier: MIT
#include "receiver/request/request.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "receiver/answer.h"
#include "zfs/names.h"

namespace czb::receiver {
namespace {

using Words = CommandLine;

bool begins_with(const Words& words, std::initializer_list<std::string_view> beginning) {
  return words.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), words.begin());
}

bool has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What is before and behind the first such character; nothing behind where there is none.
std::pair<std::string, std::string> split_at(const std::string& word, char where) {
  const std::size_t at = word.find(where);
  if (at == std::string::npos) return {word, ""};
  return {word.substr(0, at), word.substr(at + 1)};
}

std::vector<std::string> split_list(const std::string& word) {
  std::vector<std::string> parts(1);
  for (const char c : word) {
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// Each of these takes apart what may be its command. They need not look closely: what they make of any other words,
// command_of does not turn into these words again.

std::optional<Request> list_tree(const Words& words) {
  if (!begins_with(words, {"zfs", "list", "-H", "-p"}) || !has(words, "-o")) return std::nullopt;
  ListTree request{words.back(), {}, has(words, "-r")};
  const Words plain = list_command(request.dataset, {}, request.recursive);
  if (words.size() != plain.size()) return std::nullopt;
  const std::string& known = plain[plain.size() - 2];
  const std::string& columns = words[words.size() - 2];
  if (columns.size() > known.size() + 1) request.user_properties = split_list(columns.substr(known.size() + 1));
  return request;
}

std::optional<Request> list_names(const Words& words) {
  if (!begins_with(words, {"zfs", "list", "-H", "-r"})) return std::nullopt;
  return ListNames{words.back()};
}

std::optional<Request> exists(const Words& words) {
  if (!begins_with(words, {"zfs", "list", "-H", "-o"})) return std::nullopt;
  return Exists{words.back()};
}

std::optional<Request> place(const Words& words) {
  if (!begins_with(words, {"zfs", "list", "-H", "-t"})) return std::nullopt;
  return Place{words.back()};
}

std::optional<Request> receive(const Words& words) {
  if (!begins_with(words, {"zfs", "receive", "-s"})) return std::nullopt;
  Receive request{words.back(), {}};
  for (std::size_t i = 4; i + 2 < words.size(); i += 2) {
    auto [name, value] = split_at(words[i + 1], '=');
    if (words[i] == "-x")
      request.properties[words[i + 1]] = std::nullopt;
    else
      request.properties[name] = value;
  }
  return request;
}

std::optional<Request> abort_receive(const Words& words) {
  if (!begins_with(words, {"zfs", "receive", "-A"})) return std::nullopt;
  return AbortReceive{words.back()};
}

std::optional<Request> destroy(const Words& words) {
  if (!begins_with(words, {"zfs", "destroy"})) return std::nullopt;
  const auto [dataset, names] = split_at(words.back(), '@');
  return Destroy{dataset, split_list(names), has(words, "-r")};
}

czb::StreamForm form_of(const Words& words) { return has(words, "-w") ? czb::StreamForm::raw : czb::StreamForm::plain; }

std::optional<Request> send_tree(const Words& words) {
  if (!begins_with(words, {"zfs", "send", "-P", "-R"})) return std::nullopt;
  auto [dataset, to] = split_at(words.back(), '@');
  SendTree request{dataset, std::nullopt, to, has(words, "-s"), form_of(words)};
  if (has(words, "-I")) request.base = split_at(words[words.size() - 2], '@').second;
  return request;
}

std::optional<Request> send_dataset(const Words& words) {
  if (!begins_with(words, {"zfs", "send", "-P", "-p"})) return std::nullopt;
  auto [dataset, to] = split_at(words.back(), '@');
  SendDataset request{dataset, SendFrom::nothing, "", to, form_of(words)};
  const std::string& from = words[words.size() - 2];
  if (has(words, "-I")) {
    request.from = SendFrom::snapshot;
    request.base = split_at(from, '@').second;
  } else if (has(words, "-i")) {
    const bool bookmark = from.find('#') != std::string::npos;
    request.from = bookmark ? SendFrom::bookmark : SendFrom::origin;
    request.base = bookmark ? split_at(from, '#').second : from;
  }
  return request;
}

std::optional<Request> send_token(const Words& words) {
  if (!begins_with(words, {"zfs", "send", "-P", "-t"})) return std::nullopt;
  return SendToken{words.back()};
}

std::optional<Request> read_token(const Words& words) {
  if (!begins_with(words, {"zfs", "send", "-nvt"})) return std::nullopt;
  return ReadToken{words.back()};
}

std::optional<Request> report(const Words& words) {
  if (!begins_with(words, {program_name, "report"})) return std::nullopt;
  return Report{};
}

void check_dataset(const std::string& name) {
  if (const auto wrong = dataset_name_error(name))
    throw Refused("'" + visible(name) + "' is no name of a dataset: " + *wrong);
}

void check_snapshot(const std::string& name) {
  if (const auto wrong = snapshot_name_error(name))
    throw Refused("'" + visible(name) + "' is no name of a snapshot: " + *wrong);
}

void check_property(const std::string& name) {
  if (const auto wrong = property_name_error(name))
    throw Refused("'" + visible(name) + "' is no name of a property: " + *wrong);
}

void check_token(const std::string& token) {
  constexpr std::string_view allowed = "0123456789abcdef-";
  if (token.empty() || token.front() == '-' || token.find_first_not_of(allowed) != std::string::npos)
    throw Refused("'" + visible(token, 60) + "' is no resume token");
}

// That each part is what it should be: a dataset's name has no '@', none begins with '-'.
struct CheckParts {
  void operator()(const ListTree& request) const {
    check_dataset(request.dataset);
    for (const std::string& property : request.user_properties) check_property(property);
  }
  void operator()(const ListNames& request) const { check_dataset(request.dataset); }
  void operator()(const Exists& request) const { check_dataset(request.dataset); }
  void operator()(const Place& request) const { check_dataset(request.dataset); }
  void operator()(const Receive& request) const {
    check_dataset(request.dataset);
    for (const auto& [name, value] : request.properties) check_property(name);
  }
  void operator()(const AbortReceive& request) const { check_dataset(request.dataset); }
  void operator()(const Destroy& request) const {
    check_dataset(request.dataset);
    for (const std::string& name : request.names) check_snapshot(name);
  }
  void operator()(const SendTree& request) const {
    check_dataset(request.dataset);
    check_snapshot(request.to);
    if (request.base) check_snapshot(*request.base);
  }
  void operator()(const SendDataset& request) const {
    check_dataset(request.dataset);
    check_snapshot(request.to);
    if (request.from == SendFrom::origin) {
      const auto [dataset, snapshot] = split_at(request.base, '@');
      check_dataset(dataset);
      check_snapshot(snapshot);
    } else if (request.from != SendFrom::nothing) {
      check_snapshot(request.base);  // a bookmark's name follows the same rules
    }
  }
  void operator()(const SendToken& request) const { check_token(request.token); }
  void operator()(const ReadToken& request) const { check_token(request.token); }
  void operator()(const Report&) const {}
};

struct Command {
  CommandLine operator()(const ListTree& request) const {
    return list_command(request.dataset, request.user_properties, request.recursive);
  }
  CommandLine operator()(const ListNames& request) const { return list_names_command(request.dataset); }
  CommandLine operator()(const Exists& request) const { return exists_command(request.dataset); }
  CommandLine operator()(const Place& request) const { return place_command(request.dataset); }
  CommandLine operator()(const Receive& request) const { return receive_command(request.dataset, request.properties); }
  CommandLine operator()(const AbortReceive& request) const { return abort_receive_command(request.dataset); }
  CommandLine operator()(const Destroy& request) const {
    return destroy_command(request.dataset, request.names, request.recursive);
  }
  CommandLine operator()(const SendTree& request) const {
    return send_tree_command(request.dataset, request.base, request.to, request.skip_missing, request.form);
  }
  CommandLine operator()(const SendDataset& request) const {
    return send_dataset_command(request.dataset, request.from, request.base, request.to, request.form);
  }
  CommandLine operator()(const SendToken& request) const { return send_token_command(request.token); }
  CommandLine operator()(const ReadToken& request) const { return read_token_command(request.token); }
  CommandLine operator()(const Report&) const { return {std::string(program_name), "report"}; }
};

constexpr std::optional<Request> (*parsers[])(const Words&) = {list_tree,    list_names,    exists,     place,
                                                               receive,      abort_receive, destroy,    send_tree,
                                                               send_dataset, send_token,    read_token, report};

}  // namespace

CommandLine command_of(const Request& request) { return std::visit(Command(), request); }

Request parse_request(const CommandLine& words) {
  for (const auto parse : parsers) {
    const std::optional<Request> request = words.empty() ? std::nullopt : parse(words);
    if (!request || command_of(*request) != words) continue;
    std::visit(CheckParts(), *request);
    return *request;
  }
  throw Refused("this key is for backups only, and '" + visible(words.empty() ? "" : words.front(), 60) +
                (words.size() > 1 ? " " + visible(words[1], 60) : "") +
                "' with these arguments is none of the commands that cyber-zfs-backup sends");
}

}  // namespace czb::receiver
