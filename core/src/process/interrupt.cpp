// SPDX-License-Identifier: MIT
#include "process/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "error.h"

namespace czb {
namespace {

int event_descriptor = -1;
volatile sig_atomic_t first_signal = 0;
int held = 0;  // how many InterruptsHeld live

void on_signal(int signal) {
  const int saved_errno = errno;
  if (first_signal == 0) first_signal = signal;
  const std::uint64_t one = 1;
  // The result does not matter: the counter is readable already if this fails.
  [[maybe_unused]] ssize_t written = write(event_descriptor, &one, sizeof one);
  errno = saved_errno;
}

}  // namespace

void catch_interrupts() {
  if (event_descriptor >= 0) return;
  event_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
}

InterruptsHeld::InterruptsHeld() { ++held; }

InterruptsHeld::~InterruptsHeld() { --held; }

int interrupt_descriptor() { return held > 0 ? -1 : event_descriptor; }

int interrupt_signal() { return first_signal; }

void throw_if_interrupted() {
  if (held == 0 && first_signal != 0) throw Interrupted(first_signal);
}

}  // namespace czb
