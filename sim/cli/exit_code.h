// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace orrery::cli {

// What the program ends with; docs/cli.md.
enum ExitCode : int {
  kSuccess = 0,
  kPointsFailed = 1,     // points of a study have failed; the others are done
  kUserError = 2,        // the input is wrong: one line on standard error for each mistake
  kInvariantBroken = 3,  // the run ended, but its figures contradict each other
  kInternalError = 70,   // a mistake of ours, with the invariant's name
  kInterrupted = 130,    // Ctrl-C; the result so far was written and is marked partial
};

}  // namespace orrery::cli
