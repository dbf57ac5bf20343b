// SPDX-License-Identifier: MIT
// `plugins`: what is there, what it can do, and what was refused and why. `plugins describe`: all about one of them.
#include <algorithm>

#include "cli/commands.h"
#include "cli/plugin_listing.h"
#include "cli/say.h"
#include "cli/session.h"
#include "config/wording.h"
#include "plugin/descriptor_check.h"
#include "text/json_text.h"

namespace czb {
namespace {

std::string qualified(const PluginName& name) { return std::string(to_string(name.kind)) + "/" + name.id; }

// The plugin that ID or KIND/ID means. Throws Error (usage) where it is none, or several.
PluginName find_plugin(const std::string& wanted, const PluginRegistry& plugins) {
  std::vector<PluginName> found = plugins.names();
  std::vector<std::string> words;
  for (const PluginName& name : found)
    words.push_back(wanted.find('/') == std::string::npos ? name.id : qualified(name));
  const std::vector<std::string_view> known(words.begin(), words.end());
  const std::string near = did_you_mean(wanted, known);
  std::vector<std::string> all;
  for (const PluginName& name : found) all.push_back(qualified(name));
  std::erase_if(found, [&](const PluginName& name) { return name.id != wanted && qualified(name) != wanted; });
  if (found.empty()) {
    throw Error(ExitCode::usage, "there is no plugin " + czb::quoted(wanted) + " in " + plugins.plugin_dir() + near +
                                     "; there are: " + comma_list({all.begin(), all.end()}));
  }
  if (found.size() > 1) {
    std::vector<std::string> choices;
    for (const PluginName& name : found) choices.push_back(qualified(name));
    throw Error(ExitCode::usage, "plugins of several kinds have the id " + czb::quoted(wanted) +
                                     ": say which, one of " + comma_list({choices.begin(), choices.end()}));
  }
  return found.front();
}

}  // namespace

ExitCode command_plugins(const Arguments& arguments) {
  const RunFolder folder;
  PluginRegistry plugins(plugin_directory(arguments), folder.path());
  const std::vector<PluginListing> listings = plugins.list();
  if (arguments.json) {
    nlohmann::ordered_json json = {{"folder", plugins.plugin_dir()}, {"plugins", nlohmann::ordered_json::array()}};
    for (const PluginListing& listing : listings) json["plugins"].push_back(listing_as_json(listing));
    say(json_text(json) + "\n");
  } else {
    say("plugins in " + plugins.plugin_dir() + ":\n");
    for (const PluginListing& listing : listings) say(listing_as_text(listing));
  }
  return ExitCode::ok;
}

ExitCode command_plugins_describe(const Arguments& arguments) {
  const RunFolder folder;
  PluginRegistry plugins(plugin_directory(arguments), folder.path());
  const PluginName name = find_plugin(arguments.operand, plugins);
  PluginListing listing;
  listing.file = plugins.plugin_dir() + "/" + plugin_file_name(name.kind, name.id);
  listing.descriptor = &plugins.descriptor(name.kind, name.id, qualified(name));
  if (arguments.json)
    say(json_text(listing_as_json(listing)) + "\n");
  else
    say(description_as_text(listing));
  return ExitCode::ok;
}

}  // namespace czb
