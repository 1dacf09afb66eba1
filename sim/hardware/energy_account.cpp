// SPDX-License-Identifier: Apache-2.0
#include "hardware/energy_account.h"

#include <map>

namespace orrery::hardware {
namespace {

std::string owner_of(const std::string& action) {
  return action.substr(0, action.find('.'));
}

// Actions of arrays by their owner, with the part of the component that they belong to.
const std::map<std::string, std::string>& actions_of_arrays() {
  static const std::map<std::string, std::string> kParts{
      {"array", "registers"},
      {"bit_serial", "bit_serial"},
      {"lut", "lut"},
      {"mac", "mac"},
      {"processing_element", "processing_elements"}};
  return kParts;
}

// Static logic, which technology curves are of; memories and wires scale otherwise.
bool is_arithmetic(const std::string& action) {
  const std::string owner = owner_of(action);
  return actions_of_arrays().contains(owner) || owner == "vector";
}

// "mac.int8" and "array.register_byte" are the array's, "scratchpad.read_byte" the scratchpad's:
// what stands before the point, with the arithmetic under the engine that does it.
std::string component_of(const std::string& action) {
  const std::string owner = owner_of(action);
  const auto part = actions_of_arrays().find(owner);
  return part == actions_of_arrays().end() ? owner : "array." + part->second;
}

}  // namespace

EnergyAccount::EnergyAccount(const hardware::EnergyConfig& coefficients, double arithmetic_factor,
                             std::size_t layers)
    : coefficients_(coefficients), arithmetic_factor_(arithmetic_factor), layers_(layers) {}

void EnergyAccount::add_actions(std::size_t layer, const std::string& action, std::int64_t count) {
  const double picojoules = coefficients_.action(action) *
                            (is_arithmetic(action) ? arithmetic_factor_ : 1.0) *
                            static_cast<double>(count);
  const std::string component = component_of(action);
  total_[component] += picojoules;
  layers_[layer][component] += picojoules;
  for (const auto& [name, coefficient] : coefficients_.actions) {
    if (name == action) {
      sources_[name] = coefficient.source;
    }
  }
}

void EnergyAccount::share(const std::string& component, double picojoules,
                          const std::vector<double>& weights) {
  double sum = 0.0;
  for (const double weight : weights) {
    sum += weight;
  }
  total_[component] += picojoules;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const double part = sum > 0.0 ? weights[i] / sum : 1.0 / static_cast<double>(layers_.size());
    layers_[i][component] += picojoules * part;
  }
}

metrics::Breakdown<double> EnergyAccount::total() const {
  return {total_.begin(), total_.end()};
}

metrics::Breakdown<double> EnergyAccount::layer(std::size_t index) const {
  return {layers_[index].begin(), layers_[index].end()};
}

double EnergyAccount::layers_total() const {
  double sum = 0.0;
  for (const auto& layer : layers_) {
    for (const auto& [component, picojoules] : layer) {
      sum += picojoules;
    }
  }
  return sum;
}

metrics::Breakdown<std::string> EnergyAccount::sources() const {
  return {sources_.begin(), sources_.end()};
}

}  // namespace orrery::hardware
