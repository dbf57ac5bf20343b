// SPDX-License-Identifier: MIT
// Everything that crosses between a plugin and the program, so that the debugging information of this object tells its
// layout; tests/abi/check compares that with what was promised.
#include "cyber-zfs-backup/abi.h"
#include "cyber-zfs-backup/naming.h"
#include "cyber-zfs-backup/options.h"
#include "cyber-zfs-backup/retention.h"
#include "cyber-zfs-backup/text_sink.h"
#include "cyber-zfs-backup/transport.h"

#define SHOWN extern "C" __attribute__((visibility("default")))

CZB_PLUGIN_ENTRY { return nullptr; }

SHOWN void create_arguments(czb::CreateArguments&) {}
SHOWN void plugin_descriptor(czb::PluginDescriptor&) {}
SHOWN void plugin_kind(czb::PluginKind) {}
SHOWN void option_spec(czb::OptionSpec&) {}
SHOWN void option_value(czb::OptionValue&) {}
SHOWN void option_type(czb::OptionType) {}
SHOWN void status(czb::Status) {}

SHOWN void naming(czb::Naming& naming, czb::TextSink& sink) {
  std::int64_t time = 0;
  naming.format(time, sink, sink);
  naming.parse("", time);
}

SHOWN void retention(czb::Retention& retention, const czb::SnapshotView& view, czb::VerdictSink& verdicts,
                     czb::TextSink& error) {
  retention.judge(&view, 1, 0, verdicts, error);
  verdicts.verdict(0, czb::Decision::keep, "");
}

SHOWN void transport(czb::Transport& transport, const czb::Argv& argv, const czb::StandardDescriptors& descriptors,
                     czb::TextSink& error) {
  czb::Process* process = nullptr;
  transport.start(argv, descriptors, &process, error);
  czb::ExitStatus status;
  process->wait(status, error);
}

// Values that plugins are compiled with.
template <std::uint64_t Value>
struct Is {};
SHOWN void magic(Is<czb::plugin_magic>&) {}
SHOWN void count_all(Is<static_cast<std::uint64_t>(czb::count_all)>&) {}
SHOWN void abi_major(Is<czb::abi_major>&) {}

// And texts: 64 bit FNV-1a.
constexpr std::uint64_t digest(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}
SHOWN void entry_symbol(Is<digest(czb::plugin_entry_symbol)>&) {}
SHOWN void toolchain_tag(Is<digest(czb::toolchain_tag)>&) {}
