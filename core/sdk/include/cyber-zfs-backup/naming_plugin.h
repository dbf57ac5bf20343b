// SPDX-License-Identifier: MIT
// NamingPlugin: a naming plugin in ordinary C++ that may throw. Derive from it, write format_name and parse_name, and
// give the class to naming_descriptor (plugin.h). No exception leaves the plugin: what format_name throws becomes
// Status::failed and its text; a name on which parse_name throws is foreign, so it is never expired.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cyber-zfs-backup/naming.h"
#include "cyber-zfs-backup/plugin.h"

namespace czb {

class NamingPlugin : public Naming {
 public:
  virtual ~NamingPlugin() = default;

  // The interface that the host calls.
  Status format(std::int64_t time, TextSink& name, TextSink& error) noexcept final {
    return guarded(error, [&] {
      name.write(format_name(time));
      return Status::ok;
    });
  }

  bool parse(std::string_view name, std::int64_t& time) noexcept final {
    try {
      const std::optional<std::int64_t> parsed = parse_name(name);
      if (parsed) time = *parsed;
      return parsed.has_value();
    } catch (...) {
      return false;
    }
  }

 protected:
  NamingPlugin() = default;
  NamingPlugin(const NamingPlugin&) = default;
  NamingPlugin& operator=(const NamingPlugin&) = default;

 private:
  // The name of a snapshot taken at `time`, in seconds since 1970-01-01T00:00:00Z. Throws when it has none.
  virtual std::string format_name(std::int64_t time) = 0;
  // The time if, and only if, format_name would write exactly `name` for it.
  virtual std::optional<std::int64_t> parse_name(std::string_view name) = 0;
};

}  // namespace czb
