// SPDX-License-Identifier: Apache-2.0
#include "workload/python.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/data_folders.h"
#include "base/error.h"

namespace orrery::workload {
namespace {

namespace fs = std::filesystem;

using TemporaryFile = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

TemporaryFile temporary_file() {
  TemporaryFile file(std::tmpfile(), std::fclose);
  base::require_invariant(file != nullptr, "a temporary file can be made");
  return file;
}

std::string content(std::FILE* file) {
  std::string text;
  std::rewind(file);
  char buffer[65536];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) {
    text.append(buffer, n);
  }
  return text;
}

// The first data folder that holds `part`, or an empty path.
fs::path find_part(const fs::path& part) {
  std::error_code error;
  for (const fs::path& folder : base::data_folders()) {
    if (fs::exists(folder / part, error)) {
      return folder / part;
    }
  }
  return {};
}

// The environment of this process, with the package's folder at the front of PYTHONPATH.
std::vector<std::string> environment() {
  std::vector<std::string> values;
  std::error_code error;
  std::string path = fs::absolute(find_part("python"), error).string();
  for (char** item = environ; *item != nullptr; ++item) {
    const std::string value = *item;
    if (!value.starts_with("PYTHONPATH=")) {
      values.push_back(value);
    } else if (value.size() > 11) {
      path += ":" + value.substr(11);
    }
  }
  values.push_back("PYTHONPATH=" + path);
  values.emplace_back("PYTHONDONTWRITEBYTECODE=1");
  return values;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) {
    result.push_back(text.data());
  }
  result.push_back(nullptr);
  return result;
}

// The process number of `python -m MODULE ARGUMENTS`, with the actions done first; 0 where it
// cannot be started. Takes the actions apart.
pid_t start(const std::string& module, const std::vector<std::string>& arguments,
            posix_spawn_file_actions_t& actions) {
  std::vector<std::string> words{python_interpreter(), "-m", module};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = environment();
  pid_t child = 0;
  const bool started = posix_spawnp(&child, words.front().c_str(), &actions, nullptr,
                                    pointers(words).data(), pointers(variables).data()) == 0;
  posix_spawn_file_actions_destroy(&actions);
  return started ? child : 0;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string python_interpreter() {
  if (const char* chosen = std::getenv("ORRERY_PYTHON"); chosen != nullptr && *chosen != '\0') {
    return chosen;
  }
  const fs::path own = find_part(".venv/bin/python");
  return own.empty() ? "python3" : own.string();
}

ProgramOutcome run_python_module(const std::string& module,
                                 const std::vector<std::string>& arguments) {
  const TemporaryFile output = temporary_file();
  const TemporaryFile errors = temporary_file();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, fileno(output.get()), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(errors.get()), STDERR_FILENO);
  const pid_t child = start(module, arguments, actions);
  ProgramOutcome outcome;
  outcome.started = child > 0;
  if (outcome.started) {
    outcome.code = wait_for(child);
    outcome.output = content(output.get());
    outcome.errors = content(errors.get());
  }
  return outcome;
}

PythonService::PythonService(const std::string& module, const std::vector<std::string>& arguments)
    : errors_(temporary_file()) {
  std::array<int, 2> ends{};
  base::require_invariant(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0,
                          "a socket can be made");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(errors_.get()), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(errors_.get()), STDERR_FILENO);
  child_ = start(module, arguments, actions);
  socket_ = ends[0];
  close(ends[1]);
}

PythonService::~PythonService() {
  if (started()) {
    (void)wait_for(child_);
  }
}

std::string PythonService::errors() const {
  return content(errors_.get());
}

}  // namespace orrery::workload
