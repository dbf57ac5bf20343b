// SPDX-License-Identifier: MIT
// Bytes on their way from one descriptor to another, first in, first out.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace czb {

class RingBuffer {
 public:
  // Throws Error (failed) when there is no memory for it. Memory is taken as it is filled.
  explicit RingBuffer(std::uint64_t capacity);

  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == capacity_; }
  std::size_t size() const { return size_; }

  // As read(2) and write(2): from `fd` into the buffer's room, and from what it holds to `fd`; at most
  // `most` bytes, at least one. Not for a full or, respectively, an empty one.
  ssize_t read_from(int fd, std::size_t most);
  ssize_t write_to(int fd, std::size_t most);

 private:
  // `count` bytes from `offset` on, the part at the end and the part at the beginning.
  std::array<iovec, 2> parts(std::size_t offset, std::size_t count);

  std::size_t capacity_;
  std::unique_ptr<char[]> bytes_;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace czb
