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
  return std::visit(Overloaded{
                        [](const TakeSnapshot& s) { return snapshot_command(s.root, s.name); },
                        [](const DestroySnapshots& s) { return destroy_command(s.dataset(), s.names, s.recursive); },
                        [](const SendTree& s) { return send_command(s.source_root, s.base, s.to); },
                        [](const RecordBase& s) { return set_property_command(s.root, s.property, s.value()); },
                    },
                    step);
}

CommandLine receiving_argv(const SendTree& step) { return receive_command(step.target_root, step.properties); }

const char* verb_of(const Step& step) {
  return std::visit(Overloaded{
                        [](const TakeSnapshot&) { return "snapshot"; },
                        [](const DestroySnapshots&) { return "destroy"; },
                        [](const SendTree&) { return "send"; },
                        [](const RecordBase&) { return "record"; },
                    },
                    step);
}

Side side_of(const Step& step) {
  const auto* destroy = std::get_if<DestroySnapshots>(&step);
  return destroy != nullptr ? destroy->side : Side::source;
}

}  // namespace czb
