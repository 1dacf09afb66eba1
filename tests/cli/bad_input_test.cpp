// SPDX-License-Identifier: Apache-2.0
// Every tests/bad_input/NAME.expected holds what the program must answer, one mistake a line, to
// the command in NAME.args (or `describe FILE` for workloads, `validate NAME.yaml` for the rest),
// run in that folder. The lines stand there without "error: ".
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/cli/process.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;
using testing::StartsWith;

const fs::path kFolder = fs::path(ORRERY_SOURCE_DIR) / "tests/bad_input";

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    // Answers about ONNX models need Python's packages: tests/python looks after them.
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".expected" && !name.starts_with("onnx_")) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Words apart by blanks; what stands in single quotes is one word.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  bool inside = false;
  bool quoted = false;
  for (const char c : text) {
    if (c == '\'') {
      quoted = !quoted;
      if (quoted && !inside) {
        words.emplace_back();
        inside = true;
      }
    } else if (!quoted && (c == ' ' || c == '\n')) {
      inside = false;
    } else {
      if (!inside) {
        words.emplace_back();
      }
      inside = true;
      words.back() += c;
    }
  }
  return words;
}

std::vector<std::string> arguments_of(const std::string& name) {
  if (fs::exists(kFolder / (name + ".args"))) {
    return words_of(read_file(kFolder / (name + ".args")));
  }
  for (const std::string extension : {".yaml", ".json", ".csv"}) {
    if (fs::exists(kFolder / (name + extension))) {
      return {name.starts_with("workload_") ? "describe" : "validate", name + extension};
    }
  }
  return {};
}

// A message may be written over several lines, the further ones indented.
std::string expected_errors(const std::string& name) {
  std::istringstream lines(read_file(kFolder / (name + ".expected")));
  std::string errors;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  ")) {
      errors.back() = ' ';
      errors += line.substr(line.find_first_not_of(' ')) + '\n';
    } else if (!line.empty()) {
      errors += "error: " + line + '\n';
    }
  }
  return errors;
}

class BadInput : public testing::TestWithParam<std::string> {};

TEST_P(BadInput, IsAnsweredAndLeavesNothing) {
  const std::vector<std::string> before = paths_below(kFolder);
  ProcessOptions options;
  options.folder = kFolder;
  const Outcome outcome = run_orrery(arguments_of(GetParam()), options);
  EXPECT_EQ(outcome.errors, expected_errors(GetParam()));
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.output, "");
  EXPECT_EQ(paths_below(kFolder), before);
}

INSTANTIATE_TEST_SUITE_P(Files, BadInput, testing::ValuesIn(cases()),
                         [](const auto& suite) { return suite.param; });

TEST(BadInputs, AreAtLeastTwentyFive) {
  EXPECT_GE(cases().size(), 25U);
}

// Files that no checkout can hold.
class UnreadableInput : public testing::Test {
 protected:
  ~UnreadableInput() override { fs::remove_all(options_.folder); }

  void expect_error(const std::vector<std::string>& arguments, const std::string& errors) {
    const std::vector<std::string> before = paths_below(options_.folder);
    const Outcome outcome = run_orrery(arguments, options_);
    EXPECT_EQ(outcome.errors, errors);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.output, "");
    EXPECT_EQ(paths_below(options_.folder), before);
  }

  ProcessOptions options_{fresh_folder(), 0, 0, {}};
};

TEST_F(UnreadableInput, AbsentFile) {
  expect_error({"validate", "absent.yaml"}, "error: absent.yaml: no such file\n");
}

TEST_F(UnreadableInput, FolderInsteadOfAFile) {
  fs::create_directory(options_.folder / "folder.yaml");
  expect_error({"validate", "folder.yaml"}, "error: folder.yaml: is a folder; expected a file\n");
}

TEST_F(UnreadableInput, FileThatCannotBeRead) {
  // Opens for everybody and fails to be read at its beginning, for root too.
  fs::create_symlink("/proc/self/mem", options_.folder / "memory.yaml");
  expect_error({"validate", "memory.yaml"}, "error: memory.yaml: cannot be read\n");
}

TEST_F(UnreadableInput, HugeFile) {
  // One byte above 64 MiB, without taking room on the disk.
  std::ofstream(options_.folder / "huge.yaml").flush();
  fs::resize_file(options_.folder / "huge.yaml", (64 << 20) + 1);
  expect_error({"validate", "huge.yaml"},
               "error: huge.yaml: is too large; expected at most 64 MiB\n");
}

TEST_F(UnreadableInput, DeeplyNestedFile) {
  std::ofstream(options_.folder / "deep.yaml") << std::string(101, '[') + std::string(101, ']');
  expect_error({"validate", "deep.yaml"},
               "error: deep.yaml:1:101: nested too deeply; expected at most 100 levels\n");
}

TEST_F(UnreadableInput, AliasesThatMultiply) {
  // Each line holds the one before nine times: 9^12 values from a few hundred bytes.
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i <= 12; ++i) {
    const std::string item = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + item;
    for (int k = 0; k < 8; ++k) {
      text += ", " + item;
    }
    text += "]\n";
  }
  std::ofstream(options_.folder / "bomb.yaml") << text;
  const Outcome outcome = run_orrery({"validate", "bomb.yaml"}, options_);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.errors, StartsWith("error: bomb.yaml:6:"));
}

TEST_F(UnreadableInput, OutputWithoutParent) {
  expect_error(
      {"run", "-p", "edge", "-w", "tiny_gemm", "-o", "no/such"},
      "error: no/such: cannot be created: there is no folder 'no'; expected a folder whose "
      "parent exists\n");
}

TEST_F(UnreadableInput, OutputThatIsAFile) {
  std::ofstream(options_.folder / "taken") << "x";
  expect_error({"run", "-p", "edge", "-w", "tiny_gemm", "-o", "taken"},
               "error: taken: is a file; expected a folder for the results\n");
}

TEST_F(UnreadableInput, OutputWhereNothingCanBeMade) {
  expect_error({"run", "-p", "edge", "-w", "tiny_gemm", "-o", "/proc/result"},
               "error: /proc/result: cannot be created: No such file or directory\n");
}

}  // namespace
}  // namespace orrery::cli
