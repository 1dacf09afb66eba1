// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tests/functional/reference/naive_operators.h"

namespace orrery::testing {

// The operators of workload/vector_attributes.h, one element after the other. `index` is that of
// the operator in the graph, for what is drawn from the seed.
class NaiveVector {
 public:
  NaiveVector(const workload::Graph& graph, std::size_t index, std::uint64_t seed,
              std::vector<Values>& values)
      : graph_(graph), op_(graph.operators[index]), seed_(seed + index), values_(values) {}

  void operator()(const workload::Elementwise& attributes);
  void operator()(const workload::Reduction& attributes);
  void operator()(const workload::Reshape& attributes);
  void operator()(const workload::Transpose& attributes);
  void operator()(const workload::Concatenation& attributes);
  void operator()(const workload::Slice& attributes);
  void operator()(const workload::Pad& attributes);
  void operator()(const workload::Expand& attributes);
  void operator()(const workload::Gather& attributes);
  void operator()(const workload::Scatter& attributes);
  void operator()(const workload::ChannelAffine& attributes);
  void operator()(const workload::LinearRecurrence& attributes);

 private:
  using Shape = std::vector<std::int64_t>;
  [[nodiscard]] const Shape& shape(std::size_t input) const;
  [[nodiscard]] const Shape& output_shape() const;
  [[nodiscard]] Values& input(std::size_t i);
  [[nodiscard]] Values& y();
  [[nodiscard]] std::vector<std::int64_t> drawn(const std::vector<std::int64_t>& listed,
                                                std::int64_t count, std::int64_t size) const;

  const workload::Graph& graph_;
  const workload::Operator& op_;
  std::uint64_t seed_;
  std::vector<Values>& values_;
};

}  // namespace orrery::testing
