// SPDX-License-Identifier: MIT
// Names that are a word and the number of the day since 1970.
#include <charconv>
#include <new>
#include <string>

#include "cyber-zfs-backup/abi.h"
#include "cyber-zfs-backup/naming.h"

namespace {

constexpr std::int64_t day = 86400;

class Days final : public czb::Naming {
 public:
  explicit Days(std::string_view prefix) : prefix_(prefix) {}

  czb::Status format(std::int64_t time, czb::TextSink& name, czb::TextSink& error) noexcept override {
    if (time < 0 || time % day != 0) {
      error.write("only the beginning of a day has a name");
      return czb::Status::failed;
    }
    name.write(prefix_ + std::to_string(time / day));
    return czb::Status::ok;
  }

  bool parse(std::string_view name, std::int64_t& time) noexcept override {
    if (name.substr(0, prefix_.size()) != prefix_) return false;
    const std::string digits(name.substr(prefix_.size()));
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || *end != '\0' || number < 0 || std::to_string(number) != digits) return false;
    time = number * day;
    return true;
  }

 private:
  std::string prefix_;
};

czb::Naming* create(const czb::CreateArguments& arguments, czb::TextSink& error) {
  if (arguments.option_count != 1 || !arguments.options[0].is_set) {
    error.write("the program does not give the option that the table has");
    return nullptr;
  }
  return new (std::nothrow) Days(arguments.options[0].text);
}

void destroy(czb::Naming* naming) { delete static_cast<Days*>(naming); }

constexpr czb::OptionSpec options[] = {
    {"prefix", czb::OptionType::string, false, false, "day-", "what names begin with", nullptr},
};

}  // namespace

CZB_PLUGIN_ENTRY {
  static const czb::PluginDescriptor descriptor = {
      czb::plugin_magic,
      sizeof(czb::PluginDescriptor),
      czb::abi_major,
      czb::abi_minor,
      czb::PluginKind::naming,
      czb::toolchain_tag,
      "days",
      "1.0",
      "MIT",
      "a word and the number of the day",
      options,
      1,
      sizeof(czb::OptionSpec),
      nullptr,
      nullptr,
      create,
      destroy,
      nullptr,
      nullptr,
  };
  return &descriptor;
}
