// SPDX-License-Identifier: MIT
// The plugin ABI: what a plugin's one exported function returns, and what the host checks in it before it runs any
// other code of the plugin. (plugin.h and the headers that include it write all of this for you.)
//
// Versions: a host loads a plugin whose abi_major equals its own and whose abi_minor is not newer. Within a major the
// descriptor and CreateArguments only grow at their ends (`size` tells how much there is), enumerations only get more
// values, and the interface classes (Transport, Naming, Retention, Process, the sinks) do not change at all: a new
// ability is a new interface. What else is promised: docs/plugins/versions.md.
//
// The process is the host's. A plugin does not: throw out of any function that the host calls (the process would end);
// write to descriptors 0, 1 and 2; install signal handlers, change dispositions, or wait for children that it did not
// start; change the environment, locale, working directory, umask, limits or user; call exit; use a run's time before
// create or after destroy. Its static constructors and its entry function do no work: they also run when somebody only
// lists plugins. Every descriptor that it opens is close-on-exec. It is never unloaded. SIGPIPE is ignored: a write to
// a broken pipe fails with EPIPE.
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

// What must be equal for std::string_view and virtual calls to mean the same on both sides. Compilers may differ (g++,
// clang), and so may versions of the C++ library: nothing of it crosses but string_view.
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

// What the host gives to a plugin's create function. All of it belongs to the host and is valid only during the call:
// copy what you keep. The one exception is interrupt_descriptor's number, which stays valid as long as the process.
struct CreateArguments {
  // As the host was compiled: look here before you use a field that came with a later minor.
  std::uint64_t size = sizeof(CreateArguments);
  // One for each entry of the option table, in its order.
  const OptionValue* options = nullptr;
  std::uint64_t option_count = 0;
  // Absolute, mode 0700, this run's own, shared by its plugins: for sockets and the like. The host removes it with all
  // that is in it.
  const char* run_directory = nullptr;
  // Polls readable once the run is to stop: give up waiting then. Only to be polled; -1: there is none.
  std::int32_t interrupt_descriptor = -1;
};

// Returned by the plugin's entry function, each time the same; constant, belongs to the plugin and lives as long as the
// process. Its texts are one line of UTF-8 each, of 1000 bytes at most. The host checks every field, in this order, and
// refuses the plugin with a sentence about the first that does not fit.
struct PluginDescriptor {
  std::uint64_t magic;      // plugin_magic
  std::uint32_t size;       // sizeof(PluginDescriptor) as the plugin was compiled
  std::uint32_t abi_major;  // czb::abi_major
  std::uint32_t abi_minor;  // czb::abi_minor
  PluginKind kind;
  const char* toolchain;  // czb::toolchain_tag
  const char* id;         // 1 to 64 of [a-z0-9-]; the file is called KIND-ID.so
  const char* version;    // the plugin's own, of any form
  const char* license;    // SPDX expression
  const char* summary;    // what it does, for `cyber-zfs-backup plugins`
  const OptionSpec* options;
  std::uint32_t option_count;
  std::uint32_t option_size;  // sizeof(OptionSpec)

  // Exactly the pair of this plugin's kind is set, the others are null. None of them may throw.
  //
  // create returns a new object, or null and one sentence in `error` when the options cannot be used: the user reads it
  // behind the place where the plugin was chosen, and the job is not begun (exit status 2). It may read files, and does
  // nothing that would have to be undone: no connection, no process. Called once for each use in each job, so several
  // objects live at the same time, with different options; they share nothing that one could spoil for another.
  //
  // destroy gives the object back, exactly once, by the same thread or another one. Whoever creates, destroys.
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
