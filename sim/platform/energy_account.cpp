// SPDX-License-Identifier: Apache-2.0
#include "platform/energy_account.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace orrery::platform {
namespace {

std::string owner_of(const std::string& action) {
  return action.substr(0, action.find('.'));
}

// Owners of actions of multipliers and of what stands in their place.
bool is_product(const std::string& owner) {
  constexpr std::array<std::string_view, 3> kOwners{"mac", "bit_serial", "lut"};
  return std::ranges::find(kOwners, owner) != kOwners.end();
}

// Static logic, which technology curves are of; memories and wires scale otherwise.
bool is_arithmetic(const std::string& action) {
  const std::string owner = owner_of(action);
  return is_product(owner) || owner == "array" || owner == "vector";
}

// "mac.int8" and "array.register_byte" are the array's, "scratchpad.read_byte" the scratchpad's:
// what stands before the point, with the arithmetic under the engine that does it.
std::string component_of(const std::string& action) {
  const std::string owner = owner_of(action);
  if (owner == "array") {
    return "array.registers";
  }
  return is_product(owner) ? "array." + owner : owner;
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

}  // namespace orrery::platform
