// SPDX-License-Identifier: MIT
#include "model/model_transport.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <utility>

#include "model/model_process.h"
#include "model/receiver.h"

namespace czb::model {
namespace {

using Outcome = ModelStreams::Outcome;

constexpr ExitStatus lost = {ExitKind::transport_failed, 255};

ExitStatus exited(int status) { return {ExitKind::exited, status}; }

ExitStatus by_signal(int number) { return {ExitKind::signalled, number}; }

ExitStatus print(ModelStreams& streams, const ModelResult& result) {
  if (streams.write_err(result.err) == Outcome::killed) return by_signal(SIGTERM);
  const Outcome outcome = streams.write_out(result.out);
  if (outcome == Outcome::killed) return by_signal(SIGTERM);
  return outcome == Outcome::closed ? by_signal(SIGPIPE) : exited(result.status);
}

// The snapshots that are sent are held until the last byte is written.
ExitStatus run_send(ModelStreams& streams, ZfsModel& model, const SendResult& sent,
                    std::optional<std::uint64_t> lost_after) {
  ExitStatus status = exited(sent.status);
  const std::string_view bytes = std::string_view(sent.bytes).substr(0, lost_after.value_or(sent.bytes.size()));
  streams.write_err(sent.err);
  Outcome outcome = streams.write_out(sent.out);
  if (outcome == Outcome::done) outcome = streams.write_out(bytes);
  if (outcome != Outcome::done) status = by_signal(outcome == Outcome::killed ? SIGTERM : SIGPIPE);
  model.end_send(sent);
  return lost_after ? lost : status;
}

struct ReceiveLimit {
  std::optional<std::uint64_t> bytes;
  bool lost = false;
  bool killed = false;
};

ExitStatus run_receive(ModelStreams& streams, Receiver& receiver, const ReceiveLimit& limit) {
  std::uint64_t left = limit.bytes.value_or(UINT64_MAX);
  std::string text;
  bool wanted = true;
  while (wanted && left > 0) {
    const Outcome outcome = streams.read_in(text);
    if (outcome == Outcome::killed) {
      receiver.kill();
      return by_signal(SIGTERM);
    }
    if (outcome == Outcome::closed) break;
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left, text.size()));
    left -= count;
    wanted = receiver.feed(std::string_view(text).substr(0, count));
  }
  streams.close_in();
  if (limit.bytes && left == 0) {
    const ModelResult result = limit.killed ? receiver.kill() : receiver.finish();
    if (limit.killed) return by_signal(SIGKILL);
    if (limit.lost) return lost;
    return print(streams, result);
  }
  return print(streams, receiver.finish());
}

bool mode_allows(const std::string& mode, const Words& words, const std::string& verb) {
  if (mode.empty() || verb == "list") return true;
  if (mode == "pull") return verb == "send";
  return verb == "receive" || (mode == "mirror" && verb == "destroy" && words.back().find('@') != std::string::npos);
}

}  // namespace

ModelTransport::ModelTransport(std::shared_ptr<ZfsModel> model, std::string peer)
    : model_(std::move(model)), peer_(std::move(peer)) {}

void ModelTransport::fail_command(std::size_t number, When when, int status, std::string text) {
  faults_[number] = {Fault::Kind::fail, when, status, std::move(text)};
}

void ModelTransport::lose_command(std::size_t number, When when) {
  faults_[number] = {Fault::Kind::lose, when, 255, ""};
}

void ModelTransport::lose_stream(std::size_t number, std::uint64_t bytes) {
  lost_streams_[number] = {bytes, true, false};
}

void ModelTransport::cut_receive(std::size_t number_of_receive, std::uint64_t bytes, bool killed) {
  cut_receives_[number_of_receive] = {bytes, false, killed};
}

void ModelTransport::refuse(bool refused, bool at_open) {
  refused_at_open_ = refused && at_open;
  refused_at_start_ = refused && !at_open;
}

void ModelTransport::before_command(std::size_t number, Hook hook) { hooks_[number] = std::move(hook); }

void ModelTransport::describe_peer(TextSink& text) noexcept { text.write(peer_); }

void ModelTransport::describe_command(const Argv& argv, TextSink& text) noexcept {
  for (std::uint64_t i = 0; i < argv.count; ++i) {
    if (i > 0) text.write(" ");
    text.write(argv.words[i]);
  }
}

Status ModelTransport::open(TextSink& error) noexcept {
  if (!refused_at_open_) return Status::ok;
  error.write("the model refuses the connection");
  return Status::unreachable;
}

Status ModelTransport::start(const Argv& argv, const StandardDescriptors& descriptors, Process** process,
                             TextSink& error) noexcept {
  if (refused_at_start_) {
    error.write("the model refuses the connection");
    return Status::unreachable;
  }
  try {
    const Words words(argv.words, argv.words + argv.count);
    *process = launch(words, descriptors).release();
    return Status::ok;
  } catch (const std::exception& exception) {
    error.write(exception.what());
    return Status::failed;
  }
}

ProcessPointer ModelTransport::launch(const Words& words, const StandardDescriptors& descriptors) {
  const std::size_t number = commands_.size();
  commands_.push_back(words);
  if (const auto hook = hooks_.find(number); hook != hooks_.end()) hook->second(*model_);
  const std::string verb = words.size() > 1 && words[0] == "zfs" ? words[1] : "";
  const bool receives =
      (verb == "receive" || verb == "recv") && std::find(words.begin(), words.end(), "-A") == words.end();
  const std::size_t number_of_receive = receives_;
  if (receives) ++receives_;
  const std::shared_ptr<ZfsModel> model = model_;

  std::optional<Fault> fault;
  if (const auto found = faults_.find(number); found != faults_.end()) fault = found->second;
  const auto failed = [](const Fault& how, ModelStreams& streams) {
    if (how.kind == Fault::Kind::lose) return lost;
    streams.write_err(how.text + "\n");
    return exited(how.status);
  };
  const auto process = [&](ModelProcess::Body body) {
    if (fault && fault->when == When::after)
      body = [body, how = *fault, failed](ModelStreams& streams) {
        body(streams);
        return failed(how, streams);
      };
    return ProcessPointer(new ModelProcess(descriptors, std::move(body)));
  };

  if (fault && fault->when == When::before) {
    return process([how = *fault, failed](ModelStreams& streams) { return failed(how, streams); });
  }
  if (!mode_allows(mode_, words, verb))
    return process([](ModelStreams& streams) {
      streams.write_err("cyber-zfs-backup-receiver: refused: not in this mode\n");
      return exited(77);
    });
  if (verb == "send") {
    std::optional<std::uint64_t> lost_after;
    if (const auto found = lost_streams_.find(number); found != lost_streams_.end()) lost_after = found->second.bytes;
    auto sent = std::make_shared<SendResult>(model->begin_send(words));
    return process(
        [model, sent, lost_after](ModelStreams& streams) { return run_send(streams, *model, *sent, lost_after); });
  }
  if (receives) {
    ReceiveLimit limit;
    if (const auto found = lost_streams_.find(number); found != lost_streams_.end())
      limit = {found->second.bytes, true, false};
    if (const auto found = cut_receives_.find(number_of_receive); found != cut_receives_.end())
      limit = {found->second.bytes, false, found->second.killed};
    return process([model, words, limit](ModelStreams& streams) {
      Receiver receiver(*model, words);
      return run_receive(streams, receiver, limit);
    });
  }
  if (verb == "program" && descriptors.in >= 0) {
    return process([model, words](ModelStreams& streams) {
      std::string script;
      for (std::string text;;) {
        const Outcome outcome = streams.read_in(text);
        if (outcome == Outcome::killed) return by_signal(SIGTERM);
        if (outcome == Outcome::closed) break;
        script += text;
      }
      return print(streams, model->command(words, script));
    });
  }
  auto result = std::make_shared<ModelResult>(model->command(words));
  if (fault && fault->kind == Fault::Kind::fail) *result = {};  // only its answer is lost
  if (!mode_.empty() && verb == "list") result->err = "cyber-zfs-backup-receiver: mode " + mode_ + "\n" + result->err;
  return process([result](ModelStreams& streams) { return print(streams, *result); });
}

}  // namespace czb::model
