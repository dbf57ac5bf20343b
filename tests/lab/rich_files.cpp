// SPDX-License-Identifier: MIT
#include "rich_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <utility>

#include "lab.h"

namespace czb::lab {
namespace {

namespace fs = std::filesystem;

class File {
 public:
  File(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  void put(const std::string& bytes, std::uint64_t offset) const {
    const ssize_t written = ::pwrite(number_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written != static_cast<ssize_t>(bytes.size())) throw std::runtime_error("cannot write a file");
  }
  void end_at(std::uint64_t size) const {
    if (::ftruncate(number_, static_cast<off_t>(size)) != 0) throw std::runtime_error("cannot cut a file");
  }

 private:
  int number_;
};

// As the kernel takes it (linux/posix_acl_xattr.h), with so many users of its own.
std::string access_list(unsigned users) {
  std::string list(4, '\0');
  list[0] = 2;
  const auto add = [&](std::uint16_t tag, std::uint16_t rights, std::uint32_t id) {
    std::array<char, 8> entry{};
    std::memcpy(entry.data(), &tag, sizeof tag);
    std::memcpy(entry.data() + 2, &rights, sizeof rights);
    std::memcpy(entry.data() + 4, &id, sizeof id);
    list.append(entry.data(), entry.size());
  };
  constexpr std::uint32_t nobody = ~0U;
  add(1, 7, nobody);
  for (unsigned user = 0; user < users; ++user) add(2, 5, 1000 + user);
  add(4, 5, nobody);
  add(0x10, 7, nobody);
  add(0x20, 5, nobody);
  return list;
}

// Not of every file system's kind.
void set_attribute(const std::string& path, const std::string& name, const std::string& value) {
  ::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0);
}

Words attributes_of(const std::string& path) {
  std::string names(1 << 16, '\0');
  const ssize_t size = ::llistxattr(path.c_str(), names.data(), names.size());
  names.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  Words all;
  for (std::istringstream in(names); std::getline(in, names, '\0');) all.push_back(names);
  return all;
}

// Of what is not zero, with where it lies: a hole and zeros are the same.
std::size_t content_of(const std::string& path) {
  constexpr std::size_t piece = 512;
  const File file(path, O_RDONLY);
  std::size_t hash = 0;
  std::string chunk(std::size_t{1} << 20, '\0');
  for (off_t at = ::lseek(file.get(), 0, SEEK_DATA); at >= 0; at = ::lseek(file.get(), at, SEEK_DATA)) {
    const ssize_t count = ::pread(file.get(), chunk.data(), chunk.size(), at);
    if (count <= 0) return count == 0 ? hash : ~std::size_t{0};
    for (std::size_t begin = 0; begin < static_cast<std::size_t>(count); begin += piece) {
      const auto part = std::string_view(chunk).substr(begin, std::min(piece, static_cast<std::size_t>(count) - begin));
      if (part.find_first_not_of('\0') != std::string_view::npos)
        hash = hash * 31 + (std::hash<std::string_view>()(part) ^ (static_cast<std::size_t>(at) + begin));
    }
    at += count;
  }
  return hash;
}

std::string seen(const std::string& path) {
  struct stat is = {};
  if (::lstat(path.c_str(), &is) != 0) return "?";
  std::ostringstream text;
  text << std::oct << is.st_mode << std::dec << " " << is.st_uid << ":" << is.st_gid << " links " << is.st_nlink
       << " changed " << is.st_mtim.tv_sec << "." << is.st_mtim.tv_nsec << " device " << is.st_rdev;
  if (!S_ISDIR(is.st_mode)) text << " size " << is.st_size;
  if (S_ISREG(is.st_mode)) text << " content " << content_of(path);
  if (S_ISLNK(is.st_mode)) text << " to " << fs::read_symlink(path).string();
  Words names = attributes_of(path);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    std::string value(1 << 16, '\0');
    const ssize_t size = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    value.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    text << " " << name << "=" << std::hash<std::string>()(value);
  }
  return text.str();
}

constexpr std::uint64_t block = std::uint64_t{128} << 10;

}  // namespace

const std::vector<RichFiles::Step>& RichFiles::makers() {
  static const std::vector<Step> all = {
      &RichFiles::make_tiny,        &RichFiles::make_tiny,       &RichFiles::make_tiny,
      &RichFiles::make_blocks,      &RichFiles::make_text,       &RichFiles::make_zeros,
      &RichFiles::make_sparse,      &RichFiles::make_far,        &RichFiles::make_huge,
      &RichFiles::make_holes,       &RichFiles::make_links,      &RichFiles::make_nodes,
      &RichFiles::make_attributes,  &RichFiles::make_attributes, &RichFiles::make_large_attribute,
      &RichFiles::make_access_list, &RichFiles::make_folder,     &RichFiles::make_crowd,
      &RichFiles::make_long_names,  &RichFiles::make_nameless,   &RichFiles::make_somebodys};
  return all;
}

const std::vector<RichFiles::Step>& RichFiles::changers() {
  static const std::vector<Step> all = {
      &RichFiles::cut,    &RichFiles::cut,  &RichFiles::grow,  &RichFiles::overwrite,       &RichFiles::punch,
      &RichFiles::remove, &RichFiles::move, &RichFiles::touch, &RichFiles::take_attributes, &RichFiles::thin_out};
  return all;
}

RichFiles::RichFiles(std::string folder, Dice& dice) : folder_(std::move(folder)), dice_(dice) {
  for (const Step make : makers()) (this->*make)();
}

RichFiles::~RichFiles() {
  for (const int each : open_) ::close(each);
}

void RichFiles::change() {
  for (int left = dice_.between(10, 40); left > 0; --left)
    (this->*dice_.pick(dice_.chance(40) ? makers() : changers()))();
  if (!open_.empty() && dice_.chance(50)) {
    ::close(open_.back());
    open_.pop_back();
  }
}

std::string RichFiles::fresh(const std::string& kind) { return folder_ + "/" + kind + "-" + std::to_string(++number_); }

std::string RichFiles::a_file() {
  Words files;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (!entry.is_symlink() && entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());  // the seed says which
  return files.empty() ? "" : dice_.pick(files);
}

// Half of the time it compresses well.
std::string RichFiles::some(std::size_t size) {
  std::string bytes = noise(++number_, std::max<std::size_t>(size, 64));
  if (dice_.chance(50))
    for (std::size_t at = 32; at < bytes.size(); ++at) bytes[at] = bytes[at % 32];
  bytes.resize(size);
  return bytes;
}

void RichFiles::make_tiny() { write_file(fresh("tiny"), some(dice_.below(600))); }
void RichFiles::make_blocks() {
  write_file(fresh("blocks"), some(dice_.below((dice_.chance(20) ? 12 : 4) * block) + 1));
}
void RichFiles::make_text() { write_file(fresh("text"), std::string(dice_.below(3 * block) + 1, 't')); }
void RichFiles::make_zeros() { write_file(fresh("zeros"), std::string(dice_.below(2 * block) + 1, '\0')); }
void RichFiles::make_sparse() {
  const File file(fresh("sparse"), O_CREAT | O_WRONLY);
  file.put(some(dice_.below(3000) + 1), dice_.below(40 * block));
  file.end_at(45 * block + dice_.below(block));
}
void RichFiles::make_far() {
  File(fresh("far"), O_CREAT | O_WRONLY).put("end", std::uint64_t{1} << dice_.between(30, 55));
}
void RichFiles::make_huge() {
  File(fresh("huge"), O_CREAT | O_WRONLY).end_at(std::uint64_t{1} << dice_.between(40, 62));
}
void RichFiles::make_holes() {
  const File file(fresh("holes"), O_CREAT | O_WRONLY);
  for (std::uint64_t at = 0; at < 16; at += 1 + dice_.below(3)) file.put(some(5000), at * block);
}
void RichFiles::make_links() {
  const std::string file = a_file();
  if (!file.empty()) fs::create_hard_link(file, fresh("hard"));
  for (const std::size_t length : {std::size_t{3}, std::size_t{150}, std::size_t{3000}})
    fs::create_symlink(std::string(dice_.below(length) + 1, 'l'), fresh("soft"));
}
void RichFiles::make_nodes() {
  ::mknod(fresh("pipe").c_str(), S_IFIFO | 0600, 0);
  ::mknod(fresh("device").c_str(), S_IFCHR | 0600, makedev(1, 3));
  ::mknod(fresh("device").c_str(), S_IFBLK | 0600, makedev(7, 200));
  ::mknod(fresh("socket").c_str(), S_IFSOCK | 0600, 0);
}
void RichFiles::make_attributes() {
  const std::string path = fresh("attributes");
  if (dice_.chance(30))
    fs::create_directory(path);
  else
    write_file(path, some(dice_.below(2 * block)));
  for (int left = dice_.between(1, 6); left > 0; --left)
    set_attribute(path, "user.name-" + std::to_string(left), some(dice_.below(200)));
}
void RichFiles::make_large_attribute() {
  const std::string path = fresh("large-attribute");
  write_file(path, some(dice_.below(5000)));
  set_attribute(path, "user.large", some(dice_.below(60000) + 500));
}
void RichFiles::make_access_list() {
  const std::string path = fresh("access");
  if (dice_.chance(50)) {
    fs::create_directory(path);
    set_attribute(path, "system.posix_acl_default", access_list(static_cast<unsigned>(dice_.below(5))));
  } else {
    write_file(path, "x");
  }
  set_attribute(path, "system.posix_acl_access", access_list(static_cast<unsigned>(dice_.below(60))));
}
void RichFiles::make_folder() {
  const std::string path = fresh("folder") + "/a/b/c";
  fs::create_directories(path);
  write_file(path + "/file", some(1000));
}
// Names that are too long for a block of the small kind.
void RichFiles::make_crowd() {
  const std::string path = fresh("crowd");
  fs::create_directory(path);
  for (std::size_t left = dice_.below(120) + 20; left > 0; --left)
    write_file(path + "/one-of-many-files-whose-name-is-so-long-that-it-has-no-room-" + std::to_string(left), "");
}
void RichFiles::make_long_names() {
  const std::string path = fresh("long");
  fs::create_directory(path);
  for (int left = dice_.between(1, 20); left > 0; --left)
    write_file(path + "/" + std::to_string(left) + std::string(240, 'n'), "");
}
void RichFiles::make_nameless() {
  const std::string path = fresh("nameless");
  const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0 || ::pwrite(file, "nameless", 8, static_cast<off_t>(dice_.below(block))) != 8)
    throw std::runtime_error("no file without a name");
  fs::remove(path);
  open_.push_back(file);
}
void RichFiles::make_somebodys() {
  const std::string path = fresh("somebodys");
  write_file(path, some(3000));
  const auto id = static_cast<uid_t>(1 + dice_.below(std::size_t{1} << 31));
  if (::chown(path.c_str(), id, id) != 0) throw std::runtime_error("chown");
}

void RichFiles::cut() {
  const std::string path = a_file();
  if (path.empty()) return;
  const std::uint64_t size = std::min<std::uint64_t>(fs::file_size(path), 40 * block);
  File(path, O_WRONLY).end_at(dice_.below(size + 1));
}
void RichFiles::grow() {
  const std::string path = a_file();
  if (path.empty()) return;
  const std::uint64_t size = std::min<std::uint64_t>(fs::file_size(path), 40 * block);
  File(path, O_WRONLY).put(some(dice_.below(2 * block) + 1), size + (dice_.chance(50) ? dice_.below(4 * block) : 0));
}
void RichFiles::overwrite() {
  const std::string path = a_file();
  if (path.empty()) return;
  File(path, O_WRONLY)
      .put(some(dice_.below(block) + 1), dice_.below(std::min<std::uint64_t>(fs::file_size(path), 40 * block) + 1));
}
void RichFiles::punch() {
  const std::string path = a_file();
  if (path.empty()) return;
  const auto begin = static_cast<off_t>(dice_.below(6) * block / 2);
  ::fallocate(File(path, O_WRONLY).get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin,
              static_cast<off_t>(dice_.below(4 * block) + 1));
}
void RichFiles::remove() {
  const std::string path = a_file();
  if (!path.empty()) fs::remove(path);
}
void RichFiles::move() {
  const std::string path = a_file();
  if (!path.empty()) fs::rename(path, fresh("moved"));
}
void RichFiles::touch() {
  const std::string path = a_file();
  if (path.empty()) return;
  fs::permissions(path, fs::perms(dice_.below(0777)));
  const std::array<timespec, 2> times = {timespec{1, 0},
                                         timespec{static_cast<time_t>(dice_.below(std::size_t{1} << 31)), 7}};
  ::utimensat(AT_FDCWD, path.c_str(), times.data(), 0);
}
void RichFiles::take_attributes() {
  for (const auto& entry : fs::directory_iterator(folder_))
    for (const std::string& name : attributes_of(entry.path())) {
      if (dice_.chance(70)) continue;
      if (dice_.chance(50))
        ::lremovexattr(entry.path().c_str(), name.c_str());
      else if (name.rfind("user.", 0) == 0)
        set_attribute(entry.path(), name, some(dice_.below(4000)));
    }
}
// Folders become smaller, or go.
void RichFiles::thin_out() {
  Words folders;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (!entry.is_symlink() && entry.is_directory()) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  if (folders.empty()) return;
  const std::string path = dice_.pick(folders);
  if (dice_.chance(30)) {
    fs::remove_all(path);
    return;
  }
  Words files;
  for (const auto& entry : fs::directory_iterator(path)) files.push_back(entry.path());
  for (const std::string& each : files)
    if (dice_.chance(60)) fs::remove_all(each);
}

std::map<std::string, std::string> seen_in(const std::string& folder) {
  std::map<std::string, std::string> all;
  all["."] = seen(folder);
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    all[entry.path().string().substr(folder.size() + 1)] = seen(entry.path());
  return all;
}

Words random_file_options(Dice& dice) {
  Words options;
  const auto maybe = [&](int percent, const std::string& name, const Words& values) {
    if (dice.chance(percent)) options = options + Words{"-o", name + "=" + dice.pick(values)};
  };
  Words checksums = {"off", "fletcher2", "fletcher4", "sha256", "sha512", "skein", "edonr"};
  if (openzfs_is("2.3")) checksums.emplace_back("blake3");
  maybe(60, "compression", {"off", "on", "lz4", "lzjb", "gzip", "gzip-9", "zle", "zstd", "zstd-fast-10", "zstd-19"});
  maybe(40, "checksum", checksums);
  maybe(60, "recordsize", {"512", "1k", "4k", "16k", "128k", "256k", "1M"});
  maybe(60, "xattr", {"on", "sa"});
  maybe(60, "dnodesize", {"legacy", "auto", "1k", "2k", "4k", "8k", "16k"});
  maybe(60, "acltype", {"posixacl", "off"});
  maybe(20, "copies", {"1", "2", "3"});
  maybe(20, "redundant_metadata", {"all", "most"});
  maybe(15, "normalization", {"none", "formC", "formD"});
  maybe(15, "casesensitivity", {"sensitive", "insensitive", "mixed"});
  maybe(15, "atime", {"on", "off"});
  maybe(15, "logbias", {"latency", "throughput"});
  maybe(10, "dedup", {"on"});
  return options;
}

}  // namespace czb::lab
