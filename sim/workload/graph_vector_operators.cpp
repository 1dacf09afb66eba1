// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include "workload/elementwise_kinds.h"
#include "workload/graph_operator_keys.h"

namespace orrery::workload {
namespace {

constexpr double kLargestNumber = 1e30;

config::Codec<double> any_number() {
  return config::number(-kLargestNumber, kLargestNumber);
}

config::EnumTable<ElementwiseKind> elementwise_names() {
  config::EnumTable<ElementwiseKind> names;
  for (const ElementwiseInfo& kind : elementwise_kinds()) {
    names.emplace_back(kind.name, kind.kind);
  }
  return names;
}

struct ElementwiseOperator : GraphOperator {
  ElementwiseKind function = ElementwiseKind::kAdd;
  std::optional<double> scalar, alpha, beta, low, high, exponent;
  bool scalar_first = false;

  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    Elementwise attributes{function, scalar, scalar_first, {}};
    switch (function) {
      case ElementwiseKind::kClip:
        attributes.parameters = {low.value_or(-kLargestNumber), high.value_or(kLargestNumber), 0.0};
        break;
      case ElementwiseKind::kLeakyRelu:
        attributes.parameters = {alpha.value_or(0.01), 0.0, 0.0};
        break;
      case ElementwiseKind::kHardSigmoid:
        attributes.parameters = {alpha.value_or(0.2), beta.value_or(0.5), 0.0};
        break;
      case ElementwiseKind::kPower:
        attributes.parameters = {exponent.value_or(1.0), 0.0, 0.0};
        break;
      default:
        break;
    }
    builder.apply(name, attributes, x, options());
  }
};

// Keys that only some functions have.
void check_elementwise(const ElementwiseOperator& op, const config::Node& node,
                       config::Reader& reader) {
  using Kind = ElementwiseKind;
  const std::map<std::string, std::vector<Kind>> users{
      {"low", {Kind::kClip}},
      {"high", {Kind::kClip}},
      {"alpha", {Kind::kLeakyRelu, Kind::kHardSigmoid}},
      {"beta", {Kind::kHardSigmoid}},
      {"exponent", {Kind::kPower}}};
  const ElementwiseInfo& kind = info(op.function);
  const auto refuse = [&](const std::string& key) {
    const config::Reader::Scope scope(reader, key);
    reader.error(place_of(node, key), fmt::format("has no meaning for '{}'", kind.name),
                 "no such key");
  };
  for (const auto& [key, functions] : users) {
    if (node.find(key) != nullptr &&
        std::find(functions.begin(), functions.end(), op.function) == functions.end()) {
      refuse(key);
    }
  }
  if (op.scalar && !kind.is_binary) {
    refuse("scalar");
  }
  if (op.scalar_first && (!op.scalar || kind.commutes)) {
    refuse("scalar_first");
  }
  if (op.function == Kind::kPower && !op.exponent) {
    reader.error(node.where(), "missing key 'exponent'", "a number");
  }
}

struct ReductionOperator : GraphOperator {
  ReductionKind function = ReductionKind::kSum;
  Sizes axes;
  bool keep_dimensions = false;

  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.apply(name, Reduction{function, axes, keep_dimensions}, x, options());
  }
};

config::Codec<Sizes> axes() {
  return config::list(config::integer(0, 64), 1);
}

config::Kind<GraphOperator> reduction_kind() {
  using Op = ReductionOperator;
  config::Schema<Op> schema("reduction", "Elements along some dimensions to one.");
  add_common(schema, 1, 1);
  schema
      .required("function", &Op::function,
                config::choice<ReductionKind>({{"sum", ReductionKind::kSum},
                                               {"mean", ReductionKind::kMean},
                                               {"maximum", ReductionKind::kMaximum},
                                               {"minimum", ReductionKind::kMinimum}}),
                "What becomes of the elements.")
      .required("axes", &Op::axes, axes(), "Dimensions, ascending, the first is 0.")
      .optional("keep_dimensions", &Op::keep_dimensions, config::boolean(),
                "Whether the output has size 1 there, or lacks them.");
  return config::make_kind<GraphOperator>("reduction", schema);
}

struct ReshapeOperator : GraphOperator {
  Sizes shape;
  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.apply(name, Reshape{shape}, x, options());
  }
};

config::Kind<GraphOperator> reshape_kind() {
  using Op = ReshapeOperator;
  config::Schema<Op> schema("reshape", "The same elements in another shape, without a copy.");
  add_common(schema, 1, 1);
  schema
      .required("shape", &Op::shape, config::list(size_codec(), 1),
                "Sizes, of as many elements as the input.")
      .check([](const Op& op, const config::Node& node, config::Reader& reader) {
        if (op.output_type) {
          const config::Reader::Scope scope(reader, "output_type");
          reader.error(place_of(node, "output_type"), "has no meaning for a view", "no such key");
        }
      });
  return config::make_kind<GraphOperator>("reshape", schema);
}

struct TransposeOperator : GraphOperator {
  Sizes permutation;
  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.apply(name, Transpose{permutation}, x, options());
  }
};

config::Kind<GraphOperator> transpose_kind() {
  using Op = TransposeOperator;
  config::Schema<Op> schema("transpose", "Dimensions in another order.");
  add_common(schema, 1, 1);
  schema.required("permutation", &Op::permutation, axes(),
                  "For each dimension of the output that of the input.");
  return config::make_kind<GraphOperator>("transpose", schema);
}

struct ConcatenationOperator : GraphOperator {
  std::int64_t axis = 0;
  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.apply(name, Concatenation{axis}, x, options());
  }
};

config::Kind<GraphOperator> concatenation_kind() {
  using Op = ConcatenationOperator;
  config::Schema<Op> schema("concatenation", "Tensors one behind the other.");
  add_common(schema, 2, 1024);
  schema.required("axis", &Op::axis, config::integer(0, 64), "The dimension that grows.");
  return config::make_kind<GraphOperator>("concatenation", schema);
}

struct SliceOperator : GraphOperator {
  Sizes starts, sizes, steps;
  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.apply(name, Slice{starts, sizes, steps.empty() ? Sizes(starts.size(), 1) : steps}, x,
                  options());
  }
};

config::Kind<GraphOperator> slice_kind() {
  using Op = SliceOperator;
  config::Schema<Op> schema("slice", "A part of a tensor, with steps between its elements.");
  add_common(schema, 1, 1);
  schema
      .required("starts", &Op::starts, config::list(config::integer(0, kLargestSize), 1),
                "The first element in each dimension.")
      .required("sizes", &Op::sizes, config::list(size_codec(), 1), "Sizes of the part.")
      .optional("steps", &Op::steps, config::list(config::integer(-kLargestSize, kLargestSize)),
                "From each element to the next, not 0; left out: 1 everywhere.");
  return config::make_kind<GraphOperator>("slice", schema);
}

struct PadOperator : GraphOperator {
  Sizes before, after;
  double value = 0.0;
  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.apply(name, Pad{before, after, value}, x, options());
  }
};

config::Kind<GraphOperator> pad_kind() {
  using Op = PadOperator;
  config::Schema<Op> schema("pad", "A constant around a tensor.");
  add_common(schema, 1, 1);
  const auto counts = config::list(config::integer(0, kLargestSize), 1);
  schema.required("before", &Op::before, counts, "Elements in front, for each dimension.")
      .required("after", &Op::after, counts, "Elements behind, for each dimension.")
      .optional("value", &Op::value, any_number(), "The constant.");
  return config::make_kind<GraphOperator>("pad", schema);
}

struct ExpandOperator : GraphOperator {
  Sizes shape;
  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.apply(name, Expand{shape}, x, options());
  }
};

config::Kind<GraphOperator> expand_kind() {
  using Op = ExpandOperator;
  config::Schema<Op> schema("expand", "A tensor repeated along dimensions of size 1.");
  add_common(schema, 1, 1);
  schema.required("shape", &Op::shape, config::list(size_codec(), 1), "Sizes of the output.");
  return config::make_kind<GraphOperator>("expand", schema);
}

struct GatherOperator : GraphOperator {
  std::int64_t axis = 0, count = 0;
  Sizes indices;
  bool dependent = false;
  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.apply(name, Gather{axis, indices, count, dependent}, x, options());
  }
};

config::Codec<Sizes> index_list() {
  return config::list(config::integer(0, kLargestSize));
}

config::Kind<GraphOperator> gather_kind() {
  using Op = GatherOperator;
  config::Schema<Op> schema("gather", "Chosen elements along one dimension.");
  add_common(schema, 1, 1);
  schema.optional("axis", &Op::axis, config::integer(0, 64), "The dimension they are chosen in.")
      .optional("indices", &Op::indices, index_list(), "Which, in their order.")
      .optional("count", &Op::count, config::integer(0, kLargestSize),
                "Instead of indices: so many, drawn from the workload's seed.")
      .optional("dependent", &Op::dependent, config::boolean(),
                "Whether each is asked for only when the one before it has arrived: a pointer "
                "chase.");
  return config::make_kind<GraphOperator>("gather", schema);
}

struct ScatterOperator : GraphOperator {
  bool accumulate = false;
  Sizes indices;
  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.apply(name, Scatter{accumulate, indices}, x, options());
  }
};

config::Kind<GraphOperator> scatter_kind() {
  using Op = ScatterOperator;
  config::Schema<Op> schema("scatter", "Rows of the second input put over those of the first.");
  add_common(schema, 2, 2);
  schema
      .optional("accumulate", &Op::accumulate, config::boolean(),
                "Whether rows are added to what is there, or replace it.")
      .optional("indices", &Op::indices, index_list(),
                "The place of each row; left out: drawn from the workload's seed.");
  return config::make_kind<GraphOperator>("scatter", schema);
}

struct ChannelAffineOperator : GraphOperator {
  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    builder.channel_affine(name, x[0], options());
  }
};

config::Kind<GraphOperator> channel_affine_kind() {
  using Op = ChannelAffineOperator;
  config::Schema<Op> schema("channel_affine",
                            "A scale and a shift for each element of the last dimension.");
  add_common(schema, 1, 1);
  return config::make_kind<GraphOperator>("channel_affine", schema);
}

struct LinearRecurrenceOperator : GraphOperator {
  std::int64_t heads = 1, key_size = 1, value_size = 1;
  bool from_zero = false;

  void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const override {
    if (std::find(x.begin(), x.end(), kNoTensor) != x.end()) {
      return;
    }
    const Shape& query = builder.tensor(x[0]).shape;
    if (query.size() != 3) {
      builder.report(
          {where, options().key_path,
           fmt::format("'{}': input '{}' has the shape {}", name, inputs[0], shape_text(query)),
           "[B, T, heads * key_size]", ""});
      return;
    }
    builder.linear_recurrence(name, x, {heads, key_size, value_size, query[1], from_zero},
                              options());
  }
};

config::Kind<GraphOperator> linear_recurrence_kind() {
  using Op = LinearRecurrenceOperator;
  config::Schema<Op> schema("linear_recurrence",
                            "Gated linear attention of the inputs query, key, value and decay, "
                            "with a state of constant size.");
  add_common(schema, 4, 4);
  schema.required("heads", &Op::heads, size_codec(), "Heads.")
      .required("key_size", &Op::key_size, size_codec(), "Elements of a head's query and key.")
      .required("value_size", &Op::value_size, size_codec(), "Elements of a head's value.")
      .optional("from_zero", &Op::from_zero, config::boolean(),
                "Whether the state begins as zero, or as what is stored.");
  return config::make_kind<GraphOperator>("linear_recurrence", schema);
}

}  // namespace

config::Kind<GraphOperator> elementwise_operator_kind() {
  using Op = ElementwiseOperator;
  config::Schema<Op> schema("elementwise",
                            "A function of each element, or of two that are broadcast.");
  add_common(schema, 1, 2);
  schema
      .required("function", &Op::function, config::choice(elementwise_names()),
                "The function; `orrery list operators` has the formulas.")
      .optional("scalar", &Op::scalar, config::maybe(any_number()),
                "The second operand, instead of a second input.")
      .optional("scalar_first", &Op::scalar_first, config::boolean(),
                "Whether the scalar is the first operand.")
      .optional("low", &Op::low, config::maybe(any_number()), "Of clip; left out: none.")
      .optional("high", &Op::high, config::maybe(any_number()), "Of clip; left out: none.")
      .optional("alpha", &Op::alpha, config::maybe(any_number()),
                "Of leaky_relu (left out: 0.01) and hard_sigmoid (0.2).")
      .optional("beta", &Op::beta, config::maybe(any_number()), "Of hard_sigmoid; left out: 0.5.")
      .optional("exponent", &Op::exponent, config::maybe(any_number()), "Of power.")
      .check(check_elementwise);
  return config::make_kind<GraphOperator>("elementwise", schema);
}

std::vector<config::Kind<GraphOperator>> vector_operator_kinds() {
  return {reduction_kind(),
          reshape_kind(),
          transpose_kind(),
          concatenation_kind(),
          slice_kind(),
          pad_kind(),
          expand_kind(),
          gather_kind(),
          scatter_kind(),
          channel_affine_kind(),
          linear_recurrence_kind()};
}

}  // namespace orrery::workload
