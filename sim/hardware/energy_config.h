// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "config/schema.h"

namespace orrery::hardware {

// The energy of one action, with where the figure comes from.
struct ActionEnergy {
  double picojoules = 0.0;
  std::string source;
};

// Power that is drawn all the time.
struct StaticPower {
  double milliwatts = 0.0;
  std::string source;
};

// Coefficients of one technology. Names of actions: see docs/energy.md.
struct EnergyConfig {
  std::string node;             // "7 nm"
  std::optional<double> volts;  // supply that the figures are of
  std::string family;           // which figures belong together
  config::Named<ActionEnergy> actions;
  config::Named<StaticPower> leakage;
  base::SourcePosition where;

  // The coefficient of an action. Throws base::UserError that names the action where it is missing:
  // a silent zero would make a result look cheap.
  [[nodiscard]] double action(std::string_view name) const;

  [[nodiscard]] static const config::Schema<EnergyConfig>& schema();
};

}  // namespace orrery::hardware
