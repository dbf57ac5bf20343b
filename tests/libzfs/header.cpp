// SPDX-License-Identifier: MIT
#include "libzfs/header.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace czb::libzfs {
namespace {

constexpr std::size_t record_size = 312;

template <typename Number>
Number in_memory(std::string_view bytes, std::size_t offset) {
  Number value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// zfs_fletcher.c, fletcher_4_native
std::array<std::uint64_t, 4> checksum_of(std::string_view bytes) {
  std::array<std::uint64_t, 4> sums = {};
  for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    sums[0] += in_memory<std::uint32_t>(bytes, at);
    for (std::size_t i = 1; i < sums.size(); ++i) sums[i] += sums[i - 1];
  }
  return sums;
}

struct Malformed {};

// XDR, as nvpair.c unpacks it: each pair says its size, which has to be the right one.
class Xdr {
 public:
  explicit Xdr(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number(int bytes = 4) {
    std::uint64_t value = 0;
    for (const char each : take(static_cast<std::size_t>(bytes)))
      value = value << 8U | static_cast<unsigned char>(each);
    return value;
  }

  std::string_view text() {
    const std::size_t size = number();
    const std::string_view value = take(size);
    take((4 - size % 4) % 4);
    return value;
  }

  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view take(std::size_t count) {
    if (count > rest_.size()) throw Malformed();
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
};

enum class Type : std::uint32_t { boolean = 1, number = 8, text = 9, list = 19 };

struct Value {
  Type type = Type::boolean;
  std::uint64_t number = 0;
  std::string_view text;
};

// Calls `take(name, value)` for each pair of a list; a list's own pairs are still to be read then.
template <typename Take>
void read_pairs(Xdr& xdr, const Take& take) {
  if (xdr.number() != 0 || xdr.number() != 1) throw Malformed();  // version; names are unique
  for (;;) {
    const std::size_t before = xdr.left();
    const std::uint64_t size = xdr.number();
    if (xdr.number() == 0 && size == 0) return;
    const std::string_view name = xdr.text();
    Value value = {static_cast<Type>(xdr.number()), 0, {}};
    if (xdr.number() != (value.type == Type::boolean ? 0U : 1U)) throw Malformed();
    if (value.type == Type::number) value.number = xdr.number(8);
    if (value.type == Type::text) value.text = xdr.text();
    take(name, value);
    if (before - xdr.left() != size) throw Malformed();
  }
}

std::string read_properties(Xdr& xdr, std::optional<std::string_view>* key_location) {
  std::string properties;
  read_pairs(xdr, [&](std::string_view name, const Value& value) {
    if (key_location != nullptr && name == "keylocation") {
      *key_location = value.text;
      return;
    }
    properties += name;
    properties += "=";
    properties += value.type == Type::number ? std::to_string(value.number) : std::string(value.text);
    properties += ";";
  });
  return properties;
}

ListedDataset read_dataset(Xdr& xdr) {
  ListedDataset dataset;
  read_pairs(xdr, [&](std::string_view name, const Value& value) {
    if (name == "name") dataset.name = value.text;
    if (name == "parentfromsnap") dataset.parent_from = value.number;
    if (name == "origin") dataset.origin = value.number;
    if (name == "is_encroot") dataset.is_encryption_root = true;
    if (value.type != Type::list) return;
    if (name == "props") {
      dataset.properties = read_properties(xdr, &dataset.key_location);
    } else if (name == "snaps") {
      read_pairs(xdr, [&](std::string_view snapshot, const Value& guid) {
        dataset.snapshots.push_back({snapshot, guid.number, std::nullopt});
      });
    } else {
      read_pairs(xdr, [&](std::string_view snapshot, const Value&) {
        std::string properties = read_properties(xdr, nullptr);
        for (ListedSnapshot& each : dataset.snapshots)
          if (each.name == snapshot) each.properties = properties;
      });
    }
  });
  if (dataset.name.empty()) throw Malformed();
  return dataset;
}

Header read_list(std::string_view payload) {
  Header header;
  Xdr xdr(payload);
  if (xdr.number(1) != 1) throw Malformed();  // XDR
  xdr.number(3);
  read_pairs(xdr, [&](std::string_view name, const Value& value) {
    if (name == "fromsnap") header.from = value.text;
    if (name == "not_recursive") header.recursive = false;
    if (name == "raw") header.raw = true;
    if (value.type == Type::list)
      read_pairs(xdr, [&](std::string_view, const Value&) { header.datasets.push_back(read_dataset(xdr)); });
  });
  return header;
}

}  // namespace

Header::Found Header::find(Guid guid) const {
  for (const ListedDataset& dataset : datasets)
    for (const ListedSnapshot& snapshot : dataset.snapshots)
      if (snapshot.guid == guid) return {&dataset, &snapshot};
  return {};
}

std::optional<Header> read_header(std::string_view& bytes) {
  constexpr std::size_t name_at = 56;
  constexpr std::size_t checksum_at = 8;
  constexpr std::uint32_t end = 5;
  const std::size_t payload = bytes.size() < record_size ? 0 : in_memory<std::uint32_t>(bytes, 4);
  const std::size_t size = record_size + payload;
  if (bytes.size() < size + record_size) return std::nullopt;
  const std::string_view last = bytes.substr(size, record_size);
  if (in_memory<std::uint32_t>(last, 0) != end) return std::nullopt;
  for (std::size_t i = 0; const std::uint64_t sum : checksum_of(bytes.substr(0, size)))
    if (in_memory<std::uint64_t>(last, checksum_at + 8 * i++) != sum) return std::nullopt;
  try {
    Header header = read_list(bytes.substr(record_size, payload));
    const std::string_view name(bytes.data() + name_at);
    header.top = name.substr(0, name.find('@'));
    header.to = name.substr(name.find('@') + 1);
    bytes.remove_prefix(size + record_size);
    return header;
  } catch (const Malformed&) {
    return std::nullopt;
  }
}

}  // namespace czb::libzfs
