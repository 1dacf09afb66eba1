// SPDX-License-Identifier: Apache-2.0
#include "hardware/lut_tensor_core_config.h"

#include <fmt/format.h>

#include "base/integer.h"

namespace orrery::hardware {
namespace {

using config::Node;
using config::Reader;
using numeric::ElementType;

const base::SourcePosition& place_of(const Node& node, const char* key) {
  const Node* const child = node.find(key);
  return child != nullptr ? child->where() : node.where();
}

std::vector<std::string> table_names() {
  std::vector<std::string> names;
  for (const numeric::ElementTypeInfo& type : numeric::element_types()) {
    if (numeric::is_table(type.type)) {
      names.push_back(type.name);
    }
  }
  return names;
}

void check_table(const LutTensorCoreConfig& array, const Node& node, Reader& reader) {
  const std::string& name = numeric::name(array.table);
  if (!numeric::is_table(array.table)) {
    reader.error(place_of(node, "table"), fmt::format("'{}' is no type of tables", name),
                 "one of " + config::join(table_names(), ", "));
    return;
  }
  const std::int64_t activations = numeric::block_elements(array.table);
  if (array.k != activations) {
    reader.error(place_of(node, "k"),
                 fmt::format("tables of {} activations in steps of {}", activations, array.k),
                 fmt::format("k {}", activations));
  }
  const std::int64_t bytes =
      base::divide_up(array.m * array.arrays_m * numeric::block_bits(array.table), 8);
  if (bytes > array.table_capacity.value) {
    reader.error(place_of(node, "table_capacity"),
                 fmt::format("the {} tables of a step take {} bytes, its storage has {}",
                             array.m * array.arrays_m, bytes, array.table_capacity.value),
                 "more table_capacity, fewer rows or narrower entries");
  }
}

// Bit planes are those of an integer.
void check_weights(const LutTensorCoreConfig& array, const Node& node, Reader& reader) {
  for (std::size_t i = 0; i < array.weights.size(); ++i) {
    const ElementType type = array.weights[i];
    if (!numeric::info(type).format.is_integer() || numeric::is_table(type) ||
        numeric::code_bits(type) > LutTensorCoreConfig::kMostWeightBits) {
      const Node* const weights = node.find("weights");
      reader.error(
          weights->items()[i].where(),
          fmt::format("'{}' is no weight that can be looked up bit by bit", numeric::name(type)),
          fmt::format("integers of 1 to {} bits, in groups or not",
                      LutTensorCoreConfig::kMostWeightBits));
    }
  }
}

}  // namespace

TypeTable LutTensorCoreConfig::step_cycles() const {
  TypeTable cycles;
  for (const ElementType type : weights) {
    cycles.emplace_back(type, numeric::code_bits(type));
  }
  return cycles;
}

StepArrayConfig::Operations LutTensorCoreConfig::operations(ElementType a, ElementType b,
                                                            std::int64_t macs) const {
  return {operation.empty() ? "lut.lookup." + numeric::table_entry_name(a) : operation,
          base::divide_up(macs, k) * numeric::code_bits(b)};
}

const config::Schema<LutTensorCoreConfig>& LutTensorCoreConfig::schema() {
  using Self = LutTensorCoreConfig;
  static const config::Schema<Self> kSchema =
      step_array_schema<Self>("lut_tensor_core",
                              "Tables of signed sums of activations, of which each bit of the "
                              "weights selects an entry: m x n x k products in a step.")
          .required("table", &Self::table, numeric::element_type_codec(),
                    "Type of a table of k activations: what A is made into.")
          .required("weights", &Self::weights, config::list(numeric::element_type_codec(), 1),
                    "Types that B may have; a step takes a cycle for each of their bits.")
          .optional("table_capacity", &Self::table_capacity, config::bytes(1, 1LL << 30),
                    "Storage for the tables of a step; as many more arrive meanwhile.")
          .check(check_table)
          .check(check_weights);
  return kSchema;
}

}  // namespace orrery::hardware
