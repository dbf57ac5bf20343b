// SPDX-License-Identifier: MIT
// What zfs's and libzfs's messages mean for a backup: whether trying again can help, and what a person should do. The
// texts are OpenZFS's own, untranslated (LC_ALL=C).
#pragma once

#include <string>

namespace czb {

enum class Lasting {
  unknown,    // it failed, and is not tried again in this run
  passing,    // it may go well when it is tried again
  permanent,  // it fails each time until a person has changed something
};

// Permanent where anything in the message is, whatever else it says.
Lasting lasting_of(const std::string& message);

// What to do about it, as whole sentences; empty when nothing better than zfs's own words is known.
std::string advice_on(const std::string& message);

// zfs's words without what would mislead here: its own advice, which is for somebody who types zfs send and receive by
// hand ("must specify -F", "use '-r' to destroy …"), and words that are said of something else.
std::string without_zfs_advice(std::string message);

// The reason that libzfs gives why a property was not set, put right where it names another.
std::string property_reason(const std::string& property, const std::string& reason);

}  // namespace czb
