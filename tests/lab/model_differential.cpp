// SPDX-License-Identifier: MIT
#include "model_differential.h"

#include <algorithm>
#include <cstring>
#include <regex>
#include <set>
#include <sstream>

#include "model/stream.h"

namespace czb::lab {
namespace {

const std::string columns =
    "name,type,guid,createtxg,userrefs,clones,receive_resume_token,encryptionroot,origin,written,czb:p";
enum Column : std::size_t { name, type, guid, createtxg, userrefs, clones, token, encryptionroot, origin, written };

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

Words split(const std::string& text, char at) {
  Words parts(1);
  for (const char c : text) {
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// Names that receive makes up hold its process id.
std::string without_numbers(const std::string& text) {
  return std::regex_replace(text, std::regex("recv-[0-9]+-[0-9]+"), "recv-N");
}

// What was said, without what cannot be the same (sizes, tokens, guids, which of several datasets came first) and what
// the model leaves out (the usage, the list of all that would have to go).
std::string said(const std::string& err) {
  std::multiset<std::string> said_lines;
  for (const std::string& line : lines_of(without_numbers(err))) {
    if (line.rfind("usage:", 0) == 0) break;
    if (line.rfind("full\t", 0) == 0 || line.rfind("incremental\t", 0) == 0 || line.rfind("size\t", 0) == 0) continue;
    // Which of these come before the dataset that fails follows from an order that no stream tells.
    if (line.rfind("skipping snapshot ", 0) == 0 && err.find(" recursively: ") != std::string::npos) continue;
    if (line.rfind("    zfs send -t ", 0) == 0 || line.rfind("\t", 0) == 0 || line.empty()) continue;
    said_lines.insert(std::regex_replace(line, std::regex("0x[0-9a-f]+|snapshot [^ ]+ does not exist$"), "…"));
    if (line.rfind("use '-", 0) == 0) break;
  }
  std::string text;
  for (const std::string& line : said_lines) text += line + "\n";
  return text;
}

// A snapshot's place in a real stream (sys/zfs_ioctl.h, struct drr_begin).
struct RealPart {
  std::string toname;
  std::size_t begin = 0;
  std::size_t body = 0;  // after the BEGIN record and its payload
};

constexpr std::size_t record_size = 312;

template <typename Number>
Number number_at(const std::string& stream, std::size_t at) {
  Number value = 0;
  std::memcpy(&value, stream.data() + at, sizeof value);
  return value;
}

std::vector<RealPart> real_parts(const std::string& stream, bool& package) {
  const std::string magic("\xac\xcb\xba\xf5\x02\0\0\0", 8);
  std::vector<RealPart> parts;
  package = false;
  for (std::size_t at = stream.find(magic); at != std::string::npos; at = stream.find(magic, at + 1)) {
    if (at < 8 || at - 8 + record_size > stream.size() || number_at<std::uint32_t>(stream, at - 8) != 0) continue;
    const auto kind = number_at<std::uint64_t>(stream, at + 8) & 3U;
    if (kind == 2) package = true;
    if (kind != 1) continue;
    RealPart part;
    part.toname = stream.c_str() + at + 48;
    part.begin = at - 8;
    part.body = part.begin + record_size + number_at<std::uint32_t>(stream, at - 4);
    parts.push_back(part);
  }
  return parts;
}

// After the BEGIN record of the part and before its END is complete.
std::size_t real_middle(const std::string& stream, std::size_t number) {
  bool package = false;
  const std::vector<RealPart> parts = real_parts(stream, package);
  std::size_t end = stream.size() - (package ? record_size : 0);
  if (number + 1 < parts.size()) end = parts[number + 1].begin;
  const std::size_t body = parts.at(number).body;
  const std::size_t last = end - record_size;
  return body + (last > body ? (last - body) / 2 : 0) + 8;
}

Words order_of(const std::vector<RealPart>& parts) {
  Words order;
  for (const RealPart& part : parts) {
    const std::string dataset = part.toname.substr(0, part.toname.find('@'));
    if (std::find(order.begin(), order.end(), dataset) == order.end()) order.push_back(dataset);
  }
  return order;
}

}  // namespace

BothZfs::BothZfs(std::string source, std::string target, const std::string& folder, std::uint64_t seed)
    : source_(std::move(source)), target_(std::move(target)), stream_file_(folder + "/stream"), model_(seed) {
  model_.add_pool("zippy");
  model_.add_pool("offsite");
  const std::string above = source_.substr(0, source_.rfind('/'));
  if (above != "zippy") model_.command({"zfs", "create", "-p", above});
}

void BothZfs::diverge(const std::string& how) const {
  throw Divergence("the model and ZFS differ: " + how + "\n-- after\n" + log_ + "-- state before the last step\n" +
                   before_);
}

int BothZfs::agreed(const std::string& what, const Result& real, const model::ModelResult& told) {
  log_ += what + "\n    => " + std::to_string(real.status) + "\n";
  if (real.status != 0) ++refused_;
  if ((real.status == 0) != (told.status == 0) || said(real.err) != said(told.err))
    diverge("ZFS ended with " + std::to_string(real.status) + ":\n" + real.err + "the model with " +
            std::to_string(told.status) + ":\n" + told.err);
  return real.status;
}

int BothZfs::command(const Words& argv) { return agreed(joined(argv), run(argv), model_.command(argv)); }

int BothZfs::transfer(const Words& send, const Words& receive, int cut) {
  return transferred(send, send, receive, cut);
}

int BothZfs::resume(const std::string& dataset, int cut) {
  const Words list = {"zfs", "list", "-H", "-o", "receive_resume_token", dataset};
  const auto first_line = [](const std::string& text) { return text.substr(0, text.find('\n')); };
  const std::string real = first_line(run(list).out);
  const std::string told = first_line(model_.command(list).out);
  return transferred({"zfs", "send", "-P", "-t", real}, {"zfs", "send", "-P", "-t", told},
                     {"zfs", "receive", "-s", "-u", dataset}, cut);
}

int BothZfs::transferred(const Words& real_send, const Words& model_send, const Words& receive, int cut) {
  Result real = run(real_send);
  bool package = false;
  std::vector<RealPart> parts = real_parts(real.out, package);
  // The order among children is that of a hash; the model is told.
  if (real_send.size() > 3 && real_send[2] == "-R") model_.set_stream_order(order_of(parts));
  model::SendResult told = model_.send(model_send);
  const int status = agreed(joined(real_send).substr(0, 300), {real.status, "", real.err}, {told.status, "", told.err});
  const std::vector<model::StreamPart> told_parts = model::parts_of(told.bytes);
  std::string real_names;
  std::string told_names;
  for (const RealPart& part : parts) real_names += part.toname + " ";
  for (const model::StreamPart& part : told_parts) told_names += part.head.toname + " ";
  if (real_names != told_names) diverge("ZFS sends " + real_names + "\nthe model " + told_names);
  if (real.out.empty() != told.bytes.empty()) diverge("one stream is empty, the other is not");
  if (real.out.empty()) return status;
  if (cut >= 0 && !parts.empty()) {
    const std::size_t part = static_cast<std::size_t>(cut) % parts.size();
    real.out.resize(real_middle(real.out, part));
    const model::StreamPart& there = told_parts[part];
    told.bytes.resize(there.payload + (there.head.size - there.head.offset) / 2);
    log_ += "    cut in " + parts[part].toname + "\n";
  }
  write_file(stream_file_, real.out);
  const Words bash = {"bash", "-c", R"(exec "$@" < "$0")", stream_file_};
  const Result real_received = run(bash + receive);
  const int received = agreed("  | " + joined(receive), real_received, model_.receive(receive, told.bytes));
  if (received == 0) ++received_;
  return received;
}

void BothZfs::write(const std::string& dataset, std::uint64_t number) {
  if (read_file("/proc/self/mounts").find(" /" + dataset + " zfs ") == std::string::npos) return;
  write_file("/" + dataset + "/file", noise(static_cast<unsigned>(number)).substr(0, 24U << 10U));
  model_.write(dataset, 60);
}

void BothZfs::compare() {
  const Words list = {"zfs", "list",  "-H",    "-p",   "-r", "-t", "filesystem,volume,snapshot,bookmark",
                      "-o",  columns, source_, target_};
  const Result real = run(list);
  const model::ModelResult told = model_.command(list);
  if (without_numbers(real.out) != real.out) at_end_ = true;
  compare_rows(real.out, told.out);
  before_ = real.out;
}

void BothZfs::compare_guids(const std::string& what, const std::string& real, const std::string& told) {
  const auto [forth, is_new] = real_to_model_.emplace(real, told);
  const auto [back, is_new_too] = model_to_real_.emplace(told, real);
  if (forth->second != told || back->second != real)
    diverge("the guid of " + what + " is another one: " + real + " and " + told + "; should be " + back->second +
            " and " + forth->second);
}

void BothZfs::compare_rows(const std::string& real, const std::string& told) {
  const std::string both = "ZFS has\n" + real + "the model\n" + told;
  Words real_rows = lines_of(without_numbers(real));
  Words told_rows = lines_of(without_numbers(told));
  if (real_rows.size() != told_rows.size()) diverge("there are more rows in one: " + both);
  for (std::size_t i = 0; i < real_rows.size(); ++i) {
    Words a = split(real_rows[i], '\t');
    Words b = split(told_rows[i], '\t');
    if (a.size() != b.size()) diverge("there are more columns in one: " + both);
    if (a[name] != b[name]) diverge("rows differ, " + a[name] + " and " + b[name] + ": " + both);
    compare_guids(a[name], a[guid], b[guid]);
    for (Words* row : {&a, &b}) {
      (*row)[guid] = (*row)[createtxg] = "";  // the rows' order is that of createtxg
      if ((*row)[token] != "-") (*row)[token] = "token";
      const bool head = (*row)[type] == "filesystem" || (*row)[type] == "volume";
      const bool compared = head && (*row)[name].rfind("offsite", 0) == 0 && (*row)[token] == "-";
      if (!compared) (*row)[written] = "";
      if ((*row)[written] != "0" && !(*row)[written].empty()) (*row)[written] = "written";
      Words names = split((*row)[clones], ',');
      std::sort(names.begin(), names.end());
      (*row)[clones] = joined(names);
    }
    for (std::size_t column = 0; column < a.size(); ++column)
      if (a[column] != b[column])
        diverge(a[name] + ": column " + std::to_string(column) + " is '" + a[column] + "', in the model '" + b[column] +
                "': " + both);
  }
}

}  // namespace czb::lab
