// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>
#include <set>

#include "workload/graph_operator.h"
#include "workload/workload_spec.h"

namespace orrery::workload {
namespace {

constexpr const char* kOperatorsPath = "workload.operators";

struct GraphInput {
  Shape shape;
  std::optional<numeric::ElementType> type;
  base::SourcePosition where;
};

config::Schema<GraphInput> input_schema() {
  config::Schema<GraphInput> schema("input", "A tensor given from outside, or a weight.");
  schema
      .required("shape", &GraphInput::shape, config::list(size_codec(), 1),
                "Sizes; images are N, H, W, C.")
      .optional("type", &GraphInput::type, config::maybe(numeric::element_type_codec()),
                "Element type; left out: that of the workload's activations or weights.")
      .position(&GraphInput::where);
  return schema;
}

struct GraphWorkload : WorkloadSpec {
  std::optional<Origin> origin;
  config::Named<GraphInput> inputs, parameters;
  std::vector<GraphOperatorPointer> operators;
  std::int64_t batch = 1;
  ElementTypes types;

  [[nodiscard]] Graph build(const std::string& graph_name) const override;
  [[nodiscard]] std::optional<Origin> imported_from() const override { return origin; }
};

// Brings the operators into an order in which each stands after those it reads: that of the file,
// save where the file names an operator before it describes it.
class OperatorOrder {
 public:
  OperatorOrder(const GraphWorkload& workload, GraphBuilder& builder)
      : workload_(workload), builder_(builder) {}

  // The operators in order, as far as names are known and no cycle lies before them.
  std::vector<const GraphOperator*> sort() {
    states_.assign(workload_.operators.size(), State::kWaiting);
    collect_names();
    for (std::size_t i = 0; i < workload_.operators.size(); ++i) {
      visit(i);
    }
    return std::move(sorted_);
  }

 private:
  enum class State : std::uint8_t { kWaiting, kEntered, kDone, kFailed };
  struct Step {
    std::size_t index;
    std::size_t next_input;
  };

  void collect_names() {
    for (const auto* tensors : {&workload_.inputs, &workload_.parameters}) {
      for (const auto& [name, tensor] : *tensors) {
        names_.push_back(name);
        input_names_.insert(name);
        first_line_.emplace(name, tensor.where.line);
      }
    }
    for (std::size_t i = 0; i < workload_.operators.size(); ++i) {
      const GraphOperator& op = *workload_.operators[i];
      names_.push_back(op.name);
      const auto [first, added] = first_line_.emplace(op.name, op.where.line);
      if (added) {
        indices_.emplace(op.name, i);
      } else {
        states_[i] = State::kFailed;
        report(op, fmt::format("duplicate name '{}', first at line {}", op.name, first->second),
               "each name once", "");
      }
    }
  }

  // Depth first, with a stack of its own: a chain may be longer than the program's.
  void visit(std::size_t root) {
    std::vector<Step> stack;
    enter(root, stack);
    while (!stack.empty()) {
      Step& step = stack.back();
      const GraphOperator& op = *workload_.operators[step.index];
      if (step.next_input == op.inputs.size()) {
        if (states_[step.index] == State::kEntered) {
          states_[step.index] = State::kDone;
          sorted_.push_back(&op);
        }
        stack.pop_back();
        continue;
      }
      const std::string& input = op.inputs[step.next_input++];
      const auto found = indices_.find(input);
      if (found != indices_.end()) {
        if (states_[found->second] == State::kEntered) {
          report_cycle(stack, found->second);
        } else {
          enter(found->second, stack);
        }
      } else if (!input_names_.contains(input)) {
        states_[step.index] = State::kFailed;
        report(op,
               fmt::format("'{}' reads '{}', which is neither an input nor an operator", op.name,
                           input),
               "", base::nearest_name(input, names_));
      }
    }
  }

  void enter(std::size_t index, std::vector<Step>& stack) {
    if (states_[index] == State::kWaiting) {
      states_[index] = State::kEntered;
      stack.push_back({index, 0});
    }
  }

  void report_cycle(const std::vector<Step>& stack, std::size_t first) {
    std::string chain;
    bool in_cycle = false;
    for (const Step& step : stack) {
      in_cycle = in_cycle || step.index == first;
      if (in_cycle) {
        states_[step.index] = State::kFailed;
        chain = workload_.operators[step.index]->name + " -> " + chain;
      }
    }
    const GraphOperator& op = *workload_.operators[first];
    // The stack runs from reader to source, so the chain built backwards follows the data.
    report(op, "operators feed each other: " + op.name + " -> " + chain.substr(0, chain.size() - 4),
           "no cycle", "");
  }

  void report(const GraphOperator& op, std::string message, std::string expected,
              std::string suggestion) {
    builder_.report(
        {op.where, kOperatorsPath, std::move(message), std::move(expected), std::move(suggestion)});
  }

  const GraphWorkload& workload_;
  GraphBuilder& builder_;
  std::vector<std::string> names_;
  std::set<std::string> input_names_;
  std::map<std::string, int> first_line_;
  std::map<std::string, std::size_t> indices_;
  std::vector<State> states_;
  std::vector<const GraphOperator*> sorted_;
};

Graph GraphWorkload::build(const std::string& graph_name) const {
  GraphBuilder builder(graph_name, types);
  builder.set_seed(static_cast<std::uint64_t>(seed));
  for (const auto& [name, input] : inputs) {
    PartOptions options{input.where, "workload.inputs." + name, input.type, std::nullopt};
    Shape shape = input.shape;
    shape.front() *= batch;
    builder.input(name, shape, options);
  }
  for (const auto& [name, parameter] : parameters) {
    builder.weight(name, parameter.shape,
                   {parameter.where, "workload.parameters." + name, std::nullopt, parameter.type});
  }
  for (const GraphOperator* op : OperatorOrder(*this, builder).sort()) {
    std::vector<TensorId> x;
    for (const std::string& input : op->inputs) {
      x.push_back(builder.find(input));
    }
    op->add_to(builder, x);
  }
  return builder.finish();
}

}  // namespace

config::Kind<WorkloadSpec> graph_workload_kind() {
  config::Schema<GraphWorkload> schema("graph", "A graph of operators written by hand.");
  schema
      .required("inputs", &GraphWorkload::inputs,
                config::dictionary(config::object(input_schema())),
                "Tensors given from outside, by name; those that nothing reads are allowed.")
      .required("operators", &GraphWorkload::operators, config::list(graph_operator_codec(), 1),
                "Operators, in any order.")
      .optional("parameters", &GraphWorkload::parameters,
                config::dictionary(config::object(input_schema())),
                "Weights that operators name among their inputs; a `type` that is left out is that "
                "of the workload's weights.")
      .optional("origin", &GraphWorkload::origin, config::maybe(config::object(Origin::schema())),
                "Written by importers: where the graph comes from.")
      .optional("batch", &GraphWorkload::batch, size_codec(),
                "The first dimension of every input is multiplied by it.")
      .optional("types", &GraphWorkload::types, config::object(element_types_schema()),
                "Element types.");
  add_common_parameters(schema);
  return config::make_kind<WorkloadSpec>("graph", schema);
}

}  // namespace orrery::workload
