// SPDX-License-Identifier: MIT
// SIGINT, SIGTERM and SIGHUP as a descriptor that poll can wait for.
#pragma once

namespace czb {

// Installs the handlers and ignores SIGPIPE, once per process. Children are started with default
// dispositions, so this reaches none of them.
void catch_interrupts();

// Polls readable for ever once a signal came. -1 before catch_interrupts.
int interrupt_descriptor();

// What must be looked at after a signal, too: while one lives, interrupt_descriptor is -1 and throw_if_interrupted
// throws nothing. Whoever makes one bounds what is done meanwhile.
class InterruptsHeld {
 public:
  InterruptsHeld();
  ~InterruptsHeld();
  InterruptsHeld(const InterruptsHeld&) = delete;
  InterruptsHeld& operator=(const InterruptsHeld&) = delete;
};

// The signal that came first; 0: none yet.
int interrupt_signal();

// Throws Interrupted if a signal came.
void throw_if_interrupted();

}  // namespace czb
