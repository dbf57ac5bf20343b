// SPDX-License-Identifier: MIT
#include "zfs/resume_token.h"

#include <charconv>
#include <string_view>

#include "text/visible.h"

namespace czb {
namespace {

// The value of "<TAB>NAME = VALUE", as nvlist_print writes it.
std::optional<std::string_view> value_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() != '\t') continue;
    line.remove_prefix(1);
    if (line.substr(0, name.size()) == name && line.substr(name.size(), 3) == " = ")
      return line.substr(name.size() + 3);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number_of(std::string_view text, std::string_view name) {
  std::optional<std::string_view> value = value_of(text, name);
  if (!value || value->substr(0, 2) != "0x") return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value->data() + 2, value->data() + value->size(), number, 16);
  if (error != std::errc() || end != value->data() + value->size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<PartialReceive> parse_token_contents(const Completed& completed) {
  const std::string text = completed.out + "\n" + completed.err.raw();
  const std::optional<std::string_view> to = value_of(text, "toname");
  const std::optional<std::uint64_t> to_guid = number_of(text, "toguid");
  if (!to || !to_guid) return std::nullopt;
  PartialReceive partial;
  partial.to = visible(*to);
  partial.to_guid = *to_guid;
  partial.from_guid = number_of(text, "fromguid").value_or(0);
  if (!completed.ok()) {
    const std::string& said = completed.err.raw();
    const std::size_t reason = said.find("cannot resume send");
    partial.problem =
        reason == std::string::npos ? to_string(completed.status) : FarText(said.substr(reason)).shown(500);
  }
  return partial;
}

}  // namespace czb
