// SPDX-License-Identifier: MIT
#include "plugin/checked_naming.h"

#include <utility>

#include "config/wording.h"
#include "log/log.h"
#include "plugin/plugin_call.h"

namespace czb {
CheckedNaming::CheckedNaming(std::shared_ptr<Naming> naming, std::string plugin)
    : naming_(std::move(naming)), plugin_(std::move(plugin)) {}

Status CheckedNaming::format(std::int64_t time, TextSink& name, TextSink& error) noexcept {
  const PluginCall call(plugin_, "format");
  TextBuffer text;
  TextBuffer reason;
  if (naming_->format(time, text, reason) != Status::ok) {
    error.write(reason.text().empty() ? "it gives no reason" : reason.text());
    return Status::failed;
  }
  if (text.text().size() > snapshot_name_limit) {
    error.write("its name has " + std::to_string(text.text().size()) + " bytes, and may have " +
                std::to_string(snapshot_name_limit));
    return Status::failed;
  }
  name.write(text.text());
  return Status::ok;
}

bool CheckedNaming::parse(std::string_view name, std::int64_t& time) noexcept {
  const PluginCall call(plugin_, "parse");
  std::int64_t read = 0;
  if (!naming_->parse(name, read)) return false;
  if (writes(read, name)) {
    time = read;
    return true;
  }
  if (!warned_) {
    log_warning(
        "the {} claims the snapshot name {}, but would not write it: for that time it writes {}. Such snapshots are "
        "taken for foreign, and never expire. That is an error of the plugin.",
        plugin_, quoted(name), written_.text().empty() ? "none" : quoted(written_.text()));
  }
  warned_ = true;
  return false;
}

bool CheckedNaming::writes(std::int64_t time, std::string_view name) noexcept {
  const PluginCall call(plugin_, "format");
  TextBuffer ignored;
  written_.clear();
  return naming_->format(time, written_, ignored) == Status::ok && written_.text() == name;
}

}  // namespace czb
