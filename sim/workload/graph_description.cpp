// SPDX-License-Identifier: Apache-2.0
#include "workload/graph_description.h"

#include <fmt/format.h>

#include "workload/checked_size.h"

namespace orrery::workload {
namespace {

const Tensor& tensor_of(const Graph& graph, TensorId id) {
  return graph.tensors.at(static_cast<std::size_t>(id));
}

class Describer {
 public:
  explicit Describer(const Graph& graph) : graph_(graph), counted_(graph.tensors.size(), false) {}

  GraphDescription run() {
    result_.name = graph_.name;
    result_.total.name = "total";
    for (const Operator& op : graph_.operators) {
      result_.operators.push_back(describe(op));
      add_to_total(result_.operators.back());
    }
    add_idle_weights();
    return std::move(result_);
  }

 private:
  OperatorDescription describe(const Operator& op) {
    OperatorDescription line;
    line.name = op.name;
    line.kind = kind_name(op.attributes);
    line.macs = useful_macs(graph_, op);
    const Tensor& output = tensor_of(graph_, op.output);
    line.output_shape = output.shape;
    if (is_view(op)) {
      line.input_shapes.push_back(tensor_of(graph_, op.inputs[0]).shape);
      return line;
    }
    line.output_bytes = output.bytes();
    for (const TensorId id : op.inputs) {
      add_input(op, id, line);
    }
    return line;
  }

  void add_input(const Operator& op, TensorId id, OperatorDescription& line) {
    const Tensor& tensor = tensor_of(graph_, id);
    line.input_shapes.push_back(tensor.shape);
    const bool is_new = !counted_[static_cast<std::size_t>(id)];
    counted_[static_cast<std::size_t>(id)] = true;
    switch (tensor.role) {
      case TensorRole::kWeight:
        line.weight_bytes = sum(line.weight_bytes, touched_bytes(op, tensor));
        if (is_new) {
          line.parameters = sum(line.parameters, tensor.elements());
          result_.resident_weight_bytes = sum(result_.resident_weight_bytes, tensor.bytes());
        }
        break;
      case TensorRole::kKeyValueCache:
        line.cache_bytes = sum(line.cache_bytes, seen_bytes(op, tensor));
        if (is_new) {
          result_.resident_cache_bytes = sum(result_.resident_cache_bytes, tensor.bytes());
          const std::int64_t heads = std::get<Attention>(op.attributes).kv_heads;
          result_.cache_bytes_per_token =
              sum(result_.cache_bytes_per_token,
                  tensor.bytes() / (tensor.elements() / (heads * tensor.shape.back())));
        }
        break;
      case TensorRole::kState:  // read, where it is not zero, and written
        if (std::holds_alternative<AllReduce>(op.attributes)) {
          // With the neighbours: half of it is received, half is sent.
          line.input_bytes = sum(line.input_bytes, tensor.bytes() / 2);
          line.output_bytes = sum(line.output_bytes, tensor.bytes() / 2);
          break;
        }
        line.cache_bytes = sum(line.cache_bytes, state_bytes(op, tensor));
        if (is_new) {
          result_.resident_cache_bytes = sum(result_.resident_cache_bytes, tensor.bytes());
        }
        break;
      case TensorRole::kInput:
      case TensorRole::kActivation:
      case TensorRole::kOutput:
        line.input_bytes =
            sum(line.input_bytes, std::holds_alternative<ExpertDispatch>(op.attributes)
                                      ? line.output_bytes
                                      : tensor.bytes());
        break;
    }
  }

  std::int64_t state_bytes(const Operator& op, const Tensor& state) const {
    const auto* recurrence = std::get_if<LinearRecurrence>(&op.attributes);
    const bool is_read = recurrence == nullptr || !recurrence->from_zero;
    return is_read ? sum(state.bytes(), state.bytes()) : state.bytes();
  }

  // What a window leaves of a cache of rows of head_size.
  std::int64_t seen_bytes(const Operator& op, const Tensor& cache) const {
    const auto* attention = std::get_if<Attention>(&op.attributes);
    if (attention == nullptr) {
      return cache.bytes();
    }
    const std::int64_t batch = tensor_of(graph_, op.inputs[0]).shape[0];
    std::int64_t keys = 0;
    for (std::int64_t sequence = 0; sequence < batch; ++sequence) {
      keys += attention->visible(sequence, 0, attention->query_length).count();
    }
    Tensor seen = cache;
    seen.shape = {keys, attention->kv_heads, cache.shape.back()};
    return seen.bytes();
  }

  void add_idle_weights() {
    for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
      const Tensor& tensor = graph_.tensors[i];
      if (tensor.role == TensorRole::kWeight && !counted_[i]) {
        result_.idle_parameters = sum(result_.idle_parameters, tensor.elements());
        result_.resident_weight_bytes = sum(result_.resident_weight_bytes, tensor.bytes());
      }
    }
    result_.total.parameters = sum(result_.total.parameters, result_.idle_parameters);
  }

  // Rows as drawn, so two tokens that look up the same row count twice.
  std::int64_t touched_bytes(const Operator& op, const Tensor& weight) const {
    if (!std::holds_alternative<Embedding>(op.attributes) &&
        !std::holds_alternative<Gather>(op.attributes)) {
      return weight.bytes();
    }
    Tensor rows = tensor_of(graph_, op.output);
    rows.type = weight.type;
    return rows.bytes();
  }

  void add_to_total(const OperatorDescription& line) {
    OperatorDescription& total = result_.total;
    for (const auto member :
         {&OperatorDescription::parameters, &OperatorDescription::macs,
          &OperatorDescription::weight_bytes, &OperatorDescription::cache_bytes,
          &OperatorDescription::input_bytes, &OperatorDescription::output_bytes}) {
      total.*member = sum(total.*member, line.*member);
    }
    (void)sum(sum(total.weight_bytes, total.cache_bytes),
              sum(total.input_bytes, total.output_bytes));
  }

  std::int64_t sum(std::int64_t a, std::int64_t b) const {
    const CheckedSize result = CheckedSize(a) + b;
    if (!result.fits()) {
      throw base::UserError(base::Diagnostic{
          {},
          "",
          fmt::format("the graph '{}' is too large: a total does not fit 63 bits", graph_.name),
          "a smaller workload",
          ""});
    }
    return result.value();
  }

  const Graph& graph_;
  std::vector<bool> counted_;
  GraphDescription result_;
};

}  // namespace

GraphDescription describe(const Graph& graph) {
  return Describer(graph).run();
}

}  // namespace orrery::workload
