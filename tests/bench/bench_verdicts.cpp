// SPDX-License-Identifier: MIT
// bench_verdicts PLUGIN_FOLDER COUNT RUNS: what the plugin interface costs. Each run judges COUNT snapshots of one
// dataset, and reads their names, once with the code of the bundled plugins called directly and once through the
// plugins as the registry hands them out. Prints "NAME SECONDS" (of the processor) for each: verdicts-direct,
// verdicts-interface, names-direct, names-interface. Exits non-zero when the two do not agree.
#include <time.h>

#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "cyber-zfs-backup/naming.h"
#include "cyber-zfs-backup/retention.h"
#include "naming-rfc3339/rfc3339_name.h"
#include "plugin/registry.h"
#include "retention-gfs/gfs.h"
#include "text_buffer.h"

namespace {

constexpr std::int64_t now = 1'900'000'000;
constexpr std::int64_t step = 600;

double seconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <class Part>
std::uint64_t timed(const char* name, Part part) {
  const double start = seconds();
  const std::uint64_t result = part();
  std::cout << name << ' ' << seconds() - start << '\n';
  return result;
}

// Takes the verdicts as plan/judge.h does, and is called through the interface in both cases.
class Verdicts final : public czb::VerdictSink {
 public:
  explicit Verdicts(std::size_t count) : rules_(count) {}
  void verdict(std::uint64_t index, czb::Decision decision, std::string_view rule) noexcept override {
    rules_[index] = rule;
    digest_ = digest_ * 31 + static_cast<std::uint64_t>(decision) + rule.size();
  }
  std::uint64_t digest() const { return digest_; }

 private:
  std::vector<std::string> rules_;
  std::uint64_t digest_ = 0;
};

void demand(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

void bench(const std::string& folder, std::size_t count, int runs) {
  czb::PluginRegistry plugins(folder, "/nonexistent");
  const auto retention = plugins.create_retention({"gfs", "bench_verdicts", {}});
  const auto naming = plugins.create_naming({"rfc3339", "bench_verdicts", {}});
  std::vector<std::string> names(count);
  std::vector<czb::SnapshotView> views;
  views.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    czb::TextBuffer name, error;
    const std::int64_t time = now - static_cast<std::int64_t>(i) * step;
    demand(naming->format(time, name, error) == czb::Status::ok, "no name");
    names[i] = name.text();
    views.push_back({names[i], i + 1, count - i, time});
  }
  const czb::rfc3339::NameFormat direct_names;
  for (int run = 0; run < runs; ++run) {
    const std::uint64_t direct = timed("verdicts-direct", [&] {
      Verdicts verdicts(count);
      const std::vector<czb::PluginVerdict> made = czb::gfs::judge({}, views.data(), count);
      for (std::size_t i = 0; i < count; ++i) verdicts.verdict(i, made[i].decision, made[i].rule.view());
      return verdicts.digest();
    });
    const std::uint64_t through = timed("verdicts-interface", [&] {
      Verdicts verdicts(count);
      czb::TextBuffer error;
      demand(retention->judge(views.data(), count, now, verdicts, error) == czb::Status::ok, "no verdicts");
      return verdicts.digest();
    });
    demand(direct == through, "the verdicts differ");

    const std::uint64_t read_directly = timed("names-direct", [&] {
      std::uint64_t sum = 0;
      for (const std::string& name : names) sum += static_cast<std::uint64_t>(direct_names.parse(name).value_or(0));
      return sum;
    });
    const std::uint64_t read = timed("names-interface", [&] {
      std::uint64_t sum = 0;
      for (const std::string& name : names) {
        std::int64_t time = 0;
        if (naming->parse(name, time)) sum += static_cast<std::uint64_t>(time);
      }
      return sum;
    });
    demand(read == read_directly, "the names differ");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: bench_verdicts PLUGIN_FOLDER COUNT RUNS\n";
    return 2;
  }
  try {
    bench(argv[1], std::stoul(argv[2]), std::stoi(argv[3]));
  } catch (const std::exception& error) {
    std::cerr << "bench_verdicts: " << error.what() << '\n';
    return 1;
  }
}
