// SPDX-License-Identifier: MIT
// How bytes and words go between zfs and the client (receiver/host); with the program: sessions_test.cpp.
#include "receiver/host/pump.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "fixtures/stream_builder.h"
#include "fixtures/temporary_folder.h"
#include "real_process.h"
#include "receiver/answer.h"
#include "receiver/host/client_words.h"
#include "receiver/host/receive_pump.h"
#include "receiver/host/send_pump.h"
#include "receiver/host/zfs_process.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;

TEST(ReceivePump, ASenderThatKeepsStillIsNotWaitedForForEver) {
  const std::string begin = begin_record({"tank@b", 2});
  std::string_view rest = begin;
  const StreamHead head = read_head([&](std::size_t count) {
    const std::string piece(rest.substr(0, count));
    rest.remove_prefix(piece.size());
    return piece;
  });
  StreamScan scan(head, StreamRules("far/x", head, {}), {});
  const Pipe in = make_pipe();
  Pipe out = make_pipe();
  ZfsProcess zfs("/bin/cat", {"zfs"}, out.read.get(), -1, -1);
  out.read.reset();
  std::uint64_t bytes = head.bytes;
  try {
    pump_stream(in.read.get(), std::move(out.write), head.last_record, scan, {.longest_wait = std::chrono::seconds(1)},
                zfs, bytes);
    FAIL() << "it went on";
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("stood still for 1 s"));
  }
  EXPECT_EQ(bytes, record_bytes);
}

TEST(PatientReader, WaitsForTheBeginningOfAStreamOnlySoLong) {
  const Pipe in = make_pipe();
  ASSERT_EQ(::write(in.write.get(), "abcd", 4), 4);
  PatientReader reader(in.read.get(), std::chrono::seconds(1));
  EXPECT_EQ(reader(3), "abc");
  try {
    reader(3);
    FAIL() << "it went on";
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("did not come within 1 s"));
  }
}

class PassThroughTest : public ::testing::Test {
 protected:
  // What is thrown where the command is a script and nobody reads.
  std::string refusal(const std::string& script) {
    const std::string file = folder_.file("zfs", "#!/bin/sh\n" + script);
    ::chmod(file.c_str(), 0700);
    try {
      pass_through(file, {"zfs", "list"}, out_.write.get(), words_, std::chrono::seconds(1));
    } catch (const Refused& refused) {
      return refused.what();
    }
    return "";
  }
  std::string taken(const Descriptor& from) const {
    set_nonblocking(from.get());
    std::string text(std::size_t{1} << 20U, '\0');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(from.get(), text.data(), text.size()))));
    return text;
  }

  const Deadline deadline_;
  const TemporaryFolder folder_;
  const Pipe out_ = make_pipe();
  const Pipe err_ = make_pipe();
  ClientWords words_{err_.write.get()};
};

TEST_F(PassThroughTest, EndsACommandThatSaysNothing) {
  EXPECT_EQ(refusal("exec sleep 100\n"), "zfs list did not end within 1 s");
}

TEST_F(PassThroughTest, EndsACommandWhoseOutputNobodyReads) {
  EXPECT_EQ(refusal("exec yes\n"), "what zfs list says was not taken for 1 s; it was ended");
}

TEST_F(PassThroughTest, OutputAndWordsGoOn) {
  EXPECT_EQ(refusal("echo out; echo err >&2\n"), "");
  EXPECT_EQ(taken(out_.read), "out\n");
  EXPECT_EQ(taken(err_.read), "err\n");
}

TEST_F(PassThroughTest, WordsThatNobodyReadsKeepNobodyWaiting) {
  EXPECT_EQ(refusal("head -c 3000000 /dev/zero | tr '\\0' x >&2; echo out\n"), "");
  EXPECT_EQ(taken(out_.read), "out\n");
  std::string said = taken(err_.read);
  EXPECT_FALSE(words_.finish(std::chrono::seconds(0))) << "more is kept for who reads";
  for (std::string more = taken(err_.read); !more.empty(); more = taken(err_.read)) {
    said += more;
    words_.write_some();
  }
  EXPECT_TRUE(words_.finish(std::chrono::seconds(0)));
  EXPECT_EQ(said.substr(0, ClientWords::most_of_zfs), std::string(ClientWords::most_of_zfs, 'x'));
  EXPECT_EQ(said.substr(ClientWords::most_of_zfs), "cyber-zfs-backup-receiver: zfs said " +
                                                       std::to_string(3'000'000 - ClientWords::most_of_zfs) +
                                                       " bytes more, which were left out\n");
}

TEST(ClientWords, OneWhoIsGoneIsNotWaitedFor) {
  ::signal(SIGPIPE, SIG_IGN);
  Pipe pipe = make_pipe();
  ClientWords words(pipe.write.get());
  pipe.read.reset();
  words.say("hello");
  EXPECT_EQ(words.descriptor(), -1);
  EXPECT_FALSE(words.finish(std::chrono::hours(1)));
}

TEST(ClientWords, ADescriptorThatOthersHaveTooIsLeftAsItWas) {
  const Pipe pipe = make_pipe();
  const auto flags = [&] { return ::fcntl(pipe.write.get(), F_GETFL) & O_NONBLOCK; };
  {
    const ClientWords words(pipe.write.get());
    EXPECT_NE(flags(), 0);
  }
  EXPECT_EQ(flags(), 0);
}

}  // namespace
}  // namespace czb::receiver
