// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;

// In the child: never returns.
[[noreturn]] void become_orrery(std::vector<char*>& arguments, const ProcessOptions& options,
                                const fs::path& output, const fs::path& errors) {
  const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int err = open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int in = open("/dev/null", O_RDONLY);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  for (const auto& [name, value] : options.environment) {
    setenv(name.c_str(), value.c_str(), 1);
  }
  if (chdir(options.folder.c_str()) == 0) {
    execv(ORRERY_EXECUTABLE, arguments.data());
  }
  _exit(127);
}

}  // namespace

Outcome run_orrery(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  static int calls = 0;
  const fs::path stem = fs::path(testing::TempDir()) /
                        ("orrery_" + std::to_string(getpid()) + "_" + std::to_string(++calls));
  const fs::path output = stem.string() + ".out";
  const fs::path errors = stem.string() + ".err";
  std::vector<std::string> texts{"orrery"};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    become_orrery(pointers, options, output, errors);
  }
  if (options.signal != 0) {
    usleep(static_cast<useconds_t>(options.signal_after_ms) * 1000);
    kill(child, options.signal);
  }
  int status = 0;
  waitpid(child, &status, 0);
  const Outcome outcome{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                        read_file(output), read_file(errors)};
  fs::remove(output);
  fs::remove(errors);
  return outcome;
}

fs::path fresh_folder() {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(info->test_suite_name()) + "." + info->name();
  std::replace(name.begin(), name.end(), '/', '.');
  const fs::path folder =
      fs::path(testing::TempDir()) / ("orrery_" + std::to_string(getpid()) + "_" + name);
  fs::remove_all(folder);
  fs::create_directory(folder);
  return folder;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> paths_below(const fs::path& folder) {
  std::vector<std::string> paths;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    paths.push_back(fs::relative(entry.path(), folder).string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace orrery::cli
