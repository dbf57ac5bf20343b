// SPDX-License-Identifier: MIT
#include "plugin/loaded_library.h"

#include <boost/dll/shared_library.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "error.h"

namespace czb {
namespace {

// Never destroyed: a plugin's code must outlive every object and thread that it made.
std::vector<boost::dll::shared_library>& loaded_libraries() {
  static auto* const libraries = new std::vector<boost::dll::shared_library>();
  return *libraries;
}

// Boost.DLL wraps the loader's own words, which are what helps.
std::string loader_words(const std::exception& error) {
  std::string words = error.what();
  const std::string before = "dlerror system message: ";
  const std::size_t begin = words.find(before);
  const std::size_t end = words.rfind("):");
  if (begin == std::string::npos) return words;
  const std::size_t from = begin + before.size();
  return words.substr(from, end == std::string::npos || end < from ? std::string::npos : end - from);
}

}  // namespace

const PluginDescriptor& load_descriptor(const std::string& path) {
  boost::dll::shared_library library;
  try {
    library.load(path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const boost::dll::fs::system_error& error) {
    throw Error(ExitCode::usage, "it cannot be loaded: " + loader_words(error));
  } catch (...) {
    throw Error(ExitCode::usage, "one of its constructors threw an exception when it was loaded");
  }
  loaded_libraries().push_back(library);  // from here on, even if it is refused

  PluginEntry* entry = nullptr;
  try {
    entry = &library.get<PluginEntry>(plugin_entry_symbol);
  } catch (const boost::dll::fs::system_error&) {
    throw Error(ExitCode::usage, "it does not export the function " + std::string(plugin_entry_symbol) +
                                     ": it is not a plugin of this program");
  }
  const PluginDescriptor* descriptor = nullptr;
  try {
    descriptor = entry();
  } catch (...) {
    throw Error(ExitCode::usage, "its function " + std::string(plugin_entry_symbol) + " threw an exception");
  }
  if (descriptor == nullptr) throw Error(ExitCode::usage, "it gives no descriptor");
  return *descriptor;
}

}  // namespace czb
