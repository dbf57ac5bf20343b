// SPDX-License-Identifier: MIT
#include "plugin/plugin_call.h"

#include <cstdlib>

#include "error.h"
#include "log/log.h"

namespace czb {
namespace {

std::string exception_words() {
  try {
    if (std::current_exception() != nullptr) std::rethrow_exception(std::current_exception());
    return "";
  } catch (const std::exception& error) {
    return std::string(": ") + error.what();
  } catch (...) {
    return "";
  }
}

}  // namespace

void PluginCall::end() {
  const PluginCall* call = current_;
  if (call == nullptr) std::abort();
  current_ = nullptr;
  log_error(
      "the {} threw an exception out of its function {}, which is an error of the plugin{}. The run ends here; "
      "what it has done so far is done, and the next one looks at what is there and goes on.",
      *call->plugin_, call->function_, exception_words());
  std::_Exit(static_cast<int>(ExitCode::failed));
}

void name_plugins_that_throw() { std::set_terminate(PluginCall::end); }

}  // namespace czb
