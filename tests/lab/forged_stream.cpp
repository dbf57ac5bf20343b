// SPDX-License-Identifier: MIT
#include "forged_stream.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "receiver/stream/fletcher4.h"
#include "receiver/stream/written_head.h"

namespace czb::lab {
namespace {

using receiver::Fletcher4;
using receiver::fletcher4;
using receiver::record_bytes;
using receiver::RecordType;

// Of every record but a beginning (dmu_send.c, dump_record): the sum of all before its last bytes, which are this sum.
constexpr std::size_t checksum_at = record_bytes - sizeof(Fletcher4);
constexpr std::size_t end_checksum_at = 8;
constexpr std::size_t payload_size_at = 4;

class Reader {
 public:
  explicit Reader(const std::string& stream) : rest_(stream) {}
  std::string take(std::size_t count) {
    if (rest_.size() < count) throw std::runtime_error("the stream is not whole");
    const std::string taken(rest_.substr(0, count));
    rest_.remove_prefix(count);
    return taken;
  }
  bool at_end() const { return rest_.empty(); }
  std::string rest() const { return std::string(rest_); }

 private:
  std::string_view rest_;
};

SentDataset take_dataset(Reader& reader, const std::string& begin) {
  SentDataset sent;
  sent.begin = begin;
  sent.payload = reader.take(sent.parsed().payload);
  for (;;) {
    const std::string record = reader.take(record_bytes);
    if (receiver::record_type(record) == RecordType::end) {
      sent.end = record;
      return sent;
    }
    sent.records += record + reader.take(receiver::payload_bytes(record));
  }
}

void put_sum(std::string& record, std::size_t at, const Fletcher4& sum) {
  std::memcpy(record.data() + at, sum.data(), sizeof sum);
}

// Goes on from `sum`; the record gets it.
Fletcher4 seal_record(std::string& record, Fletcher4 sum) {
  sum = fletcher4(std::string_view(record).substr(0, checksum_at), sum);
  put_sum(record, checksum_at, sum);
  return fletcher4(std::string_view(record).substr(checksum_at), sum);
}

std::string sealed(const SentDataset& sent) {
  std::string stream = sent.begin;
  const auto payload = static_cast<std::uint32_t>(sent.payload.size());
  std::memcpy(stream.data() + payload_size_at, &payload, sizeof payload);
  stream += sent.payload;
  Fletcher4 sum = fletcher4(stream);
  Reader reader(sent.records);
  while (!reader.at_end()) {
    std::string record = reader.take(record_bytes);
    const std::string data = reader.take(receiver::payload_bytes(record));
    sum = fletcher4(data, seal_record(record, sum));
    stream += record + data;
  }
  if (sent.end.empty()) return stream;
  std::string end = sent.end.substr(0, record_bytes);
  put_sum(end, end_checksum_at, sum);
  seal_record(end, sum);
  return stream + end + sent.end.substr(record_bytes);
}

}  // namespace

void SentDataset::put_name(const std::string& snapshot) {
  std::fill(begin.begin() + at_begin::to_name, begin.end(), '\0');
  snapshot.copy(begin.data() + at_begin::to_name, begin.size() - at_begin::to_name - 1);
}

std::vector<std::string> SentDataset::split() const {
  std::vector<std::string> all;
  for (Reader reader(records); !reader.at_end();) {
    all.push_back(reader.take(record_bytes));
    all.back() += reader.take(receiver::payload_bytes(all.back()));
  }
  return all;
}

ForgedStream parts_of(const std::string& stream) {
  Reader reader(stream);
  const std::string first = reader.take(record_bytes);
  const receiver::BeginRecord begin = receiver::parse_begin(first);
  ForgedStream forged;
  if (!begin.compound) {
    forged.sent.push_back(take_dataset(reader, first));
    forged.last = reader.rest();
    return forged;
  }
  forged.compound = true;
  forged.dataset = begin.dataset;
  forged.snapshot = begin.snapshot;
  forged.features = begin.features;
  if (begin.payload != 0) forged.package = receiver::parse_package(reader.take(begin.payload), begin.dataset);
  reader.take(record_bytes);
  for (;;) {
    const std::string record = reader.take(record_bytes);
    if (receiver::is_end(record)) {
      forged.last = record + reader.rest();
      return forged;
    }
    forged.sent.push_back(take_dataset(reader, record));
  }
}

std::string put_together(const ForgedStream& forged) {
  std::string stream;
  if (forged.compound) {
    std::string payload = forged.package ? receiver::encode_package(*forged.package, forged.dataset) : "";
    if (forged.change_payload) payload = forged.change_payload(payload);
    stream = receiver::package_records(forged.dataset + "@" + forged.snapshot, forged.features, payload);
  }
  for (const SentDataset& sent : forged.sent) stream += sealed(sent);
  return stream + forged.last;
}

std::uint64_t listed_guid(const ForgedStream& stream, const std::string& relative, const std::string& snapshot) {
  const receiver::PackedDataset* const dataset = stream.package ? stream.package->find(relative) : nullptr;
  const receiver::PackedSnapshot* const found = dataset == nullptr ? nullptr : dataset->find(snapshot);
  if (found == nullptr) throw std::runtime_error("the stream does not list " + relative + "@" + snapshot);
  return found->guid;
}

receiver::PackedDataset packed_ghost(const std::string& relative,
                                     const std::vector<std::pair<std::string, std::uint64_t>>& snapshots) {
  receiver::PackedDataset ghost;
  ghost.id = "0xdead";
  ghost.relative = relative;
  ghost.properties.emplace();
  for (const auto& [name, guid] : snapshots) ghost.snapshots.push_back({name, guid, receiver::PackedProperties()});
  return ghost;
}

void no_increment(receiver::Package& package) {
  package.from.reset();
  for (receiver::PackedDataset& each : package.datasets) each.parent_from = 0;
}

}  // namespace czb::lab
