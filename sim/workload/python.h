// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace orrery::workload {

// What a finished program left.
struct ProgramOutcome {
  bool started = false;
  int code = -1;  // exit code, or 128 + the signal that ended it
  std::string output;
  std::string errors;
};

// The interpreter for the project's Python package: that of the environment variable
// ORRERY_PYTHON, else the checkout's .venv, else python3 of the PATH.
[[nodiscard]] std::string python_interpreter();

// Runs `python -m MODULE ARGUMENTS`, with the project's package on its path and no input, to its
// end.
[[nodiscard]] ProgramOutcome run_python_module(const std::string& module,
                                               const std::vector<std::string>& arguments);

}  // namespace orrery::workload
