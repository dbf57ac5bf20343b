// SPDX-License-Identifier: MIT
// The promise of the SDK's base classes: an author may throw, and the host sees a Status and a sentence.
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cyber-zfs-backup/naming_plugin.h"
#include "cyber-zfs-backup/plugin.h"
#include "cyber-zfs-backup/retention_plugin.h"

namespace {

class Text final : public czb::TextSink {
 public:
  void write(std::string_view text) noexcept override { written += text; }
  std::string written;
};

class Verdicts final : public czb::VerdictSink {
 public:
  void verdict(std::uint64_t index, czb::Decision decision, std::string_view rule) noexcept override {
    lines.push_back(std::to_string(index) + (decision == czb::Decision::keep ? " keep " : " expire ") +
                    std::string(rule));
  }
  std::vector<std::string> lines;
};

int alive = 0;

class ExampleNaming final : public czb::NamingPlugin {
 public:
  explicit ExampleNaming(const czb::CreateArguments& arguments) {
    const czb::PluginOptions options(arguments);
    prefix_ = options.text("prefix");
    if (options.is_set("count") && options.integer("count") < 0) throw 42;
    if (prefix_ == "bad") throw std::invalid_argument("prefix 'bad' is bad");
    ++alive;
  }
  ~ExampleNaming() override { --alive; }

 private:
  std::string format_name(std::int64_t time) override {
    if (time < 0) throw std::out_of_range("before 1970");
    if (time == 42) throw 42;
    return prefix_ + std::to_string(time);
  }
  std::optional<std::int64_t> parse_name(std::string_view name) override {
    if (name.empty()) return std::nullopt;
    return std::stoll(std::string(name.substr(prefix_.size())));
  }
  std::string prefix_;
};

class ExampleRetention final : public czb::RetentionPlugin {
 public:
  explicit ExampleRetention(const czb::CreateArguments&) {}

 private:
  std::vector<czb::PluginVerdict> judge_snapshots(const czb::SnapshotView*, std::size_t count,
                                                  std::int64_t now) override {
    if (now < 0) throw std::runtime_error("the clock stands before 1970");
    std::vector<czb::PluginVerdict> verdicts;
    if (now == 42) return verdicts;
    for (std::size_t index = 0; index < count; ++index) verdicts.push_back({czb::Decision::keep, "all are kept"});
    return verdicts;
  }
};

constexpr czb::OptionSpec option_table[] = {
    czb::option("prefix", czb::OptionType::string, "", "what names begin with"),
    czb::option("count", czb::OptionType::count, nullptr, "a count"),
    czb::required_option("must", czb::OptionType::integer, "must be given"),
    czb::secret_option("password", "not told"),
    czb::choice_option("mode", "a|b", "a", "one of two"),
};

constexpr czb::PluginDescriptor naming =
    czb::naming_descriptor<ExampleNaming>("example", "1.0.0", "MIT", "an example", option_table);
constexpr czb::PluginDescriptor retention =
    czb::retention_descriptor<ExampleRetention>("example", "1.0.0", "MIT", "an example");

struct Given {
  explicit Given(std::string_view prefix) { values[0].text = prefix; }
  czb::OptionValue values[2] = {{"prefix", true, 0, "", nullptr, 0}, {"count", false, 0, "", nullptr, 0}};
  czb::CreateArguments arguments{sizeof(czb::CreateArguments), values, 2, "/run/x"};
};

TEST(PluginDescriptorTest, IsFilledInFromTheClassAndItsTable) {
  EXPECT_EQ(naming.magic, czb::plugin_magic);
  EXPECT_EQ(naming.size, sizeof(czb::PluginDescriptor));
  EXPECT_EQ(naming.kind, czb::PluginKind::naming);
  EXPECT_EQ(naming.option_count, 5U);
  EXPECT_EQ(naming.options, option_table);
  EXPECT_EQ(naming.option_size, sizeof(czb::OptionSpec));
  EXPECT_NE(naming.create_naming, nullptr);
  EXPECT_NE(naming.destroy_naming, nullptr);
  EXPECT_EQ(naming.create_retention, nullptr);
  EXPECT_EQ(naming.create_transport, nullptr);
  EXPECT_EQ(retention.option_count, 0U);
  EXPECT_EQ(retention.options, nullptr);
  EXPECT_NE(retention.create_retention, nullptr);
  EXPECT_TRUE(option_table[2].required);
  EXPECT_TRUE(option_table[3].secret);
  EXPECT_STREQ(option_table[4].choices, "a|b");
}

TEST(PluginDescriptorTest, WhoeverCreatesDestroys) {
  const Given given("p-");
  Text error;
  czb::Naming* made = naming.create_naming(given.arguments, error);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(alive, 1);
  naming.destroy_naming(made);
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(error.written, "");
}

TEST(PluginDescriptorTest, AnExceptionInTheConstructorBecomesASentence) {
  const Given given("bad");
  Text error;
  EXPECT_EQ(naming.create_naming(given.arguments, error), nullptr);
  EXPECT_EQ(error.written, "prefix 'bad' is bad");
}

TEST(PluginDescriptorTest, AnythingElseThrownIsCaughtToo) {
  Given given("p");
  given.values[1] = {"count", true, -1, "", nullptr, 0};
  Text error;
  EXPECT_EQ(naming.create_naming(given.arguments, error), nullptr);
  EXPECT_EQ(error.written, "the plugin threw something that is not a std::exception");
}

TEST(PluginOptionsTest, ReadsByNameAndSaysWhatIsMissing) {
  const std::string_view words[] = {"one", "two"};
  const czb::OptionValue values[] = {
      {"daily", true, 31, "", nullptr, 0},  {"yearly", true, czb::count_all, "", nullptr, 0},
      {"verbose", true, 1, "", nullptr, 0}, {"host", true, 0, "offsite", nullptr, 0},
      {"args", true, 0, "", words, 2},      {"unset", false, 7, "seven", words, 2}};
  const czb::CreateArguments arguments{sizeof(czb::CreateArguments), values, 6, nullptr};
  const czb::PluginOptions options(arguments);
  EXPECT_EQ(options.integer("daily"), 31);
  EXPECT_EQ(options.integer("yearly"), czb::count_all);
  EXPECT_TRUE(options.boolean("verbose"));
  EXPECT_EQ(options.text("host"), "offsite");
  EXPECT_EQ(options.list("args"), (std::vector<std::string>{"one", "two"}));
  EXPECT_FALSE(options.is_set("unset"));
  EXPECT_TRUE(options.list("unset").empty());
  EXPECT_EQ(options.integer("unset", 5), 5);
  EXPECT_EQ(options.text("unset", "five"), "five");
  EXPECT_EQ(options.text("host", "five"), "offsite");
  EXPECT_TRUE(options.boolean("unset", true));
  EXPECT_THROW(options.integer("unset"), std::invalid_argument);
  EXPECT_THROW(options.text("nonesuch"), std::logic_error);
}

class NamingPluginTest : public testing::Test {
 protected:
  NamingPluginTest() : given_("p-"), naming_(naming.create_naming(given_.arguments, error)) {}
  ~NamingPluginTest() override { naming.destroy_naming(naming_); }
  Given given_;
  Text error, name;
  czb::Naming* naming_;
};

TEST_F(NamingPluginTest, FormatsAndParses) {
  EXPECT_EQ(naming_->format(7, name, error), czb::Status::ok);
  EXPECT_EQ(name.written, "p-7");
  std::int64_t time = 0;
  EXPECT_TRUE(naming_->parse("p-7", time));
  EXPECT_EQ(time, 7);
}

TEST_F(NamingPluginTest, AThrowingFormatFailsWithItsSentenceAndWritesNoName) {
  EXPECT_EQ(naming_->format(-1, name, error), czb::Status::failed);
  EXPECT_EQ(error.written, "before 1970");
  EXPECT_EQ(naming_->format(42, name, error), czb::Status::failed);
  EXPECT_EQ(name.written, "");
}

TEST_F(NamingPluginTest, ANameOnWhichParsingThrowsIsForeign) {
  std::int64_t time = 5;
  EXPECT_FALSE(naming_->parse("x", time));
  EXPECT_FALSE(naming_->parse("", time));
  EXPECT_EQ(time, 5);
}

TEST(RetentionPluginTest, GivesEveryVerdictOrNone) {
  const czb::CreateArguments arguments;
  Text error;
  czb::Retention* made = retention.create_retention(arguments, error);
  ASSERT_NE(made, nullptr);
  const czb::SnapshotView snapshots[] = {{"b", 2, 2, 20}, {"a", 1, 1, 10}};
  Verdicts verdicts;
  EXPECT_EQ(made->judge(snapshots, 2, 100, verdicts, error), czb::Status::ok);
  EXPECT_EQ(verdicts.lines, (std::vector<std::string>{"0 keep all are kept", "1 keep all are kept"}));
  verdicts.lines.clear();
  EXPECT_EQ(made->judge(snapshots, 2, -1, verdicts, error), czb::Status::failed);
  EXPECT_EQ(error.written, "the clock stands before 1970");
  error.written.clear();
  EXPECT_EQ(made->judge(snapshots, 2, 42, verdicts, error), czb::Status::failed);
  EXPECT_EQ(error.written, "the plugin gave 0 verdicts on 2 snapshots");
  EXPECT_TRUE(verdicts.lines.empty());
  EXPECT_EQ(made->judge(nullptr, 0, 100, verdicts, error), czb::Status::ok);
  retention.destroy_retention(made);
}

TEST(RuleTextTest, CutsLongTextOffBetweenCharacters) {
  const std::string longest(czb::RuleText::capacity, 'x');
  EXPECT_EQ(czb::RuleText(longest).view(), longest);
  EXPECT_EQ(czb::RuleText(longest + "y").view(), longest);
  const std::string before(czb::RuleText::capacity - 2, 'x');
  EXPECT_EQ(czb::RuleText(before + "\xE2\x82\xAC").view(), before);
  EXPECT_EQ(czb::RuleText(before + "\xC3\xA9!").view(), before + "\xC3\xA9");
  EXPECT_EQ(czb::RuleText().view(), "");
}

}  // namespace
