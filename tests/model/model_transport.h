// SPDX-License-Identifier: MIT
// The program's transport into a ZfsModel: the real planner and executor run against ZFS in memory.
//
//   auto here = std::make_shared<ZfsModel>(1);
//   auto there = std::make_shared<ZfsModel>(2);      // or the same one: two pools of one machine
//   auto source = std::make_shared<ModelTransport>(here, "this machine");
//   auto target = std::make_shared<ModelTransport>(there, "offsite");
//   target->cut_receive(0, 300);                     // its first receive sees 300 bytes and then the end
//   … run the job with these two as its transports …
//
// A command takes effect in start, which makes runs repeatable; but for receive, which takes in its stream in a thread
// of its own while it arrives, and program, which must read its script first. Output is written by that thread, too.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cyber-zfs-backup/process_pointer.h"
#include "cyber-zfs-backup/transport.h"
#include "model/zfs_model.h"

namespace czb::model {

// How a command fails that is made to fail: `before` it took effect, or `after`, when only its answer is lost.
enum class When { before, after };

// Commands and receives are counted from 0, over the transport's life. Faults are set up before the run, and each
// happens once. Not to be destroyed before the processes that it started are released.
class ModelTransport final : public Transport {
 public:
  explicit ModelTransport(std::shared_ptr<ZfsModel> model, std::string peer = "the model");
  ModelTransport(const ModelTransport&) = delete;
  ModelTransport& operator=(const ModelTransport&) = delete;
  ~ModelTransport() = default;

  // The command ends with `status` and says `text`. `after`: with its output lost.
  void fail_command(std::size_t number, When when, int status = 1, std::string text = "cannot do it: I/O error");
  // The connection breaks: ExitKind::transport_failed. Of a send or receive, `after` means: at its end.
  void lose_command(std::size_t number, When when);
  // The connection breaks when that many bytes of the stream have passed: sent by a send, taken in by a receive. The
  // far zfs sees the stream's end.
  void lose_stream(std::size_t number, std::uint64_t bytes);
  // The receive sees the stream's end after that many bytes. `killed`: the zfs process is killed there (signal 9).
  void cut_receive(std::size_t number_of_receive, std::uint64_t bytes, bool killed = false);
  // open, or (`at_open` false) each start, answers Status::unreachable until it is told otherwise.
  void refuse(bool refused = true, bool at_open = true);
  // A restricted receiver of this mode ("append-only", "mirror", "pull") stands before zfs: listings tell its mode, and
  // what the mode does not allow is refused (zfs/receiver.h).
  void restrict(std::string mode) { mode_ = std::move(mode); }
  // Called in start, before that command runs.
  using Hook = std::function<void(ZfsModel&)>;
  void before_command(std::size_t number, Hook hook);

  // The command lines that were started, in their order.
  const std::vector<Words>& commands() const { return commands_; }
  ZfsModel& model() { return *model_; }

  void describe_peer(TextSink& text) noexcept override;
  void describe_command(const Argv& argv, TextSink& text) noexcept override;
  Status open(TextSink& error) noexcept override;
  Status start(const Argv& argv, const StandardDescriptors& descriptors, Process** process,
               TextSink& error) noexcept override;
  void close() noexcept override {}

 private:
  struct Fault {
    enum class Kind { fail, lose } kind = Kind::fail;
    When when = When::before;
    int status = 1;
    std::string text;
  };
  struct Cut {
    std::uint64_t bytes = 0;
    bool lost = false;
    bool killed = false;
  };
  ProcessPointer launch(const Words& words, const StandardDescriptors& descriptors);

  std::shared_ptr<ZfsModel> model_;
  std::string peer_;
  std::vector<Words> commands_;
  std::string mode_;
  std::size_t receives_ = 0;
  bool refused_at_open_ = false;
  bool refused_at_start_ = false;
  std::map<std::size_t, Fault> faults_;
  std::map<std::size_t, Cut> lost_streams_;
  std::map<std::size_t, Cut> cut_receives_;
  std::map<std::size_t, Hook> hooks_;
};

}  // namespace czb::model
