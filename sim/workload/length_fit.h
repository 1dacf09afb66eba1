// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/schema.h"
#include "requests/length_distribution.h"

namespace orrery::workload {

// Quantiles of one length, in steps of 0.1 percent, and the mean that they should have.
struct QuantileFit {
  struct Point {
    double percentile = 0.0;
    std::int64_t length = 1;
  };
  std::vector<Point> quantiles;
  std::optional<double> mean;

  [[nodiscard]] requests::LengthQuantiles compiled() const;
  // Refuses quantiles that do not ascend from 0 to 100, and those whose mean is more than one
  // percent off.
  [[nodiscard]] static const config::Schema<QuantileFit>& schema();
};

// The lengths of requests as a distribution.
struct LengthFit {
  std::string source;
  QuantileFit prompt;
  QuantileFit output;
  config::Node document;  // kept so that it can be written into the resolved workload

  [[nodiscard]] requests::LengthDistribution compiled() const {
    return {prompt.compiled(), output.compiled()};
  }
  // Tokens of the longest request that can be drawn.
  [[nodiscard]] std::int64_t longest() const {
    return prompt.quantiles.back().length + output.quantiles.back().length;
  }
};

// The path of such a file, relative to the file that names it, or its content as a map.
[[nodiscard]] config::Codec<LengthFit> length_fit_codec();

}  // namespace orrery::workload
