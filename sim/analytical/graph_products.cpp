// SPDX-License-Identifier: Apache-2.0
#include "analytical/graph_products.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/integer.h"
#include "workload/graph_description.h"
#include "workload/matrix_shapes.h"

namespace orrery::analytical {
namespace {

using base::divide_up;
using workload::Graph;
using workload::MatrixStorage;
using workload::Operator;
using workload::OperatorDescription;
using workload::Product;
using workload::Tensor;

MatrixStorage plain_bytes(std::int64_t bytes) {
  constexpr std::int64_t kBitsPerByte = 8;
  return {1, bytes, kBitsPerByte, kBitsPerByte};
}

class OperatorProducts {
 public:
  OperatorProducts(const Graph& graph, const Operator& op, const OperatorDescription& line)
      : graph_(graph), op_(op), line_(line) {}

  std::vector<Product> operator()(const workload::MatrixMultiplication& attributes) const {
    const auto shape = workload::product_shape(operand(0).shape, operand(1).shape, attributes);
    base::require_invariant(shape.has_value(), "shapes of products were checked", op_.name);
    Product product = named("");
    product.m = shape->m;
    product.n = shape->n;
    product.k = shape->k;
    const bool shared = std::all_of(shape->batches.begin(), shape->batches.end(),
                                    [](const auto& batch) { return batch.b_step == 0; });
    std::int64_t batches = 1;
    for (const auto& batch : shape->batches) {
      batches *= batch.count;
    }
    (shared ? product.m : product.count) *= batches;
    take_tensors(product);
    return {product};
  }

  std::vector<Product> operator()(const workload::Convolution& attributes) const {
    const std::vector<std::int64_t>& output = tensor(op_.output).shape;
    const std::vector<std::int64_t>& filter = operand(1).shape;
    const std::int64_t features = output.back();
    return {convolution(tensor(op_.output).elements() / features, features / attributes.groups,
                        operand(1).elements() / filter.back(), attributes.groups)};
  }

  // Every input position meets every tap.
  std::vector<Product> operator()(const workload::TransposedConvolution& attributes) const {
    const std::int64_t channels = operand(0).shape.back();
    const std::int64_t taps_and_features = operand(1).elements() * attributes.groups / channels;
    return {convolution(operand(0).elements() / channels, taps_and_features / attributes.groups,
                        channels / attributes.groups, attributes.groups)};
  }

  std::vector<Product> operator()(const workload::Attention& attention) const {
    const std::int64_t sequences = operand(0).shape.front();
    if (!attention.past_lengths) {
      return attention_products(attention, 0, sequences, "");
    }
    std::vector<Product> result;
    for (std::int64_t sequence = 0; sequence < sequences; ++sequence) {
      const auto pair =
          attention_products(attention, sequence, 1, fmt::format(".sequence{}", sequence));
      result.insert(result.end(), pair.begin(), pair.end());
    }
    return result;
  }

  template <class Other>
  std::vector<Product> operator()(const Other& /*attributes*/) const {
    Product product = named("");
    product.inputs = plain_bytes(line_.input_bytes + line_.cache_bytes);
    product.weights = plain_bytes(line_.weight_bytes);
    product.outputs = plain_bytes(line_.output_bytes);
    return {product};
  }

 private:
  [[nodiscard]] const Tensor& tensor(workload::TensorId id) const {
    return graph_.tensors.at(static_cast<std::size_t>(id));
  }
  [[nodiscard]] const Tensor& operand(std::size_t index) const {
    return tensor(op_.inputs.at(index));
  }

  [[nodiscard]] Product named(const std::string& part) const {
    Product product;
    product.name = op_.name + part;
    product.kind = line_.kind;
    product.where = op_.where;
    return product;
  }

  // The operands' types, and their bytes in equal parts for each of the products.
  void take_tensors(Product& product) const {
    std::int64_t weight_bytes = 0;
    for (std::size_t i = 1; i < op_.inputs.size(); ++i) {
      weight_bytes += operand(i).bytes();
    }
    product.inputs = plain_bytes(divide_up(operand(0).bytes(), product.count));
    product.weights = plain_bytes(divide_up(weight_bytes, product.count));
    product.outputs = plain_bytes(divide_up(tensor(op_.output).bytes(), product.count));
    product.input_type = operand(0).type;
    product.weight_type = operand(1).type;
    product.macs_useful = line_.macs;
  }

  [[nodiscard]] Product convolution(std::int64_t m, std::int64_t n, std::int64_t k,
                                    std::int64_t groups) const {
    Product product = named("");
    product.count = groups;
    product.m = m;
    product.n = n;
    product.k = k;
    take_tensors(product);
    return product;
  }

  // Of `sequences` that are as long as this one: for each key-value head, the queries of its group.
  [[nodiscard]] std::vector<Product> attention_products(const workload::Attention& attention,
                                                        std::int64_t sequence,
                                                        std::int64_t sequences,
                                                        const std::string& part) const {
    const std::int64_t group = attention.heads / attention.kv_heads;
    const std::int64_t all_heads = operand(0).shape.front() * attention.kv_heads;
    std::int64_t pairs = 0;
    for (std::int64_t token = 0; token < attention.query_length; ++token) {
      pairs += attention.visible(sequence, token, 1).count();
    }
    Product scores = named(part + ".scores");
    scores.count = sequences * attention.kv_heads;
    scores.m = attention.query_length * group;
    scores.n = attention.visible(sequence, 0, attention.query_length).count();
    scores.k = attention.head_size;
    scores.macs_useful = pairs * group * scores.count * attention.head_size;
    scores.input_type = operand(0).type;
    scores.weight_type = operand(attention.cached ? 3 : 1).type;
    Product values = scores;
    values.name = op_.name + part + ".values";
    values.n = attention.value_head_size();
    values.k = scores.n;
    values.macs_useful = pairs * group * scores.count * attention.value_head_size();
    values.weight_type = operand(attention.cached ? 4 : 2).type;
    scores.inputs = plain_bytes(divide_up(line_.input_bytes, all_heads));
    values.outputs = plain_bytes(divide_up(line_.output_bytes, all_heads));
    if (attention.cached) {
      // The past that is seen is read, the new tokens are written: each row moves once.
      scores.weights = cache_rows(scores.n, attention.head_size, scores.weight_type);
      values.weights = cache_rows(scores.n, attention.value_head_size(), values.weight_type);
    }
    return {scores, values};
  }

  [[nodiscard]] static MatrixStorage cache_rows(std::int64_t rows, std::int64_t elements,
                                                numeric::ElementType type) {
    return {rows, elements, numeric::bits_per_element(type), numeric::bits_per_element(type)};
  }

  const Graph& graph_;
  const Operator& op_;
  const OperatorDescription& line_;
};

}  // namespace

std::vector<Product> products_of(const Graph& graph) {
  const workload::GraphDescription description = workload::describe(graph);
  std::vector<Product> result;
  for (std::size_t i = 0; i < graph.operators.size(); ++i) {
    const Operator& op = graph.operators[i];
    if (workload::is_view(op)) {
      continue;
    }
    const std::vector<Product> products =
        std::visit(OperatorProducts(graph, op, description.operators[i]), op.attributes);
    result.insert(result.end(), products.begin(), products.end());
  }
  return result;
}

}  // namespace orrery::analytical
