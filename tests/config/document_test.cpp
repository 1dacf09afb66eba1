// SPDX-License-Identifier: Apache-2.0
#include "config/document.h"

#include <gtest/gtest.h>

#include <fstream>

#include "config/yaml.h"

namespace orrery::config {
namespace {

namespace fs = std::filesystem;

class Documents : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::create_directories(folder_ / "sub");
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  fs::path folder_;
};

TEST_F(Documents, ExtendMapsAtAnyLevelAndOverrideTheirKeys) {
  write("sub/base.yaml", "rows: 1\ncolumns: 2\nmap: {a: 1, b: 2}\nlist: [1, 2]\n");
  const fs::path top = write(
      "top.yaml", "array:\n  extends: sub/base.yaml\n  rows: 8\n  map: {b: 3}\n  list: [9]\n");
  EXPECT_EQ(write_flow(load_document(top)),
            "{array: {rows: 8, columns: 2, map: {a: 1, b: 3}, list: [9]}}");
}

TEST_F(Documents, ReplaceAMapOfAnotherKind) {
  write("base.yaml", "engine: {kind: array, rows: 4}\n");
  const fs::path top = write("top.yaml", "extends: base.yaml\nengine: {kind: vector, lanes: 2}\n");
  EXPECT_EQ(write_flow(load_document(top)), "{engine: {kind: vector, lanes: 2}}");
}

TEST_F(Documents, ReportCyclesAndMissingFilesWhereTheyAreNamed) {
  write("a.yaml", "extends: b.yaml\n");
  write("b.yaml", "x: 1\nextends: a.yaml\n");
  try {
    (void)load_document(folder_ / "a.yaml");
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("a.yaml -> b.yaml -> a.yaml"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("b.yaml:2:10"), std::string::npos);
  }
  const fs::path missing = write("m.yaml", "extends: nowhere.yaml\n");
  try {
    (void)load_document(missing);
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("m.yaml:1:10"), std::string::npos);
  }
}

TEST(Overrides, ReachIntoMapsAndLists) {
  Node root = parse_yaml("a: {b: [1, {c: 2}]}", "t.yaml");
  apply_override(root, parse_override("a.b.1.c=7"));
  apply_override(root, parse_override("a.d.e=[x, y]"));
  EXPECT_EQ(write_flow(root), "{a: {b: [1, {c: 7}], d: {e: [x, y]}}}");
}

TEST(Overrides, RejectPathsThatLeadNowhere) {
  Node root = parse_yaml("a: {b: [1]}", "t.yaml");
  EXPECT_THROW(apply_override(root, parse_override("a.b.1=2")), base::UserError);
  EXPECT_THROW(apply_override(root, parse_override("a.b.0.c=2")), base::UserError);
  EXPECT_THROW((void)parse_override("no value"), base::UserError);
  EXPECT_THROW((void)parse_override("=1"), base::UserError);
}

}  // namespace
}  // namespace orrery::config
