// SPDX-License-Identifier: Apache-2.0
#include "lowering/matrix/matrix_choice.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lowering/matrix/matrix_layer.h"

namespace orrery::lowering {
namespace {

using config::Node;

Node size_map(const std::vector<std::pair<const char*, std::int64_t>>& sizes) {
  Node node = Node::map();
  for (const auto& [name, size] : sizes) {
    node.set(name, Node::scalar(std::to_string(size)));
  }
  return node;
}

Node tile_sizes(const MatrixProblem& problem, const MatrixTiling& tiling, bool product_names) {
  std::vector<std::pair<const char*, std::int64_t>> sizes;
  if (problem.groups > 1) {
    sizes = {{"groups", tiling.groups}};
  }
  if (product_names) {
    sizes.insert(sizes.end(),
                 {{"m", tiling.columns}, {"n", tiling.features}, {"k", tiling.channels}});
    return size_map(sizes);
  }
  const std::int64_t taps = problem.height.taps * problem.width.taps;
  sizes.insert(sizes.end(), {{"images", tiling.images},
                             {"rows", tiling.rows},
                             {"columns", tiling.columns},
                             {"features", tiling.features},
                             {"channels", tiling.channels},
                             {"taps", tiling.all_taps ? taps : 1}});
  return size_map(sizes);
}

}  // namespace

Node tiling_keys(const MatrixProblem& problem, const MatrixTiling& tiling, bool product_names,
                 std::size_t arrays) {
  Node node = Node::map();
  if (tiling.whole_tiles) {
    Node kernel = Node::map();
    kernel.set("tiles", tile_sizes(problem, tiling, product_names));
    kernel.set("stages", Node::scalar(std::to_string(std::max(tiling.a_slots, tiling.b_slots))));
    kernel.set("cluster", Node::scalar(std::to_string(tiling.cluster)));
    Node kernels = Node::sequence();
    kernels.append(std::move(kernel));
    node.set("kernels", std::move(kernels));
  } else {
    node.set("tiles", tile_sizes(problem, tiling, product_names));
  }
  Node order = Node::sequence();
  for (const char* loop : {tiling.m_outer ? "m" : "n", tiling.m_outer ? "n" : "m", "k"}) {
    order.append(Node::scalar(loop));
  }
  node.set("loop_order", std::move(order));
  if (arrays > 1) {
    node.set("arrays_share", Node::scalar(tiling.split_rows ? "m" : "n"));
  }
  node.set("buffers", size_map({{"a", tiling.a_slots}, {"b", tiling.b_slots}}));
  node.set("double_buffering", Node::scalar(tiling.buffers > 1 ? "true" : "false"));
  return node;
}

Node MatrixLayer::chosen() const {
  return tiling_keys(problem_, tiling_, product_names_, machine_.arrays.size());
}

}  // namespace orrery::lowering
