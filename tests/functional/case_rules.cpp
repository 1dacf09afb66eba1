// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <numeric>
#include <variant>

#include "tests/functional/case_maker.h"

namespace orrery::testing {
namespace {

// Whether a tile of the operator has a size `groups`.
bool has_groups(const Graph& graph, const Operator& op) {
  if (const auto* convolution = std::get_if<Convolution>(&op.attributes)) {
    return convolution->groups > 1;
  }
  if (const auto* convolution = std::get_if<TransposedConvolution>(&op.attributes)) {
    return convolution->groups > 1;
  }
  const auto batch = [&](std::size_t input) {
    const Shape& shape = graph.tensors[static_cast<std::size_t>(op.inputs[input])].shape;
    return shape.size() > 2 ? shape[shape.size() - 3] : 1;
  };
  return batch(0) > 1 && batch(1) > 1;
}

// Of all tensors, at least 2.
std::int64_t granule_of(const Graph& graph) {
  std::int64_t granule = 2;
  for (const Tensor& tensor : graph.tensors) {
    granule = std::lcm(granule, numeric::granule(tensor.type));
  }
  return granule;
}

// Multiples of the granule; 1 tap, or more than any kernel has.
config::Located<lowering::Sizes> draw_tiles(CaseMaker& make, lowering::Names names, bool groups,
                                            std::int64_t granule) {
  config::Located<lowering::Sizes> tiles;
  if (groups && make.chance(60)) {
    // A tile of several groups has whole ones.
    names.resize(names.size() - 2);
    tiles.value.emplace_back("groups", granule * make.pick<std::int64_t>({1, 2, 500}));
  }
  for (const std::string& name : names) {
    if (make.chance(60)) {
      tiles.value.emplace_back(name, name == "taps"
                                         ? make.pick<std::int64_t>({1, 1000})
                                         : granule * make.pick<std::int64_t>({1, 1, 2, 3, 5, 500}));
    }
  }
  return tiles;
}

}  // namespace

std::vector<lowering::LayerRule> CaseMaker::rules(const Graph& graph) {
  static const lowering::Names kConvolution{"images", "rows",     "columns",
                                            "taps",   "features", "channels"};
  static const std::map<std::string, lowering::Names> kTiles{
      {"convolution", kConvolution},
      {"transposed_convolution", kConvolution},
      {"matrix_multiplication", {"m", "n", "k"}}};
  std::vector<lowering::LayerRule> result;
  for (const Operator& op : graph.operators) {
    const auto tiles = kTiles.find(kind_name(op.attributes));
    if (tiles == kTiles.end() || chance(50)) {
      continue;
    }
    lowering::LayerRule& rule = result.emplace_back();
    rule.match = op.name;
    rule.tiles = draw_tiles(*this, tiles->second, has_groups(graph, op), granule_of(graph));
    if (chance(50)) {
      rule.loop_order = {
          chance(50) ? lowering::Names{"m", "n", "k"} : lowering::Names{"n", "m", "k"}, {}, ""};
    }
    if (chance(30)) {
      rule.arrays_share = {chance(50) ? "m" : "n", {}, ""};
    }
    if (chance(30)) {
      rule.residency = {pick<lowering::Names>({{}, {"a"}, {"b"}, {"a", "b"}}), {}, ""};
    } else if (chance(40)) {
      rule.buffers = {{{"a", integer(1, 4)}, {"b", integer(1, 4)}}, {}, ""};
    }
    if (chance(30)) {
      rule.packing = chance(50);
    }
  }
  return result;
}

}  // namespace orrery::testing
