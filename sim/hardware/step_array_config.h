// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "hardware/engine_config.h"
#include "hardware/type_table.h"
#include "timing/step_array_model.h"

namespace orrery::hardware {

// What the kinds of arrays that work in steps have in common; docs/components/step_array.md.
struct StepArrayConfig : EngineConfig {
  // What an energy coefficient is multiplied by.
  struct Operations {
    std::string action;
    std::int64_t count = 0;
  };

  std::int64_t m = 1;  // of a step of one array
  std::int64_t n = 1;
  std::int64_t k = 1;
  std::int64_t arrays_m = 1;  // side by side
  std::int64_t arrays_n = 1;
  timing::HeldOperand held = timing::HeldOperand::kA;
  std::int64_t sum_blocks = 1;
  std::int64_t latency = 4;
  std::int64_t dequantization_cycles = 0;
  base::Bytes accumulator_capacity{1 << 20};  // of partial sums, for each engine
  std::int64_t a_port_bytes = 64;             // a cycle
  std::int64_t b_port_bytes = 64;
  std::int64_t result_port_bytes = 64;
  std::string operation;  // energy coefficient of an operation; empty: by the operands' types

  // Dot-product units, of k multipliers each.
  [[nodiscard]] std::int64_t units() const override { return m * n * arrays_m * arrays_n; }
  // All of this as timing takes it.
  [[nodiscard]] timing::StepArrayModel model() const;

  // Types of A.
  [[nodiscard]] virtual std::vector<numeric::ElementType> a_types() const = 0;
  // Types of B with the cycles of a step.
  [[nodiscard]] virtual TypeTable step_cycles() const = 0;
  // Of so many products of a B of that type.
  [[nodiscard]] virtual Operations operations(numeric::ElementType a, numeric::ElementType b,
                                              std::int64_t macs) const = 0;
  // Whether the coefficient of an operation leaves out the registers.
  [[nodiscard]] virtual bool registers_apart() const { return false; }
};

// Reports what no array of steps can be.
void check_step_array(const StepArrayConfig& array, const config::Node& node,
                      config::Reader& reader);

namespace detail {

[[nodiscard]] const config::EnumTable<timing::HeldOperand>& held_operand_names();

// Adds the parameters whose places are those of StepArrayConfig.
template <class Derived>
void add_step_array_parameters(config::Schema<Derived>& schema) {
  using Base = StepArrayConfig;
  const auto number = [](std::int64_t Base::* member) {
    return static_cast<std::int64_t Derived::*>(member);
  };
  schema.required("m", number(&Base::m), config::integer(1, 4096), "Rows of A in a step.")
      .required("n", number(&Base::n), config::integer(1, 4096), "Columns of B in a step.")
      .required("k", number(&Base::k), config::integer(1, 4096), "Products of a sum in a step.")
      .optional("arrays_m", number(&Base::arrays_m), config::integer(1, 1024),
                "Such arrays side by side that share blocks of B.")
      .optional("arrays_n", number(&Base::arrays_n), config::integer(1, 1024),
                "Such arrays side by side that share blocks of A.")
      .optional("held", static_cast<timing::HeldOperand Derived::*>(&Base::held),
                config::choice(held_operand_names()),
                "Operand of which a block stays while blocks of the other pass by.")
      .optional("sum_blocks", number(&Base::sum_blocks), config::integer(1, 65536),
                "Blocks of m x n sums of each array: steps that a held block serves.")
      .optional("latency", number(&Base::latency), config::integer(0, 65536),
                "Cycles from a step to its sums, once a tile unless the next follows.")
      .optional("dequantization_cycles", number(&Base::dequantization_cycles),
                config::integer(0, 65536),
                "Cycles in which a block of sums is scaled at the end of a group of B that shares "
                "a scale.")
      .optional("accumulator_capacity",
                static_cast<base::Bytes Derived::*>(&Base::accumulator_capacity),
                config::bytes(4, 1LL << 32), "Accumulator memory of each engine.")
      .optional("a_port_bytes", number(&Base::a_port_bytes), config::integer(1, 65536),
                "Bytes a cycle of the scratchpad port that feeds A.")
      .optional("b_port_bytes", number(&Base::b_port_bytes), config::integer(1, 65536),
                "Bytes a cycle of the scratchpad port that feeds B.")
      .optional("result_port_bytes", number(&Base::result_port_bytes), config::integer(1, 65536),
                "Bytes a cycle of finished sums on their way into the accumulators.")
      .optional("operation", static_cast<std::string Derived::*>(&Base::operation),
                config::optional_text(),
                "Energy coefficient of one operation; empty: that of the operands' types.");
}

}  // namespace detail

template <class Derived>
config::Schema<Derived> step_array_schema(std::string name, std::string help) {
  auto schema = engine_schema<Derived>(std::move(name), std::move(help));
  detail::add_step_array_parameters(schema);
  schema.check([](const Derived& array, const config::Node& node, config::Reader& reader) {
    check_step_array(array, node, reader);
  });
  return schema;
}

}  // namespace orrery::hardware
