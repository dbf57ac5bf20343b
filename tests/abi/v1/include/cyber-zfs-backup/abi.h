// SPDX-License-Identifier: MIT
// The plugin ABI: what a plugin's one exported function returns, and what the host checks in it
// before it runs any other code of the plugin.
//
// Versioning: a host loads a plugin whose abi_major equals its own and whose abi_minor is not newer.
// PluginDescriptor is append-only (its `size` tells how much of it a plugin has); the interface
// classes (Transport, Naming, Retention) are frozen for a major: a new ability is a new interface.
#pragma once

#include <cstdint>

#include "cyber-zfs-backup/options.h"
#include "cyber-zfs-backup/text_sink.h"

namespace czb {

class Transport;
class Naming;
class Retention;

inline constexpr std::uint64_t plugin_magic = 0x31304e474c505a43ULL;  // "CZPLGN01", little endian
inline constexpr std::uint32_t abi_major = 1;
inline constexpr std::uint32_t abi_minor = 0;

// The name of the one function that a plugin exports, with C linkage (see PluginEntry).
inline constexpr char plugin_entry_symbol[] = "cyber_zfs_backup_plugin";

// What must be equal for std::string_view and virtual calls to mean the same on both sides.
#if defined(__GLIBCXX__) && _GLIBCXX_USE_CXX11_ABI
inline constexpr char toolchain_tag[] = "itanium;libstdc++;cxx11abi=1";
#elif defined(__GLIBCXX__)
inline constexpr char toolchain_tag[] = "itanium;libstdc++;cxx11abi=0";
#elif defined(_LIBCPP_VERSION)
inline constexpr char toolchain_tag[] = "itanium;libc++";
#else
inline constexpr char toolchain_tag[] = "unknown";
#endif

enum class PluginKind : std::uint32_t { transport = 1, naming = 2, retention = 3 };

// What the host gives to a plugin's create function. All of it belongs to the host and is valid
// only during the call: copy what you keep.
struct CreateArguments {
  std::uint64_t size = sizeof(CreateArguments);
  const OptionValue* options = nullptr;  // one for each entry of the option table, in its order
  std::uint64_t option_count = 0;
  const char* run_directory = nullptr;     // absolute, mode 0700, this run's own; the host removes it
  std::int32_t interrupt_descriptor = -1;  // polls readable once the run is to stop: give up waiting
};

// Returned by the plugin's entry function; belongs to the plugin and lives as long as the process.
struct PluginDescriptor {
  std::uint64_t magic;      // plugin_magic
  std::uint32_t size;       // sizeof(PluginDescriptor) as the plugin was compiled
  std::uint32_t abi_major;  // czb::abi_major
  std::uint32_t abi_minor;  // czb::abi_minor
  PluginKind kind;
  const char* toolchain;  // czb::toolchain_tag
  const char* id;         // [a-z0-9-]+; the file is called KIND-ID.so
  const char* version;
  const char* license;  // SPDX expression
  const char* summary;  // one line for `cyber-zfs-backup plugins`
  const OptionSpec* options;
  std::uint32_t option_count;
  std::uint32_t option_size;  // sizeof(OptionSpec)

  // Exactly the pair of this plugin's kind is set, the others are null. create returns null and
  // writes one sentence to `error` when the options cannot be used. Whoever creates, destroys.
  // None of them may throw.
  Transport* (*create_transport)(const CreateArguments& arguments, TextSink& error);
  void (*destroy_transport)(Transport* transport);
  Naming* (*create_naming)(const CreateArguments& arguments, TextSink& error);
  void (*destroy_naming)(Naming* naming);
  Retention* (*create_retention)(const CreateArguments& arguments, TextSink& error);
  void (*destroy_retention)(Retention* retention);
};

using PluginEntry = const PluginDescriptor*();

}  // namespace czb

// Put before the definition of the entry function:
//   CZB_PLUGIN_ENTRY { static const czb::PluginDescriptor descriptor = …; return &descriptor; }
#define CZB_PLUGIN_ENTRY \
  extern "C" __attribute__((visibility("default"))) const czb::PluginDescriptor* cyber_zfs_backup_plugin()
