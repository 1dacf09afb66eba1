// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workload/graph.h"

namespace orrery::workload {

// One operator as a line of a table. Bytes are what the operator must touch at least once, whatever
// the machine: of an embedding's table only the rows that its tokens look up, of an expert's
// dispatch only its tokens.
struct OperatorDescription {
  std::string name;
  std::string kind;  // "convolution"
  std::vector<std::vector<std::int64_t>> input_shapes;
  std::vector<std::int64_t> output_shape;
  std::int64_t parameters = 0;  // elements of the weights that no operator before it has
  std::int64_t macs = 0;        // useful multiply-accumulates
  std::int64_t weight_bytes = 0;
  std::int64_t cache_bytes = 0;  // keys and values: the past read, the new ones written
  std::int64_t input_bytes = 0;  // activations read
  std::int64_t output_bytes = 0;

  [[nodiscard]] std::int64_t bytes() const {
    return weight_bytes + cache_bytes + input_bytes + output_bytes;
  }
  // Multiply-accumulates per byte.
  [[nodiscard]] double intensity() const {
    return static_cast<double>(macs) / static_cast<double>(bytes());
  }
};

struct GraphDescription {
  std::string name;
  std::vector<OperatorDescription> operators;
  // Sums of the lines, and of the idle parameters; name "total", no shapes.
  OperatorDescription total;
  std::int64_t idle_parameters = 0;  // of weights that no operator reads: experts without tokens
  // What lies in memory, each tensor once.
  std::int64_t resident_weight_bytes = 0;
  std::int64_t resident_cache_bytes = 0;
  // Keys and values that one token of one sequence adds over all layers.
  std::int64_t cache_bytes_per_token = 0;
};

// Throws base::UserError where a sum does not fit 63 bits.
[[nodiscard]] GraphDescription describe(const Graph& graph);

}  // namespace orrery::workload
