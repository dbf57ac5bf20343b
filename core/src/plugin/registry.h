// SPDX-License-Identifier: MIT
// The plugins of one folder: finds them, checks them, loads them, and makes instances of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "cyber-zfs-backup/abi.h"

namespace czb {

// One plugin file as `cyber-zfs-backup plugins` lists it.
struct PluginListing {
  std::string file;                              // absolute path
  const PluginDescriptor* descriptor = nullptr;  // null when refused
  std::string refusal;                           // why, when refused
};

struct PluginName {
  PluginKind kind = PluginKind::transport;
  std::string id;
};

// Whether what plugins answer is held to the interfaces' contracts (plugin/checked_*.h), or handed on as it is, for
// whoever tests a plugin.
enum class Answers { checked, raw };

// Loads plugins from one trusted folder, each at most once; they stay loaded as long as the process
// lives. A plugin is checked in this order, and what is not reached is not run:
//
//   1. its file's name, and that nobody else can write the path (files/trusted_path.h)
//   2. the ELF file: complete, of this machine, and exporting the entry function: no code of it has run until here
//   3. in a process of its own (plugin/probe.h): it loads with every symbol resolved, and its descriptor fits, field by
//      field (plugin/descriptor_check.h)
//   4. the same in this process: from here on the plugin is trusted not to crash, hang or write where it should not
//   5. its options, then its create function
//
// A plugin that is refused stops no other: whoever asks for it learns why.
class PluginRegistry {
 public:
  // `plugin_dir`: absolute; `run_directory`: handed to the plugins (see CreateArguments).
  PluginRegistry(std::string plugin_dir, std::string run_directory, Answers answers = Answers::checked);
  ~PluginRegistry();
  PluginRegistry(const PluginRegistry&) = delete;
  PluginRegistry& operator=(const PluginRegistry&) = delete;

  // Every *.so in the folder, sorted by file name, refused ones with the reason. Throws nothing for a
  // broken plugin; an unreadable folder is an Error (usage).
  std::vector<PluginListing> list();

  // Of every KIND-ID.so in the folder, sorted; loads nothing.
  std::vector<PluginName> names() const;

  // Loads those of them that are there; to ask for several at once costs one process. Why one is refused, and that one
  // is not there, is for who asks for its descriptor.
  void load(const std::vector<PluginName>& names);

  // Loads KIND-ID.so and returns its descriptor. Throws Error (usage) that starts with `origin` and
  // says what is wrong and which plugins of that kind there are.
  const PluginDescriptor& descriptor(PluginKind kind, const std::string& id, const Origin& origin);

  // Checks and converts the options by the plugin's table, without creating an instance. Throws Error
  // (usage) with the option's own line and column.
  void check_options(PluginKind kind, const PluginChoice& choice);

  // The choice with the plugin's defaults filled in and secrets hidden, for showing. Throws as
  // check_options.
  PluginChoice effective(PluginKind kind, const PluginChoice& choice);

  // Instances. The deleter hands the instance back to its plugin. Throws Error (usage), with the
  // choice's origin and the plugin's own words, where the plugin refuses its options.
  std::shared_ptr<Transport> create_transport(const PluginChoice& choice);
  std::shared_ptr<Naming> create_naming(const PluginChoice& choice);
  std::shared_ptr<Retention> create_retention(const PluginChoice& choice);

  const std::string& plugin_dir() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

const char* to_string(PluginKind kind);  // "transport", "naming", "retention"

}  // namespace czb
