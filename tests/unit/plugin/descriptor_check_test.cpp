// SPDX-License-Identifier: MIT
// A descriptor is refused for its first fault, in words that name the field.
#include "plugin/descriptor_check.h"

#include <gtest/gtest.h>

#include <string>

namespace czb {
namespace {

Naming* create(const CreateArguments& /*arguments*/, TextSink& /*error*/) { return nullptr; }
void destroy(Naming* /*naming*/) {}
Transport* create_other(const CreateArguments& /*arguments*/, TextSink& /*error*/) { return nullptr; }

// Reads as: the plugin with this change is refused because …
class Descriptor : public testing::Test {
 protected:
  Descriptor() {
    descriptor_.magic = plugin_magic;
    descriptor_.size = sizeof descriptor_;
    descriptor_.abi_major = abi_major;
    descriptor_.abi_minor = abi_minor;
    descriptor_.kind = PluginKind::naming;
    descriptor_.toolchain = toolchain_tag;
    descriptor_.id = "moon";
    descriptor_.version = "1";
    descriptor_.license = "MIT";
    descriptor_.summary = "names after the moon";
    descriptor_.options = options_;
    descriptor_.option_count = 2;
    descriptor_.option_size = sizeof(OptionSpec);
    descriptor_.create_naming = create;
    descriptor_.destroy_naming = destroy;
  }

  std::string problem() const { return descriptor_problem(descriptor_, "naming-moon.so").value_or("none"); }

  OptionSpec options_[2] = {{"phase", OptionType::enumeration, false, false, "new", "Which.", "new|full"},
                            {"words", OptionType::string_list, false, false, "[a, b]", "Words.", nullptr}};
  PluginDescriptor descriptor_ = {};
};

TEST_F(Descriptor, PassesWhenEverythingFits) { EXPECT_EQ(problem(), "none"); }

TEST_F(Descriptor, PassesWhenItIsLongerThanOurs) {
  descriptor_.size += 64;
  EXPECT_EQ(problem(), "none");
}

TEST_F(Descriptor, PassesWithoutOptions) {
  descriptor_.options = nullptr;
  descriptor_.option_count = 0;
  descriptor_.option_size = 0;
  EXPECT_EQ(problem(), "none");
}

TEST_F(Descriptor, WithAnotherMagicIsNoDescriptor) {
  descriptor_.magic ^= 1;
  descriptor_.id = nullptr;  // is not reached
  EXPECT_NE(problem().find("wrong magic number"), std::string::npos) << problem();
}

TEST_F(Descriptor, OfAnotherAbiMajorNamesBothVersions) {
  descriptor_.abi_major = 2;
  descriptor_.abi_minor = 7;
  descriptor_.size = 4;  // another major may have another size: the version is what to tell
  EXPECT_EQ(problem(),
            "was built for plugin ABI 2.7, this program has 1.0: rebuild the plugin against this version's SDK");
}

TEST_F(Descriptor, OfANewerAbiMinorIsRefused) {
  descriptor_.abi_minor = abi_minor + 1;
  EXPECT_NE(problem().find("was built for plugin ABI 1.1, this program has 1.0, which is older"), std::string::npos);
}

TEST_F(Descriptor, ShorterThanOursIsRefused) {
  --descriptor_.size;
  EXPECT_NE(problem().find("has a descriptor of"), std::string::npos);
}

TEST_F(Descriptor, OfAnotherToolchainNamesBoth) {
  descriptor_.toolchain = "itanium;libc--";
  EXPECT_NE(problem().find("was built with the toolchain 'itanium;libc--', this program with '" +
                           std::string(toolchain_tag) + "'"),
            std::string::npos);
  descriptor_.toolchain = nullptr;
  EXPECT_NE(problem().find("names no toolchain"), std::string::npos);
}

TEST_F(Descriptor, OfAnUnknownKindIsRefused) {
  descriptor_.kind = static_cast<PluginKind>(9);
  EXPECT_NE(problem().find("is of the unknown kind 9"), std::string::npos);
}

TEST_F(Descriptor, MustBeInTheFileThatItsKindAndIdName) {
  EXPECT_EQ(descriptor_problem(descriptor_, "naming-sun.so"),
            "is the naming plugin 'moon': its file must be called naming-moon.so");
  EXPECT_EQ(descriptor_problem(descriptor_, "transport-moon.so"),
            "is the naming plugin 'moon': its file must be called naming-moon.so");
}

TEST_F(Descriptor, NeedsAnIdOfFewCharacters) {
  for (const char* id : {"", "Moon", "a/b", "..", "a b", "a_b"}) {
    descriptor_.id = id;
    EXPECT_NE(problem().find("has the id"), std::string::npos) << id;
  }
  descriptor_.id = nullptr;
  EXPECT_EQ(problem(), "has no id");
}

TEST_F(Descriptor, NeedsVersionLicenceAndSummary) {
  descriptor_.summary = nullptr;
  EXPECT_EQ(problem(), "has no summary");
  descriptor_.license = nullptr;
  EXPECT_EQ(problem(), "names no licence");
  descriptor_.version = nullptr;
  EXPECT_EQ(problem(), "has no version");
}

TEST_F(Descriptor, NeedsTextsThatCanBeShown) {
  options_[0].help = "two\nlines";
  EXPECT_EQ(problem(), "has an option 'phase', which has a text of more than one line");
  descriptor_.summary = "\xff";
  EXPECT_EQ(problem(), "has a summary that is no text: the byte 0xff is not UTF-8");
  const std::string long_text(2000, 'x');
  descriptor_.license = long_text.c_str();
  EXPECT_EQ(problem(), "has a licence of 2000 bytes");
}

TEST_F(Descriptor, NeedsASoundOptionTable) {
  descriptor_.option_size = sizeof(OptionSpec) - 8;
  EXPECT_NE(problem().find("has option table entries of"), std::string::npos);
  descriptor_.options = nullptr;
  EXPECT_EQ(problem(), "has an option count but no option table");
  descriptor_.option_count = 4'000'000'000U;
  EXPECT_EQ(problem(), "claims to have 4000000000 options");
}

TEST_F(Descriptor, NeedsProperOptionNames) {
  options_[1].name = "phase";
  EXPECT_EQ(problem(), "has the option 'phase' twice");
  options_[1].name = "plugin";
  EXPECT_NE(problem().find("has an option 'plugin'"), std::string::npos);
  options_[1].name = "Words";
  EXPECT_NE(problem().find("(number 2 of its table) called 'Words'"), std::string::npos);
  options_[1].name = nullptr;
  EXPECT_NE(problem().find("called nothing"), std::string::npos);
}

TEST_F(Descriptor, NeedsKnownOptionTypes) {
  options_[1].type = static_cast<OptionType>(99);
  EXPECT_NE(problem().find("has an option 'words' of the unknown type 99"), std::string::npos);
}

TEST_F(Descriptor, NeedsHelpForEachOption) {
  options_[0].help = nullptr;
  EXPECT_EQ(problem(), "has an option 'phase' without a help text");
}

TEST_F(Descriptor, NeedsChoicesForAnEnumerationAndForNothingElse) {
  options_[1].choices = "a|b";
  EXPECT_NE(problem().find("with choices, though it is no enumeration"), std::string::npos);
  for (const char* choices : {"", "|", "a||b", "a|"}) {
    options_[0].choices = choices;
    EXPECT_NE(problem().find("without proper choices"), std::string::npos) << choices;
  }
  options_[0].choices = nullptr;
  EXPECT_NE(problem().find("without proper choices"), std::string::npos);
}

TEST_F(Descriptor, NeedsDefaultsThatConvert) {
  options_[0].default_value = "half";
  EXPECT_EQ(problem(), "has an option 'phase' whose default 'half' is not one of new, full");
  options_[0].required = true;  // then the default is not used
  EXPECT_EQ(problem(), "none");
  for (const char* list : {"a", "[a", "", "[{a: b}]", "{a: b}"}) {
    options_[1].default_value = list;
    EXPECT_NE(problem().find("is not a list"), std::string::npos) << list;
  }
}

TEST_F(Descriptor, NeedsExactlyTheFunctionsOfItsKind) {
  descriptor_.create_transport = create_other;
  EXPECT_EQ(problem(), "is a naming plugin, but has create_transport");
  descriptor_.create_transport = nullptr;
  descriptor_.destroy_naming = nullptr;
  EXPECT_EQ(problem(), "lacks destroy_naming");
  descriptor_.create_naming = nullptr;
  EXPECT_EQ(problem(), "lacks create_naming");
}

}  // namespace
}  // namespace czb
