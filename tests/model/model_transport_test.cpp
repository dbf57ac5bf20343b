// SPDX-License-Identifier: MIT
#include "model/model_transport.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "model/model_testing.h"
#include "model/stream.h"

namespace czb::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Text final : public TextSink {
 public:
  void write(std::string_view text) noexcept override { text_ += text; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct Ends {
  int read = -1;
  int write = -1;
};

Ends make_pipe() {
  std::array<int, 2> ends = {};
  EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  return {ends[0], ends[1]};
}

std::string drain(int fd) {
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t count = 0; (count = read(fd, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  close(fd);
  return text;
}

class ModelTransportTest : public ::testing::Test {
 protected:
  ModelTransportTest() {
    here->add_pool("here");
    there->add_pool("there");
    model::run(*here, "create here/t");
    here->write("here/t", 1000);
    model::run(*here, "snapshot here/t@1");
  }

  ProcessPointer start(ModelTransport& transport, const std::string& line, const StandardDescriptors& descriptors) {
    const Words words = zfs(line);
    const std::vector<std::string_view> views(words.begin(), words.end());
    Process* process = nullptr;
    EXPECT_EQ(transport.start({views.data(), views.size()}, descriptors, &process, error), Status::ok) << error.text();
    return ProcessPointer(process);
  }

  ExitStatus ended(Process& process) {
    pollfd polled = {process.ready_descriptor(), POLLIN, 0};
    EXPECT_EQ(poll(&polled, 1, 600'000), 1);
    ExitStatus status;
    EXPECT_EQ(process.wait(status, error), Status::ok);
    return status;
  }

  ExitStatus run(ModelTransport& transport, const std::string& line) {
    const Ends out = make_pipe();
    const ProcessPointer process = start(transport, line, {-1, out.write, out.write});
    close(out.write);
    said = drain(out.read);
    return ended(*process);
  }

  void push(const std::string& send, const std::string& receive) {
    const Ends pipe = make_pipe();
    const ProcessPointer receiver = start(target, receive, {pipe.read, -1, -1});
    close(pipe.read);
    const ProcessPointer sender = start(source, send, {-1, pipe.write, -1});
    close(pipe.write);
    sent = ended(*sender);
    received = ended(*receiver);
  }

  std::shared_ptr<ZfsModel> here = std::make_shared<ZfsModel>(1);
  std::shared_ptr<ZfsModel> there = std::make_shared<ZfsModel>(2);
  ModelTransport source{here, "here"};
  ModelTransport target{there, "there"};
  Text error;
  std::string said;
  ExitStatus sent;
  ExitStatus received;
};

TEST_F(ModelTransportTest, ACommandPrintsAndEndsAsInZfs) {
  EXPECT_EQ(run(source, "list -H -o name here/t").code, 0);
  EXPECT_EQ(said, "here/t\n");
  EXPECT_EQ(run(source, "list -H -o name here/none").code, 1);
  EXPECT_THAT(said, HasSubstr("dataset does not exist"));
  EXPECT_EQ(source.commands().size(), 2U);
}

TEST_F(ModelTransportTest, AStreamFlowsBetweenTwoMachines) {
  here->write("here/t", 200'000);  // more than a pipe holds
  model::run(*here, "snapshot here/t@2");
  push("send -R -w here/t@2", "receive -s -u there/t");
  EXPECT_EQ(sent.code, 0);
  EXPECT_EQ(received.code, 0);
  EXPECT_THAT(snapshots(*there, "there/t"), ElementsAre("@1", "@2"));
}

TEST_F(ModelTransportTest, AReceiveThatFailsStopsReadingAndTheSenderDiesOfIt) {
  here->write("here/t", 400'000);
  model::run(*here, "snapshot here/t@2");
  model::run(*there, "create there/t");
  push("send -R -w here/t@2", "receive -s -u there/t");
  EXPECT_EQ(received.code, 1);
  EXPECT_EQ(sent.kind, ExitKind::signalled);
  EXPECT_EQ(sent.code, SIGPIPE);
}

TEST_F(ModelTransportTest, ACutReceiveLeavesATokenWhetherItIsCutKilledOrLost) {
  const std::size_t bytes = parts_of(here->send(zfs("send -w here/t@1")).bytes).front().payload + 500;
  for (const int how : {0, 1, 2}) {
    const std::size_t number = target.commands().size();
    if (how == 2)
      target.lose_stream(number, bytes);
    else
      target.cut_receive(number, bytes, how == 1);
    push("send -w here/t@1", "receive -s -u there/" + std::to_string(how));
    EXPECT_EQ(received.kind, how == 0 ? ExitKind::exited : how == 1 ? ExitKind::signalled : ExitKind::transport_failed);
    ASSERT_TRUE(there->find("there/" + std::to_string(how))->partial);
    EXPECT_EQ(there->find("there/" + std::to_string(how))->partial->offset, 500U);
  }
}

TEST_F(ModelTransportTest, ALostSendEndsTheStreamEarly) {
  source.lose_stream(0, 300);
  push("send -w here/t@1", "receive -s -u there/t");
  EXPECT_EQ(sent.kind, ExitKind::transport_failed);
  EXPECT_EQ(received.code, 1);
  EXPECT_TRUE(there->find("there/t")->partial);
}

TEST_F(ModelTransportTest, ACommandCanFailBeforeAndAfterItTookEffect) {
  source.fail_command(0, When::before);
  source.fail_command(1, When::after);
  source.lose_command(2, When::after);
  EXPECT_EQ(run(source, "snapshot here/t@before").code, 1);
  EXPECT_EQ(run(source, "snapshot here/t@after").code, 1);
  EXPECT_EQ(run(source, "snapshot here/t@lost").kind, ExitKind::transport_failed);
  EXPECT_THAT(snapshots(*here, "here/t"), ElementsAre("@1", "@after", "@lost"));
}

TEST_F(ModelTransportTest, ARefusedConnectionIsUnreachable) {
  EXPECT_EQ(source.open(error), Status::ok);
  source.refuse();
  EXPECT_EQ(source.open(error), Status::unreachable);
  source.refuse(true, false);
  EXPECT_EQ(source.open(error), Status::ok);
  const std::string_view word = "zfs";
  Process* process = nullptr;
  EXPECT_EQ(source.start({&word, 1}, {}, &process, error), Status::unreachable);
}

TEST_F(ModelTransportTest, AHookChangesTheWorldBeforeACommand) {
  source.before_command(1, [](ZfsModel& model) { model::run(model, "destroy here/t@1"); });
  run(source, "list -H -t snapshot -o name here/t@1");
  EXPECT_EQ(said, "here/t@1\n");
  EXPECT_EQ(run(source, "list -H -t snapshot -o name here/t@1").code, 1);
}

TEST_F(ModelTransportTest, WhatWaitsForInputEndsWhenAsked) {
  const Ends pipe = make_pipe();
  const ProcessPointer receiver = start(target, "receive -s -u there/t", {pipe.read, -1, -1});
  receiver->terminate();
  EXPECT_EQ(ended(*receiver).kind, ExitKind::signalled);
  close(pipe.read);
  close(pipe.write);
}

TEST_F(ModelTransportTest, AProgramGetsItsScriptFromTheStandardInput) {
  std::string seen;
  here->set_program([&](ZfsModel&, const Words&, const std::string& script) {
    seen = script;
    return ModelResult{};
  });
  const Ends pipe = make_pipe();
  const ProcessPointer program = start(source, "program here - x", {pipe.read, -1, -1});
  close(pipe.read);
  EXPECT_EQ(write(pipe.write, "return 1", 8), 8);
  close(pipe.write);
  EXPECT_EQ(ended(*program).code, 0);
  EXPECT_EQ(seen, "return 1");
}

}  // namespace
}  // namespace czb::model
