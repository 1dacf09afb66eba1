// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/integer.h"
#include "workload/types.h"
#include "workload/workload_spec.h"

namespace orrery::workload {
namespace {

using config::Node;
using config::Reader;

constexpr std::int64_t kMostBits = 64;

struct ProductRow {
  std::string name;
  std::int64_t count = 1;
  std::int64_t m = 1;
  std::int64_t n = 1;
  std::int64_t k = 1;
  std::optional<std::int64_t> input_elements;
  std::optional<base::Rational> weight_bits;
  base::SourcePosition where;
};

config::Codec<base::Rational> bits_codec() {
  auto type = std::make_shared<config::TypeDescription>();
  type->form = config::TypeDescription::Form::kText;
  type->expected = fmt::format("a number or fraction above 0, at most {}, as in 97/16", kMostBits);
  const auto read = [type](const Node& node, Reader& reader) -> std::optional<base::Rational> {
    const auto value = node.is_scalar() ? base::parse_rational(node.text()) : std::nullopt;
    if (!value || *value <= base::Rational(0) || *value > base::Rational(kMostBits)) {
      reader.mismatch(node, type->expected);
      return std::nullopt;
    }
    return value;
  };
  return {read, [](const base::Rational& bits) { return Node::scalar(base::to_string(bits)); },
          type};
}

const config::Schema<ProductRow>& row_schema() {
  using Self = ProductRow;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("product", "Products [m, k] x [k, n] alike.")
          .required("name", &Self::name, config::text(), "Its name, once in a phase.")
          .optional("count", &Self::count, size_codec(), "How many there are.")
          .required("m", &Self::m, size_codec(), "Rows of the inputs: tokens.")
          .required("n", &Self::n, size_codec(), "Rows of the weights: output channels.")
          .required("k", &Self::k, size_codec(), "Input channels.")
          .optional("input_elements", &Self::input_elements, config::maybe(size_codec()),
                    "Elements of a row of the inputs as memory moves them; left out: k.")
          .optional("weight_bits", &Self::weight_bits, config::maybe(bits_codec()),
                    "Bits of a weight in memory; left out: those of the type, or their average.")
          .position(&Self::where);
  return kSchema;
}

// What runs in one phase.
struct ProductPhase {
  config::Named<base::Rational> average_bits;
  std::vector<ProductRow> products;

  // Of a weight of this type.
  [[nodiscard]] base::Rational weight_bits(numeric::ElementType type) const {
    for (const auto& [name, bits] : average_bits) {
      if (name == numeric::name(type)) {
        return bits;
      }
    }
    return numeric::bits_per_element(type);
  }
};

struct ProductsWorkload : WorkloadSpec {
  std::string phase;
  ElementTypes types;
  config::Named<ProductPhase> phases;

  [[nodiscard]] Graph build(const std::string& graph_name) const override {
    Graph graph;
    graph.name = graph_name;
    return graph;
  }

  [[nodiscard]] std::vector<Product> products() const override {
    const auto found = std::find_if(phases.begin(), phases.end(),
                                    [&](const auto& entry) { return entry.first == phase; });
    base::require_invariant(found != phases.end(), "names were checked", phase);
    const base::Rational weight_bits = found->second.weight_bits(types.weights);
    std::vector<Product> result;
    for (const ProductRow& row : found->second.products) {
      result.push_back(product(row, weight_bits));
    }
    return result;
  }

 private:
  [[nodiscard]] Product product(const ProductRow& row, const base::Rational& weight_bits) const {
    const base::Rational input_bits = numeric::bits_per_element(types.activations);
    Product result;
    result.name = row.name;
    result.kind = "product";
    result.where = row.where;
    result.count = row.count;
    result.m = row.m;
    result.n = row.n;
    result.k = row.k;
    result.inputs = {row.m, row.input_elements.value_or(row.k), input_bits, input_bits};
    result.weights = {row.n, row.k, row.weight_bits.value_or(weight_bits), weight_bits};
    result.outputs = {row.m, row.n, input_bits, input_bits};
    result.input_type = types.activations;
    result.weight_type = types.weights;
    result.macs_useful = row.count * row.m * row.n * row.k;
    return result;
  }
};

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (const numeric::ElementTypeInfo& type : numeric::element_types()) {
    names.push_back(type.name);
  }
  return names;
}

const config::Schema<ProductPhase>& phase_schema() {
  using Self = ProductPhase;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("product_phase", "What runs in one phase of a model.")
          .optional("average_bits", &Self::average_bits, config::dictionary(bits_codec()),
                    "Bits of a weight with its share of metadata, by its type, on average over "
                    "the layers; left out: those of the type.")
          .required("products", &Self::products, config::list(config::object(row_schema()), 1),
                    "One after the other.")
          .check([](const Self& phase, const Node& node, Reader& reader) {
            for (const auto& [name, bits] : phase.average_bits) {
              const std::vector<std::string> known = type_names();
              if (std::find(known.begin(), known.end(), name) == known.end()) {
                reader.error(node.find("average_bits")->find(name)->where(),
                             "'" + name + "' is no element type", "an element type",
                             base::nearest_name(name, known));
              }
            }
          });
  return kSchema;
}

// Names once in a phase, and sums that fit.
void check_rows(const std::vector<ProductRow>& table, const Node& node, Reader& reader) {
  constexpr std::int64_t kMostMacs = std::int64_t{1} << 60;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const ProductRow& row = table[i];
    const base::SourcePosition& where = node.items()[i].where();
    if (std::find(names.begin(), names.end(), row.name) != names.end()) {
      reader.error(where, "'" + row.name + "' stands twice", "each name once");
    }
    names.push_back(row.name);
    if (row.k > kMostMacs / row.n / row.m / row.count) {
      reader.error(where, "'" + row.name + "' needs more than 2^60 multiply-accumulates",
                   "a smaller product");
    }
  }
}

void check(const ProductsWorkload& workload, const Node& node, Reader& reader) {
  std::vector<std::string> names;
  for (const auto& [name, phase] : workload.phases) {
    names.push_back(name);
    const Reader::Scope scope(reader, "phases." + name);
    check_rows(phase.products, *node.find("phases")->find(name)->find("products"), reader);
  }
  if (std::find(names.begin(), names.end(), workload.phase) == names.end()) {
    const Reader::Scope scope(reader, "phase");
    reader.error(node.find("phase")->where(), "found '" + workload.phase + "'",
                 "one of " + config::join(names, ", "), base::nearest_name(workload.phase, names));
  }
}

}  // namespace

config::Kind<WorkloadSpec> products_workload_kind() {
  using Self = ProductsWorkload;
  config::Schema<Self> schema(
      "products",
      "Tables of matrix products with the bits that memory moves, for closed forms: `execution: "
      "{kind: analytical}` of a mapping.");
  schema.required("phase", &Self::phase, config::text(), "Which of `phases` is run.")
      .optional("types", &Self::types, config::object(element_types_schema()),
                "Element types; that of weights decides the cycles of an array's step.")
      .required("phases", &Self::phases, config::dictionary(config::object(phase_schema())),
                "Phases by name.")
      .check(check);
  add_common_parameters(schema);
  return config::make_kind<WorkloadSpec>("products", schema);
}

}  // namespace orrery::workload
