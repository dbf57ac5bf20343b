// SPDX-License-Identifier: MIT
// Any bytes as a configuration: a Config or an Error, nothing else; and a Config that was read is
// written and read again to the same text. Seeds: tests/fuzz/corpus/config.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/load_yaml.h"
#include "error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::string written;
  try {
    written = czb::to_yaml(czb::load_yaml_text(text, "fuzz.yaml", "host"));
  } catch (const czb::Error& error) {
    if (error.code() != czb::ExitCode::usage) std::abort();
    return 0;
  }
  // Not in the try block: what was written must be read without an error (unless it grew too large).
  if (written.size() > std::size_t{1} << 20) return 0;
  if (czb::to_yaml(czb::load_yaml_text(written, "fuzz.yaml", "host")) != written) std::abort();
  return 0;
}
