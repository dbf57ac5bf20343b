// SPDX-License-Identifier: MIT
#include "local_transport.h"

#include <string>
#include <vector>

namespace czb::local {

namespace {

std::vector<std::string> prefix_for(const PluginOptions& options) {
  if (options.boolean("use-sudo")) return {"sudo", "-n"};
  return {};
}

}  // namespace

LocalTransport::LocalTransport(const CreateArguments& arguments)
    : PrefixTransport("this machine", prefix_for(PluginOptions(arguments))) {}

}  // namespace czb::local
