// SPDX-License-Identifier: MIT
// libFuzzer: whatever a host prints for a resume token or a list of names is read or refused, and what was read is
// complete. The first byte says how the command ended. Corpus: corpus/token.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "error.h"
#include "zfs/listing.h"
#include "zfs/resume_token.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(data + 1, data + size);
  czb::Completed completed;
  completed.status = {czb::ExitKind::exited, data[0]};
  completed.out = text;
  completed.err = text.substr(text.size() / 2);
  if (const auto partial = czb::parse_token_contents(completed)) {
    require(partial->to.find('\n') == std::string::npos);
    require(partial->problem.empty() == completed.ok());
  }
  try {
    for (const std::string& name : czb::parse_names(text))
      require(!name.empty() && name.find('@') == std::string::npos);
  } catch (const czb::Error& error) {
    require(error.code() == czb::ExitCode::failed);
  }
  return 0;
}
