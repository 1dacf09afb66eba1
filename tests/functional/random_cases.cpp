// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/random_cases.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "tests/functional/case_maker.h"
#include "tests/functional/moe_cases.h"

namespace orrery::testing {
namespace {

using namespace orrery::workload;
using numeric::ElementType;

Graph product(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  Shape shape{make.size(), make.size()};
  if (make.chance(30)) {
    shape.insert(shape.begin(), make.integer(1, 3));
  }
  const TensorId x = builder.input("x", shape, {});
  TensorId y = kNoTensor;
  if (make.chance(25)) {
    const TensorId w = builder.weight("w", {make.size(), shape.back()}, {});
    y = builder.apply("y", MatrixMultiplication{true}, {x, w}, {});
  } else {
    y = builder.linear("y", x, make.size(), make.chance(50), {});
  }
  add_tail(make, builder, y);
  return builder.finish();
}

Graph convolution(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  Convolution c;
  const std::int64_t kh = make.integer(1, 4);
  const std::int64_t kw = make.integer(1, 4);
  c.stride_h = make.integer(1, 4);
  c.stride_w = make.integer(1, 3);
  c.dilation_h = make.chance(30) ? make.integer(1, 4) : 1;
  c.dilation_w = make.chance(30) ? make.integer(1, 3) : 1;
  c.pad_top = make.integer(0, 2);
  c.pad_left = make.integer(0, 2);
  c.pad_bottom = make.integer(0, 2);
  c.pad_right = make.integer(0, 3);
  const std::int64_t h = (kh - 1) * c.dilation_h + make.integer(1, 8);
  const std::int64_t w = (kw - 1) * c.dilation_w + make.integer(1, 8);
  const TensorId x = builder.input("x", {make.integer(1, 3), h, w, make.integer(1, 9)}, {});
  const TensorId y =
      builder.convolution("y", x, c, {kh, kw}, make.integer(1, 19), make.chance(50), {});
  add_tail(make, builder, y);
  return builder.finish();
}

Graph attention(CaseMaker& make) {
  GraphBuilder builder = make.builder(false);
  Attention a;
  a.kv_heads = make.integer(1, 3);
  a.heads = a.kv_heads * make.integer(1, 3);
  a.head_size = make.integer(1, 9);
  a.query_length = make.pick<std::int64_t>({1, 1, 2, 3, 7, 12});
  a.past_length = make.pick<std::int64_t>({0, 0, 1, 5, 13});
  a.causal = make.chance(70);
  a.scale = 0.25;
  const std::int64_t batch = make.integer(1, 2);
  const Shape kv{batch, a.query_length, a.kv_heads * a.head_size};
  const TensorId q = builder.input("q", {batch, a.query_length, a.heads * a.head_size}, {});
  const TensorId k = builder.input("k", kv, {});
  const TensorId v = builder.input("v", kv, {});
  builder.attention("y", q, k, v, a, {});
  return builder.finish();
}

Graph rows(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  const TensorId x = builder.input("x", {make.integer(1, 3), make.size(), make.size()}, {});
  TensorId y = x;
  if (make.chance(50)) {
    y = builder.normalization(
        "norm", y,
        Normalization{make.chance(50) ? NormalizationKind::kLayer : NormalizationKind::kRms, 0.01},
        {});
  }
  if (make.chance(50)) {
    y = builder.apply("softmax", Softmax{}, {y}, {});
  }
  add_tail(make, builder, y);
  if (y == x) {
    builder.apply("copy", Elementwise{ElementwiseKind::kRelu}, {x}, {});
  }
  return builder.finish();
}

Graph pooling(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  Pooling p;
  p.kind = make.chance(50) ? PoolingKind::kMaximum : PoolingKind::kAverage;
  p.kernel_h = make.integer(1, 4);
  p.kernel_w = make.integer(1, 4);
  p.stride_h = make.integer(1, 5);
  p.stride_w = make.integer(1, 3);
  p.pad_top = make.integer(0, p.kernel_h - 1);
  p.pad_left = make.integer(0, p.kernel_w - 1);
  p.pad_bottom = make.integer(0, p.kernel_h - 1);
  p.pad_right = make.integer(0, p.kernel_w - 1);
  const TensorId x = builder.input("x",
                                   {make.integer(1, 3), p.kernel_h + make.integer(0, 9),
                                    p.kernel_w + make.integer(0, 9), make.size()},
                                   {});
  builder.apply("y", p, {x}, {});
  return builder.finish();
}

// Sets the pasts of an operator on `batch` sequences: of all alike, or each of its own.
template <class Operator>
void draw_pasts(CaseMaker& make, std::int64_t batch, std::int64_t most, Operator& op) {
  op.past_length = make.integer(0, most);
  if (make.chance(50)) {
    return;
  }
  std::vector<std::int64_t> pasts;
  for (std::int64_t sequence = 0; sequence < batch; ++sequence) {
    pasts.push_back(make.integer(0, most));
  }
  op.past_length = *std::max_element(pasts.begin(), pasts.end());
  op.past_lengths = std::make_shared<const std::vector<std::int64_t>>(std::move(pasts));
}

Graph tokens(CaseMaker& make) {
  GraphBuilder builder = make.builder(false);
  const std::int64_t batch = make.integer(1, 3);
  const std::int64_t count = make.pick<std::int64_t>({1, 1, 2, 3, 5, 9});
  RotaryEmbedding rotary;
  rotary.heads = make.integer(1, 4);
  rotary.head_size = 2 * make.integer(1, 5);
  draw_pasts(make, batch, 9, rotary);
  const std::int64_t width = rotary.heads * rotary.head_size;
  TensorId x = kNoTensor;
  PartOptions options;
  options.output_type = options.weight_type = ElementType::kFp16;
  if (make.chance(50)) {
    Embedding embedding;
    if (make.chance(50)) {
      embedding.rows = EmbeddingRows::kPosition;
      draw_pasts(make, batch, 9, embedding);
    }
    x = builder.embedding("embedding", 40, width, {batch, count}, embedding, options);
  } else {
    x = builder.input("x", {batch, count, width}, options);
  }
  if (make.chance(60)) {
    x = builder.apply("rotary", rotary, {x}, options);
  }
  builder.apply("last", SelectLast{}, {x}, options);
  return builder.finish();
}

// A residual block: shares memory between tensors that do not live together, fuses the addition.
Graph residual(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  const std::int64_t channels = make.integer(1, 8);
  TensorId x = builder.input("x", {1, make.integer(2, 6), make.integer(2, 6), channels}, {});
  Convolution same;
  same.pad_top = same.pad_bottom = same.pad_left = same.pad_right = 1;
  for (std::int64_t block = 0; block < make.integer(1, 3); ++block) {
    const std::string name = "block" + std::to_string(block);
    TensorId y = builder.convolution(name + ".a", x, same, {3, 3}, channels, true, {});
    y = builder.apply(name + ".relu", Elementwise{ElementwiseKind::kRelu}, {y}, {});
    y = builder.convolution(name + ".b", y, {}, {1, 1}, channels, false, {});
    TensorId shortcut = x;
    if (make.chance(40)) {
      shortcut = builder.convolution(name + ".shortcut", x, {}, {1, 1}, channels, false, {});
    }
    x = builder.apply(name + ".add", Elementwise{ElementwiseKind::kAdd}, {y, shortcut}, {});
  }
  return builder.finish();
}

// A block of a decoder: everything a language model has.
Graph decoder(CaseMaker& make) {
  GraphBuilder builder = make.builder(false);
  Attention a;
  a.kv_heads = make.integer(1, 2);
  a.heads = a.kv_heads * make.integer(1, 2);
  a.head_size = 2 * make.integer(1, 3);
  a.query_length = make.pick<std::int64_t>({1, 5});
  const std::int64_t batch = make.integer(1, 3);
  draw_pasts(make, batch, 6, a);
  a.scale = 0.125;
  const std::int64_t width = a.heads * a.head_size;
  const RotaryEmbedding rotary{.heads = a.heads,
                               .head_size = a.head_size,
                               .past_length = a.past_length,
                               .past_lengths = a.past_lengths};
  RotaryEmbedding kv_rotary = rotary;
  kv_rotary.heads = a.kv_heads;
  const TensorId x = builder.input("x", {batch, a.query_length, width}, {});
  const TensorId norm = builder.normalization("norm", x, {NormalizationKind::kRms, 0.01}, {});
  TensorId q = builder.linear("q", norm, width, false, {});
  TensorId k = builder.linear("k", norm, a.kv_heads * a.head_size, false, {});
  const TensorId v = builder.linear("v", norm, a.kv_heads * a.head_size, false, {});
  q = builder.apply("q.rotary", rotary, {q}, {});
  k = builder.apply("k.rotary", kv_rotary, {k}, {});
  TensorId y = builder.attention("attention", q, k, v, a, {});
  y = builder.linear("out", y, width, true, {});
  y = builder.apply("residual", Elementwise{ElementwiseKind::kAdd}, {x, y}, {});
  const TensorId up = builder.linear("up", y, 2 * width, false, {});
  const TensorId gate = builder.linear("gate", y, 2 * width, false, {});
  const TensorId activation =
      builder.apply("silu", Elementwise{ElementwiseKind::kSilu}, {gate}, {});
  const TensorId gated =
      builder.apply("gated", Elementwise{ElementwiseKind::kMultiply}, {activation, up}, {});
  const TensorId down = builder.linear("down", gated, width, false, {});
  y = builder.apply("residual2", Elementwise{ElementwiseKind::kAdd}, {y, down}, {});
  y = builder.apply("last", SelectLast{}, {y}, {});
  builder.linear("head", y, make.size(), false, {});
  return builder.finish();
}

Graph mixture(CaseMaker& make) {
  return random_mixture(static_cast<std::uint64_t>(make.integer(0, INT32_MAX)));
}

// Sums over several devices between products.
Graph all_reduce(CaseMaker& make) {
  ElementTypes types;
  types.weights = ElementType::kFp16;
  types.activations =
      make.pick<ElementType>({ElementType::kFp16, ElementType::kFp32, ElementType::kBf16});
  GraphBuilder builder("all_reduce", types);
  TensorId x = builder.input("x", {make.integer(1, 3), make.size(), make.size()}, {});
  for (std::int64_t i = make.integer(0, 1); i >= 0; --i) {
    const std::string name = "part" + std::to_string(i);
    if (make.chance(60)) {
      x = builder.linear(name, x, make.size(), make.chance(50), {});
    }
    x = builder.all_reduce(name + ".all_reduce", x, make.pick<std::int64_t>({2, 2, 3, 4, 5, 8, 17}),
                           {});
  }
  if (make.chance(50)) {
    builder.apply("y", Elementwise{ElementwiseKind::kAdd, 0.5}, {x}, {});
  }
  return builder.finish();
}

const std::vector<Family>& families() {
  static const std::vector<Family> kFamilies{{"product", product},     {"convolution", convolution},
                                             {"attention", attention}, {"rows", rows},
                                             {"pooling", pooling},     {"tokens", tokens},
                                             {"residual", residual},   {"decoder", decoder},
                                             {"mixture", mixture},     {"all_reduce", all_reduce}};
  return kFamilies;
}

}  // namespace

const std::vector<std::string>& random_families() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const Family& family : families()) {
      names.push_back(family.name);
    }
    return names;
  }();
  return kNames;
}

RandomCase random_case(std::uint64_t seed) {
  const Family& family = families()[seed % families().size()];
  CaseMaker make(seed);
  RandomCase result;
  result.family = family.name;
  result.graph = family.graph(make);
  result.machine = make.machine();
  if (result.family == "all_reduce") {
    result.machine.tiers.push_back(1 << 20);
    result.machine.link = true;
  }
  result.mapping = make.mapping();
  result.mapping.layers = make.rules(result.graph);
  return result;
}

RandomCase partitioned_case(std::uint64_t seed) {
  RandomCase result = random_case(seed);
  CaseMaker make(seed + 5'000'000);
  result.machine.partitions = make.pick<int>({2, 2, 3, 5});
  for (lowering::LayerRule& rule : result.mapping.layers) {
    rule.residency.reset();
  }
  return result;
}

RandomCase step_array_case(std::uint64_t seed) {
  RandomCase result = random_case(seed);
  CaseMaker make(seed + 3'000'000);
  timing::StepArrayModel steps;
  steps.shape.step = {make.pick<std::int64_t>({1, 2, 4, 3}), make.pick<std::int64_t>({1, 2, 8, 5}),
                      make.pick<std::int64_t>({1, 2, 4, 16})};
  steps.shape.held = make.chance(50) ? timing::HeldOperand::kA : timing::HeldOperand::kB;
  steps.shape.sum_blocks = make.pick<std::int64_t>({1, 1, 2, 7});
  for (const numeric::ElementTypeInfo& type : numeric::element_types()) {
    steps.a_types.push_back(type.type);
    steps.b_types.emplace_back(type.type, make.integer(1, 4));
  }
  result.machine.steps = steps;
  result.mapping.dataflow.reset();
  return result;
}

std::vector<lowering::LayerRule> random_rules(std::uint64_t seed, const Graph& graph) {
  return CaseMaker(seed).rules(graph);
}

}  // namespace orrery::testing
