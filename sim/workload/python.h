// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <memory>
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

// `python -m MODULE ARGUMENTS` with a socket as its standard input, over which it talks with this
// program in both directions; what it prints goes to neither.
class PythonService {
 public:
  PythonService(const std::string& module, const std::vector<std::string>& arguments);
  // Waits for its end: close the socket before.
  ~PythonService();
  PythonService(const PythonService&) = delete;
  PythonService& operator=(const PythonService&) = delete;

  [[nodiscard]] bool started() const { return child_ > 0; }
  // This program's end, which the caller closes.
  [[nodiscard]] int socket() const { return socket_; }
  // What it has written to standard error so far.
  [[nodiscard]] std::string errors() const;

 private:
  using TemporaryFile = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

  int socket_ = -1;
  pid_t child_ = 0;
  TemporaryFile errors_;
};

}  // namespace orrery::workload
