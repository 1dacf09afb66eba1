// SPDX-License-Identifier: Apache-2.0
#include "report/result_json.h"

#include <gmock/gmock.h>

#include <limits>

#include "base/error.h"
#include "tests/report/example_result.h"

namespace orrery::report {
namespace {

TEST(ResultJson, HoldsTheFiguresOfTheRunUnderTheirDocumentedKeys) {
  const Json json = result_json(example_result());
  EXPECT_EQ(json["schema"], "orrery-result-1");
  EXPECT_EQ(json["latency"]["cycles"], 2000);
  EXPECT_EQ(json["latency"]["seconds"], 2e-6);
  EXPECT_EQ(json["energy"]["total_pj"], 100.0);  // 20 + 80
  // 100 pJ in 2 us = 50 uW
  EXPECT_DOUBLE_EQ(json["energy"]["average_watts"], 50e-6);
  EXPECT_EQ(json["engines"][0]["busy"], 1200);
  EXPECT_EQ(json["engines"][0]["stall_causes"]["waits for load"], 400);
  EXPECT_EQ(json["engines"][0]["utilization"], 0.25);           // 250 / 1000
  EXPECT_EQ(json["engines"][1]["utilization"], 0.0);            // it has no multipliers
  EXPECT_EQ(json["memory"][0]["bandwidth_utilization"], 0.75);  // 3 / 4 GB/s
  EXPECT_EQ(json["layers"][1]["energy"]["total_pj"], 50.0);     // 10 + 40
  EXPECT_EQ(json["layers"][1]["engines"][0]["stalled"], 250);
  EXPECT_EQ(json["layers"][0]["memory"][0]["row_hits"], 60);
  EXPECT_EQ(json["invariants"][0]["holds"], true);
}

TEST(ResultJson, IsTheSameTextForTheSameResult) {
  EXPECT_EQ(write_json(result_json(example_result())), write_json(result_json(example_result())));
}

TEST(ResultJson, KeepsTheOrderOfKeys) {
  const std::string text = write_json(result_json(example_result()));
  EXPECT_LT(text.find("\"schema\""), text.find("\"orrery\""));
  EXPECT_LT(text.find("\"latency\""), text.find("\"energy\""));
}

TEST(ResultJson, WritesNumbersThatReadBackToTheSameBits) {
  metrics::RunResult result = example_result();
  result.energy_pj = {{"a", 0.1}, {"b", 1.0 / 3.0}, {"c", 6.02214076e23}, {"d", 5e-324}};
  const Json json = Json::parse(write_json(result_json(result)));
  for (const auto& [name, value] : result.energy_pj) {
    EXPECT_EQ(json["energy"]["components"][name].get<double>(), value) << name;
  }
}

TEST(ResultJson, RefusesANumberThatIsNotFinite) {
  metrics::RunResult result = example_result();
  result.tiers[0].p99_read_latency_ns = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW((void)write_json(result_json(result)), base::InternalError);
}

TEST(HostJson, HoldsWhatTheRunCost) {
  metrics::HostResult host;
  host.seconds = 1.5;
  host.dram_bursts = 12;
  const Json json = host_json(host);
  EXPECT_EQ(json["seconds"], 1.5);
  EXPECT_EQ(json["dram_bursts"], 12);
}

}  // namespace
}  // namespace orrery::report
