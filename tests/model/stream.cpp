// SPDX-License-Identifier: MIT
#include "model/stream.h"

#include <charconv>
#include <cstring>
#include <map>
#include <stdexcept>

#include "fixtures/token_builder.h"

namespace czb::model {
namespace {

class Writer {
 public:
  explicit Writer(std::string_view word) : line_(word) {}

  Writer& operator<<(const std::string& text) {
    line_ += '\t';
    for (const char c : text) {
      if (c == '\t' || c == '\n' || c == '\\') {
        line_ += '\\';
        line_ += c == '\t' ? 't' : c == '\n' ? 'n' : '\\';
      } else {
        line_ += c;
      }
    }
    return *this;
  }
  Writer& operator<<(std::uint64_t number) { return *this << std::to_string(number); }

  std::string line() const { return line_ + "\n"; }

 private:
  std::string line_;
};

class Reader {
 public:
  Reader(std::string_view line, std::string_view word) : rest_(line) {
    if (text() != word) throw std::runtime_error("not a " + std::string(word));
  }

  std::string text() {
    if (done_) throw std::runtime_error("a line is too short");
    const std::size_t tab = rest_.find('\t');
    const std::string_view field = rest_.substr(0, tab);
    done_ = tab == std::string_view::npos;
    rest_.remove_prefix(done_ ? rest_.size() : tab + 1);
    std::string value;
    for (std::size_t i = 0; i < field.size(); ++i) {
      if (field[i] != '\\') {
        value += field[i];
      } else if (++i < field.size()) {
        value += field[i] == 't' ? '\t' : field[i] == 'n' ? '\n' : field[i];
      }
    }
    return value;
  }

  std::uint64_t number() {
    const std::string field = text();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || field.empty())
      throw std::runtime_error("'" + field + "' is not a number");
    return value;
  }

  bool flag() { return number() != 0; }

 private:
  std::string_view rest_;
  bool done_ = false;
};

std::uint64_t bit(bool flag) { return flag ? 1 : 0; }

}  // namespace

std::string to_line(const PackageHead& head) {
  Writer line("PACKAGE");
  line << head.toname << head.fromsnap << bit(head.has_list) << bit(head.recursive) << bit(head.raw)
       << head.filesystems.size();
  for (const FilesystemEntry& entry : head.filesystems) {
    line << entry.guid << entry.name << entry.parent_from << entry.origin << bit(entry.encryption_root)
         << bit(entry.has_properties) << entry.properties.size();
    for (const auto& [name, value] : entry.properties) line << name << value;
    line << entry.snapshots.size();
    for (const auto& [name, guid] : entry.snapshots) line << name << guid;
  }
  return line.line();
}

PackageHead package_of(std::string_view text) {
  Reader line(text, "PACKAGE");
  PackageHead head;
  head.toname = line.text();
  head.fromsnap = line.text();
  head.has_list = line.flag();
  head.recursive = line.flag();
  head.raw = line.flag();
  for (std::uint64_t left = line.number(); left > 0; --left) {
    FilesystemEntry entry;
    entry.guid = line.number();
    entry.name = line.text();
    entry.parent_from = line.number();
    entry.origin = line.number();
    entry.encryption_root = line.flag();
    entry.has_properties = line.flag();
    for (std::uint64_t more = line.number(); more > 0; --more) {
      const std::string name = line.text();
      entry.properties[name] = line.text();
    }
    for (std::uint64_t more = line.number(); more > 0; --more) {
      const std::string name = line.text();
      entry.snapshots.emplace_back(name, line.number());
    }
    head.filesystems.push_back(std::move(entry));
  }
  return head;
}

std::string to_line(const SnapshotHead& head) {
  return (Writer("BEGIN") << head.toname << head.toguid << head.fromguid << bit(head.clone) << bit(head.resuming)
                          << bit(head.raw) << bit(head.embedded) << bit(head.volume) << head.master_key << head.content
                          << head.referenced << head.size << head.offset)
      .line();
}

SnapshotHead snapshot_of(std::string_view text) {
  Reader line(text, "BEGIN");
  SnapshotHead head;
  head.toname = line.text();
  head.toguid = line.number();
  head.fromguid = line.number();
  head.clone = line.flag();
  head.resuming = line.flag();
  head.raw = line.flag();
  head.embedded = line.flag();
  head.volume = line.flag();
  head.master_key = line.number();
  head.content = line.number();
  head.referenced = line.number();
  head.size = line.number();
  head.offset = line.number();
  return head;
}

bool is_package(std::string_view line) { return line.substr(0, 8) == "PACKAGE\t"; }

bool is_snapshot(std::string_view line) { return line.substr(0, 6) == "BEGIN\t"; }

std::vector<StreamPart> parts_of(std::string_view stream) {
  std::vector<StreamPart> parts;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t end = stream.find('\n', at);
    if (end == std::string_view::npos) break;
    const std::string_view line = stream.substr(at, end - at);
    if (!is_snapshot(line)) {
      at = end + 1;
      continue;
    }
    StreamPart part;
    part.head = snapshot_of(line);
    part.begin = at;
    part.payload = end + 1;
    part.end = part.payload + (part.head.size - part.head.offset) + snapshot_end.size();
    at = part.end;
    parts.push_back(std::move(part));
  }
  return parts;
}

std::string to_text(const ResumeToken& token) {
  return test::resume_token(token.toname, token.toguid, token.fromguid, token.raw, token.offset);
}

ResumeToken token_of(const std::string& text) {
  if (text.rfind("1-", 0) != 0) throw std::runtime_error("resume token is corrupt (invalid format)");
  const std::map<std::string, std::string> parts = test::parts_of_token(text);
  if (parts.count("toname") == 0) throw std::runtime_error("resume token is corrupt (incorrect checksum)");
  const auto number = [&](const char* name) {
    std::uint64_t value = 0;
    const auto found = parts.find(name);
    if (found != parts.end() && found->second.size() == sizeof value)
      std::memcpy(&value, found->second.data(), sizeof value);
    return value;
  };
  const std::string& name = parts.at("toname");
  return {name.substr(0, name.find('\0')), number("toguid"), number("fromguid"), number("offset"),
          parts.count("rawok") != 0};
}

}  // namespace czb::model
