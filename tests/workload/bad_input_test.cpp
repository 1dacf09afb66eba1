// SPDX-License-Identifier: Apache-2.0
// Every tests/bad_input/workload_*.expected against the message of the file of the same name.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "workload/workload.h"

namespace orrery::workload {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(ORRERY_SOURCE_DIR) / "tests/bad_input";

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    const std::string name = entry.path().stem().string();
    if (name.starts_with("workload_") && entry.path().extension() == ".expected") {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

// A workload file comes first: it may name a table or a model of the same name.
std::string file_of(const std::string& name) {
  for (const std::string extension : {".yaml", ".json", ".csv"}) {
    if (fs::exists(name + extension)) {
      return name + extension;
    }
  }
  return name;
}

class BadWorkload : public testing::TestWithParam<std::string> {
 protected:
  // Messages name files as the user did, so the test stands in their folder.
  void SetUp() override { fs::current_path(kFolder); }
  void TearDown() override { fs::current_path(before_); }

 private:
  fs::path before_ = fs::current_path();
};

TEST_P(BadWorkload, IsAnsweredWithItsMessage) {
  std::ifstream stream(GetParam() + ".expected");
  std::ostringstream expected;
  expected << stream.rdbuf();
  std::string found = "no error";
  try {
    (void)load_workload(file_of(GetParam()));
  } catch (const base::UserError& error) {
    found = error.what();
  }
  EXPECT_EQ(found + "\n", expected.str());
}

INSTANTIATE_TEST_SUITE_P(Files, BadWorkload, testing::ValuesIn(cases()),
                         [](const auto& suite) { return suite.param; });

TEST(BadWorkloads, AreAtLeastTwelve) {
  EXPECT_GE(cases().size(), 12U);
}

}  // namespace
}  // namespace orrery::workload
