// SPDX-License-Identifier: MIT
#include "plugin/elf_check.h"

#include <elf.h>
#include <link.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <vector>

// The ELF header of the program that this is linked into; the linker defines it. It tells what
// machine we are, on every architecture alike.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" __attribute__((visibility("hidden"))) const ElfW(Ehdr) __ehdr_start;

namespace czb {
namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);

constexpr std::size_t most_segments = 1024;

bool read_at(std::ifstream& file, std::uint64_t offset, void* bytes, std::size_t count) {
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(static_cast<char*>(bytes), static_cast<std::streamsize>(count));
  return file.gcount() == static_cast<std::streamsize>(count);
}

std::optional<std::string> header_problem(const Header& header) {
  const Header& own = __ehdr_start;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "it is not a shared object (no ELF file)";
  if (header.e_ident[EI_CLASS] != own.e_ident[EI_CLASS]) {
    return std::string("it was built for ") + (header.e_ident[EI_CLASS] == ELFCLASS32 ? "32" : "64") +
           " bits, this program for " + (own.e_ident[EI_CLASS] == ELFCLASS32 ? "32" : "64");
  }
  if (header.e_ident[EI_DATA] != own.e_ident[EI_DATA]) return "it was built for the other byte order";
  if (header.e_machine != own.e_machine) {
    return "it was built for another machine (ELF machine " + std::to_string(header.e_machine) + ", this program has " +
           std::to_string(own.e_machine) + ")";
  }
  if (header.e_type != ET_DYN) return "it is an ELF file, but not a shared object";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> elf_problem(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) {
    return "it cannot be read: " + std::error_code(errno, std::generic_category()).message();
  }
  const auto size = static_cast<std::uint64_t>(file.tellg());
  const std::string cut_short = "it is cut short or damaged: install it again";

  Header header = {};
  if (!read_at(file, 0, header.e_ident, sizeof header.e_ident)) return "it is not a shared object (no ELF file)";
  const bool complete = read_at(file, 0, &header, sizeof header);
  if (!complete && std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0) return cut_short;
  if (auto problem = header_problem(header)) return problem;

  const std::size_t count = header.e_phnum;
  if (count == 0 || count > most_segments || header.e_phentsize != sizeof(Segment)) return cut_short;
  std::vector<Segment> segments(count);
  if (!read_at(file, header.e_phoff, segments.data(), count * sizeof(Segment))) return cut_short;
  for (const Segment& segment : segments) {
    if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC) continue;
    if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset) return cut_short;
  }
  return std::nullopt;
}

}  // namespace czb
