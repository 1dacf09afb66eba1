// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "metrics/run_result.h"

namespace orrery::report {

struct SummaryOptions {
  std::size_t layers = 10;  // shown in the table of layers, those with the greatest latency
};

// A run for people, at most 100 columns wide where names are of sensible length: totals, what
// limits the run, its layers, energy, engines, memories, invariants and notes.
[[nodiscard]] std::string summary(const metrics::RunResult& result,
                                  const SummaryOptions& options = {});

// "memory 72 %, array 28 %": the layers' limits and their part of the latency.
[[nodiscard]] std::string limits(const metrics::RunResult& result);

}  // namespace orrery::report
