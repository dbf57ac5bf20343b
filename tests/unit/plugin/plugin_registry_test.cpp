// SPDX-License-Identifier: MIT
// The registry with real shared objects (tests/fixtures): good ones load, and each bad one is refused
// for its own fault before more of its code runs than that takes.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "cyber-zfs-backup/naming.h"
#include "cyber-zfs-backup/transport.h"
#include "error.h"
#include "fixtures/temporary_folder.h"
#include "plugin/registry.h"
#include "text_buffer.h"

namespace czb {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string good_folder = CZB_FIXTURES "/good";
const std::string refused_folder = CZB_FIXTURES "/refused";

PluginChoice choice_of(const std::string& id) { return PluginChoice{id, "c.yaml:4:5", {}}; }

template <typename Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "none";
}

class PluginRegistryTest : public testing::Test {
 protected:
  // A folder of plugins of the test's own, with the good naming plugin in it.
  std::string own_folder() {
    const std::string folder = folder_ / "plugins";
    std::filesystem::create_directory(folder);
    std::filesystem::permissions(folder, std::filesystem::perms(0755));
    own_plugin_ = folder + "/naming-good.so";
    std::filesystem::copy_file(good_folder + "/naming-good.so", own_plugin_);
    std::filesystem::permissions(own_plugin_, std::filesystem::perms(0755));
    return folder;
  }

  static std::string refusal_in(const std::string& folder, const std::string& id = "good") {
    PluginRegistry registry(folder, "/run");
    return error_of([&] { registry.descriptor(PluginKind::naming, id, "c.yaml:4:5"); });
  }

  TemporaryFolder folder_;
  std::string own_plugin_;
  PluginRegistry good_{good_folder, folder_.path()};
};

TEST_F(PluginRegistryTest, GivesTheDescriptorOfAGoodPlugin) {
  const PluginDescriptor& descriptor = good_.descriptor(PluginKind::naming, "good", "here");
  EXPECT_STREQ(descriptor.id, "good");
  EXPECT_EQ(descriptor.kind, PluginKind::naming);
  EXPECT_EQ(&descriptor, &good_.descriptor(PluginKind::naming, "good", "there"));
}

TEST_F(PluginRegistryTest, InstancesLiveAsLongAsTheirPointer) {
  const std::string alive = folder_ / "good.alive";
  auto transport = good_.create_transport(choice_of("good"));
  EXPECT_TRUE(std::filesystem::exists(alive));
  TextBuffer peer;
  transport->describe_peer(peer);
  EXPECT_EQ(peer.text(), "fixture");
  transport.reset();
  EXPECT_FALSE(std::filesystem::exists(alive));

  auto retention = good_.create_retention(choice_of("good"));
  EXPECT_TRUE(std::filesystem::exists(alive));
  retention.reset();
  EXPECT_FALSE(std::filesystem::exists(alive));
}

TEST_F(PluginRegistryTest, InstancesOutliveTheRegistry) {
  auto registry = std::make_unique<PluginRegistry>(good_folder, folder_.path());
  const auto naming = registry->create_naming(choice_of("good"));
  registry.reset();
  std::int64_t time = 0;
  EXPECT_FALSE(naming->parse("x", time));
}

TEST_F(PluginRegistryTest, HandsTheOptionsOver) {
  PluginChoice choice = choice_of("good");
  choice.options.push_back(RawOption{"keep", "all", "c.yaml:5:3", "c.yaml:5:9"});
  choice.options.push_back(RawOption{"word", "w", "c.yaml:6:3", "c.yaml:6:9"});
  TextBuffer words;
  TextBuffer error;
  good_.create_naming(choice)->format(0, words, error);
  EXPECT_EQ(words.text(), "word=0/w/ keep=-1// list=0//[x][y]");
  TextBuffer defaults;
  good_.create_naming(choice_of("good"))->format(0, defaults, error);
  EXPECT_EQ(defaults.text(), "word=0/none/ keep=unset list=0//[x][y]");
}

TEST_F(PluginRegistryTest, ChecksOptionsWithoutAnInstance) {
  PluginChoice choice = choice_of("good");
  good_.check_options(PluginKind::naming, choice);
  choice.options.push_back(RawOption{"kep", "1", "c.yaml:5:3", "c.yaml:5:9"});
  EXPECT_EQ(error_of([&] { good_.check_options(PluginKind::naming, choice); }),
            "c.yaml:5:3: unknown option 'kep' of naming plugin 'good'; did you mean 'keep'?; known: word, keep, list");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "good.alive"));
}

TEST_F(PluginRegistryTest, RepeatsAPluginsOwnWordsWhenItRefusesItsOptions) {
  EXPECT_EQ(error_of([&] { good_.create_naming(choice_of("null-create")); }),
            "c.yaml:4:5: naming plugin 'null-create' refuses its options: the moon is not full");
  EXPECT_EQ(error_of([&] { good_.create_naming(choice_of("silent-null-create")); }),
            "c.yaml:4:5: naming plugin 'silent-null-create' refuses its options: it gives no reason");
}

TEST_F(PluginRegistryTest, SurvivesACreateThatThrows) {
  EXPECT_EQ(error_of([&] { good_.create_naming(choice_of("throwing-create")); }),
            "c.yaml:4:5: naming plugin 'throwing-create' failed with an exception, which is an error in the plugin: "
            "thrown on purpose");
  EXPECT_EQ(error_of([&] { good_.create_naming(choice_of("strange-throwing-create")); }),
            "c.yaml:4:5: naming plugin 'strange-throwing-create' failed with an exception, which is an error in the "
            "plugin");
}

TEST_F(PluginRegistryTest, NamesWhatThereIsWhenAPluginIsMissing) {
  EXPECT_EQ(
      error_of([&] { good_.create_retention(choice_of("goood")); }),
      "c.yaml:4:5: there is no retention plugin 'goood' in " + good_folder + "; did you mean 'good'?; available: good");
  for (const std::string id : {"", "../good/naming-good", "good.so", "a/b"}) {
    EXPECT_NE(error_of([&] { good_.create_naming(choice_of(id)); }).find("there is no naming plugin"),
              std::string::npos);
  }
}

TEST_F(PluginRegistryTest, RefusesEachBadPluginForItsOwnFault) {
  const std::map<std::string, std::string> reasons = {
      {"wrong-magic", "it has no valid descriptor (wrong magic number)"},
      {"other-abi-major", "it was built for plugin ABI 2.0, this program has 1.0: rebuild the plugin"},
      {"newer-abi-minor", "it was built for plugin ABI 1.1, this program has 1.0, which is older"},
      {"other-toolchain", "it was built with the toolchain 'itanium;libsomething'"},
      {"other-id", "it is the naming plugin 'somebody-else': its file must be called naming-somebody-else.so"},
      {"short-descriptor", "it has a descriptor of "},
      {"unknown-kind", "it is of the unknown kind 9"},
      {"strange-summary", "it has a summary that is no text: the byte 0xff is not UTF-8"},
      {"no-symbol", "it does not export the function cyber_zfs_backup_plugin"},
      {"data-symbol", "it does not export the function cyber_zfs_backup_plugin"},
      {"crashing-constructor", "it crashes (signal 6, Aborted) when it is loaded"},
      {"crashing-entry", "it crashes (signal 6, Aborted) when it is loaded"},
      {"wild-pointer", "it crashes (signal 11, Segmentation fault) when it is loaded"},
      {"exiting-constructor", "it ends the program (exit status 0) when it is loaded"},
      {"null-descriptor", "it gives no descriptor"},
      {"throwing-entry", "its function cyber_zfs_backup_plugin threw an exception"},
      {"unresolved-symbol", "undefined symbol: cyber_zfs_backup_fixture_that_nobody_defines"},
      {"unknown-option-type", "it has an option 'word' of the unknown type 99"}};
  for (const auto& [id, reason] : reasons) {
    const std::string error = refusal_in(refused_folder, id);
    const std::string start = "c.yaml:4:5: the plugin " + refused_folder + "/naming-" + id + ".so is refused: ";
    EXPECT_EQ(error.substr(0, start.size()), start);
    EXPECT_NE(error.find(reason, start.size()), std::string::npos) << error;
  }
}

TEST_F(PluginRegistryTest, RefusesAPluginWhoseConstructorsThrow) {
  // Caught where it was thrown, or the end of the process: the loader's affair.
  EXPECT_THAT(refusal_in(refused_folder, "throwing-constructor"),
              AnyOf(HasSubstr("one of its constructors threw an exception"), HasSubstr("it crashes (signal 6")));
}

TEST_F(PluginRegistryTest, RefusesASecondFileWithTheSameId) {
  const std::string folder = own_folder();
  std::filesystem::copy_file(own_plugin_, folder + "/naming-twin.so");
  std::filesystem::create_symlink("naming-good.so", folder + "/naming-other.so");
  for (const char* id : {"twin", "other"})
    EXPECT_THAT(refusal_in(folder, id),
                HasSubstr("it is the naming plugin 'good': its file must be called naming-good.so"));
  EXPECT_EQ(refusal_in(folder), "none");
}

TEST_F(PluginRegistryTest, ARefusedPluginStopsNoOther) {
  const std::string folder = own_folder();
  for (const char* name :
       {"naming-crashing-constructor.so", "naming-exiting-constructor.so", "naming-wrong-magic.so"}) {
    std::filesystem::copy_file(refused_folder + "/" + name, folder + "/" + name);
    std::filesystem::permissions(folder + "/" + name, std::filesystem::perms(0644));
  }
  PluginRegistry registry(folder, folder_.path());
  EXPECT_EQ(registry.list().size(), 4U);
  EXPECT_NE(registry.create_naming(choice_of("good")), nullptr);
}

// Which processes ran code of the plugins that `call` asks for.
class PluginSentinelTest : public PluginRegistryTest {
 protected:
  PluginSentinelTest() { ::setenv("CZB_FIXTURE_SENTINEL", sentinel_.c_str(), 1); }
  ~PluginSentinelTest() override { ::unsetenv("CZB_FIXTURE_SENTINEL"); }

  std::set<pid_t> processes() const {
    std::ifstream file(sentinel_);
    return {std::istream_iterator<pid_t>(file), {}};
  }

  const std::string sentinel_ = folder_ / "sentinel";
};

TEST_F(PluginSentinelTest, AGoodPluginRunsInItsProbeAndThenHere) {
  EXPECT_EQ(refusal_in(own_folder()), "none");
  EXPECT_THAT(processes(), AllOf(SizeIs(2), Contains(::getpid())));
}

TEST_F(PluginSentinelTest, WhatTheFileTellsIsRefusedBeforeAnyOfItsCodeRuns) {
  for (const char* id : {"no-symbol", "data-symbol", "unresolved-symbol"})
    EXPECT_NE(refusal_in(refused_folder, id), "none") << id;

  const std::string folder = own_folder();
  const auto is_refused_with = [&](std::streamoff offset, char byte) {
    std::filesystem::copy_file(good_folder + "/naming-good.so", own_plugin_,
                               std::filesystem::copy_options::overwrite_existing);
    std::fstream(own_plugin_, std::ios::binary | std::ios::in | std::ios::out).seekp(offset).put(byte);
    EXPECT_NE(refusal_in(folder), "none") << offset;
  };
  is_refused_with(0, 'x');  // no ELF file
  is_refused_with(4, 1);    // 32 bits
  is_refused_with(18, 42);  // another machine
  EXPECT_THAT(processes(), IsEmpty());
}

TEST_F(PluginSentinelTest, WhatOthersCanChangeIsRefusedBeforeAnyOfItsCodeRuns) {
  const std::string folder = own_folder();
  std::filesystem::create_symlink(good_folder + "/naming-null-create.so", folder + "/naming-null-create.so");
  EXPECT_NE(refusal_in(folder, "null-create"), "none");
  for (const std::string& path : {own_plugin_, folder, folder_.path()}) {
    ASSERT_EQ(::chmod(path.c_str(), 0777), 0);
    EXPECT_THAT(refusal_in(folder), HasSubstr(path + " can be written by others"));
    ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  }
  EXPECT_THAT(processes(), IsEmpty());
}

TEST_F(PluginSentinelTest, WhatTheDescriptorTellsIsRefusedBeforeAnyOfItsCodeRunsHere) {
  PluginRegistry registry(refused_folder, "/run");
  for (const PluginListing& listing : registry.list()) EXPECT_NE(listing.refusal, "") << listing.file;
  EXPECT_THAT(processes(), AllOf(Not(IsEmpty()), Not(Contains(::getpid()))));
}

TEST_F(PluginRegistryTest, RefusesAPluginInAFileOfAnotherKind) {
  PluginRegistry registry(refused_folder, "/run");
  const std::string error = error_of([&] { registry.create_transport(choice_of("other-kind")); });
  EXPECT_NE(error.find("it is the naming plugin 'other-kind': its file must be called naming-other-kind.so"),
            std::string::npos)
      << error;
}

TEST_F(PluginRegistryTest, RefusesAFileThatIsNotAnElfFile) {
  const std::string folder = own_folder();
  folder_.file("plugins/naming-text.so", "#!/bin/sh\necho a text file that is no plugin\n");
  folder_.file("plugins/naming-empty.so", "");
  EXPECT_NE(refusal_in(folder, "text").find("it is not a shared object (no ELF file)"), std::string::npos);
  EXPECT_NE(refusal_in(folder, "empty").find("it is not a shared object (no ELF file)"), std::string::npos);
}

TEST_F(PluginRegistryTest, RefusesAPluginThatWasCutShort) {
  const std::string folder = own_folder();
  const auto size = std::filesystem::file_size(own_plugin_);
  for (const std::uintmax_t kept :
       {std::uintmax_t{20}, std::uintmax_t{64}, std::uintmax_t{200}, std::uintmax_t{4096}}) {
    std::filesystem::resize_file(own_plugin_, size);
    std::filesystem::copy_file(good_folder + "/naming-good.so", own_plugin_,
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(own_plugin_, kept);
    EXPECT_NE(refusal_in(folder).find("it is cut short or damaged"), std::string::npos) << kept;
  }
}

TEST_F(PluginRegistryTest, RefusesElfFilesOfAnotherSort) {
  struct Case {
    std::streamoff offset;
    char byte;
    const char* reason;
  };
  const std::string folder = own_folder();
  // Bytes of the ELF header: class, byte order, type (executable), machine.
  for (const Case& c :
       {Case{4, 1, "it was built for 32 bits, this program for 64"},
        Case{5, 2, "it was built for the other byte order"}, Case{16, 2, "it is an ELF file, but not a shared object"},
        Case{18, 42, "it was built for another machine"}}) {
    std::filesystem::copy_file(good_folder + "/naming-good.so", own_plugin_,
                               std::filesystem::copy_options::overwrite_existing);
    std::fstream(own_plugin_, std::ios::binary | std::ios::in | std::ios::out).seekp(c.offset).put(c.byte);
    EXPECT_NE(refusal_in(folder).find(c.reason), std::string::npos) << refusal_in(folder);
  }
}

TEST_F(PluginRegistryTest, RefusesWhatOthersCanWrite) {
  const std::string folder = own_folder();
  ASSERT_EQ(refusal_in(folder), "none");
  ASSERT_EQ(::chmod(own_plugin_.c_str(), 0777), 0);
  EXPECT_NE(refusal_in(folder).find("naming-good.so can be written by others"), std::string::npos);
  ASSERT_EQ(::chmod(own_plugin_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(folder.c_str(), 0777), 0);
  EXPECT_NE(refusal_in(folder).find("plugins can be written by others"), std::string::npos);
}

TEST_F(PluginRegistryTest, RefusesALinkOutOfItsFolder) {
  const std::string folder = own_folder();
  std::filesystem::create_symlink(good_folder + "/naming-null-create.so", folder + "/naming-null-create.so");
  EXPECT_NE(refusal_in(folder, "null-create").find("outside the plugin folder"), std::string::npos);
}

TEST_F(PluginRegistryTest, ListsEveryFileWithTheReasonWhereItIsRefused) {
  const std::string folder = own_folder();
  folder_.file("plugins/libsomething.so", "");
  folder_.file("plugins/naming-text.so", "text");
  folder_.file("plugins/README", "not listed");
  PluginRegistry registry(folder, "/run");
  for (int time = 0; time < 2; ++time) {
    const auto listings = registry.list();
    ASSERT_EQ(listings.size(), 3U);
    EXPECT_EQ(listings[0].file, folder + "/libsomething.so");
    EXPECT_EQ(listings[0].refusal, "its name is not KIND-ID.so, with the kind transport, naming or retention");
    EXPECT_EQ(listings[0].descriptor, nullptr);
    EXPECT_EQ(listings[1].file, own_plugin_);
    ASSERT_NE(listings[1].descriptor, nullptr);
    EXPECT_STREQ(listings[1].descriptor->id, "good");
    EXPECT_EQ(listings[1].refusal, "");
    EXPECT_EQ(listings[2].refusal, "it is not a shared object (no ELF file)");
  }
}

TEST_F(PluginRegistryTest, ListsTheRefusedFixturesAllAsRefused) {
  PluginRegistry registry(refused_folder, "/run");
  const auto listings = registry.list();
  EXPECT_EQ(listings.size(), 20U);
  for (const PluginListing& listing : listings) {
    EXPECT_EQ(listing.descriptor, nullptr) << listing.file;
    EXPECT_NE(listing.refusal, "") << listing.file;
  }
}

TEST_F(PluginRegistryTest, SaysWhenItsFolderCannotBeRead) {
  PluginRegistry registry("/nonexistent/plugins", "/run");
  EXPECT_EQ(error_of([&] { registry.list(); }),
            "cannot read the plugin folder /nonexistent/plugins: No such file or directory");
  EXPECT_NE(error_of([&] { registry.create_naming(choice_of("good")); }).find("cannot read the plugin folder"),
            std::string::npos);
}

}  // namespace
}  // namespace czb
