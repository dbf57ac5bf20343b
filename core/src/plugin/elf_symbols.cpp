// SPDX-License-Identifier: MIT
#include "plugin/elf_symbols.h"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <vector>

namespace czb {
namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);
using Dynamic = ElfW(Dyn);
using Symbol = ElfW(Sym);
using Address = ElfW(Addr);

// The tables of the dynamic section, as the loader finds them: section headers may be stripped. Throws runtime_error
// where the file does not hold what it points at.
class DynamicTables {
 public:
  explicit DynamicTables(const std::string& path) : file_(path, std::ios::binary | std::ios::ate) {
    if (!file_) throw std::runtime_error("cannot be read");
    size_ = static_cast<std::uint64_t>(file_.tellg());
    const auto header = read<Header>(0, 1).front();
    segments_ = read<Segment>(header.e_phoff, header.e_phnum);
    for (const Segment& segment : segments_)
      if (segment.p_type == PT_DYNAMIC) entries_ = read<Dynamic>(segment.p_offset, segment.p_filesz / sizeof(Dynamic));
  }

  std::vector<Symbol> symbols() {
    const std::optional<Address> table = value(DT_SYMTAB);
    if (!table) return {};
    return read<Symbol>(offset_of(*table), symbol_count());
  }

  std::vector<char> names() {
    const std::optional<Address> table = value(DT_STRTAB);
    return table ? read<char>(offset_of(*table), value(DT_STRSZ).value_or(0)) : std::vector<char>();
  }

 private:
  template <typename T>
  std::vector<T> read(std::uint64_t offset, std::uint64_t count) {
    if (offset > size_ || count > (size_ - offset) / sizeof(T)) throw std::runtime_error("points beyond its end");
    std::vector<T> values(count);
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(T)));
    if (!file_) throw std::runtime_error("cannot be read");
    return values;
  }

  std::optional<Address> value(decltype(Dynamic::d_tag) tag) const {
    for (const Dynamic& entry : entries_) {
      if (entry.d_tag == DT_NULL) break;
      if (entry.d_tag == tag) return entry.d_un.d_val;
    }
    return std::nullopt;
  }

  std::uint64_t offset_of(Address address) const {
    for (const Segment& segment : segments_)
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz)
        return segment.p_offset + (address - segment.p_vaddr);
    throw std::runtime_error("points at nothing");
  }

  // The symbol table does not say how long it is; the hash table over it does.
  std::uint64_t symbol_count() {
    if (const auto table = value(DT_HASH)) return read<std::uint32_t>(offset_of(*table), 2)[1];
    const auto table = value(DT_GNU_HASH);
    if (!table) return 0;
    // Buckets, first hashed symbol, words of the Bloom filter; then that filter, the buckets, and a chain of hashes
    // whose lowest bit ends each bucket's part.
    const std::uint64_t begin = offset_of(*table);
    const auto header = read<std::uint32_t>(begin, 4);
    const std::uint32_t first = header[1];
    const std::uint64_t bucket_offset = begin + 4 * sizeof(std::uint32_t) + header[2] * sizeof(Address);
    const auto buckets = read<std::uint32_t>(bucket_offset, header[0]);
    const std::uint32_t last_bucket = buckets.empty() ? 0 : *std::max_element(buckets.begin(), buckets.end());
    if (last_bucket < first) return first;
    const std::uint64_t chain_offset = bucket_offset + buckets.size() * sizeof(std::uint32_t);
    std::uint64_t index = last_bucket;
    while ((read<std::uint32_t>(chain_offset + (index - first) * sizeof(std::uint32_t), 1).front() & 1U) == 0) ++index;
    return index + 1;
  }

  std::ifstream file_;
  std::uint64_t size_ = 0;
  std::vector<Segment> segments_;
  std::vector<Dynamic> entries_;
};

bool is_visible_function(const Symbol& symbol) {
  // The macros for 32 and 64 bits are the same.
  const auto type = ELF64_ST_TYPE(symbol.st_info);
  const auto binding = ELF64_ST_BIND(symbol.st_info);
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && type == STT_FUNC && (binding == STB_GLOBAL || binding == STB_WEAK) &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

}  // namespace

bool exports_function(const std::string& path, std::string_view name) {
  try {
    DynamicTables tables(path);
    std::vector<char> names = tables.names();
    names.push_back('\0');  // so that every name ends
    const std::vector<Symbol> symbols = tables.symbols();
    return std::any_of(symbols.begin(), symbols.end(), [&](const Symbol& symbol) {
      return is_visible_function(symbol) && symbol.st_name < names.size() && name == names.data() + symbol.st_name;
    });
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace czb
