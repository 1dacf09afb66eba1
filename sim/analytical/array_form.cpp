// SPDX-License-Identifier: Apache-2.0
#include "analytical/array_form.h"

#include <algorithm>
#include <optional>

#include "base/integer.h"
#include "hardware/step_array_config.h"
#include "hardware/systolic_array_config.h"
#include "timing/step_array.h"
#include "timing/systolic_timing.h"

namespace orrery::analytical {
namespace {

using base::divide_up;
using hardware::EngineConfig;
using hardware::StepArrayConfig;
using hardware::SystolicArrayConfig;
using timing::Dimension;
using workload::Product;

timing::Dataflow dataflow_of(const std::vector<timing::Dataflow>& dataflows,
                             const lowering::MappingConfig& mapping) {
  const timing::Dataflow dataflow = mapping.dataflow.value_or(dataflows.front());
  std::vector<std::string> known;
  for (const timing::Dataflow& one : dataflows) {
    known.emplace_back(one.name());
  }
  if (std::find(dataflows.begin(), dataflows.end(), dataflow) == dataflows.end()) {
    throw base::UserError(
        base::Diagnostic{mapping.where, "mapping.dataflow",
                         "the array cannot run dataflow '" + std::string(dataflow.name()) + "'",
                         "one of " + config::join(known, ", "), ""});
  }
  if (dataflow.machine() == timing::Dataflow::Machine::kRowsStay) {
    throw base::UserError(base::Diagnostic{mapping.execution->where, "mapping.execution",
                                           "row-stationary dataflows have no closed form here",
                                           "another dataflow, or `kind: simulated`", ""});
  }
  return dataflow;
}

base::Cycle filled(const SystolicArrayConfig& config, const timing::Dataflow& dataflow,
                   const Product& product) {
  const timing::ArrayShape shape{config.rows, config.columns};
  const timing::TileShape tile{product.m, product.n, product.k, 1};
  return config.convention == timing::FoldConvention::kScaleSim
             ? timing::scale_sim_cycles(shape, dataflow, tile)
             : timing::tile_cycles(shape, dataflow, tile);
}

ArrayForm::Operations products_of_wider_type(const Product& product) {
  const auto wider =
      numeric::code_bits(product.input_type) >= numeric::code_bits(product.weight_type)
          ? product.input_type
          : product.weight_type;
  return {"mac." + numeric::name(wider), product.m * product.n * product.k};
}

ArrayForm systolic_form(const SystolicArrayConfig& config, const lowering::MappingConfig& mapping) {
  const timing::Dataflow dataflow = dataflow_of(config.dataflows, mapping);
  ArrayForm form;
  form.dataflow = dataflow.name();
  const auto spread = [&](Dimension dimension) -> std::int64_t {
    return dataflow.rows() == dimension      ? config.rows
           : dataflow.columns() == dimension ? config.columns
                                             : 1;
  };
  form.step = {spread(Dimension::kM), spread(Dimension::kN), spread(Dimension::kK)};
  form.processing_elements = config.rows * config.columns;
  form.peak_macs = form.processing_elements;
  const bool stays = dataflow.machine() == timing::Dataflow::Machine::kOperandStays;
  const auto is_spread = [&](Dimension dimension) {
    return dataflow.rows() == dimension || dataflow.columns() == dimension;
  };
  form.inputs_stay = stays && is_spread(Dimension::kM);
  form.weights_stay = stays && is_spread(Dimension::kN);
  form.step_cycles = [](const Product&) { return base::Cycle{1}; };
  form.operations = products_of_wider_type;
  form.filled_cycles = [config, dataflow](const Product& product) {
    return filled(config, dataflow, product);
  };
  return form;
}

// Cycles of a step of this product. Throws base::UserError where the array does not take its types.
base::Cycle step_cycles(const timing::StepArrayModel& model, const Product& product) {
  if (model.takes(product.input_type, product.weight_type)) {
    return *model.compute_cycles(product.weight_type);
  }
  std::vector<std::string> known;
  for (const auto& [type, cycles] : model.b_types) {
    known.push_back(numeric::name(type));
  }
  throw base::UserError(base::Diagnostic{product.where, "",
                                         "the array does not take the types of '" + product.name +
                                             "': inputs " + numeric::name(product.input_type) +
                                             ", weights " + numeric::name(product.weight_type),
                                         "weights of " + config::join(known, ", "), ""});
}

// Ports are as wide as it takes.
base::Cycle filled(const timing::StepArrayModel& model, base::Cycle compute,
                   const Product& product) {
  timing::StepCosts costs;
  costs.compute = compute;
  return timing::StepArray(model.shape).issue(0, {product.m, product.n, product.k, 1}, costs).done;
}

ArrayForm step_form(const StepArrayConfig& config, const lowering::MappingConfig& mapping) {
  const timing::StepArrayModel model = config.model();
  ArrayForm form;
  form.dataflow = dataflow_of({timing::Dataflow::kOutputStationary}, mapping).name();
  form.step = {model.shape.step.m, model.shape.step.n, model.shape.step.k};
  form.processing_elements = form.step.m * form.step.n;
  form.peak_macs = model.peak_macs();
  form.step_cycles = [model](const Product& product) { return step_cycles(model, product); };
  form.filled_cycles = [model](const Product& product) {
    return filled(model, step_cycles(model, product), product);
  };
  form.operations = [&config](const Product& product) {
    const auto [action, count] = config.operations(product.input_type, product.weight_type,
                                                   product.m * product.n * product.k);
    return ArrayForm::Operations{action, count};
  };
  return form;
}

std::optional<ArrayForm> form_of(const EngineConfig& config,
                                 const lowering::MappingConfig& mapping) {
  if (const auto* systolic = dynamic_cast<const SystolicArrayConfig*>(&config)) {
    return systolic_form(*systolic, mapping);
  }
  if (const auto* steps = dynamic_cast<const StepArrayConfig*>(&config)) {
    return step_form(*steps, mapping);
  }
  return std::nullopt;
}

}  // namespace

std::int64_t ArrayForm::steps(const Product& product) const {
  return divide_up(product.m, step.m) * divide_up(product.n, step.n) * divide_up(product.k, step.k);
}

std::int64_t ArrayForm::input_reads(const Product& product) const {
  return product.m * product.k * (inputs_stay ? 1 : divide_up(product.n, step.n));
}

std::int64_t ArrayForm::weight_reads(const Product& product) const {
  return product.k * product.n * (weights_stay ? 1 : divide_up(product.m, step.m));
}

ArrayForm array_form(const hardware::PlatformConfig& platform,
                     const lowering::MappingConfig& mapping) {
  for (const auto& entry : platform.engines) {
    const hardware::EngineConfigPointer& config = entry.second;
    std::optional<ArrayForm> form = form_of(*config, mapping);
    if (!form) {
      continue;
    }
    form->config = config;
    form->kind = hardware::kind_of(*config);
    form->frequency = platform.clock(config->clock);
    for (const auto& instance : platform.instances()) {
      if (instance.config == config) {
        form->instances.push_back(instance.name);
      }
    }
    return std::move(*form);
  }
  throw base::UserError(
      base::Diagnostic{platform.where, "platform.engines", "no array with a closed form",
                       "an array, or `mapping.execution: {kind: simulated}`", ""});
}

}  // namespace orrery::analytical
