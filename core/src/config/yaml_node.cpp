// SPDX-License-Identifier: MIT
#include "config/yaml_node.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <map>
#include <sstream>

#include "config/text_check.h"
#include "config/wording.h"
#include "error.h"

namespace czb {
namespace {

// The schema needs seven levels. yaml-cpp 0.7 itself gives up at 500.
constexpr std::size_t deepest = 32;

// A file of yaml_size_limit bytes without aliases stays below: a value takes two bytes of it or more.
constexpr std::size_t weight_of_a_node = 16;
constexpr std::size_t heaviest = yaml_size_limit * (weight_of_a_node + 1);

// Builds the tree. Throws Error straight through yaml-cpp, which holds nothing but RAII objects.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const std::string& path) : path_(path) {}

  YamlNodePtr take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) fail(mark, "a second YAML document begins here; a configuration has only one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // yaml-cpp puts a value that was left out at whatever comes next: its key is the better place.
    const bool has_key = !open_.empty() && open_.back().key != nullptr;
    add_leaf(has_key ? open_.back().key_mark : mark, anchor, YamlNode::Kind::null, "");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    if (const auto fault = text_fault(value)) fail(mark, fault->what);
    if (value.find('\r') != std::string::npos) fail(mark, "the control character 0x0d is not allowed");
    add_leaf(mark, anchor, YamlNode::Kind::scalar, value);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) fail(mark, "this alias stands inside the value that it names");
    add(mark, found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  // A sequence or map whose end is yet to come.
  struct Open {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor;
    YAML::Mark mark;
    YamlNodePtr key;  // map: written, its value is yet to come
    YAML::Mark key_mark;
    std::map<std::string, int> keys;  // map: key and line
  };

  [[noreturn]] void fail(const YAML::Mark& mark, const std::string& message) const {
    YamlNode place;
    place.line = mark.line + 1;
    place.column = mark.column + 1;
    throw Error(ExitCode::usage, origin_of(path_, place) + ": " + message);
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    // "?" and "!" are what yaml-cpp calls a plain and a quoted value without a tag.
    if (!tag.empty() && tag != "?" && tag != "!")
      fail(mark, "the tag " + quoted(tag) + " has no meaning here: remove it");
  }

  static std::shared_ptr<YamlNode> make(const YAML::Mark& mark, YamlNode::Kind kind) {
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->line = mark.line + 1;
    node->column = mark.column + 1;
    node->weight = weight_of_a_node;
    return node;
  }

  void add_leaf(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind, const std::string& text) {
    auto node = make(mark, kind);
    node->text = text;
    node->weight += text.size();
    if (anchor != 0) anchored_[anchor] = node;
    add(mark, node);
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    refuse_tag(mark, tag);
    if (open_.size() >= deepest) fail(mark, "values are nested too deeply here: a configuration needs few levels");
    open_.push_back(Open{make(mark, kind), anchor, mark, nullptr, {}, {}});
  }

  void close() {
    const Open done = std::move(open_.back());
    open_.pop_back();
    if (done.anchor != 0) anchored_[done.anchor] = done.node;
    add(done.mark, done.node);
  }

  void add(const YAML::Mark& mark, const YamlNodePtr& node) {
    if (open_.empty()) {
      root_ = node;
      return;
    }
    Open& parent = open_.back();
    parent.node->weight += node->weight;
    if (parent.node->weight > heaviest) fail(mark, "the aliases make the configuration too large");
    if (parent.node->kind == YamlNode::Kind::sequence) {
      parent.node->items.push_back(node);
    } else if (parent.key == nullptr) {
      check_key(mark, parent, *node);
      parent.key = node;
      parent.key_mark = mark;
    } else {
      parent.node->entries.emplace_back(std::move(parent.key), node);
      parent.key = nullptr;
    }
  }

  void check_key(const YAML::Mark& mark, Open& parent, const YamlNode& key) const {
    if (key.kind != YamlNode::Kind::scalar) fail(mark, "expected a key, a word before ':'");
    if (key.text == "<<") fail(mark, "merge keys (<<) are not supported: write the keys out, or alias a whole value");
    const auto [first, is_new] = parent.keys.emplace(key.text, mark.line + 1);
    if (!is_new) {
      fail(mark, "duplicate key " + quoted(key.text) + "; it was first given in line " + std::to_string(first->second));
    }
  }

  const std::string& path_;
  int documents_ = 0;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNodePtr> anchored_;
  YamlNodePtr root_;
};

bool is_indented_with_tab(const std::string& text, int line) {
  std::size_t begin = 0;
  for (; line > 0 && begin != std::string::npos; --line) {
    begin = text.find('\n', begin);
    if (begin != std::string::npos) ++begin;
  }
  if (begin == std::string::npos) return false;
  const std::size_t first = text.find_first_not_of(' ', begin);
  return first != std::string::npos && text[first] == '\t';
}

[[noreturn]] void fail_syntax(const std::string& path, const std::string& text, const YAML::Exception& error) {
  std::string message = error.msg;
  if (message == YAML::ErrorMsg::DOC_IN_SCALAR) message = "a quoted text does not end";
  if (error.mark.is_null()) throw Error(ExitCode::usage, path + ": not valid YAML: " + message);
  if (is_indented_with_tab(text, error.mark.line)) message += "; indent with spaces, not with tabs";
  YamlNode place;
  place.line = error.mark.line + 1;
  place.column = error.mark.column + 1;
  throw Error(ExitCode::usage, origin_of(path, place) + ": not valid YAML: " + message);
}

}  // namespace

std::string origin_of(const std::string& path, const YamlNode& node) {
  return path + ":" + std::to_string(node.line) + ":" + std::to_string(node.column);
}

YamlNodePtr parse_yaml(const std::string& text, const std::string& path) {
  if (text.size() > yaml_size_limit) {
    throw Error(ExitCode::usage, path + ": larger than 1 MiB, which no configuration is; is it the right file?");
  }
  if (const auto fault = text_fault(text)) {
    throw Error(ExitCode::usage, path + ":" + std::to_string(fault->line) + ":" + std::to_string(fault->column) + ": " +
                                     fault->what + "; a configuration is UTF-8 text");
  }
  TreeBuilder builder(path);
  try {
    // yaml-cpp takes the end of the file for the end of a quoted text, but not the end of a document.
    const bool ends_line = text.empty() || text.back() == '\n';
    std::istringstream stream(text + (ends_line ? "...\n" : "\n...\n"));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Error&) {
    throw;
  } catch (const YAML::Exception& error) {
    fail_syntax(path, text, error);
  } catch (const std::exception& error) {
    throw Error(ExitCode::usage, path + ": not readable as YAML: " + error.what());
  }
  return builder.take_root();
}

}  // namespace czb
