// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "hardware/energy_config.h"
#include "metrics/run_result.h"

namespace orrery::hardware {

// Picojoules by component, in total and by layer. What cannot be tied to a layer (leakage, refresh,
// background) is shared out by the layers' latencies, so that the layers add up to the run.
class EnergyAccount {
 public:
  // Coefficients of arithmetic are multiplied by `arithmetic_factor`.
  EnergyAccount(const hardware::EnergyConfig& coefficients, double arithmetic_factor,
                std::size_t layers);

  // `count` actions of one layer: component and coefficient follow from the action's name. Throws
  // base::UserError where the coefficient is missing.
  void add_actions(std::size_t layer, const std::string& action, std::int64_t count);
  // An amount shared out in proportion to `weights` (one a layer); by latency where they are all 0.
  void share(const std::string& component, double picojoules, const std::vector<double>& weights);

  [[nodiscard]] metrics::Breakdown<double> total() const;
  [[nodiscard]] metrics::Breakdown<double> layer(std::size_t index) const;
  [[nodiscard]] double layers_total() const;
  // Where the coefficients that were used come from, by action.
  [[nodiscard]] metrics::Breakdown<std::string> sources() const;
  void add_source(const std::string& name, const std::string& source) { sources_[name] = source; }

 private:
  const hardware::EnergyConfig& coefficients_;
  double arithmetic_factor_;
  std::map<std::string, double> total_;
  std::vector<std::map<std::string, double>> layers_;
  std::map<std::string, std::string> sources_;
};

}  // namespace orrery::hardware
