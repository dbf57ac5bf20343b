// SPDX-License-Identifier: MIT
#include "setup/far_end.h"

#include <algorithm>

#include "config/wording.h"
#include "error.h"
#include "zfs/names.h"

namespace czb::setup {
namespace {

const RawOption* find_option(const PluginChoice& choice, const std::string& name) {
  for (const RawOption& option : choice.options)
    if (option.name == name) return &option;
  return nullptr;
}

std::optional<std::string> text_of(const PluginChoice& choice, const std::string& name) {
  const RawOption* option = find_option(choice, name);
  if (option == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&option->value)) return *text;
  throw Error(ExitCode::usage, option->value_origin + ": the option " + name + " takes one text");
}

std::vector<std::string> list_of(const PluginChoice& choice, const std::string& name) {
  const RawOption* option = find_option(choice, name);
  if (option == nullptr) return {};
  if (const auto* list = std::get_if<std::vector<std::string>>(&option->value)) return *list;
  return {std::get<std::string>(option->value)};
}

// What the transport refuses too (plugins/transport-ssh/settings.cpp): it could reach ssh's option parser.
void check_destination(const std::string& destination, const Origin& origin) {
  const bool option = destination.empty() || destination.front() == '-' || destination.find("@-") != std::string::npos;
  const bool blank = std::any_of(destination.begin(), destination.end(),
                                 [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
  if (option || blank) throw Error(ExitCode::usage, origin + ": " + quoted(destination) + " is no destination for ssh");
}

FarEnd far_end_of(const PluginChoice& choice) {
  FarEnd far_end;
  far_end.destination = text_of(choice, "destination").value_or("");
  check_destination(far_end.destination, choice.origin);
  far_end.config = text_of(choice, "config");
  far_end.options = list_of(choice, "options");
  far_end.program = text_of(choice, "program").value_or("ssh");
  far_end.transport = choice;
  return far_end;
}

bool is_same_connection(const FarEnd& a, const FarEnd& b) {
  return a.destination == b.destination && a.config == b.config && a.options == b.options && a.program == b.program;
}

FarEnd& find_or_add(const PluginChoice& choice, std::vector<FarEnd>& far_ends) {
  FarEnd wanted = far_end_of(choice);
  for (FarEnd& far_end : far_ends)
    if (is_same_connection(far_end, wanted)) return far_end;
  return far_ends.emplace_back(std::move(wanted));
}

void add_dataset(const std::string& dataset, FarEnd& far_end) {
  auto& datasets = far_end.datasets;
  const auto at = std::lower_bound(datasets.begin(), datasets.end(), dataset);
  if (at == datasets.end() || *at != dataset) datasets.insert(at, dataset);
}

bool lies_in(const std::string& dataset, const std::string& root) {
  return dataset == root || dataset.rfind(root + "/", 0) == 0;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

// The innermost dataset that holds all of them; empty where they are in several pools.
std::string common_ancestor(const std::vector<std::string>& datasets) {
  std::string ancestor = datasets.front();
  auto holds_all = [&] {
    return std::all_of(datasets.begin(), datasets.end(),
                       [&](const std::string& each) { return lies_in(each, ancestor); });
  };
  while (!ancestor.empty() && !holds_all())
    ancestor = ancestor.find('/') == std::string::npos ? "" : ancestor.substr(0, ancestor.rfind('/'));
  return ancestor;
}

}  // namespace

std::vector<FarEnd> far_ends_of(const Config& config) {
  std::vector<FarEnd> far_ends;
  for (const JobConfig& job : config.jobs) {
    if (job.transport.id == "ssh") {
      FarEnd& source = find_or_add(job.transport, far_ends);
      source.users.push_back("the source of job " + job.name);
      source.pulled_from = true;
      add_dataset(job.dataset, source);
    }
    for (const TargetConfig& target : job.targets) {
      if (target.transport.id != "ssh") continue;
      FarEnd& far_end = find_or_add(target.transport, far_ends);
      far_end.users.push_back("target " + target.name + " of job " + job.name);
      far_end.pushed_to = true;
      add_dataset(target.dataset, far_end);
    }
  }
  return far_ends;
}

std::string host_in(const std::string& destination) {
  std::string host = destination;
  const bool address = host.rfind("ssh://", 0) == 0;
  if (address) host = host.substr(6);
  if (const std::size_t at = host.rfind('@'); at != std::string::npos) host = host.substr(at + 1);
  if (address) {
    host = host.substr(0, host.find('/'));
    if (host.rfind('[', 0) == 0)
      host = host.substr(1, host.find(']') - 1);
    else
      host = host.substr(0, host.find(':'));
  }
  const bool plain = !host.empty() && host.front() != '-' && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-:").find(c) != std::string_view::npos;
  });
  if (!plain)
    throw Error(ExitCode::usage, "the host in the ssh destination " + quoted(destination) +
                                     " cannot stand in a Host line: write the ssh configuration by hand");
  return host;
}

std::string root_of(const FarEnd& far_end, const std::optional<std::string>& wished) {
  if (wished) {
    if (const auto wrong = dataset_name_error(*wished))
      throw Error(ExitCode::usage, "option --root: " + quoted(*wished) + " is not a dataset name: " + *wrong);
    for (const std::string& dataset : far_end.datasets)
      if (!lies_in(dataset, *wished))
        throw Error(ExitCode::usage, "option --root: " + dataset + " at " + far_end.destination + " is not below " +
                                         *wished + ". With --job only that job is set up.");
    return *wished;
  }
  if (far_end.datasets.size() == 1) return far_end.datasets.front();
  const std::string ancestor = common_ancestor(far_end.datasets);
  const std::string apart = "set them up one by one with --job, each with a destination and a --key of its own";
  throw Error(ExitCode::usage,
              "a key lets its holder into one dataset and what is below it, and at " + far_end.destination +
                  " there are " + joined(far_end.datasets) + " (" + joined(far_end.users) + "). " +
                  (ancestor.empty() ? "They are in several pools: " + apart
                                    : "Give --root " + ancestor + " for one key that reaches all of it, or " + apart) +
                  ".");
}

Mode mode_of(const FarEnd& far_end, const std::optional<std::string>& wished) {
  if (far_end.pushed_to && far_end.pulled_from)
    throw Error(ExitCode::usage, "backups are both pushed to and pulled from " + far_end.destination + " (" +
                                     joined(far_end.users) +
                                     "), and a key is for one of them: set them up one by one with --job, each with a "
                                     "destination and a --key of its own.");
  if (!wished) return far_end.pulled_from ? Mode::pull : Mode::append_only;
  for (const Mode mode : {Mode::append_only, Mode::mirror, Mode::pull})
    if (*wished == to_string(mode)) {
      if ((mode == Mode::pull) != far_end.pulled_from)
        throw Error(ExitCode::usage, "option --mode: " + far_end.destination + " is " +
                                         (far_end.pulled_from ? "pulled from, which is the mode pull"
                                                              : "pushed to, with the mode append-only or mirror"));
      return mode;
    }
  throw Error(ExitCode::usage, "option --mode is append-only, mirror or pull, not " + quoted(*wished));
}

}  // namespace czb::setup
