// SPDX-License-Identifier: Apache-2.0
#include "lowering/with_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "lowering/mapping/layer_mapping.h"

namespace orrery::lowering {
namespace {

using numeric::ElementType;
using workload::Graph;
using workload::Operator;
using workload::Tensor;
using workload::TensorId;
using workload::TensorRole;

bool multiplies(const Operator& op) {
  return std::holds_alternative<workload::MatrixMultiplication>(op.attributes) ||
         std::holds_alternative<workload::Convolution>(op.attributes);
}

// The tables that the arrays of an operator want; none where they do not multiply its weights.
std::optional<ElementType> wanted_table(const Graph& graph, const Operator& op,
                                        const Machine& machine, const MappingConfig& mapping) {
  if (!multiplies(op) || machine.arrays.empty()) {
    return std::nullopt;
  }
  const LayerMapping wishes = layer_mapping(mapping, op);
  const auto part = wishes.engines ? part_of(machine, wishes.engines->value) : nullptr;
  const Machine::Array& array = (part ? *part : machine).arrays.front();
  const std::optional<ElementType> table = array.table();
  const ElementType weights = graph.tensors[static_cast<std::size_t>(op.inputs[1])].type;
  return table && array.takes(*table, weights) ? table : std::nullopt;
}

// Operators whose results leave the vector unit by whole rows, or as results of a product.
bool can_write_tables(const Graph& graph, const Operator& op) {
  const auto whole_rows = [&] {
    return std::all_of(op.inputs.begin(), op.inputs.end(), [&](TensorId id) {
      return graph.tensors[static_cast<std::size_t>(id)].shape ==
             graph.tensors[static_cast<std::size_t>(op.output)].shape;
    });
  };
  return std::holds_alternative<workload::Normalization>(op.attributes) ||
         (std::holds_alternative<workload::Elementwise>(op.attributes) && whole_rows());
}

class TableMaker {
 public:
  TableMaker(const Graph& graph, const Machine& machine, const MappingConfig& mapping)
      : given_(graph), mapping_(mapping), result_(graph) {
    for (const Operator& op : graph.operators) {
      wanted_.push_back(wanted_table(graph, op, machine, mapping));
    }
  }

  Graph make() {
    result_.operators.clear();
    for (std::size_t i = 0; i < given_.operators.size(); ++i) {
      Operator op = given_.operators[i];
      if (wanted_[i] && !numeric::is_block(tensor(op.inputs[0]).type)) {
        op.inputs[0] = table_of(op, *wanted_[i]);
      }
      result_.operators.push_back(std::move(op));
    }
    diagnostics_.throw_if_any();
    return std::move(result_);
  }

 private:
  [[nodiscard]] const Tensor& tensor(TensorId id) const {
    return given_.tensors[static_cast<std::size_t>(id)];
  }

  // What the operator reads in place of its first input.
  TensorId table_of(const Operator& op, ElementType type) {
    const TensorId x = op.inputs[0];
    const std::int64_t row = tensor(x).shape.back();
    if (row % numeric::granule(type) != 0) {
      diagnostics_.add({op.where, "",
                        fmt::format("operator '{}': rows of {} activations are no whole tables of "
                                    "{}",
                                    op.name, row, numeric::name(type)),
                        fmt::format("a multiple of {}", numeric::granule(type)), ""});
      return x;
    }
    const auto [found, is_new] = tables_.try_emplace({x, type}, x);
    if (is_new && can_be_fused(x, type)) {
      result_.tensors[static_cast<std::size_t>(x)].type = type;
    } else if (is_new) {
      found->second = add_conversion(op, x, type);
    }
    return found->second;
  }

  // Nobody but products by such tables reads it, and its producer can write them.
  [[nodiscard]] bool can_be_fused(TensorId x, ElementType type) const {
    if (mapping_.tables != TableForm::kFused || tensor(x).role != TensorRole::kActivation) {
      return false;
    }
    bool is_written = false;
    for (std::size_t i = 0; i < given_.operators.size(); ++i) {
      const Operator& op = given_.operators[i];
      is_written = is_written || (op.output == x && can_write_tables(given_, op));
      const auto reads = std::count(op.inputs.begin(), op.inputs.end(), x);
      if (reads > 1 || (reads == 1 && (op.inputs[0] != x || wanted_[i] != type))) {
        return false;
      }
    }
    return is_written;
  }

  // x times 1, in the type of the tables.
  TensorId add_conversion(const Operator& reader, TensorId x, ElementType type) {
    Tensor table = tensor(x);
    table.name += ".table";
    table.type = type;
    table.role = TensorRole::kActivation;
    result_.tensors.push_back(table);
    Operator op;
    op.name = table.name;
    workload::Elementwise identity;
    identity.kind = workload::ElementwiseKind::kMultiply;
    identity.scalar = 1.0;
    op.attributes = identity;
    op.inputs = {x};
    op.output = static_cast<TensorId>(result_.tensors.size() - 1);
    op.where = reader.where;
    result_.operators.push_back(std::move(op));
    return result_.operators.back().output;
  }

  const Graph& given_;
  const MappingConfig& mapping_;
  Graph result_;
  std::vector<std::optional<ElementType>> wanted_;  // by operator
  std::map<std::pair<TensorId, ElementType>, TensorId> tables_;
  base::Diagnostics diagnostics_;
};

}  // namespace

Graph with_tables(const Graph& graph, const Machine& machine, const MappingConfig& mapping) {
  if (mapping.tables == TableForm::kPerTile) {
    return graph;
  }
  return TableMaker(graph, machine, mapping).make();
}

}  // namespace orrery::lowering
