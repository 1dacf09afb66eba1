// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/vector_cases.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "tests/functional/case_maker.h"
#include "workload/elementwise_kinds.h"

namespace orrery::testing {
namespace {

using namespace orrery::workload;
using numeric::ElementType;

Shape random_shape(CaseMaker& make, std::int64_t most_dimensions) {
  Shape shape;
  std::int64_t elements = 1;
  const std::int64_t rank = make.integer(1, most_dimensions);
  for (std::int64_t d = 0; d < rank; ++d) {
    shape.push_back(elements > 300 ? make.integer(1, 2) : make.size());
    elements *= shape.back();
  }
  return shape;
}

PartOptions any_type(CaseMaker& make) {
  PartOptions options;
  if (make.chance(30)) {
    options.output_type = make.pick<ElementType>(
        {ElementType::kInt8, ElementType::kFp16, ElementType::kFp32, ElementType::kBf16});
  }
  return options;
}

// A shape that is broadcast to `shape`: some dimensions 1, some of the first left out.
Shape repeated(CaseMaker& make, Shape shape) {
  for (std::int64_t& size : shape) {
    size = make.chance(35) ? 1 : size;
  }
  const std::int64_t left_out = make.integer(0, static_cast<std::int64_t>(shape.size()) - 1);
  shape.erase(shape.begin(), shape.begin() + (make.chance(40) ? left_out : 0));
  return shape;
}

// Brings x to where the function and its inverse are tame.
TensorId prepare(GraphBuilder& builder, const std::string& name, ElementwiseKind kind, TensorId x) {
  using enum ElementwiseKind;
  const std::vector<ElementwiseKind> positive{kSqrt, kReciprocal, kReciprocalSqrt, kLog, kPower};
  if (std::find(positive.begin(), positive.end(), kind) != positive.end()) {
    x = builder.apply(name + ".abs", Elementwise{kAbs}, {x}, {});
    return builder.apply(name + ".floor", Elementwise{kMaximum, 0.03125}, {x}, {});
  }
  return builder.apply(name + ".clip", Elementwise{kClip, {}, false, {-3.0, 3.0, 0.0}}, {x}, {});
}

TensorId add_function(CaseMaker& make, GraphBuilder& builder, const std::string& name, TensorId x,
                      bool broadcasts) {
  const auto& kinds = elementwise_kinds();
  const ElementwiseInfo& kind = make.pick(kinds);
  Elementwise function{kind.kind};
  if (kind.kind == ElementwiseKind::kClip) {
    function.parameters = {-0.5, 0.25, 0.0};
  } else {
    function.parameters = {0.125, 0.5, 0.0};  // alpha, beta; exponent
  }
  if (!kind.is_binary) {
    return builder.apply(name, function, {prepare(builder, name, kind.kind, x)}, any_type(make));
  }
  const bool divides = kind.kind == ElementwiseKind::kDivide;
  if (make.chance(30)) {
    function.scalar = make.pick<double>({-2.0, 0.5, 1.0, 3.0});
    function.scalar_first = !kind.commutes && make.chance(50);
    if (divides) {
      x = prepare(builder, name, ElementwiseKind::kReciprocal, x);
    }
    return builder.apply(name, function, {x}, any_type(make));
  }
  const Shape shape = builder.tensor(x).shape;
  const TensorId other =
      builder.input(name + ".other", broadcasts ? repeated(make, shape) : shape, any_type(make));
  if (make.chance(50)) {
    if (divides) {
      x = prepare(builder, name, ElementwiseKind::kReciprocal, x);
    }
    return builder.apply(name, function, {other, x}, any_type(make));
  }
  return builder.apply(name, function, {x, other}, any_type(make));
}

Graph functions(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  const Shape shape = random_shape(make, 5);
  TensorId x = builder.input("x", make.chance(50) ? shape : repeated(make, shape), {});
  if (builder.tensor(x).shape != shape) {
    const TensorId whole = builder.input("whole", shape, {});
    x = builder.apply("start", Elementwise{ElementwiseKind::kSubtract}, {x, whole}, {});
  }
  const std::int64_t count = make.integer(1, 3);
  for (std::int64_t i = 0; i < count; ++i) {
    x = add_function(make, builder, "f" + std::to_string(i), x, true);
  }
  return builder.finish();
}

// Functions behind a product, most of them fused into its write-out.
Graph fused(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  const TensorId x = builder.input("x", {make.size(), make.integer(1, 9)}, {});
  TensorId y = builder.linear("y", x, make.size(), make.chance(50), {});
  const std::int64_t count = make.integer(1, 3);
  for (std::int64_t i = 0; i < count; ++i) {
    y = add_function(make, builder, "f" + std::to_string(i), y, make.chance(20));
  }
  return builder.finish();
}

Graph reduction(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  const Shape shape = random_shape(make, 5);
  Reduction attributes;
  attributes.kind = make.pick<ReductionKind>({ReductionKind::kSum, ReductionKind::kMean,
                                              ReductionKind::kMaximum, ReductionKind::kMinimum});
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (make.chance(50)) {
      attributes.axes.push_back(static_cast<std::int64_t>(d));
    }
  }
  if (attributes.axes.empty()) {
    attributes.axes.push_back(make.integer(0, static_cast<std::int64_t>(shape.size()) - 1));
  }
  attributes.keep_dimensions = make.chance(50);
  const TensorId x = builder.input("x", shape, any_type(make));
  const TensorId y = builder.apply("y", attributes, {x}, any_type(make));
  if (attributes.keep_dimensions && make.chance(50)) {
    builder.apply("centred", Elementwise{ElementwiseKind::kSubtract}, {x, y}, {});
  }
  return builder.finish();
}

Graph long_softmax(CaseMaker& make) {
  GraphBuilder builder = make.builder();
  const std::int64_t columns = make.pick<std::int64_t>({1, 2, 97, 256, 500, 1021});
  const TensorId x = builder.input("x", {make.integer(1, 4), columns}, {});
  builder.apply("y", Softmax{}, {x}, any_type(make));
  return builder.finish();
}

std::int64_t random_axis(CaseMaker& make, const Shape& shape) {
  return make.integer(0, static_cast<std::int64_t>(shape.size()) - 1);
}

TensorId transposed(CaseMaker& make, GraphBuilder& builder, const std::string& name, TensorId x) {
  const std::size_t rank = builder.tensor(x).shape.size();
  Transpose transpose;
  transpose.permutation.resize(rank);
  std::iota(transpose.permutation.begin(), transpose.permutation.end(), 0);
  for (std::size_t d = rank; d-- > 1;) {
    std::swap(transpose.permutation[d], transpose.permutation[static_cast<std::size_t>(
                                            make.integer(0, static_cast<std::int64_t>(d)))]);
  }
  return builder.apply(name, transpose, {x}, any_type(make));
}

TensorId sliced(CaseMaker& make, GraphBuilder& builder, const std::string& name, TensorId x) {
  const Shape shape = builder.tensor(x).shape;
  Slice slice;
  for (const std::int64_t size : shape) {
    const std::int64_t step = make.chance(60) ? 1 : make.pick<std::int64_t>({2, 3, -1, -2});
    const std::int64_t first = make.integer(0, size - 1);
    const std::int64_t room = (step > 0 ? size - 1 - first : first) / std::abs(step) + 1;
    slice.starts.push_back(first);
    slice.steps.push_back(step);
    slice.sizes.push_back(make.integer(1, room));
  }
  return builder.apply(name, slice, {x}, any_type(make));
}

TensorId concatenated(CaseMaker& make, GraphBuilder& builder, const std::string& name, TensorId x) {
  const Shape shape = builder.tensor(x).shape;
  const std::int64_t axis = random_axis(make, shape);
  std::vector<TensorId> parts{x};
  for (std::int64_t i = make.integer(1, 2); i > 0; --i) {
    Shape part = shape;
    part[static_cast<std::size_t>(axis)] = make.integer(1, 5);
    parts.push_back(builder.input(name + ".part" + std::to_string(i), part, any_type(make)));
  }
  std::swap(parts[0], parts[static_cast<std::size_t>(make.integer(0, 1))]);
  return builder.apply(name, Concatenation{axis}, parts, any_type(make));
}

TensorId padded(CaseMaker& make, GraphBuilder& builder, const std::string& name, TensorId x) {
  const std::size_t rank = builder.tensor(x).shape.size();
  Pad pad;
  for (std::size_t d = 0; d < rank; ++d) {
    pad.before.push_back(make.chance(50) ? 0 : make.integer(1, 3));
    pad.after.push_back(make.chance(50) ? 0 : make.integer(1, 3));
  }
  pad.value = make.pick<double>({0.0, -1.5});
  return builder.apply(name, pad, {x}, any_type(make));
}

TensorId expanded(CaseMaker& make, GraphBuilder& builder, const std::string& name, TensorId x) {
  const Shape shape = builder.tensor(x).shape;
  const std::size_t rank = shape.size();
  Expand expand{shape};
  for (std::int64_t& size : expand.shape) {
    size = size == 1 ? make.integer(1, 4) : size;
  }
  if (rank < 4) {
    expand.shape.insert(expand.shape.begin(), make.integer(1, 3));
  }
  return builder.apply(name, expand, {x}, any_type(make));
}

TensorId reshaped(CaseMaker& make, GraphBuilder& builder, const std::string& name, TensorId x) {
  const Shape shape = builder.tensor(x).shape;
  Shape flat{1};
  for (const std::int64_t size : shape) {
    flat.back() *= size;
  }
  for (const std::int64_t factor : {7, 5, 3, 2}) {
    if (flat.back() % factor == 0 && make.chance(60)) {
      flat.back() /= factor;
      flat.insert(flat.begin(), factor);
    }
  }
  return builder.apply(name, Reshape{flat}, {x}, {});
}

TensorId gathered(CaseMaker& make, GraphBuilder& builder, const std::string& name, TensorId x) {
  const Shape shape = builder.tensor(x).shape;
  const std::int64_t axis = random_axis(make, shape);
  Gather gather;
  gather.axis = axis;
  gather.dependent = make.chance(30);
  const std::int64_t size = shape[static_cast<std::size_t>(axis)];
  const std::int64_t count = make.integer(1, 6);
  if (make.chance(50)) {
    gather.count = count;
  }
  for (std::int64_t i = 0; gather.count == 0 && i < count; ++i) {
    gather.indices.push_back(make.integer(0, size - 1));
  }
  PartOptions same;
  same.output_type = builder.tensor(x).type;
  return builder.apply(name, gather, {x}, same);
}

TensorId add_movement(CaseMaker& make, GraphBuilder& builder, const std::string& name, TensorId x) {
  using Movement = TensorId (*)(CaseMaker&, GraphBuilder&, const std::string&, TensorId);
  static const std::vector<Movement> kMovements{transposed, sliced,   concatenated, padded,
                                                expanded,   reshaped, gathered};
  return make.pick(kMovements)(make, builder, name, x);
}

Graph movement(CaseMaker& make) {
  GraphBuilder builder = make.builder(false);
  TensorId x = builder.input("x", random_shape(make, 4), {});
  const std::int64_t count = make.integer(1, 3);
  for (std::int64_t i = 0; i < count; ++i) {
    x = add_movement(make, builder, "move" + std::to_string(i), x);
  }
  // The model's output is no view: nobody would compute anything.
  builder.apply("last", Elementwise{ElementwiseKind::kNegate}, {x}, {});
  return builder.finish();
}

// Rows that do not fill bytes, most of them.
Graph packed_elements(CaseMaker& make) {
  ElementTypes types;
  types.activations = make.pick(packed_types());
  GraphBuilder builder("packed elements", types);
  TensorId x = builder.input("x", {make.size(), make.integer(1, 4), make.size()}, {});
  switch (make.integer(0, 3)) {
    case 0:
      x = builder.apply("y", Transpose{make.pick<Shape>({{1, 0, 2}, {0, 2, 1}, {2, 1, 0}})}, {x},
                        {});
      break;
    case 1: {
      const TensorId other = builder.input("other", {builder.tensor(x).shape.back()}, {});
      x = builder.apply("y", Elementwise{ElementwiseKind::kAdd}, {x, other}, {});
      break;
    }
    case 2: {
      const TensorId other = builder.input("other", builder.tensor(x).shape, {});
      x = builder.apply("y", Concatenation{make.integer(0, 1)}, {x, other}, {});
      break;
    }
    default:
      x = builder.apply("y", Reduction{ReductionKind::kSum, {make.integer(0, 2)}, false}, {x}, {});
  }
  return builder.finish();
}

Graph scatter(CaseMaker& make) {
  GraphBuilder builder = make.builder(false);
  Shape shape = random_shape(make, 3);
  const TensorId x = builder.input("x", shape, {});
  Scatter attributes;
  attributes.accumulate = make.chance(50);
  const std::int64_t rows = shape[0];
  shape[0] = make.integer(1, 9);
  const TensorId updates = builder.input("updates", shape, {});
  for (std::int64_t i = 0; make.chance(100) && i < shape[0]; ++i) {
    attributes.indices.push_back(make.integer(0, rows - 1));
  }
  if (make.chance(30)) {
    attributes.indices.clear();
  }
  TensorId y = builder.apply("y", attributes, {x, updates}, {});
  if (make.chance(50)) {
    y = builder.channel_affine("norm", y, {});
  }
  return builder.finish();
}

Graph recurrence(CaseMaker& make) {
  GraphBuilder builder = make.builder(false);
  LinearRecurrence a;
  a.heads = make.integer(1, 4);
  a.key_size = make.integer(1, 7);
  a.value_size = make.integer(1, 11);
  a.length = make.pick<std::int64_t>({1, 1, 2, 5, 9});
  a.from_zero = make.chance(40);
  const std::int64_t batch = make.integer(1, 2);
  const Shape key{batch, a.length, a.heads * a.key_size};
  const TensorId q = builder.input("q", key, {});
  const TensorId k = builder.input("k", key, any_type(make));
  const TensorId v = builder.input("v", {batch, a.length, a.heads * a.value_size}, {});
  const TensorId decay =
      builder.input("decay", make.chance(50) ? key : Shape{batch, a.length, a.heads}, {});
  const TensorId y = builder.linear_recurrence("y", {q, k, v, decay}, a, any_type(make));
  if (make.chance(40)) {
    builder.linear("out", y, make.size(), false, {});
  }
  return builder.finish();
}

const std::vector<Family>& families() {
  static const std::vector<Family> kFamilies{
      {"functions", functions},       {"fused", fused},       {"reduction", reduction},
      {"long softmax", long_softmax}, {"movement", movement}, {"packed elements", packed_elements},
      {"scatter", scatter},           {"movement", movement}, {"recurrence", recurrence}};
  return kFamilies;
}

}  // namespace

const std::vector<std::string>& vector_families() {
  static const std::vector<std::string> kNames{"functions",    "fused",          "reduction",
                                               "long softmax", "movement",       "scatter",
                                               "recurrence",   "packed elements"};
  return kNames;
}

RandomCase vector_case(std::uint64_t seed) {
  const Family& family = families()[seed % families().size()];
  CaseMaker make(seed + 1'000'000);
  RandomCase result;
  result.family = family.name;
  result.graph = family.graph(make);
  result.machine = make.machine();
  result.mapping = make.mapping();
  result.mapping.softmax = make.pick<lowering::SoftmaxForm>({lowering::SoftmaxForm::kThreePass,
                                                             lowering::SoftmaxForm::kTwoPass,
                                                             lowering::SoftmaxForm::kOnline});
  return result;
}

}  // namespace orrery::testing
