// SPDX-License-Identifier: MIT
// A tree that others send here, and a job that expires it: whether names that a sender made up, and receives at the
// same time, are kept from doing harm (docs/configuration.md, "Expiry of received trees").
#pragma once

#include <string>

#include "config/config.h"
#include "doctor/finding.h"
#include "doctor/side.h"
#include "doctor/surroundings.h"

namespace czb::doctor {

// The names of datasets that have properties which came with a stream, each once for each property.
CommandLine received_command(const std::string& dataset);

// `received-tree` of a job's source, which was listed; and `quota` where it was received.
void check_received_tree(const JobConfig& job, const Side& source, Findings& findings, const Surroundings& here);

}  // namespace czb::doctor
