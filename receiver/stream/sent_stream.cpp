// SPDX-License-Identifier: MIT
#include "receiver/stream/sent_stream.h"

#include "receiver/answer.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

// libzfs_util.c: the most that its zfs send packs into a header.
constexpr std::uint64_t largest_header = std::uint64_t{64} << 20;

[[noreturn]] void refuse(const std::string& what) {
  throw Refused("what zfs send wrote " + what + ", so none of it was sent");
}

std::string name_of(const BeginRecord& record) { return visible(record.dataset + "@" + record.snapshot); }

}  // namespace

std::optional<SentHead> read_sent_head(const std::function<std::string(std::size_t)>& read) {
  SentHead head;
  const auto take = [&](std::size_t count) {
    const std::size_t begin = head.bytes.size();
    head.bytes += read(count);
    return head.bytes.size() - begin == count;
  };
  const auto record = [&] { return std::string_view(head.bytes).substr(head.bytes.size() - record_bytes); };
  if (!take(record_bytes)) return std::nullopt;
  head.begin = parse_begin(record());
  if (!head.begin.compound) {
    head.first = head.begin;
    return head;
  }
  if (head.begin.payload > largest_header) refuse("has too large a header");
  if (!take(head.begin.payload) || !take(record_bytes)) return std::nullopt;
  if (record_type(record()) != RecordType::end) refuse("has a header without an end");
  if (!take(record_bytes)) return std::nullopt;
  if (is_end(record())) return head;
  head.first = parse_begin(record());
  if (head.first->compound) refuse("is a package within another");
  return head;
}

void check_sent(const SentHead& head, const AskedStream& asked) {
  const std::string wanted = asked.dataset + "@" + asked.snapshot;
  if (head.begin.compound && (head.begin.dataset != asked.dataset || head.begin.snapshot != asked.snapshot))
    refuse("is of " + name_of(head.begin) + " and not of " + visible(wanted));
  if (!head.first) return;
  const BeginRecord& first = *head.first;
  const bool is_own = first.dataset == asked.dataset;
  if (!is_own && !(asked.recursive && relative_name(first.dataset, asked.dataset)))
    refuse("brings " + name_of(first) + ", which is not in " + visible(asked.dataset));
  if (asked.guid && (first.to_guid != *asked.guid || first.snapshot != asked.snapshot || !is_own))
    refuse("is of " + name_of(first) + " (guid " + std::to_string(first.to_guid) + ") and not of " + visible(wanted) +
           " (guid " + std::to_string(*asked.guid) + ")");
  if (is_own && asked.encrypted && (first.features & feature_raw) == 0)
    refuse("is " + name_of(first) + " in clear, which is encrypted");
}

}  // namespace czb::receiver
