// SPDX-License-Identifier: MIT
// One side of a job under examination: the source, or a target. What the checks learn of it is kept here, for those
// that rest on it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "doctor/receiver_answers.h"
#include "zfs/host.h"
#include "zfs/inventory.h"

namespace czb::doctor {

struct PoolStatus {
  std::string health;  // "ONLINE"
  std::optional<unsigned> percent_used;
  bool is_read_only = false;  // as it was imported
};

// Feature name without "feature@" → "disabled", "enabled" or "active". What a pool's software does not know is absent.
using Features = std::map<std::string, std::string>;

// A side's clock, as far from ours as it certainly is.
struct ClockReading {
  std::int64_t asked = 0;  // our time before the question
  std::int64_t there = 0;
  std::int64_t answered = 0;  // our time after the answer
};

struct Side {
  Side(Host& its_host, const PluginChoice& its_transport, std::string its_dataset)
      : host(its_host), transport(its_transport), dataset(std::move(its_dataset)) {}

  Host& host;
  const PluginChoice& transport;
  std::string dataset;
  bool is_source = true;
  bool recursive = true;
  bool takes_snapshots = true;  // the job does; it expires; it pushes
  bool expires = true;
  bool pushes = true;
  bool encrypted = false;                       // of a target: what comes is, or some of it
  std::vector<std::string> properties;          // user properties of the listing
  std::chrono::seconds listing_limit{3600};     // of a listing, which takes its time in a large tree
  const TargetConfig* target_config = nullptr;  // of a target
  bool was_pushed = false;                      // of a target: the source has a record of it
  bool has_what_to_send = true;                 // of a target: the source's root has a snapshot
  std::string run_command;                      // "cyber-zfs-backup --job home"

  // Learnt; absent: not yet, or it could not be.
  bool is_restricted = false;              // a receiver stands before it
  std::optional<ReceiverReport> receiver;  // its report
  std::optional<ClockReading> clock;
  std::optional<PoolStatus> pool_status;
  std::optional<Inventory> inventory;  // without datasets: the dataset does not exist
  std::string existing;                // the dataset, or else its parent, whichever exists
  std::optional<std::uint64_t> available;
  std::optional<std::uint64_t> used;  // by the whole tree, its snapshots included
  std::optional<Features> features;

  bool is_here() const { return transport.id == "local"; }
  std::string pool() const { return dataset.substr(0, dataset.find('/')); }
  std::string first_push() const {
    return run_command + (has_what_to_send || !takes_snapshots ? " --action push" : " --action snapshot push") +
           " --force-non-incremental" +
           (has_what_to_send || takes_snapshots ? "" : ", once the source's root has a snapshot: this job takes none");
  }
  std::string there() const { return is_here() ? "here" : "there"; }
};

}  // namespace czb::doctor
