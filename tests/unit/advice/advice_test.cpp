// SPDX-License-Identifier: MIT
// No advice without somebody having thought of whoever obeys it (advice_list.h): the texts are looked for in the
// sources themselves, so none can be forgotten.
#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <regex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "advice/advice_list.h"

namespace czb {
namespace {

using ::testing::IsEmpty;

// The string literals of a source as they stand in it, those that only blanks divide joined.
class Literals {
 public:
  explicit Literals(std::string source) : source_(std::move(source)) {}

  std::vector<std::string> all() {
    while (at_ < source_.size()) {
      if (begins("//"))
        skip_to("\n");
      else if (begins("/*"))
        skip_to("*/");
      else if (begins("R\""))
        take_raw();
      else if (source_[at_] == '"')
        take();
      else if (source_[at_] == '\'')
        skip_character();
      else if (std::isspace(static_cast<unsigned char>(source_[at_++])) == 0)
        end();
    }
    end();
    return std::move(literals_);
  }

 private:
  bool begins(const char* text) const { return source_.compare(at_, std::char_traits<char>::length(text), text) == 0; }
  void skip_to(const char* text) { at_ = std::min(source_.find(text, at_), source_.size()); }
  void take_raw() {
    const std::size_t open = source_.find('(', at_);
    const std::string close = ")" + source_.substr(at_ + 2, open - at_ - 2) + "\"";
    const std::size_t last = source_.find(close, open);
    text_ += source_.substr(open + 1, last - open - 1);
    at_ = last + close.size();
    is_open_ = true;
  }
  void take() {
    const std::size_t first = ++at_;
    while (source_.at(at_) != '"') at_ += source_[at_] == '\\' ? 2 : 1;
    text_ += source_.substr(first, at_++ - first);
    is_open_ = true;
  }
  // 'x'; or one that divides digits.
  void skip_character() {
    end();
    const bool divides = at_ > 0 && std::isalnum(static_cast<unsigned char>(source_[at_ - 1])) != 0;
    if (divides) {
      ++at_;
      return;
    }
    for (++at_; source_.at(at_) != '\'';) at_ += source_[at_] == '\\' ? 2 : 1;
    ++at_;
  }
  void end() {
    if (is_open_) literals_.push_back(text_);
    text_.clear();
    is_open_ = false;
  }

  const std::string source_;
  std::size_t at_ = 0;
  std::string text_;
  bool is_open_ = false;
  std::vector<std::string> literals_;
};

struct Text {
  std::string file;
  std::string text;
  friend bool operator<(const Text& a, const Text& b) { return std::tie(a.file, a.text) < std::tie(b.file, b.text); }
};

void PrintTo(const Text& text, std::ostream* stream) {
  *stream << "\n    {\"" << text.file << "\",\n     R\"~(" << text.text << ")~\",\n     \"…\"},";
}

// Of both programs and their plugins.
std::vector<Text> texts_of_the_sources() {
  std::vector<Text> texts;
  const std::filesystem::path top = CZB_SOURCES;
  for (const char* folder : {"core/src", "plugins", "receiver"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".cpp" && extension != ".h") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string name = entry.path().lexically_relative(top).string();
      for (std::string& text : Literals({std::istreambuf_iterator<char>(file), {}}).all())
        texts.push_back({name, std::move(text)});
    }
  return texts;
}

// Names a command that changes something.
const std::regex is_advice(
    R"(\b(zfs|zpool) (add|allow|attach|bookmark|change-key|clear|clone|create|destroy|detach|export|import|inherit|)"
    R"(labelclear|load-key|mount|offline|online|promote|receive|release|remove|rename|replace|rollback|set|snapshot|)"
    R"(unmount|upgrade)\b|--force-|'on-divergence: rollback'|)"
    R"(\b(chgrp|chmod|chown|dd|kill|mkfs|mv|rm|ssh-keygen|systemctl|touch|truncate|usermod|wipefs) )");

// Whatever the state is thought to be: another one may be there, and this cannot be taken back.
const std::regex is_dangerous(
    R"(\b(zfs|zpool) (destroy|labelclear|release)\b|\bzpool (create|export)\b|\bzfs (receive|recv) -[a-zA-Z]*F|)"
    R"(\b(rm|mkfs|wipefs|dd) |--force-destroy-lots)");
// The guard's own, where nobody else works on the dataset.
const std::set<std::string> may_force = {"core/src/plan/force_advice.cpp"};

TEST(Advice, OfBothProgramsIsListedWithTheStateThatItIsToldIn) {
  std::set<Text> listed;
  for (const test::Advice& advice : test::advices) {
    EXPECT_STRNE(advice.state, "");
    EXPECT_STRNE(advice.state, "…");
    listed.insert({advice.file, advice.text});
  }
  std::set<Text> told;
  for (const Text& each : texts_of_the_sources())
    if (std::regex_search(each.text, is_advice)) told.insert(each);
  EXPECT_GT(told.size(), 50U);
  std::vector<Text> new_ones;
  std::set_difference(told.begin(), told.end(), listed.begin(), listed.end(), std::back_inserter(new_ones));
  EXPECT_THAT(new_ones, IsEmpty()) << "to be read as somebody who obeys it, and added to advice_list.h";
  std::vector<Text> gone;
  std::set_difference(listed.begin(), listed.end(), told.begin(), told.end(), std::back_inserter(gone));
  EXPECT_THAT(gone, IsEmpty()) << "no longer in the sources";
}

TEST(Advice, IsNeverToDestroyOrToMakeAPool) {
  std::vector<Text> dangerous;
  for (const Text& each : texts_of_the_sources())
    if (std::regex_search(each.text, is_dangerous) && may_force.count(each.file) == 0) dangerous.push_back(each);
  EXPECT_THAT(dangerous, IsEmpty());
}

TEST(Advice, IsFoundHoweverItIsWritten) {
  EXPECT_THAT(
      Literals("a(\"x \"  // \"no\"\n  \"y\\\"\" + 'c' + \"z\"); b = 1'000; c(R\"-(raw \"text\")-\", '\"');").all(),
      ::testing::ElementsAre("x y\\\"", "z", "raw \"text\""));
}

}  // namespace
}  // namespace czb
