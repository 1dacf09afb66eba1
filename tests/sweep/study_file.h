// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "sweep/study.h"

namespace orrery::sweep {

// A new empty folder, named after the running test.
inline std::filesystem::path fresh_folder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) /
                                       (std::string(test->test_suite_name()) + '.' + test->name());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

// The study that a file with this text describes.
inline Study study_of(const std::string& text) {
  const std::filesystem::path file = fresh_folder() / "example.yaml";
  std::ofstream(file) << text;
  return load_study(file);
}

// What is wrong with such a file, without its folder.
inline std::vector<std::string> mistakes_in(const std::string& text) {
  try {
    (void)study_of(text);
  } catch (const base::UserError& error) {
    std::vector<std::string> lines;
    for (base::Diagnostic diagnostic : error.diagnostics()) {
      diagnostic.where.file = std::filesystem::path(diagnostic.where.file).filename().string();
      lines.push_back(diagnostic.to_string());
    }
    return lines;
  }
  return {};
}

}  // namespace orrery::sweep
