// SPDX-License-Identifier: MIT
// libFuzzer: whatever a host has for a resume token or a list of names is read or refused, and what was read is
// complete: a name that ZFS takes, in one line. The input is a token, the list that one packs, and names.
// Corpus: corpus/token.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "error.h"
#include "fixtures/token_builder.h"
#include "zfs/listing.h"
#include "zfs/names.h"
#include "zfs/resume_token.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void look_at(const std::string& token) {
  const auto contents = czb::read_resume_token(token);
  if (!contents) return;
  require(!czb::dataset_name_error(contents->dataset) && !czb::snapshot_name_error(contents->snapshot));
  require(token.find('\n') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  look_at(text);
  look_at(czb::test::token_of_list(text));
  try {
    for (const std::string& name : czb::parse_names(text))
      require(!name.empty() && name.find('@') == std::string::npos);
  } catch (const czb::Error& error) {
    require(error.code() == czb::ExitCode::failed);
  }
  return 0;
}
