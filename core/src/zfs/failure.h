// SPDX-License-Identifier: MIT
// What a failed zfs command means, from its own words: zfs's exit status says only that it failed.
#pragma once

#include <string>
#include <vector>

#include "error.h"
#include "process/command.h"
#include "process/stream.h"
#include "zfs/commands.h"

namespace czb {

// Whether it failed because `dataset` itself does not exist; not because another did.
bool is_missing_dataset(const Completed& completed, const std::string& dataset);

// zfs send exits with 255 for a token that it cannot go on with, which ssh uses for its own failures: with zfs's words
// it is zfs's status.
void tell_from_ssh(Completed& completed);

// Whether a stream went well on both sides. `zfs send -R` can exit 0 after "warning: cannot send …"
// (OpenZFS 2.1.11): that is a failure too.
// Whether a listing that ended well is not all there is: zfs list leaves out what it cannot open, with a word on
// standard error and exit 0. Taken for all, what is left out would be gone at the source, or missing at the target.
// (ssh may say other things there.)
bool leaves_out_datasets(const Completed& listing);

// Whether `zfs receive` has failed in a way in which it ends though it has done all that it was to do: without a word
// after a stream of a tree with clones that are none there (it waits in vain to promote them), or at the end of one
// that brings nothing new. What is there tells which.
bool ends_for_nothing(const StreamResult& result);

bool stream_ok(const StreamResult& result);

// Whether a stream that failed may go well when it is tried again: the connection was lost, a time limit was reached,
// a side was killed, the data arrived cut or garbled, or another receive is at work. zfs/meaning.h has the words.
bool may_pass(const StreamResult& result);

// The same for a message of command_error.
bool may_pass(const Error& error);

// Whether a stream failed, with this message, because zfs receive did not find the origin of a clone.
bool lacks_origin(const std::string& failure);

// The error to throw for a command that failed at `peer`: unreachable when the transport failed, refused when a
// restricted receiver there refused it, needs_person when it fails each time until somebody has changed something.
Error command_error(const std::string& peer, const CommandLine& command, const Completed& completed);

// The same for a stream of which one side or both failed; it names the dataset of each side. The commands of both sides
// tell which permissions they need.
Error stream_error(const std::string& sending_peer, const std::string& receiving_peer, const StreamResult& result,
                   const CommandLine& sending = {}, const CommandLine& receiving = {});

// What is to be said of a stream that went well. A restricted receiver leaves out properties that it cannot keep; and
// zfs receive exits with 0 though it could not set some (measured). Sentences for the user, the latter with what to do.
std::vector<std::string> property_notes(const std::string& receiving_peer, const CommandLine& receiving,
                                        const StreamResult& result);

// Of such a stream, where a restricted receiver has taken a key for the right one that it did not know; else empty.
std::string new_keys_warning(const std::string& receiving_peer, const StreamResult& result);

// The second of these; empty when there is nothing to say.
std::string refused_properties_note(const std::string& receiving_peer, const CommandLine& receiving,
                                    const StreamResult& result);

}  // namespace czb
