// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace orrery::cli {

// The whole program: parses the command line, runs a subcommand, turns every error into lines on
// standard error that begin with "error: ". Returns an ExitCode and never throws.
[[nodiscard]] int run_program(int argc, char** argv);

}  // namespace orrery::cli
