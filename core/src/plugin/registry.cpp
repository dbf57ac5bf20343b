// SPDX-License-Identifier: MIT
#include "plugin/registry.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/plugin_choice.h"
#include "config/wording.h"
#include "error.h"
#include "files/trusted_path.h"
#include "plugin/checked_naming.h"
#include "plugin/checked_retention.h"
#include "plugin/checked_transport.h"
#include "plugin/descriptor_check.h"
#include "plugin/elf_check.h"
#include "plugin/elf_symbols.h"
#include "plugin/loaded_library.h"
#include "plugin/option_values.h"
#include "plugin/plugin_call.h"
#include "plugin/probe.h"
#include "process/interrupt.h"
#include "text_buffer.h"

namespace czb {
namespace {

// Where the option stands that a plugin's reason is about ("the option config …"), or where the plugin was chosen.
const Origin& origin_of_refusal(const PluginChoice& choice, const std::string& reason) {
  for (const RawOption& option : choice.options) {
    const std::string words = "option " + option.name;
    const std::size_t at = reason.find(words);
    if (at == std::string::npos) continue;
    const char next = at + words.size() < reason.size() ? reason[at + words.size()] : ' ';
    if (next == ' ' || next == ':' || next == ',') return option.value_origin;
  }
  return choice.origin;
}

// What came of a file: a descriptor, or why not.
struct Outcome {
  const PluginDescriptor* descriptor = nullptr;
  std::string refusal;
};

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// The id in KIND-ID.so, where the name is of that form and kind.
std::optional<std::string> id_in(std::string_view file_name, PluginKind kind) {
  const std::string start = std::string(to_string(kind)) + "-";
  constexpr std::string_view end = ".so";
  if (file_name.size() <= start.size() + end.size() || file_name.substr(0, start.size()) != start ||
      !ends_with(file_name, end)) {
    return std::nullopt;
  }
  const std::string_view id = file_name.substr(start.size(), file_name.size() - start.size() - end.size());
  return is_plugin_id(id) ? std::optional<std::string>(id) : std::nullopt;
}

std::optional<PluginName> plugin_name_in(std::string_view file_name) {
  for (const PluginKind kind : {PluginKind::transport, PluginKind::naming, PluginKind::retention})
    if (auto id = id_in(file_name, kind)) return PluginName{kind, std::move(*id)};
  return std::nullopt;
}

// "naming plugin 'rfc3339'"
std::string name_of(const PluginDescriptor& descriptor) {
  return std::string(to_string(descriptor.kind)) + " plugin " + quoted(descriptor.id);
}

// Every *.so in the folder, sorted. Throws Error (usage) when the folder cannot be read.
std::vector<std::string> plugin_files(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(folder.c_str()), &::closedir);
  const auto fail = [&] {
    throw Error(ExitCode::usage, "cannot read the plugin folder " + folder + ": " +
                                     std::error_code(errno, std::generic_category()).message());
  };
  if (stream == nullptr) fail();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != ".so" && ends_with(name, ".so")) names.push_back(name);
  }
  if (errno != 0) fail();
  std::sort(names.begin(), names.end());
  return names;
}

// The path of a file of which no code has run yet. These throw Error (usage) in words that follow "the plugin FILE is
// refused: ".
std::string checked_path(const std::string& folder, const std::string& file_name) {
  if (!plugin_name_in(file_name)) {
    throw Error(ExitCode::usage, "its name is not KIND-ID.so, with the kind transport, naming or retention");
  }
  std::string path = trusted_plugin_file(folder, file_name, ::geteuid());
  if (const auto problem = elf_problem(path)) throw Error(ExitCode::usage, *problem);
  if (!exports_function(path, plugin_entry_symbol)) {
    throw Error(ExitCode::usage, "it does not export the function " + std::string(plugin_entry_symbol) +
                                     ": it is not a plugin of this program");
  }
  return path;
}

const PluginDescriptor& load_checked(const ProbedPlugin& plugin) {
  const PluginDescriptor& descriptor = load_descriptor(plugin.path);
  if (const auto problem = descriptor_problem(descriptor, plugin.file_name))
    throw Error(ExitCode::usage, "it " + *problem);
  return descriptor;
}

}  // namespace

struct PluginRegistry::State {
  std::string plugin_dir;
  std::string run_directory;
  Answers answers;
  std::map<std::string, Outcome> outcomes;  // by file name; each file is tried once

  void load(const std::vector<std::string>& file_names) {
    std::vector<ProbedPlugin> passed;
    for (const std::string& file_name : file_names) {
      if (outcomes.count(file_name) != 0) continue;
      try {
        passed.push_back({checked_path(plugin_dir, file_name), file_name});
      } catch (const Error& error) {
        outcomes[file_name].refusal = error.what();
      }
    }
    const std::vector<std::optional<std::string>> problems = probe_problems(passed);
    for (std::size_t i = 0; i < passed.size(); ++i) {
      Outcome& outcome = outcomes[passed[i].file_name];
      try {
        if (problems[i]) throw Error(ExitCode::usage, *problems[i]);
        outcome.descriptor = &load_checked(passed[i]);
      } catch (const Error& error) {
        outcome.refusal = error.what();
      }
    }
  }

  const Outcome& outcome_of(const std::string& file_name) {
    load({file_name});
    return outcomes.at(file_name);
  }

  // Makes an instance with the create function, and lets the destroy function have it back.
  template <typename Interface>
  std::shared_ptr<Interface> create(const PluginDescriptor& descriptor, const PluginChoice& choice,
                                    Interface* (*create_function)(const CreateArguments&, TextSink&),
                                    void (*destroy_function)(Interface*)) const {
    const OptionValues options = convert_options(descriptor, choice);
    CreateArguments arguments;
    arguments.options = options.values().data();
    arguments.option_count = options.values().size();
    arguments.run_directory = run_directory.c_str();
    arguments.interrupt_descriptor = interrupt_descriptor();

    const std::string name = name_of(descriptor);
    const std::string plugin = choice.origin + ": " + name;
    TextBuffer reason;
    Interface* instance = nullptr;
    try {
      const PluginCall call(name, "create");
      instance = create_function(arguments, reason);
    } catch (const std::exception& error) {
      throw Error(ExitCode::usage,
                  plugin + " failed with an exception, which is an error in the plugin: " + error.what());
    } catch (...) {
      throw Error(ExitCode::usage, plugin + " failed with an exception, which is an error in the plugin");
    }
    if (instance == nullptr) {
      throw Error(ExitCode::usage, origin_of_refusal(choice, reason.text()) + ": " + name + " refuses its options: " +
                                       (reason.text().empty() ? "it gives no reason" : reason.text()));
    }
    return std::shared_ptr<Interface>(instance, [destroy_function, name](Interface* made) {
      const PluginCall call(name, "destroy");
      destroy_function(made);
    });
  }
};

PluginRegistry::PluginRegistry(std::string plugin_dir, std::string run_directory, Answers answers)
    : state_(std::make_unique<State>(State{std::move(plugin_dir), std::move(run_directory), answers, {}})) {}

PluginRegistry::~PluginRegistry() = default;

std::vector<PluginListing> PluginRegistry::list() {
  std::vector<PluginListing> listings;
  const std::vector<std::string> files = plugin_files(state_->plugin_dir);
  state_->load(files);
  for (const std::string& name : files) {
    const Outcome& outcome = state_->outcome_of(name);
    listings.push_back(PluginListing{state_->plugin_dir + "/" + name, outcome.descriptor, outcome.refusal});
  }
  return listings;
}

std::vector<PluginName> PluginRegistry::names() const {
  std::vector<PluginName> names;
  for (const std::string& file : plugin_files(state_->plugin_dir))
    if (auto name = plugin_name_in(file)) names.push_back(std::move(*name));
  return names;
}

void PluginRegistry::load(const std::vector<PluginName>& names) {
  const std::vector<std::string> files = plugin_files(state_->plugin_dir);
  std::vector<std::string> wanted;
  for (const PluginName& name : names) {
    std::string file = plugin_file_name(name.kind, name.id);
    if (std::binary_search(files.begin(), files.end(), file)) wanted.push_back(std::move(file));
  }
  state_->load(wanted);
}

const PluginDescriptor& PluginRegistry::descriptor(PluginKind kind, const std::string& id, const Origin& origin) {
  const std::vector<std::string> files = plugin_files(state_->plugin_dir);
  const std::string file_name = plugin_file_name(kind, id);
  if (!is_plugin_id(id) || !std::binary_search(files.begin(), files.end(), file_name)) {
    std::vector<std::string> ids;
    for (const std::string& file : files) {
      if (auto found = id_in(file, kind)) ids.push_back(std::move(*found));
    }
    const std::vector<std::string_view> available(ids.begin(), ids.end());
    throw Error(ExitCode::usage, origin + ": there is no " + to_string(kind) + " plugin " + quoted(id) + " in " +
                                     state_->plugin_dir + did_you_mean(id, available) +
                                     "; available: " + comma_list(available));
  }
  const Outcome& outcome = state_->outcome_of(file_name);
  if (outcome.descriptor == nullptr) {
    throw Error(ExitCode::usage,
                origin + ": the plugin " + state_->plugin_dir + "/" + file_name + " is refused: " + outcome.refusal);
  }
  return *outcome.descriptor;
}

void PluginRegistry::check_options(PluginKind kind, const PluginChoice& choice) {
  convert_options(descriptor(kind, choice.id, choice.origin), choice);
}

PluginChoice PluginRegistry::effective(PluginKind kind, const PluginChoice& choice) {
  check_options(kind, choice);
  return effective_choice(descriptor(kind, choice.id, choice.origin), choice);
}

std::shared_ptr<Transport> PluginRegistry::create_transport(const PluginChoice& choice) {
  const PluginDescriptor& plugin = descriptor(PluginKind::transport, choice.id, choice.origin);
  auto created = state_->create(plugin, choice, plugin.create_transport, plugin.destroy_transport);
  if (state_->answers == Answers::raw) return created;
  return std::make_shared<CheckedTransport>(std::move(created), name_of(plugin));
}

std::shared_ptr<Naming> PluginRegistry::create_naming(const PluginChoice& choice) {
  const PluginDescriptor& plugin = descriptor(PluginKind::naming, choice.id, choice.origin);
  auto created = state_->create(plugin, choice, plugin.create_naming, plugin.destroy_naming);
  if (state_->answers == Answers::raw) return created;
  return std::make_shared<CheckedNaming>(std::move(created), name_of(plugin));
}

std::shared_ptr<Retention> PluginRegistry::create_retention(const PluginChoice& choice) {
  const PluginDescriptor& plugin = descriptor(PluginKind::retention, choice.id, choice.origin);
  auto created = state_->create(plugin, choice, plugin.create_retention, plugin.destroy_retention);
  if (state_->answers == Answers::raw) return created;
  return std::make_shared<CheckedRetention>(std::move(created), name_of(plugin));
}

const std::string& PluginRegistry::plugin_dir() const { return state_->plugin_dir; }

const char* to_string(PluginKind kind) {
  switch (kind) {
    case PluginKind::transport:
      return "transport";
    case PluginKind::naming:
      return "naming";
    case PluginKind::retention:
      return "retention";
  }
  return "unknown";
}

}  // namespace czb
