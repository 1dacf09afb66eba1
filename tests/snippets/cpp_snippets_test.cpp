// SPDX-License-Identifier: Apache-2.0
// What the pages of the documentation show in C++; tests/python/test_snippets.py finds their lines
// here.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "hardware/platform_config.h"
#include "lowering/lowering.h"
#include "memory/checker/log_checker.h"
#include "memory/checker/log_writer.h"
#include "memory/specification/spec_schema.h"
#include "workload/workload.h"

namespace orrery {
namespace {

namespace fs = std::filesystem;

// In a folder of its own, with the shipped files where a snippet looks for them.
class Snippet : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directory(folder_);
    for (const char* name : {"configs", "workloads"}) {
      fs::create_directory_symlink(fs::path(ORRERY_SOURCE_DIR) / name, folder_ / name);
    }
    fs::current_path(folder_);
  }
  void TearDown() override {
    fs::current_path(folder_.parent_path());
    fs::remove_all(folder_);
  }

 private:
  fs::path folder_;
};

TEST_F(Snippet, Lowers) {
  const auto platform = hardware::load_platform("configs/platforms/edge.yaml");
  const auto graph = workload::load_workload("workloads/layers/tiny_gemm.yaml").graph;
  const auto mapping = lowering::default_mapping();
  constexpr std::uint64_t seed = 1;
  const lowering::Machine machine = lowering::machine_from(platform);
  const auto plan = lowering::make_plan(graph, machine, mapping, seed);
  lowering::LoweredStream stream(plan);
  command::Command first;
  EXPECT_TRUE(stream.next(first));
}

}  // namespace

namespace memory {
namespace {

TEST_F(Snippet, ChecksALog) {
  {
    const auto description = dram::load_spec("configs/dram/ddr4_2400.yaml");
    // ACT in cycle 10, nRCDRD = 17: the read is allowed in 27.
    std::ofstream("run.log") << checker::to_text({description.name, {}})
                             << "\n10 0 arrive 0 R 0 5 3\n10 0 command ACT 0 5 - 0\n"
                                "26 0 command RD 0 5 3 0\n";
  }
  const dram::Spec spec = dram::load_spec("configs/dram/ddr4_2400.yaml");
  checker::Findings findings;
  std::ifstream log("run.log");
  checker::check_log(log, "run.log", spec, findings);
  std::cout << findings.to_string();
  EXPECT_EQ(findings.count(checker::FindingKind::kConstraint), 1U);
}

}  // namespace
}  // namespace memory
}  // namespace orrery
