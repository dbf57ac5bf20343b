// SPDX-License-Identifier: MIT
// A block of names (micro_zap.h) on its way in a stream: as it is, or compressed as ZFS compresses what is its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "receiver/stream/micro_zap.h"
#include "receiver/stream/stream_record.h"

namespace czb::receiver {

struct ZapBlock {
  std::size_t size = 0;
  std::uint8_t compression = 0;  // ZIO_COMPRESS_*; 0: none
  std::size_t compressed = 0;    // bytes of the payload, where it is
  bool swapped = false;          // not in this host's byte order
};

// Nothing where the record does not bring all of its object's first block of this size, or compressed otherwise.
// `payload`: bytes that follow the record.
std::optional<ZapBlock> zap_block(const WriteRecord& write, std::uint64_t payload, std::size_t size, bool is_raw);
std::optional<ZapBlock> zap_block(const EmbeddedRecord& embedded, std::size_t size);

// What the payload holds; nothing where it is not as parse_micro_zap wants it.
std::optional<std::vector<MicroZapEntry>> entries_in(const ZapBlock& block, std::string_view payload);

}  // namespace czb::receiver
