// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

#include <csignal>

namespace orrery::cli {
namespace {

// A signal handler has no other way to reach what it must change.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "signal handlers may not lock");

extern "C" void raise_flag(int /*signal*/) {
  interrupted.store(true);
}

void install(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  // One shot: the second signal finds the default action.
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  sigaction(signal, &action, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  interrupted.store(false);
  install(SIGINT, raise_flag);
  install(SIGTERM, raise_flag);
}

InterruptGuard::~InterruptGuard() {
  install(SIGINT, SIG_DFL);
  install(SIGTERM, SIG_DFL);
}

const std::atomic<bool>& InterruptGuard::flag() const {
  return interrupted;
}

}  // namespace orrery::cli
