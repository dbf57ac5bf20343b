// SPDX-License-Identifier: MIT
// Which plugin is being called, for the case that the call never returns.
//
// The interfaces' functions are noexcept, so an exception out of one cannot be caught: it ends the process where it
// was thrown. What can be done is to say whose fault it was.
#pragma once

#include <exception>
#include <string>

namespace czb {

// As long as it exists, the plugin is the one that is being called.
class PluginCall {
 public:
  // `plugin` ("naming plugin 'x'") and `function` are kept as pointers.
  PluginCall(const std::string& plugin, const char* function) noexcept : before_(current_) {
    plugin_ = &plugin;
    function_ = function;
    current_ = this;
  }
  PluginCall(const PluginCall&) = delete;
  PluginCall& operator=(const PluginCall&) = delete;
  ~PluginCall() { current_ = before_; }

 private:
  friend void name_plugins_that_throw();

  [[noreturn]] static void end();

  static inline PluginCall* current_ = nullptr;  // there are no threads

  PluginCall* before_;
  const std::string* plugin_ = nullptr;
  const char* function_ = nullptr;
};

// From now on std::terminate within a plugin's function logs an error that names the plugin, and ends the process with
// ExitCode::failed: at once, as a crash would.
void name_plugins_that_throw();

}  // namespace czb
