// SPDX-License-Identifier: MIT
// Keeps what is younger than so many seconds.
#include <new>

#include "cyber-zfs-backup/abi.h"
#include "cyber-zfs-backup/retention.h"

namespace {

class Young final : public czb::Retention {
 public:
  explicit Young(std::int64_t age) : age_(age) {}

  czb::Status judge(const czb::SnapshotView* snapshots, std::uint64_t count, std::int64_t now,
                    czb::VerdictSink& verdicts, czb::TextSink&) noexcept override {
    for (std::uint64_t i = 0; i < count; ++i) {
      const bool young = now - snapshots[i].time < age_;
      verdicts.verdict(i, young ? czb::Decision::keep : czb::Decision::expire, young ? "young" : "old");
    }
    return czb::Status::ok;
  }

 private:
  std::int64_t age_;
};

czb::Retention* create(const czb::CreateArguments& arguments, czb::TextSink& error) {
  if (arguments.option_count != 1 || !arguments.options[0].is_set) {
    error.write("the program does not give the option that the table has");
    return nullptr;
  }
  return new (std::nothrow) Young(arguments.options[0].integer);
}

void destroy(czb::Retention* retention) { delete static_cast<Young*>(retention); }

constexpr czb::OptionSpec options[] = {
    {"age", czb::OptionType::duration, true, false, nullptr, "how old a snapshot may become", nullptr},
};

}  // namespace

CZB_PLUGIN_ENTRY {
  static const czb::PluginDescriptor descriptor = {
      czb::plugin_magic,
      sizeof(czb::PluginDescriptor),
      czb::abi_major,
      czb::abi_minor,
      czb::PluginKind::retention,
      czb::toolchain_tag,
      "young",
      "1.0",
      "MIT",
      "keeps what is young",
      options,
      1,
      sizeof(czb::OptionSpec),
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      create,
      destroy,
  };
  return &descriptor;
}
