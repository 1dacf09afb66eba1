// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/matrix_cases.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tests/functional/case_maker.h"

namespace orrery::testing {
namespace {

Convolution windows(CaseMaker& make) {
  Convolution c;
  c.stride_h = make.integer(1, 3);
  c.stride_w = make.integer(1, 3);
  c.dilation_h = make.chance(25) ? make.integer(1, 3) : 1;
  c.dilation_w = make.chance(25) ? make.integer(1, 3) : 1;
  if (make.chance(60)) {
    c.pad_top = make.integer(0, 2);
    c.pad_left = make.integer(0, 2);
    c.pad_bottom = make.integer(0, 2);
    c.pad_right = make.integer(0, 2);
  }
  return c;
}

Graph grouped(CaseMaker& make, std::int64_t channels, std::int64_t filters, std::int64_t groups) {
  GraphBuilder builder = make.builder();
  Convolution c = windows(make);
  c.groups = groups;
  const std::int64_t kh = make.integer(1, 3);
  const std::int64_t kw = make.integer(1, 3);
  const std::int64_t h = (kh - 1) * c.dilation_h + make.integer(1, 7);
  const std::int64_t w = (kw - 1) * c.dilation_w + make.integer(1, 7);
  const TensorId x = builder.input("x", {make.integer(1, 2), h, w, groups * channels}, {});
  const TensorId y =
      builder.convolution("y", x, c, {kh, kw}, groups * filters, make.chance(50), {});
  add_tail(make, builder, y);
  return builder.finish();
}

Graph groups(CaseMaker& make) {
  const std::int64_t channels = make.integer(1, 5);
  const std::int64_t filters = make.integer(1, 9);
  return grouped(make, channels, filters, make.integer(2, 7));
}

Graph depthwise(CaseMaker& make) {
  const std::int64_t filters = make.chance(75) ? 1 : make.integer(2, 3);
  return grouped(make, 1, filters, make.pick<std::int64_t>({2, 3, 5, 8, 11, 16, 23, 37}));
}

Graph one_dimensional(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  Convolution c = windows(make);
  c.stride_h = c.dilation_h = 1;
  c.pad_top = c.pad_bottom = 0;
  c.groups = make.chance(50) ? make.integer(1, 4) : 1;
  const std::int64_t taps = make.integer(1, 5);
  const std::int64_t length = (taps - 1) * c.dilation_w + make.integer(1, 17);
  const TensorId x =
      builder.input("x", {make.integer(1, 2), length, c.groups * make.integer(1, 6)}, {});
  const TensorId y =
      builder.convolution("y", x, c, {1, taps}, c.groups * make.integer(1, 7), make.chance(50), {});
  add_tail(make, builder, y);
  return builder.finish();
}

Graph transposed_convolution(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  TransposedConvolution c;
  c.stride_h = make.integer(1, 3);
  c.stride_w = make.integer(1, 3);
  c.groups = make.chance(40) ? make.integer(2, 5) : 1;
  std::int64_t kh = c.stride_h;
  std::int64_t kw = c.stride_w;
  if (make.chance(60)) {
    kh = make.integer(1, 4);
    kw = make.integer(1, 4);
    c.dilation_h = make.chance(25) ? make.integer(1, 3) : 1;
    c.dilation_w = make.chance(25) ? make.integer(1, 3) : 1;
    c.pad_top = make.integer(0, (kh - 1) * c.dilation_h);
    c.pad_left = make.integer(0, (kw - 1) * c.dilation_w);
    c.output_padding_h = make.integer(0, std::max(c.stride_h, c.dilation_h) - 1);
    c.output_padding_w = make.integer(0, std::max(c.stride_w, c.dilation_w) - 1);
  }
  const bool flat = make.chance(20);
  Shape shape{make.integer(1, 2), make.integer(1, 5), make.integer(1, 5),
              c.groups * make.integer(1, 4)};
  if (flat) {
    shape.erase(shape.begin() + 1);
    kh = c.stride_h = c.dilation_h = 1;
    c.pad_top = c.output_padding_h = 0;
  }
  const TensorId x = builder.input("x", shape, {});
  const TensorId y = builder.transposed_convolution(
      "y", x, c, {kh, kw}, c.groups * make.integer(1, 5), make.chance(50), {});
  add_tail(make, builder, y);
  return builder.finish();
}

MatrixMultiplication factors(CaseMaker& make) {
  MatrixMultiplication p;
  p.transposed_a = make.chance(30);
  p.transposed_b = make.chance(40);
  if (make.chance(30)) {
    // Powers of two, so that sums stay exact.
    p.alpha = make.pick<double>({0.5, 2.0, -1.0, 0.25});
    p.beta = make.pick<double>({1.0, 0.5, -2.0});
  }
  return p;
}

// Dimensions of two operands, the shared ones drawn, some of them 1 in one of the two.
Graph batched(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  const MatrixMultiplication p = factors(make);
  const std::int64_t m = make.size();
  const std::int64_t n = make.size();
  const std::int64_t k = make.size();
  Shape a;
  Shape b;
  const bool broadcast = make.chance(60);
  for (std::int64_t rank = make.integer(1, 3); rank > 0; --rank) {
    const std::int64_t size = make.integer(1, 4);
    const std::int64_t kind = broadcast ? make.integer(0, 2) : 0;
    a.push_back(kind == 1 ? 1 : size);
    b.push_back(kind == 2 ? 1 : size);
  }
  a.insert(a.end(), {p.transposed_a ? k : m, p.transposed_a ? m : k});
  b.insert(b.end(), {p.transposed_b ? n : k, p.transposed_b ? k : n});
  if (broadcast && make.chance(25)) {
    Shape& shorter = make.chance(50) ? a : b;
    shorter.erase(shorter.begin());
  }
  std::vector<TensorId> inputs{builder.input("a", a, {}), builder.input("b", b, {})};
  if (make.chance(40)) {
    inputs.push_back(builder.weight("bias", {n}, {}));
  }
  add_tail(make, builder, builder.apply("y", p, inputs, {}));
  return builder.finish();
}

Graph product(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  const MatrixMultiplication p = factors(make);
  Shape shape{make.size(), make.size()};
  if (make.chance(30)) {
    shape.insert(shape.begin(), make.integer(1, 3));
  }
  const TensorId x = builder.input("x", shape, {});
  add_tail(make, builder, builder.linear("y", x, make.size(), make.chance(60), {}, p));
  return builder.finish();
}

// Weights of block types: a few blocks along K.
Graph blocks(CaseMaker& make) {
  ElementTypes types;
  types.weights = make.pick(block_types());
  types.activations = make.pick<ElementType>(
      {ElementType::kInt8, ElementType::kFp16, ElementType::kFp32, ElementType::kInt4});
  GraphBuilder builder("blocks", types);
  MatrixMultiplication p;
  p.transposed_a = make.chance(30);
  const std::int64_t k = make.integer(1, 4) * numeric::block_elements(types.weights);
  const std::int64_t m = make.integer(1, 5);
  const TensorId x = builder.input("x", p.transposed_a ? Shape{k, m} : Shape{m, k}, {});
  add_tail(make, builder, builder.linear("y", x, make.integer(1, 9), make.chance(60), {}, p));
  return builder.finish();
}

// Depthwise, pointwise, and back: what MobileNet is made of.
Graph separable(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  const std::int64_t channels = make.integer(2, 9);
  Convolution same;
  same.pad_top = same.pad_bottom = same.pad_left = same.pad_right = 1;
  same.stride_h = same.stride_w = make.integer(1, 2);
  same.groups = channels;
  TensorId y = builder.input("x", {1, make.integer(2, 8), make.integer(2, 8), channels}, {});
  y = builder.convolution("depthwise", y, same, {3, 3}, channels, true, {});
  y = builder.apply("relu", Elementwise{ElementwiseKind::kRelu}, {y}, {});
  y = builder.convolution("pointwise", y, {}, {1, 1}, make.integer(1, 13), true, {});
  TransposedConvolution back;
  back.stride_h = back.stride_w = 2;
  builder.transposed_convolution("back", y, back, {2, 2}, make.integer(1, 5), false, {});
  return builder.finish();
}

constexpr std::size_t kFamilies = 8;

const std::array<Family, kFamilies>& families() {
  static const std::array<Family, kFamilies> kTable{{{"groups", groups},
                                                     {"depthwise", depthwise},
                                                     {"one_dimension", one_dimensional},
                                                     {"transposed", transposed_convolution},
                                                     {"batched", batched},
                                                     {"product", product},
                                                     {"separable", separable},
                                                     {"blocks", blocks}}};
  return kTable;
}

}  // namespace

const std::vector<std::string>& matrix_families() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const Family& family : families()) {
      names.push_back(family.name);
    }
    return names;
  }();
  return kNames;
}

namespace {

// One group (of several channels), many groups of few, strided and dilated; every other one without
// padding and activations, so that nothing hides a wrong input.
Graph windowed(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  const bool open = make.chance(50);
  Convolution c = windows(make);
  if (open) {
    c.pad_top = c.pad_bottom = c.pad_left = c.pad_right = 0;
  }
  c.groups = make.chance(60) ? 1 : make.pick<std::int64_t>({2, 3, 5, 8});
  const std::int64_t kh = make.integer(1, 5);
  const std::int64_t kw = make.integer(1, 5);
  const std::int64_t h = (kh - 1) * c.dilation_h + make.integer(1, 11);
  const std::int64_t w = (kw - 1) * c.dilation_w + make.integer(1, 11);
  const TensorId x =
      builder.input("x", {make.integer(1, 3), h, w, c.groups * make.integer(1, 5)}, {});
  const TensorId y =
      builder.convolution("y", x, c, {kh, kw}, c.groups * make.integer(1, 6), make.chance(50), {});
  if (!open) {
    add_tail(make, builder, y);
  }
  return builder.finish();
}

const std::vector<Family>& row_families() {
  static const std::vector<Family> kTable{{"windowed", windowed},
                                          {"depthwise", depthwise},
                                          {"separable", separable},
                                          {"product", product}};
  return kTable;
}

}  // namespace

const std::vector<std::string>& row_stationary_families() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const Family& family : row_families()) {
      names.push_back(family.name);
    }
    return names;
  }();
  return kNames;
}

RandomCase row_stationary_case(std::uint64_t seed) {
  const Family& family = row_families()[seed % row_families().size()];
  CaseMaker make(seed + 2'000'000);
  RandomCase result;
  result.family = family.name;
  result.graph = family.graph(make);
  result.machine = make.machine();
  result.mapping = make.mapping();
  result.mapping.dataflow = timing::Dataflow::kRowStationary;
  return result;
}

RandomCase matrix_case(std::uint64_t seed) {
  const Family& family = families()[seed % kFamilies];
  CaseMaker make(seed + 1'000'000);
  RandomCase result;
  result.family = family.name;
  result.graph = family.graph(make);
  result.machine = make.machine();
  if (result.family == "blocks") {
    // A row of four blocks of 128 elements is as long as ten of the others.
    result.machine.scratchpad *= 10;
  }
  result.mapping = make.mapping();
  result.mapping.layers = make.rules(result.graph);
  return result;
}

}  // namespace orrery::testing
