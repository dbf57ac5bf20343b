// SPDX-License-Identifier: MIT
#include "process/ring_buffer.h"

#include <algorithm>
#include <new>
#include <string>

#include "error.h"

namespace czb {
namespace {

std::unique_ptr<char[]> allocate(std::size_t capacity) {
  try {
    return std::make_unique_for_overwrite<char[]>(capacity);
  } catch (const std::bad_alloc&) {
    throw Error(ExitCode::failed, "There is no memory for a stream's buffer of " + std::to_string(capacity) +
                                      " bytes: give it a smaller one.");
  }
}

}  // namespace

RingBuffer::RingBuffer(std::uint64_t capacity) : capacity_(capacity), bytes_(allocate(capacity_)) {}

std::array<iovec, 2> RingBuffer::parts(std::size_t offset, std::size_t count) {
  offset %= capacity_;
  const std::size_t at_end = std::min(count, capacity_ - offset);
  return {iovec{bytes_.get() + offset, at_end}, iovec{bytes_.get(), count - at_end}};
}

ssize_t RingBuffer::read_from(int fd, std::size_t most) {
  const auto room = parts(begin_ + size_, std::min(most, capacity_ - size_));
  const ssize_t got = readv(fd, room.data(), static_cast<int>(room.size()));
  if (got > 0) size_ += static_cast<std::size_t>(got);
  return got;
}

ssize_t RingBuffer::write_to(int fd, std::size_t most) {
  const auto held = parts(begin_, std::min(most, size_));
  const ssize_t written = writev(fd, held.data(), static_cast<int>(held.size()));
  if (written <= 0) return written;
  size_ -= static_cast<std::size_t>(written);
  // An empty one starts anew at the beginning: a fast receiver finds the bytes still in the cache.
  begin_ = size_ == 0 ? 0 : (begin_ + static_cast<std::size_t>(written)) % capacity_;
  return written;
}

}  // namespace czb
