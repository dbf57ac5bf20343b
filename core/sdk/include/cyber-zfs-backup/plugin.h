// SPDX-License-Identifier: MIT
// What makes a plugin short to write. Lives wholly inside the plugin: nothing of it crosses the ABI.
//
//   class Example final : public czb::NamingPlugin {
//    public:
//     explicit Example(const czb::CreateArguments& arguments) {
//       const czb::PluginOptions options(arguments);
//       prefix_ = options.text("prefix");
//     }
//     …
//   };
//
//   constexpr czb::OptionSpec option_table[] = {
//       czb::option("prefix", czb::OptionType::string, "", "what names begin with"),
//   };
//
//   CZB_PLUGIN_ENTRY {
//     static constexpr czb::PluginDescriptor descriptor =
//         czb::naming_descriptor<Example>("example", "1.0.0", "MIT", "names for examples", option_table);
//     return &descriptor;
//   }
//
// T's constructor takes `const CreateArguments&` and may throw: what() becomes the sentence that the user reads.
// Destroying deletes the T, so T is final or has a virtual destructor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "cyber-zfs-backup/abi.h"

namespace czb {

// Entries of an option table. `default_value` is written as in YAML; nullptr: not set unless given. An option that
// must be given, is secret, or has choices has a function of its own; combinations write the OptionSpec out.
constexpr OptionSpec option(const char* name, OptionType type, const char* default_value, const char* help) noexcept {
  return OptionSpec{name, type, false, false, default_value, help, nullptr};
}

constexpr OptionSpec required_option(const char* name, OptionType type, const char* help) noexcept {
  return OptionSpec{name, type, true, false, nullptr, help, nullptr};
}

constexpr OptionSpec secret_option(const char* name, const char* help) noexcept {
  return OptionSpec{name, OptionType::string, false, true, nullptr, help, nullptr};
}

// `choices`: words separated by '|'.
constexpr OptionSpec choice_option(const char* name, const char* choices, const char* default_value,
                                   const char* help) noexcept {
  return OptionSpec{name, OptionType::enumeration, false, false, default_value, help, choices};
}

// A plugin's whole option table: made from an array with static storage, or empty.
class OptionTable {
 public:
  constexpr OptionTable() noexcept = default;
  template <std::size_t Count>
  constexpr OptionTable(const OptionSpec (&entries)[Count]) noexcept : entries_(entries), count_(Count) {}

  constexpr const OptionSpec* entries() const noexcept { return entries_; }
  constexpr std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(count_); }

 private:
  const OptionSpec* entries_ = nullptr;
  std::size_t count_ = 0;
};

// Reads options by name. Views the CreateArguments: use it during the create call only; what it returns are copies.
// Throws std::logic_error for a name that is not in the plugin's own option table, std::invalid_argument when the
// value is not set; the host has checked the types.
class PluginOptions {
 public:
  explicit PluginOptions(const CreateArguments& arguments) noexcept
      : values_(arguments.options), count_(arguments.option_count) {}

  // Given by the user, or has a default.
  bool is_set(std::string_view name) const { return find(name).is_set; }

  // integer; a duration in seconds, a size in bytes, a count (count_all: `all`).
  std::int64_t integer(std::string_view name) const { return value(name).integer; }
  bool boolean(std::string_view name) const { return value(name).integer != 0; }
  // string, enumeration.
  std::string text(std::string_view name) const { return std::string(value(name).text); }
  // string_list; empty when it is not set.
  std::vector<std::string> list(std::string_view name) const {
    const OptionValue& found = find(name);
    std::vector<std::string> words;
    if (found.is_set) words.assign(found.list, found.list + found.list_size);
    return words;
  }

  // The same, with what to use when the option is not set.
  std::int64_t integer(std::string_view name, std::int64_t fallback) const {
    return is_set(name) ? integer(name) : fallback;
  }
  bool boolean(std::string_view name, bool fallback) const { return is_set(name) ? boolean(name) : fallback; }
  std::string text(std::string_view name, std::string_view fallback) const {
    return is_set(name) ? text(name) : std::string(fallback);
  }

 private:
  const OptionValue& find(std::string_view name) const {
    for (std::uint64_t index = 0; index < count_; ++index) {
      if (name == values_[index].name) return values_[index];
    }
    throw std::logic_error("the plugin reads the option '" + std::string(name) + "', which its option table lacks");
  }

  const OptionValue& value(std::string_view name) const {
    const OptionValue& found = find(name);
    if (!found.is_set) throw std::invalid_argument("the option '" + std::string(name) + "' is not set");
    return found;
  }

  const OptionValue* values_;
  std::uint64_t count_;
};

// Runs `body`, which returns a Status. An exception from it becomes Status::failed, and what() goes to `error`.
template <typename Body>
Status guarded(TextSink& error, Body&& body) noexcept {
  try {
    return body();
  } catch (const std::exception& exception) {
    error.write(exception.what());
  } catch (...) {
    error.write("the plugin threw something that is not a std::exception");
  }
  return Status::failed;
}

namespace plugin_detail {

template <typename Interface, typename T>
Interface* create(const CreateArguments& arguments, TextSink& error) noexcept {
  Interface* created = nullptr;
  guarded(error, [&] {
    created = new T(arguments);  // NOLINT(bugprone-unhandled-exception-at-new): guarded catches it
    return Status::ok;
  });
  return created;
}

template <typename Interface, typename T>
void destroy(Interface* object) noexcept {
  delete static_cast<T*>(object);
}

template <typename Interface, typename T>
constexpr void check() noexcept {
  static_assert(std::is_base_of_v<Interface, T>, "the plugin's class derives from its kind's interface");
  static_assert(std::is_constructible_v<T, const CreateArguments&>, "constructible from const CreateArguments&");
  static_assert(std::is_final_v<T> || std::has_virtual_destructor_v<T>, "final, or with a virtual destructor");
}

constexpr PluginDescriptor descriptor(PluginKind kind, const char* id, const char* version, const char* license,
                                      const char* summary, OptionTable table) noexcept {
  PluginDescriptor made{};
  made.magic = plugin_magic;
  made.size = sizeof(PluginDescriptor);
  made.abi_major = abi_major;
  made.abi_minor = abi_minor;
  made.kind = kind;
  made.toolchain = toolchain_tag;
  made.id = id;
  made.version = version;
  made.license = license;
  made.summary = summary;
  made.options = table.entries();
  made.option_count = table.count();
  made.option_size = sizeof(OptionSpec);
  return made;
}

}  // namespace plugin_detail

// The descriptor of a plugin whose class is T. The texts and the table must live as long as the process; `id` is
// [a-z0-9-]+, `license` an SPDX expression, `summary` one line.
template <typename T>
constexpr PluginDescriptor transport_descriptor(const char* id, const char* version, const char* license,
                                                const char* summary, OptionTable table = {}) noexcept {
  plugin_detail::check<Transport, T>();
  PluginDescriptor made = plugin_detail::descriptor(PluginKind::transport, id, version, license, summary, table);
  made.create_transport = plugin_detail::create<Transport, T>;
  made.destroy_transport = plugin_detail::destroy<Transport, T>;
  return made;
}

template <typename T>
constexpr PluginDescriptor naming_descriptor(const char* id, const char* version, const char* license,
                                             const char* summary, OptionTable table = {}) noexcept {
  plugin_detail::check<Naming, T>();
  PluginDescriptor made = plugin_detail::descriptor(PluginKind::naming, id, version, license, summary, table);
  made.create_naming = plugin_detail::create<Naming, T>;
  made.destroy_naming = plugin_detail::destroy<Naming, T>;
  return made;
}

template <typename T>
constexpr PluginDescriptor retention_descriptor(const char* id, const char* version, const char* license,
                                                const char* summary, OptionTable table = {}) noexcept {
  plugin_detail::check<Retention, T>();
  PluginDescriptor made = plugin_detail::descriptor(PluginKind::retention, id, version, license, summary, table);
  made.create_retention = plugin_detail::create<Retention, T>;
  made.destroy_retention = plugin_detail::destroy<Retention, T>;
  return made;
}

}  // namespace czb
