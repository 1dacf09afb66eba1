// SPDX-License-Identifier: Apache-2.0
#include "workload/graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "workload/checked_size.h"
#include "workload/matrix_shapes.h"

namespace orrery::workload {
namespace {

[[noreturn]] void fail_too_large(const base::SourcePosition& where, const std::string& what,
                                 const std::string& unit) {
  throw base::UserError(
      base::Diagnostic{where, "", what, fmt::format("fewer than 2^63 {}", unit), ""});
}

const Tensor& input(const Graph& graph, const Operator& op, std::size_t index) {
  base::require_invariant(index < op.inputs.size(), "operators have all their inputs", op.name);
  return graph.tensors.at(static_cast<std::size_t>(op.inputs[index]));
}

CheckedSize product(const std::vector<std::int64_t>& sizes) {
  CheckedSize result(1);
  for (const std::int64_t size : sizes) {
    result = result * size;
  }
  return result;
}

// Pairs of a query and a key that it sees, for one head of one sequence after `past` tokens.
CheckedSize visible_pairs(const Attention& attributes, std::int64_t past, std::int64_t length) {
  const CheckedSize tokens = attributes.query_length;
  if (!attributes.causal) {
    return tokens * length;
  }
  // The first tokens see all that is before them, the others a whole window.
  const std::int64_t growing =
      attributes.window == 0
          ? attributes.query_length
          : std::clamp<std::int64_t>(attributes.window - past, 0, attributes.query_length);
  // n (n + 1) is even, so the half is exact; it fits where the product does.
  const CheckedSize square = CheckedSize(growing) * (CheckedSize(growing) + 1);
  if (!square.fits()) {
    return square;
  }
  return CheckedSize(growing) * past + square.value() / 2 +
         CheckedSize(attributes.query_length - growing) * attributes.window;
}

// The formulas of operator_kinds().
struct MacCount {
  const Graph& graph;
  const Operator& op;

  // Every output element sums over the weight's KH * KW * C.
  CheckedSize operator()(const Convolution& /*attributes*/) const {
    const std::vector<std::int64_t>& weight = input(graph, op, 1).shape;
    return product(output().shape) * weight[0] * weight[1] * weight[2];
  }
  CheckedSize operator()(const MatrixMultiplication& attributes) const {
    const std::vector<std::int64_t>& a = input(graph, op, 0).shape;
    return product(output().shape) * (attributes.transposed_a ? a[a.size() - 2] : a.back());
  }
  CheckedSize operator()(const TransposedConvolution& attributes) const {
    const ImageShape x = image_shape(input(graph, op, 0).shape);
    const ImageShape y = image_shape(output().shape);
    const std::vector<std::int64_t>& weight = input(graph, op, 1).shape;
    const TransposedAxis height{
        x.height,          y.height, weight[0], attributes.stride_h, attributes.dilation_h,
        attributes.pad_top};
    const TransposedAxis width{x.width,
                               y.width,
                               weight[1],
                               attributes.stride_w,
                               attributes.dilation_w,
                               attributes.pad_left};
    return CheckedSize(x.images) * height.products() * width.products() * weight[2] * weight[3];
  }
  // One product for the logit and one for the weighted sum of each pair of query and visible key.
  CheckedSize operator()(const Attention& attributes) const {
    const CheckedSize sizes = CheckedSize(attributes.head_size) + attributes.value_head_size();
    const CheckedSize batch = input(graph, op, 0).shape[0];
    if (!attributes.past_lengths) {
      return sizes * batch * attributes.heads *
             visible_pairs(attributes, attributes.past_length, attributes.length());
    }
    CheckedSize pairs = 0;
    for (const std::int64_t past : *attributes.past_lengths) {
      pairs = pairs + visible_pairs(attributes, past, past + attributes.query_length);
    }
    return sizes * attributes.heads * pairs;
  }
  template <class Other>
  CheckedSize operator()(const Other& /*attributes*/) const {
    return 0;
  }

  [[nodiscard]] const Tensor& output() const {
    return graph.tensors.at(static_cast<std::size_t>(op.output));
  }
};

}  // namespace

std::int64_t Attention::total_length(std::int64_t batch) const {
  std::int64_t total = 0;
  for (std::int64_t sequence = 0; sequence < batch; ++sequence) {
    total += length(sequence);
  }
  return total;
}

Attention::Keys Attention::visible(std::int64_t sequence, std::int64_t first,
                                   std::int64_t count) const {
  if (!causal) {
    return {0, length(sequence)};
  }
  const std::int64_t first_end = past(sequence) + first + 1;
  return {window == 0 ? 0 : std::max<std::int64_t>(first_end - window, 0), first_end - 1 + count};
}

std::int64_t Tensor::elements() const {
  const CheckedSize count = product(shape);
  if (!count.fits()) {
    fail_too_large({}, fmt::format("tensor '{}' [{}] is too large", name, fmt::join(shape, ", ")),
                   "elements");
  }
  return count.value();
}

std::int64_t Tensor::bytes() const {
  const std::int64_t row = shape.empty() ? 1 : shape.back();
  const int block = numeric::block_elements(type);
  const CheckedSize row_bits = CheckedSize((row - 1) / block + 1) * numeric::block_bits(type) + 7;
  CheckedSize total(0);
  if (row_bits.fits()) {
    total = row_bits.value() / 8;
    for (std::size_t i = 0; i + 1 < shape.size(); ++i) {
      total = total * shape[i];
    }
  }
  if (!row_bits.fits() || !total.fits()) {
    fail_too_large({}, fmt::format("tensor '{}' [{}] is too large", name, fmt::join(shape, ", ")),
                   "bytes");
  }
  return total.value();
}

bool is_view(const Operator& op) {
  return std::holds_alternative<Reshape>(op.attributes);
}

std::vector<TensorId> view_bases(const Graph& graph) {
  std::vector<TensorId> bases;
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    bases.push_back(static_cast<TensorId>(i));
  }
  for (const Operator& op : graph.operators) {
    if (is_view(op)) {
      bases[static_cast<std::size_t>(op.output)] = bases[static_cast<std::size_t>(op.inputs[0])];
    }
  }
  return bases;
}

std::int64_t MixtureSummary::experts_touched() const {
  return std::count_if(tokens_per_expert.begin(), tokens_per_expert.end(),
                       [](std::int64_t count) { return count > 0; });
}

std::string summary_text(const MixtureSummary& mixture) {
  std::string text = fmt::format("{}: {} tokens, {} experts each; {} of {} experts touched",
                                 mixture.name, mixture.tokens, mixture.experts_per_token,
                                 mixture.experts_touched(), mixture.tokens_per_expert.size());
  const auto add = [&](const char* what, std::int64_t count) {
    if (count > 0) {
      text += fmt::format(", {} choices {}", count, what);
    }
  };
  add("dropped", mixture.dropped);
  add("of zero experts", mixture.zero);
  add("of copy experts", mixture.copy);
  add("of constant experts", mixture.constant);
  return text + fmt::format("; tokens per expert {}", fmt::join(mixture.tokens_per_expert, " "));
}

std::int64_t useful_macs(const Graph& graph, const Operator& op) {
  const CheckedSize count = std::visit(MacCount{graph, op}, op.attributes);
  if (!count.fits()) {
    fail_too_large(op.where,
                   fmt::format("operator '{}' needs too many multiply-accumulates", op.name),
                   "multiply-accumulates");
  }
  return count.value();
}

}  // namespace orrery::workload
