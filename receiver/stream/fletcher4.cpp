// SPDX-License-Identifier: MIT
#include "receiver/stream/fletcher4.h"

#include <cstring>
#include <stdexcept>

namespace czb::receiver {

Fletcher4 fletcher4(std::string_view bytes, Fletcher4 sum) {
  std::uint32_t word = 0;
  if (bytes.size() % sizeof word != 0) throw std::invalid_argument("fletcher4: bytes that are no whole words");
  for (; !bytes.empty(); bytes.remove_prefix(sizeof word)) {
    std::memcpy(&word, bytes.data(), sizeof word);
    sum[0] += word;
    sum[1] += sum[0];
    sum[2] += sum[1];
    sum[3] += sum[2];
  }
  return sum;
}

}  // namespace czb::receiver
