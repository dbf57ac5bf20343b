// SPDX-License-Identifier: MIT
// What a sender can ask for, as values. Each is one of the command lines of zfs/commands.h: a request is parsed from an
// argv, made again by the same builder, and taken only when both are equal.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "zfs/commands.h"

namespace czb::receiver {

struct ListTree {
  std::string dataset;
  std::vector<std::string> user_properties;
  bool recursive = true;
};

struct ListNames {
  std::string dataset;
};

struct Exists {
  std::string dataset;
};

// Whether it is there, and encrypts what is made in it.
struct Place {
  std::string dataset;
};

struct Receive {
  std::string dataset;
  ReceivedProperties properties;
};

struct AbortReceive {
  std::string dataset;
};

struct Destroy {
  std::string dataset;
  std::vector<std::string> names;  // of snapshots
  bool recursive = false;
};

struct SendTree {
  std::string dataset;
  std::optional<std::string> base;
  std::string to;
  bool skip_missing = false;
  czb::StreamForm form = czb::StreamForm::raw;
};

struct SendDataset {
  std::string dataset;
  SendFrom from = SendFrom::nothing;
  std::string base;  // see SendFrom
  std::string to;
  czb::StreamForm form = czb::StreamForm::raw;
};

// The rest of an interrupted stream, and what a token stands for.
struct SendToken {
  std::string token;
};
struct ReadToken {
  std::string token;
};

// Asks this program, not zfs.
struct Report {};

using Request = std::variant<ListTree, ListNames, Exists, Place, Receive, AbortReceive, Destroy, SendTree, SendDataset,
                             SendToken, ReadToken, Report>;

// Throws Refused unless it is exactly one of them, with names that ZFS takes. Whether the key may do it is policy.h's.
Request parse_request(const CommandLine& words);

// The words again.
CommandLine command_of(const Request& request);

}  // namespace czb::receiver
