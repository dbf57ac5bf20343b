// SPDX-License-Identifier: MIT
#include "receiver/stream/zap_block.h"

#include <string>

#include "receiver/stream/lz4.h"
#include "receiver/stream/lzjb.h"

namespace czb::receiver {
namespace {

// ZIO_COMPRESS_*
constexpr std::uint8_t compression_off = 2;  // as raw streams say it; the others say nothing
constexpr std::uint8_t compression_lzjb = 3;
constexpr std::uint8_t compression_lz4 = 15;

constexpr std::uint32_t largest_embedded = 112;  // BPE_PAYLOAD_SIZE

bool is_known(std::uint8_t compression) { return compression == compression_lz4 || compression == compression_lzjb; }

std::optional<std::string> decompressed(const ZapBlock& block, std::string_view payload) {
  const std::string_view compressed = payload.substr(0, block.compressed);
  return block.compression == compression_lz4 ? decompress_lz4(compressed, block.size)
                                              : decompress_lzjb(compressed, block.size);
}

}  // namespace

std::optional<ZapBlock> zap_block(const WriteRecord& write, std::uint64_t payload, std::size_t size, bool is_raw) {
  if (write.offset != 0 || write.bytes != size || payload > size) return std::nullopt;
  const bool is_compressed = write.compression != 0 && !(is_raw && write.compression == compression_off);
  if (is_compressed ? !is_known(write.compression) : payload != size) return std::nullopt;
  return ZapBlock{.size = size,
                  .compression = is_compressed ? write.compression : std::uint8_t{0},
                  .compressed = static_cast<std::size_t>(payload),
                  .swapped = is_raw && (write.flags & write_is_swapped) != 0};
}

std::optional<ZapBlock> zap_block(const EmbeddedRecord& embedded, std::size_t size) {
  const bool fits = embedded.offset == 0 && embedded.bytes == size && embedded.kind == 0 &&
                    embedded.decompressed_size == size && is_known(embedded.compression) &&
                    embedded.payload_size != 0 && embedded.payload_size <= largest_embedded;
  if (!fits) return std::nullopt;
  return ZapBlock{.size = size, .compression = embedded.compression, .compressed = embedded.payload_size};
}

std::optional<std::vector<MicroZapEntry>> entries_in(const ZapBlock& block, std::string_view payload) {
  if (block.compression == 0) return parse_micro_zap(payload, block.swapped);
  const std::optional<std::string> whole = decompressed(block, payload);
  return whole ? parse_micro_zap(*whole, block.swapped) : std::nullopt;
}

}  // namespace czb::receiver
