// SPDX-License-Identifier: MIT
// The whole receiver as a process, as sshd starts it, with a shell script in the place of zfs.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <ctime>
#include <filesystem>
#include <optional>
#include <set>
#include <sstream>

#include "execute/dataset_lock.h"
#include "fixtures/key_data_builder.h"
#include "fixtures/stream_builder.h"
#include "fixtures/temporary_folder.h"
#include "fixtures/token_builder.h"
#include "process/command.h"
#include "real_process.h"
#include "remote_command.h"
#include "zfs/commands.h"

namespace czb {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Words = std::vector<std::string>;

const std::string root = "offsite/zippy";

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Here what the receiver says is data.
struct Completed : czb::Completed {
  Completed(czb::Completed other) : czb::Completed(std::move(other)), err(czb::Completed::err.raw()) {}
  std::string err;
};

class ReceiverProgramTest : public ::testing::Test {
 protected:
  ReceiverProgramTest() {
    ::signal(SIGPIPE, SIG_IGN);  // a receiver that refuses a stream does not read it
    zfs("");
  }

  // A zfs that writes down how it was called and does as the script says; asked for several properties, it has them as
  // they were forced, but for those in the file `unset`.
  void zfs(const std::string& script) {
    const std::string file = folder_.file("zfs", "#!/bin/bash\nhere=" + folder_.path() + R"(
if [ "$1 $6" = "get type,used,quota" ]; then
  cat $here/space 2> /dev/null || printf 'type\tfilesystem\nused\t0\nquota\t0\n'
  exit
fi
if [ "$1 $5" = "get property,value" ]; then
  printf '%s\t%s\n' canmount noauto devices off exec off mountpoint none readonly on setuid off sharenfs off sharesmb off \
      snapdev hidden volmode none |
    sed -f <(sed 's/.*/s|^&\t.*|&\ton|/' $here/unset 2> /dev/null)
  exit
fi
printf '%s\n' "zfs $*" >> $here/called
)" + script);
    ::chmod(file.c_str(), 0700);
  }
  static std::string missing(const std::string& dataset) {
    return "if [ \"${*: -1}\" = " + dataset + " ]; then echo \"cannot open '" + dataset +
           "': dataset does not exist\" >&2; exit 1; fi\n";
  }

  Words argv_for(const std::optional<CommandLine>& command, const Words& options, const Words& environment = {}) const {
    Words argv = {"env", "-i"};
    argv.insert(argv.end(), environment.begin(), environment.end());
    if (command) argv.push_back("SSH_ORIGINAL_COMMAND=" + ssh::remote_command(*command, false));
    argv.insert(argv.end(), {CZB_RECEIVER, "--root", root, "--zfs", folder_ / "zfs", "--state", folder_ / "state"});
    argv.insert(argv.end(), options.begin(), options.end());
    return argv;
  }

  Completed run(const std::optional<CommandLine>& command, const Words& options = {}, std::string_view input = {},
                const Words& environment = {}) {
    RunLimits limits;
    limits.input = input;
    return czb::run(*transport_, argv_for(command, options, environment), limits);
  }

  // What zfs was called with, a line each.
  std::string called() const { return read_text(folder_ / "called"); }

  const Deadline deadline_;
  const TemporaryFolder folder_;
  std::shared_ptr<Transport> transport_ = local_transport();
};

const std::string stream = substream({"tank@b", 2});

// As the receiver counts the days.
std::int64_t today() { return std::time(nullptr) / 86400; }

TEST_F(ReceiverProgramTest, HelpAndVersionNeedNothing) {
  const Completed help = czb::run(*transport_, {CZB_RECEIVER, "--help"});
  EXPECT_TRUE(help.ok());
  EXPECT_THAT(help.out,
              AllOf(StartsWith("Usage: cyber-zfs-backup-receiver --root DATASET"), HasSubstr("--max-stream")));
  const Completed version = czb::run(*transport_, {CZB_RECEIVER, "--version"});
  EXPECT_TRUE(version.ok());
  EXPECT_EQ(version.out, "cyber-zfs-backup-receiver " CZB_VERSION "\n");
}

TEST_F(ReceiverProgramTest, ALoginIsRefused) {
  const Completed completed = run(std::nullopt);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
  EXPECT_THAT(completed.err, AllOf(StartsWith("cyber-zfs-backup-receiver: refused: "), HasSubstr("backups only")));
  EXPECT_EQ(completed.out + called(), "");
}

TEST_F(ReceiverProgramTest, ARefusalIsOneLineAndRunsNothing) {
  for (const CommandLine& command : {CommandLine{"id"}, CommandLine{"zfs", "destroy", root},
                                     exists_command("offsite/zippy2"), CommandLine{"a\nb\x1b[2J"}}) {
    const Completed completed = run(command);
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
    EXPECT_THAT(completed.err, StartsWith("cyber-zfs-backup-receiver: refused: "));
    EXPECT_EQ(completed.err.find('\n'), completed.err.size() - 1);
    EXPECT_EQ(completed.err.find('\x1b'), std::string::npos);
  }
  EXPECT_EQ(called(), "");
}

TEST_F(ReceiverProgramTest, AWrongOptionIsItsOwnStatus) {
  const Completed completed = run(exists_command(root), {"--mode", "everything"});
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 78));
  EXPECT_THAT(completed.err, AllOf(StartsWith("cyber-zfs-backup-receiver: --mode"), Not(HasSubstr("refused"))));
}

TEST_F(ReceiverProgramTest, OutputErrorAndStatusAreZfssOwn) {
  zfs("echo out; echo err >&2; exit 3\n");
  const Completed completed = run(list_names_command(root));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 3));
  EXPECT_EQ(completed.out, "out\n");
  EXPECT_EQ(completed.err, "err\n");
  EXPECT_EQ(called(), "zfs list -H -r -t filesystem,volume -o name offsite/zippy\n");
}

TEST_F(ReceiverProgramTest, AListingSaysTheMode) {
  for (const char* mode : {"append-only", "mirror", "pull"})
    EXPECT_EQ(run(list_command(root, {}, true), {"--mode", mode}).err,
              std::string("cyber-zfs-backup-receiver: mode ") + mode + "\n");
}

TEST_F(ReceiverProgramTest, ZfsHasACleanEnvironmentAndNoInput) {
  zfs("env; if read -r line; then echo \"read $line\"; fi\n");
  const Completed completed =
      run(exists_command(root), {}, "input\n", {"EVIL=1", "LD_LIBRARY_PATH=/x", "LC_ALL=de_DE", "PATH=/evil"});
  EXPECT_TRUE(completed.ok()) << completed.err;
  std::istringstream lines(completed.out);
  for (std::string line; std::getline(lines, line);)
    EXPECT_THAT(line, ::testing::AnyOf("LC_ALL=C", StartsWith("PATH=/usr/local/sbin:"), StartsWith("PWD="),
                                       StartsWith("SHLVL="), StartsWith("_=")));
}

TEST_F(ReceiverProgramTest, AStreamArrivesWholeUnderTheReceiversOwnProperties) {
  zfs("if [ $1 = receive ]; then cat > $here/stream; echo received; fi\n");
  const std::string large =
      begin_record({"tank@b", 2}) + free_objects_record() + write_record(5'000'000) + end_record();
  const Completed completed = run(receive_command(root, {{"canmount", "off"}, {"readonly", std::nullopt}}), {}, large);
  EXPECT_TRUE(completed.ok()) << completed.err;
  EXPECT_EQ(completed.out, "received\n");
  EXPECT_EQ(completed.err, "");
  EXPECT_TRUE(read_text(folder_ / "stream") == large);
  EXPECT_EQ(called(),
            "zfs list -H -o name offsite/zippy\n"
            "zfs list -H -p -d 1 -t filesystem,volume,snapshot -o name,guid,origin,encryptionroot offsite/zippy\n"
            "zfs receive -s -u -o canmount=noauto -o devices=off -o exec=off -o mountpoint=none -o readonly=on -o "
            "setuid=off -o sharenfs=off -o sharesmb=off -o snapdev=hidden -o volmode=none offsite/zippy\n"
            "zfs list -H -p -d 1 -t filesystem,volume,snapshot -o name,guid,origin,encryptionroot offsite/zippy\n"
            "zfs list -H -o name offsite/zippy\n");
}

TEST_F(ReceiverProgramTest, AVolumeIsKnownFromItsStream) {
  zfs("cat > $here/stream\n");
  EXPECT_TRUE(run(receive_command(root, {}), {}, substream({"tank@b", 2, 0, 3})).ok());
  EXPECT_THAT(called(),
              HasSubstr("zfs receive -s -u -o readonly=on -o snapdev=hidden -o volmode=none offsite/zippy\n"));
}

TEST_F(ReceiverProgramTest, TheRestOfAStreamTakesNoProperties) {
  zfs("cat > $here/stream\n");
  const std::string rest = substream({"tank@b", 2, 1, 2, 0, std::uint64_t{1} << 20U});
  EXPECT_TRUE(run(receive_command(root, {}), {}, rest).ok());
  EXPECT_THAT(called(), HasSubstr("zfs receive -s -u offsite/zippy\n"));
  const Completed completed = run(receive_command(root, {{"readonly", "on"}}), {}, rest);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
}

TEST_F(ReceiverProgramTest, APackageHasAHeadOfOursAndItsPropertiesAreLeftOut) {
  zfs("case $1 in receive) cat > $here/stream;; *) " + missing(root) + "echo offsite;; esac\n");
  const Packed dataset = {
      "tank", {{"b", 2}}, 0, 0, NvBuilder().text("mountpoint", "/etc").number("quota", 5).number("compression", 15)};
  const std::string rest = substream({"tank@b", 2}) + end_record();
  const Completed completed =
      run(receive_command(root, {}), {}, package_head("tank@b", package({dataset}, "b", "", false)) + rest);
  EXPECT_TRUE(completed.ok()) << completed.err;
  const Packed passing = {"tank", {{"b", 2}}, 0, 0, NvBuilder().number("compression", 15)};
  const std::string ours = NvBuilder()
                               .text("tosnap", "b")
                               .boolean("not_recursive")
                               .list("fss", NvBuilder().list("0x1", packed_dataset(passing)))
                               .packed();
  EXPECT_TRUE(read_text(folder_ / "stream") == package_head("tank@b", ours) + rest);
  EXPECT_THAT(called(), HasSubstr("-o mountpoint=none -x quota -o readonly=on"));
}

// A zfs that lists `before` until a stream has come, and `after` then, and keeps what each receive gets.
class ComparedTest : public ReceiverProgramTest {
 protected:
  void zfs_with(const std::string& before, const std::string& after, const std::string& key_locations = "") {
    folder_.file("before", before);
    folder_.file("after", after);
    folder_.file("locations", key_locations);
    zfs(R"(case "$*" in
receive\ -s*) cat > $here/stream; mv $here/after $here/before;;
receive*) cat > $here/package;;
*name,guid,origin,encryptionroot*) cat $here/before;;
*name,keylocation*) cat $here/locations;;
esac
)");
  }
  static constexpr std::size_t record_size = 312;
  static std::string increment() {
    const std::vector<Packed> datasets = {{"tank", {{"a", 1}, {"b", 2}}}, {"tank/c", {{"b", 12}}, 1}};
    return package_head("tank@b", package(datasets, "b", "a")) + substream({"tank@b", 2, 1}) +
           substream({"tank/c@b", 12}) + end_record();
  }
};

TEST_F(ComparedTest, WhatWasThereAndIsNotIsAnAlarm) {
  zfs_with("offsite/zippy\t7\t-\t-\noffsite/zippy@a\t1\t-\t-\n", "offsite/zippy\t7\t-\t-\noffsite/zippy@b\t2\t-\t-\n");
  const Completed completed = run(receive_command(root, {}), {}, substream({"tank@b", 2, 1}));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, AllOf(StartsWith("cyber-zfs-backup-receiver: ALARM: "),
                                   HasSubstr("offsite/zippy@a is gone"), HasSubstr("look at offsite/zippy")));
}

TEST_F(ComparedTest, AnAlarmIsAFailureAlsoWhereTheStreamIsRefused) {
  zfs_with("offsite/zippy\t7\t-\t-\noffsite/zippy@a\t1\t-\t-\n", "offsite/zippy\t7\t-\t-\n");
  // As a zfs that does harm as soon as it sees the head.
  zfs(R"(case "$*" in
receive\ -s*) head -c 1000 > /dev/null; mv $here/after $here/before; cat > /dev/null;;
*name,guid,origin,encryptionroot*) cat $here/before;;
esac
)");
  const std::string big = begin_record({"tank@b", 2, 1}) + write_record(3'000'000) + end_record() + "more";
  const Completed completed = run(receive_command(root, {}), {}, big);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, AllOf(HasSubstr("refused"), HasSubstr("ALARM: ")));
}

TEST_F(ComparedTest, WhatCouldNotBeComparedIsAFailure) {
  zfs_with("offsite/zippy\t7\t-\t-\n", "nonsense\n");
  const Completed completed = run(receive_command(root, {}), {}, stream);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, HasSubstr("could not be compared"));
}

TEST_F(ComparedTest, ZfsSeesNeitherFromsnapNorRawNorWhatIsHere) {
  const std::string before = "offsite/zippy\t7\t-\t-\noffsite/zippy@a\t1\t-\t-\n";
  zfs_with(before, before + "offsite/zippy@b\t2\t-\t-\noffsite/zippy/c\t8\t-\t-\noffsite/zippy/c@b\t12\t-\t-\n");
  const Completed completed = run(receive_command(root, {}), {}, increment());
  EXPECT_TRUE(completed.ok()) << completed.err;
  const std::string ours = NvBuilder()
                               .text("tosnap", "b")
                               .list("fss", NvBuilder()
                                                .list("0x1", packed_dataset({"tank", {{"b", 2}}}))
                                                .list("0x2", packed_dataset({"tank/c", {{"b", 12}}})))
                               .packed();
  EXPECT_TRUE(read_text(folder_ / "stream") ==
              package_head("tank@b", ours) + substream({"tank@b", 2, 1}) + substream({"tank/c@b", 12}) + end_record());
  EXPECT_EQ(read_text(folder_ / "package"), "") << "nothing of it is encrypted";
}

TEST_F(ComparedTest, WhatInheritsItsKeyIsToldToZfsAfterwards) {
  const std::string top = "offsite/zippy\t7\t-\toffsite/zippy\noffsite/zippy@a\t1\t-\toffsite/zippy\n";
  zfs_with(top,
           top +
               "offsite/zippy@b\t2\t-\t-\noffsite/zippy/c\t8\t-\toffsite/zippy/c\n"
               "offsite/zippy/c@b\t12\t-\t-\n",
           "offsite/zippy\tprompt\noffsite/zippy/c\tprompt\n");
  const Completed completed = run(receive_command(root, {}), {}, increment());
  EXPECT_TRUE(completed.ok()) << completed.err;
  EXPECT_THAT(called(), HasSubstr("zfs receive -u offsite/zippy\n"));
  const std::string package_of_ours = read_text(folder_ / "package");
  EXPECT_THAT(package_of_ours, AllOf(HasSubstr("offsite/zippy/c"), HasSubstr("raw"), Not(HasSubstr("tank"))));
}

// As libzfs does; but not for a stream that was refused, whatever of it has come.
TEST_F(ComparedTest, WhatInheritsItsKeyIsToldAlsoWhereAStreamBreaksOffButNotWhereItIsRefused) {
  const std::string top = "offsite/zippy\t7\t-\toffsite/zippy\noffsite/zippy@a\t1\t-\toffsite/zippy\n";
  const std::string after = top +
                            "offsite/zippy@b\t2\t-\t-\noffsite/zippy/c\t8\t-\toffsite/zippy/c\n"
                            "offsite/zippy/c@b\t12\t-\t-\n";
  const std::string locations = "offsite/zippy\tprompt\noffsite/zippy/c\tprompt\n";
  const std::string whole = increment();
  zfs_with(top, after, locations);
  run(receive_command(root, {}), {}, whole.substr(0, whole.size() - record_size));
  EXPECT_THAT(called(), HasSubstr("zfs receive -u offsite/zippy\n"));
  folder_.file("called", "");
  zfs_with(top, after, locations);
  const std::string without_child =
      whole.substr(0, whole.size() - record_size - substream({"tank/c@b", 12}).size()) + end_record();
  const Completed refused = run(receive_command(root, {}), {}, without_child);
  EXPECT_TRUE(ended_with(refused.status, ExitKind::exited, 77));
  EXPECT_THAT(refused.err, HasSubstr("has not come"));
  EXPECT_THAT(called(), Not(HasSubstr("zfs receive -u")));
}

TEST_F(ReceiverProgramTest, WhatIsNoStreamNeverReachesZfs) {
  for (const std::string& garbage :
       {std::string(1000, 'x'), std::string(1000, '\0'), std::string("#!/bin/sh\n") + std::string(400, '#')}) {
    const Completed completed = run(receive_command(root, {}), {}, garbage);
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
    EXPECT_THAT(completed.err, HasSubstr("bad magic number"));
  }
  EXPECT_EQ(called(), "");
}

TEST_F(ReceiverProgramTest, AStreamThatEndsBeforeItBeginsIsAFailureAndNoRefusal) {
  for (const std::size_t size : {0U, 1U, 311U}) {
    const Completed completed = run(receive_command(root, {}), {}, stream.substr(0, size));
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
    EXPECT_THAT(completed.err, AllOf(HasSubstr("failed to read from stream"), Not(HasSubstr("refused"))));
  }
  EXPECT_EQ(called(), "");
}

TEST_F(ReceiverProgramTest, ADatasetOutsideInTheMiddleOfAStreamEndsZfsBeforeItIsSeen) {
  zfs("case $1 in receive) exec cat > $here/stream;; *) " + missing(root) + "echo offsite;; esac\n");
  const std::string header = package({{"tank", {{"b", 2}}}, {"tank/c", {{"b", 12}}, 2}}, "b");
  const std::string start = package_head("tank@b", header) + substream({"tank@b", 2});
  const Completed completed = run(receive_command(root, {}), {}, start + substream({"tank2@b", 12}) + end_record());
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
  EXPECT_THAT(completed.err, HasSubstr("tank2, which is not in tank"));
  EXPECT_THAT(read_text(folder_ / "stream"), Not(HasSubstr("tank2@b")));
}

TEST_F(ReceiverProgramTest, AStreamOverTheCapIsEnded) {
  zfs("exec cat > $here/stream\n");
  const std::string large = begin_record({"tank@b", 2}) + write_record(3'000'000) + end_record();
  const Completed completed = run(receive_command(root, {}), {"--max-stream", "1M"}, large);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77));
  EXPECT_THAT(completed.err, HasSubstr("longer than the 1048576 bytes"));
  EXPECT_LE(read_text(folder_ / "stream").size(), std::size_t{1} << 20U);
  EXPECT_TRUE(run(receive_command(root, {}), {"--max-stream", "3M"}, large).ok());
}

TEST_F(ReceiverProgramTest, AFailedReceiveKeepsZfssWordsAndStatus) {
  zfs("[ $1 = receive ] || exit 0; head -c 400 > /dev/null; echo 'cannot receive: dataset is busy' >&2; exit 1\n");
  const std::string large = begin_record({"tank@b", 2}) + write_record(3'000'000) + end_record();
  const Completed completed = run(receive_command(root, {}), {}, large);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_EQ(completed.err, "cannot receive: dataset is busy\n");
}

// A receiver whose input stays open.
class SilentSenderTest : public ReceiverProgramTest {
 protected:
  ProcessPointer begin(const std::string& bytes, const Words& options = {}) {
    Pipe in = make_pipe(1 << 20);
    Pipe err = make_pipe();
    StandardDescriptors descriptors;
    descriptors.in = in.read.get();
    descriptors.err = err.write.get();
    ProcessPointer process = start(*transport_, argv_for(receive_command(root, {}), options), descriptors);
    EXPECT_EQ(::write(in.write.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    sender_ = std::move(in.write);
    said_ = std::move(err.read);
    return process;
  }
  std::string said() {
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(said_.get(), buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    return text;
  }
  // Until zfs says that it has begun; `deadline_` ends what waits for ever.
  void wait_for_zfs() const {
    while (read_text(folder_ / "begun").empty()) ::usleep(1000);
  }

  Descriptor sender_;
  Descriptor said_;
};

TEST_F(SilentSenderTest, EndsWhenZfsEnds) {
  zfs("[ $1 = receive ] || exit 0; head -c 312 > /dev/null; echo 'cannot receive: no' >&2; exit 1\n");
  const ProcessPointer process = begin(stream.substr(0, 1000));
  std::string error;
  EXPECT_TRUE(ended_with(czb::wait(*process, error), ExitKind::exited, 1));
  EXPECT_EQ(said(), "cannot receive: no\n");
}

TEST_F(SilentSenderTest, EndsZfsWhenTheSenderGoesAway) {
  zfs("[ $1 = receive ] || exit 0; cat > $here/stream; echo 'incomplete stream' >&2; exit 1\n");
  const ProcessPointer process = begin(stream.substr(0, 1000));
  sender_.reset();
  std::string error;
  EXPECT_TRUE(ended_with(czb::wait(*process, error), ExitKind::exited, 1));
  EXPECT_EQ(said(), "incomplete stream\n");
}

TEST_F(SilentSenderTest, ASignalEndsZfsToo) {
  for (const int number : {SIGTERM, SIGHUP, SIGINT}) {
    zfs("[ $1 = receive ] || exit 0; trap 'echo ended > $here/ended; exit 0' TERM; echo $$ > $here/begun; while :; do "
        "sleep 0.01; done\n");
    std::filesystem::remove(folder_ / "begun");
    std::filesystem::remove(folder_ / "ended");
    const ProcessPointer process = begin(stream.substr(0, 1000));
    wait_for_zfs();
    // The receiver is the parent of zfs.
    std::istringstream status(read_text("/proc/" + std::to_string(std::stoi(read_text(folder_ / "begun"))) + "/stat"));
    std::string pid;
    std::string name;
    std::string state;
    pid_t parent = 0;
    status >> pid >> name >> state >> parent;
    ASSERT_EQ(::kill(parent, number), 0);
    std::string error;
    EXPECT_TRUE(ended_with(czb::wait(*process, error), ExitKind::exited, 128 + number));
    EXPECT_EQ(read_text(folder_ / "ended"), "ended\n");
  }
}

TEST_F(SilentSenderTest, ASecondReceiveIsBusyAndAnotherDatasetIsNot) {
  zfs("[ $1 = receive ] || exit 0; echo $$ > $here/begun; exec cat > /dev/null\n");
  const ProcessPointer process = begin(stream.substr(0, 1000));
  wait_for_zfs();
  const Completed second = run(receive_command(root, {}), {}, stream);
  EXPECT_TRUE(ended_with(second.status, ExitKind::exited, 75));
  EXPECT_THAT(second.err, StartsWith("cyber-zfs-backup-receiver: offsite/zippy: dataset is busy: "));
  EXPECT_TRUE(ended_with(run(receive_command(root + "/a", {}), {}, stream).status, ExitKind::exited, 0));
  const Completed abort = run(abort_receive_command(root));
  EXPECT_TRUE(ended_with(abort.status, ExitKind::exited, 75));
  const Completed destroy = run(destroy_command(root, {"2026-01-01T00:00:00Z"}, true), {"--mode", "mirror"});
  EXPECT_TRUE(ended_with(destroy.status, ExitKind::exited, 75));
  EXPECT_TRUE(run(exists_command(root)).ok());
  sender_.reset();
  std::string error;
  EXPECT_TRUE(ended_with(czb::wait(*process, error), ExitKind::exited, 0));
  EXPECT_TRUE(run(receive_command(root, {}), {}, stream).ok());
}

TEST_F(SilentSenderTest, OnlySoManyRequestsGoOnAtOnce) {
  zfs("[ $1 = receive ] || exit 0; echo $$ > $here/begun; exec cat > /dev/null\n");
  const ProcessPointer process = begin(stream.substr(0, 1000), {"--sessions", "2"});
  wait_for_zfs();
  EXPECT_TRUE(run(exists_command(root), {"--sessions", "2"}).ok());
  const auto second = lock_file(folder_ / "state", "offsite%zippy.slot2");
  ASSERT_TRUE(second);
  const Completed refused = run(exists_command(root), {"--sessions", "2"});
  EXPECT_TRUE(ended_with(refused.status, ExitKind::exited, 75));
  EXPECT_THAT(refused.err, HasSubstr("offsite/zippy: dataset is busy: 2 requests for it are in progress"));
  EXPECT_TRUE(run(CommandLine{"cyber-zfs-backup-receiver", "report"}, {"--sessions", "2"}).ok());
  sender_.reset();
  std::string error;
  EXPECT_TRUE(ended_with(czb::wait(*process, error), ExitKind::exited, 0));
  EXPECT_TRUE(run(exists_command(root), {"--sessions", "2"}).ok());
}

TEST_F(SilentSenderTest, ARawPackageOfOneDatasetHasAllOfTheRootForItself) {
  zfs("case $1 in receive) echo $$ > $here/begun; exec cat > /dev/null;; esac\n");
  const std::string single = package({{"tank", {{"b", 2}}}}, "b", "", false);
  const ProcessPointer process = begin(package_head("tank@b", single) + substream({"tank@b", 2}));
  wait_for_zfs();
  for (const char* other : {"", "/a", "/a/b"}) {
    const Completed second = run(receive_command(root + other, {}), {}, stream);
    EXPECT_TRUE(ended_with(second.status, ExitKind::exited, 75)) << other;
  }
  sender_.reset();
  std::string error;
  czb::wait(*process, error);
  EXPECT_TRUE(run(receive_command(root + "/a", {}), {}, stream).ok());
}

TEST_F(ReceiverProgramTest, TheQuotaIsInForceBeforeTheStreamAndGoesWithIt) {
  zfs("case $1 in receive) cat > /dev/null;; set) printf 'quota\\t5368709120\\n' > $here/space;; esac\n");
  EXPECT_TRUE(run(receive_command(root, {}), {"--quota", "5G"}, stream).ok());
  EXPECT_THAT(called(), HasSubstr("zfs set quota=5368709120 offsite/zippy\nzfs receive "));
  EXPECT_THAT(called(), HasSubstr(" -o quota=5368709120 "));
  folder_.file("called", "");
  EXPECT_TRUE(run(receive_command(root + "/a", {}), {"--quota", "5G"}, stream).ok());
  EXPECT_THAT(called(), AllOf(HasSubstr("zfs receive "), Not(HasSubstr("quota="))));
  EXPECT_TRUE(run(receive_command(root, {}), {}, stream).ok());
  EXPECT_THAT(called(), HasSubstr(" -o quota=5368709120 "));
}

TEST_F(ReceiverProgramTest, AStreamThatReachesTheBoundIsEndedAndItIsSaid) {
  folder_.file("space", "type\tvolume\nused\t0\nquota\t-\n");
  zfs("[ $1 = receive ] || exit 0; printf 'type\\tvolume\\nused\\t9000000\\nquota\\t-\\n' > $here/space; cat > "
      "/dev/null\n");
  const std::string large = begin_record({"tank@b", 2, 0, 3}) + write_record(5'000'000) + end_record();
  const Completed completed = run(receive_command(root, {}), {"--quota", "8M"}, large);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, AllOf(HasSubstr("quota exceeded: offsite/zippy holds 8.5M, and may hold 8M"),
                                   HasSubstr("the next push goes on")));
  folder_.file("called", "");
  EXPECT_TRUE(ended_with(run(receive_command(root, {}), {"--quota", "8M"}, large).status, ExitKind::exited, 1));
  EXPECT_THAT(called(), Not(HasSubstr("receive")));
}

TEST_F(ReceiverProgramTest, AReceiveThatHasReachedTheQuotaFailsWhateverZfsSays) {
  zfs("[ $1 = receive ] || exit 0; printf 'type\\tfilesystem\\nused\\t8388608\\nquota\\t8388608\\n' > $here/space; cat "
      "> "
      "/dev/null\n");
  const Completed completed = run(receive_command(root, {}), {"--quota", "8M"}, stream);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, HasSubstr("zfs set quota=SIZE offsite/zippy"));
}

TEST_F(ReceiverProgramTest, AQuotaThatCannotBeSetIsSaid) {
  zfs("case $1 in receive) cat > /dev/null;; set) echo 'permission denied' >&2; exit 1;; esac\n");
  const Completed completed = run(receive_command(root, {}), {"--quota", "5G"}, stream);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, AllOf(HasSubstr("could not be set"), HasSubstr("zfs allow -u ")));
}

TEST_F(ReceiverProgramTest, WhatWasForcedAndIsNotInEffectIsAFailure) {
  zfs("cat > /dev/null\n");
  folder_.file("unset", "exec\nsetuid\n");
  const Completed completed = run(receive_command(root, {}), {}, stream);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, AllOf(HasSubstr("could not be set: exec, setuid. "), HasSubstr("zfs allow")));
}

TEST_F(ReceiverProgramTest, AVolumeThatKeepsItsDeviceNodeIsAFailure) {
  zfs("cat > /dev/null\n");
  folder_.file("unset", "volmode\nsnapdev\n");
  const Completed completed = run(receive_command(root, {}), {}, substream({"tank@b", 2, 0, 3}));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 1));
  EXPECT_THAT(completed.err, HasSubstr("could not be set: snapdev, volmode. "));
}

TEST_F(ReceiverProgramTest, OnlyAPartialStateIsGivenUp) {
  zfs("case $1 in get) cat $here/token;; esac\n");
  folder_.file("token", "-\n");
  const Completed refused = run(abort_receive_command(root));
  EXPECT_TRUE(ended_with(refused.status, ExitKind::exited, 77));
  EXPECT_THAT(called(), Not(HasSubstr("receive -A")));
  folder_.file("token", "1-abc\n");
  EXPECT_TRUE(run(abort_receive_command(root)).ok());
  EXPECT_THAT(called(), HasSubstr("zfs receive -A offsite/zippy\n"));
  zfs("echo \"cannot open\" >&2; exit 1\n");
  EXPECT_TRUE(ended_with(run(abort_receive_command(root)).status, ExitKind::exited, 1));
}

// Whoever has the key can name any number of datasets.
TEST_F(ReceiverProgramTest, NoFileIsLeftForANameThatDidNotComeToBe) {
  const std::string name = root + "/made-up";
  zfs("case $1 in receive) head -c 312 > /dev/null; exit 1;; list) " + missing(name) + "echo " + root + ";; esac\n");
  const auto files = [&] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "state"))
      names.insert(entry.path().filename());
    return names;
  };
  EXPECT_TRUE(ended_with(run(receive_command(name, {}), {}, stream).status, ExitKind::exited, 1));
  const std::set<std::string> without = {"offsite%zippy.lock", "offsite%zippy.slot1", "offsite.lock"};
  EXPECT_EQ(files(), without);
  // A raw one, whose key is written down before zfs has the last of it.
  const std::string raw = substream({"tank@b", 2, 0, 2, 0, std::uint64_t{1} << 24U, key_payload()});
  EXPECT_TRUE(ended_with(run(receive_command(name, {}), {}, raw).status, ExitKind::exited, 1));
  EXPECT_EQ(files(), without);
  zfs("case \"$*\" in receive*) cat > /dev/null; exit 1;; *name,guid*) " + missing(name) + ";; esac; echo " + name +
      "\n");
  EXPECT_TRUE(ended_with(run(receive_command(name, {}), {}, raw).status, ExitKind::exited, 1));
  EXPECT_EQ(files().count("offsite%zippy%made-up.key"), 1U) << "it is there";
  // Given up, it is gone.
  zfs("case $1$2 in get*) echo 1-abc;; list-H) [ -e $here/gone ] && echo " + root + " || echo " + name +
      ";; receive-A) touch $here/gone;; esac\n");
  EXPECT_TRUE(run(abort_receive_command(name)).ok());
  EXPECT_EQ(files(), without);
}

TEST_F(ReceiverProgramTest, ItsOwnMemoryIsBoundedAndThatOfZfsIsNot) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "AddressSanitizer needs more";
#endif
  zfs("grep 'Max address space' /proc/$PPID/limits; grep 'Max address space' /proc/$$/limits\n");
  const std::string own = run(exists_command(root)).out;
  EXPECT_THAT(own, AllOf(HasSubstr("1073741824"), HasSubstr("unlimited")));
}

TEST_F(ReceiverProgramTest, MirrorModeDestroysWithinItsGuardsAndRemembers) {
  std::string listing;
  for (int i = 10; i < 18; ++i)
    listing += "offsite/zippy@2026-01-" + std::to_string(i) + "T00:00:00Z\\t" + std::to_string(i) + "\\n";
  zfs("case $1 in list) printf '" + listing + "';; esac\n");
  const auto destroy = [&](const char* day) {
    return run(destroy_command(root, {std::string("2026-01-") + day + "T00:00:00Z"}, false), {"--mode", "mirror"});
  };
  const std::int64_t day = today();
  EXPECT_TRUE(destroy("10").ok());
  EXPECT_THAT(called(), HasSubstr("zfs destroy offsite/zippy@2026-01-10T00:00:00Z\n"));
  EXPECT_TRUE(destroy("11").ok());
  const Completed third = destroy("12");
  if (today() != day) GTEST_SKIP() << "midnight came between, and what may be destroyed in a day begins anew";
  EXPECT_TRUE(ended_with(third.status, ExitKind::exited, 77));
  EXPECT_THAT(third.err, HasSubstr("at most 25 percent"));
  EXPECT_THAT(destroy("17").err, HasSubstr("one of the 3 newest"));
  EXPECT_THAT(called(),
              Not(AnyOf(HasSubstr("destroy offsite/zippy@2026-01-12"), HasSubstr("destroy offsite/zippy@2026-01-17"))));
  const std::string count = folder_ / "state/offsite%zippy.destroyed";
  struct stat status = {};
  ASSERT_EQ(::stat(count.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  folder_.file("state/offsite%zippy.destroyed", "nonsense");
  EXPECT_THAT(destroy("10").err,
              AllOf(HasSubstr("refused"), HasSubstr("offsite%zippy.destroyed"), HasSubstr("look at it")));
}

class SendingReceiverTest : public ReceiverProgramTest {
 protected:
  SendingReceiverTest() {
    zfs("case $1$2 in list-H) cat $here/there;; send-nvt) echo contents;; send*) cat $here/stream;; esac\n");
    there("5\toff\n");
    folder_.file("stream", substream({"offsite/zippy/a@x", 5}));
  }
  void there(const std::string& said) const { folder_.file("there", said); }
  Completed send(const CommandLine& command) { return run(command, {"--mode", "pull"}); }
  void expect_refused(const CommandLine& command, const std::string& why) {
    const Completed completed = send(command);
    EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 77)) << completed.err;
    EXPECT_EQ(completed.out, "");
    EXPECT_THAT(completed.err, HasSubstr(why));
  }

  const std::string token_ = resume_token("offsite/zippy/a@x", 5);
};

TEST_F(SendingReceiverTest, ATokenIsReadBeforeItIsSent) {
  EXPECT_EQ(send(send_token_command(token_)).out, substream({"offsite/zippy/a@x", 5}));
  EXPECT_EQ(send(read_token_command(token_)).out, "contents\n");
  for (const char* other : {"6\toff\n", "5\taes-256-gcm\n", ""}) {
    there(other);
    expect_refused(send_token_command(token_), "the resume token is for offsite/zippy/a@x, ");
  }
  there("5\toff\n");
  for (const std::string& wrong :
       {resume_token("offsite/zippy2@x", 5), resume_token("offsite/other@x", 5), resume_token("offsite@x", 5),
        resume_token("offsite/zippy/a@x\n\trawok = 1", 5), std::string("1-abc")}) {
    expect_refused(send_token_command(wrong), "the resume token is ");
    expect_refused(read_token_command(wrong), "the resume token is ");
  }
}

// Whatever zfs was led to: its own first record decides.
TEST_F(SendingReceiverTest, WhatLeavesIsLookedAtBeforeAByteOfItDoes) {
  there("5\taes-256-gcm\n");
  const std::string raw_token = resume_token("offsite/zippy/a@x", 5, 0, true);
  const CommandLine one = send_dataset_command("offsite/zippy/a", SendFrom::nothing, "", "x");
  const CommandLine tree = send_tree_command("offsite/zippy/a", std::nullopt, "x", false);
  for (const CommandLine& command : {send_token_command(raw_token), one, tree})
    expect_refused(command, "is offsite/zippy/a@x in clear, which is encrypted, so none of it was sent");
  folder_.file("stream", substream({"offsite/other@x", 5}));
  for (const CommandLine& command : {send_token_command(raw_token), one, tree})
    expect_refused(command, "which is not in offsite/zippy/a");
  const std::string raw = substream({"offsite/zippy/a@x", 5, 0, 2, 0, std::uint64_t{1} << 24U});
  folder_.file("stream", raw);
  for (const CommandLine& command : {send_token_command(raw_token), one, tree}) {
    const Completed completed = send(command);
    EXPECT_TRUE(completed.ok()) << completed.err;
    EXPECT_EQ(completed.out, raw);
  }
}

TEST_F(SendingReceiverTest, ASendThatFailsKeepsZfssWordsAndStatus) {
  zfs("echo \"cannot open 'x': dataset does not exist\" >&2; exit 3\n");
  const Completed completed = send(send_tree_command(root, std::nullopt, "x", false));
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 3));
  EXPECT_EQ(completed.out, "");
  EXPECT_EQ(completed.err, "cannot open 'x': dataset does not exist\n");
}

TEST_F(SendingReceiverTest, ALargeStreamArrivesWhole) {
  const std::string large = begin_record({"offsite/zippy@x", 5}) + write_record(5'000'000) + end_record();
  folder_.file("stream", large);
  EXPECT_TRUE(send(send_dataset_command(root, SendFrom::nothing, "", "x")).out == large);
}

TEST_F(ReceiverProgramTest, TheReportNamesWhatADoctorAsks) {
  zfs("case $1 in version) echo zfs-2.1.11-1; echo zfs-kmod-2.1.11-1;; get) echo 12345;; esac\n");
  const std::string zpool = folder_.file("zpool", "#!/bin/sh\necho ONLINE\n");
  ::chmod(zpool.c_str(), 0700);
  const Completed completed =
      run(CommandLine{"cyber-zfs-backup-receiver", "report"}, {"--mode", "mirror", "--quota", "1K"});
  EXPECT_TRUE(completed.ok());
  EXPECT_EQ(completed.err, "");
  EXPECT_THAT(completed.out,
              AllOf(StartsWith("version\t" CZB_VERSION "\n"), HasSubstr("\nmode\tmirror\n"),
                    HasSubstr("\nroot\toffsite/zippy\n"), HasSubstr("\nzfs-version\tzfs-2.1.11-1\n"),
                    HasSubstr("\nzpool-health\tONLINE\n"), HasSubstr("\navailable\t12345\n"), HasSubstr("\ntime\t"),
                    HasSubstr("\nuser\t"), HasSubstr("\nkeep-newest\t3\n"), HasSubstr("\ndestroy-limit\t25\n"),
                    HasSubstr("\nmax-stream\t-\n"), HasSubstr("\nquota\t1024\n"), HasSubstr("\nspace-bound\t1024\n"),
                    HasSubstr("\nmissing-permissions\t")));
}

TEST_F(ReceiverProgramTest, TheReportTellsTheLeastQuotaThatBoundsTheRoot) {
  zfs("");
  const auto reported = [&](const Words& options) {
    return run(CommandLine{"cyber-zfs-backup-receiver", "report"}, options).out;
  };
  EXPECT_THAT(reported({}), AllOf(HasSubstr("\nquota\t-\n"), HasSubstr("\nspace-bound\t-\n")));
  EXPECT_THAT(reported({"--quota", "none"}), AllOf(HasSubstr("\nquota\tnone\n"), HasSubstr("\nspace-bound\t-\n")));
  folder_.file("space", "type\tfilesystem\nused\t1\nquota\t2048\n");
  EXPECT_THAT(reported({"--quota", "1K"}), HasSubstr("\nspace-bound\t2048\n"));
}

TEST_F(ReceiverProgramTest, WhatTheReportCannotLearnIsAQuestionMark) {
  zfs("exit 1\n");
  const Completed completed = run(CommandLine{"cyber-zfs-backup-receiver", "report"});
  EXPECT_TRUE(completed.ok());
  EXPECT_THAT(completed.out,
              AllOf(HasSubstr("\nzfs-version\t?\n"), HasSubstr("\nzpool-health\t?\n"), HasSubstr("\navailable\t?\n")));
}

TEST_F(ReceiverProgramTest, AStateFolderThatOthersCanWriteIsMisconfigured) {
  std::filesystem::create_directory(folder_ / "state");
  ::chmod((folder_ / "state").c_str(), 0777);
  const Completed completed = run(receive_command(root, {}), {}, stream);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 78));
  EXPECT_THAT(completed.err, HasSubstr("nobody else may write there"));
  EXPECT_EQ(called(), "");
}

TEST_F(ReceiverProgramTest, WithoutZfsItSaysSo) {
  const Completed completed = run(exists_command(root), {"--zfs", "/no/such/zfs"});
  // The last --zfs is the second one: refused as given twice.
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 78));
  std::filesystem::remove(folder_ / "zfs");
  const Completed gone = run(exists_command(root));
  EXPECT_TRUE(ended_with(gone.status, ExitKind::exited, 1));
  EXPECT_THAT(gone.err, AllOf(HasSubstr("could not start"), HasSubstr("/zfs")));
}

}  // namespace
}  // namespace czb
