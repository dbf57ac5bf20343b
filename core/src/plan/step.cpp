// SPDX-License-Identifier: MIT
#include "plan/step.h"

namespace czb {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace

CommandLine argv_of(const Step& step) {
  return std::visit(
      Overloaded{
          [](const TakeSnapshot& s) {
            return s.datasets.empty() ? snapshot_tree_command(s.root, s.name) : snapshot_command(s.datasets, s.name);
          },
          [](const DestroySnapshots& s) { return destroy_command(s.dataset(), s.names, s.recursive); },
          [](const SendTree& s) { return send_tree_command(s.source_root, s.base, s.to, s.skip_missing, s.form); },
          [](const SendDataset& s) { return send_dataset_command(s.source, s.from, s.base, s.to, s.form); },
          [](const ResumeSend& s) { return send_token_command(s.token); },
          [](const AbortReceive& s) { return abort_receive_command(s.target); },
          [](const RenameDataset& s) { return rename_command(s.from, s.to); },
          [](const RenameSnapshot& s) { return rename_snapshot_command(s.dataset, s.from, s.to, s.recursive); },
          [](const PromoteDataset& s) { return promote_command(s.dataset); },
          [](const RollBack& s) { return rollback_command(s.dataset, s.snapshot); },
          [](const DestroyDataset& s) { return destroy_dataset_command(s.dataset); },
          [](const RecordBase& s) {
            return record_base_command(s.root, s.property(), s.value(), s.snapshot, base_bookmark_prefix(s.target),
                                       s.own);
          },
          [](const DestroyBookmark& s) { return destroy_bookmark_command(s.dataset, s.bookmark); },
      },
      step);
}

std::optional<CommandLine> receiving_argv(const Step& step) {
  if (const auto* tree = std::get_if<SendTree>(&step)) return receive_command(tree->target_root, tree->properties);
  if (const auto* one = std::get_if<SendDataset>(&step)) return receive_command(one->target, one->properties);
  if (const auto* rest = std::get_if<ResumeSend>(&step)) return receive_command(rest->target, {});
  return std::nullopt;
}

const char* verb_of(const Step& step) {
  return std::visit(Overloaded{
                        [](const TakeSnapshot&) { return "snapshot"; },
                        [](const DestroySnapshots&) { return "destroy"; },
                        [](const SendTree&) { return "send"; },
                        [](const SendDataset&) { return "send"; },
                        [](const ResumeSend&) { return "resume"; },
                        [](const AbortReceive&) { return "abort"; },
                        [](const RenameDataset&) { return "rename"; },
                        [](const RenameSnapshot&) { return "rename"; },
                        [](const PromoteDataset&) { return "promote"; },
                        [](const RollBack&) { return "rollback"; },
                        [](const DestroyDataset&) { return "destroy"; },
                        [](const RecordBase&) { return "record"; },
                        [](const DestroyBookmark&) { return "destroy"; },
                    },
                    step);
}

Side side_of(const Step& step) {
  return std::visit(Overloaded{
                        [](const DestroySnapshots& s) { return s.side; },
                        [](const AbortReceive&) { return Side::target; },
                        [](const RenameDataset&) { return Side::target; },
                        [](const RenameSnapshot&) { return Side::target; },
                        [](const PromoteDataset&) { return Side::target; },
                        [](const RollBack&) { return Side::target; },
                        [](const DestroyDataset&) { return Side::target; },
                        [](const auto&) { return Side::source; },
                    },
                    step);
}

}  // namespace czb
