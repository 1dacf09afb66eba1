// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "lowering/lowering.h"
#include "platform/run.h"
#include "report/result_json.h"
#include "workload/workload.h"

namespace orrery::platform {
namespace {

std::string result_text(const std::string& platform_name, const std::string& workload_name,
                        bool reverse) {
  const std::string root = ORRERY_SOURCE_DIR;
  const auto platform =
      hardware::load_platform(root + "/configs/platforms/" + platform_name + ".yaml");
  const auto workload = workload::load_workload(root + "/workloads/" + workload_name + ".yaml",
                                                {config::parse_override("workload.layers=1")});
  lowering::LoweredStream stream(lowering::make_plan(workload.graph,
                                                     lowering::machine_from(platform),
                                                     lowering::default_mapping(), workload.seed));
  RunOptions options;
  options.reverse_construction = reverse;
  return report::result_json(run(platform, stream, options).result).dump();
}

// SystemC runs the processes of one instant in the order in which they were made.
TEST(ConstructionOrder, GivesTheSameBytes) {
  for (const char* platform : {"edge", "hbm_ddr", "neupims_npu"}) {
    const std::string forward = result_text(platform, "models/gpt2_decode", false);
    EXPECT_EQ(forward, result_text(platform, "models/gpt2_decode", true)) << platform;
    EXPECT_NE(forward.find("latency"), std::string::npos);
  }
}

}  // namespace
}  // namespace orrery::platform
