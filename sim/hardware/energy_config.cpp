// SPDX-License-Identifier: Apache-2.0
#include "hardware/energy_config.h"

namespace orrery::hardware {

double EnergyConfig::action(std::string_view name) const {
  std::vector<std::string> known;
  for (const auto& [key, value] : actions) {
    if (key == name) {
      return value.picojoules;
    }
    known.push_back(key);
  }
  throw base::UserError(base::Diagnostic{
      where, "platform.energy.actions",
      "no energy coefficient for '" + std::string(name) + "', which this run needs",
      "a map of value and source", base::nearest_name(name, known)});
}

const config::Schema<EnergyConfig>& EnergyConfig::schema() {
  static const config::Schema<ActionEnergy> kAction =
      config::Schema<ActionEnergy>("action_energy", "Energy of one action.")
          .required("value", &ActionEnergy::picojoules, config::quantity("J", "pJ"),
                    "Energy of one action.")
          .required("source", &ActionEnergy::source, config::text(), "Where the figure is from.");
  static const config::Schema<StaticPower> kLeakage =
      config::Schema<StaticPower>("static_power", "Power drawn as long as the run lasts.")
          .required("value", &StaticPower::milliwatts, config::quantity("W", "mW"), "The power.")
          .required("source", &StaticPower::source, config::text(), "Where the figure is from.");
  static const config::Schema<EnergyConfig> kSchema =
      config::Schema<EnergyConfig>("energy", "Energy coefficients of one technology.")
          .required("node", &EnergyConfig::node, config::text(), "Technology node.")
          .optional("voltage", &EnergyConfig::volts, config::maybe(config::quantity("V", "V")),
                    "Supply that the figures of arithmetic are of.")
          .required("family", &EnergyConfig::family, config::text(),
                    "Which family of figures this is; families are not to be mixed.")
          .required("actions", &EnergyConfig::actions, config::dictionary(config::object(kAction)),
                    "Energy of each action, by name.")
          .optional("leakage", &EnergyConfig::leakage, config::dictionary(config::object(kLeakage)),
                    "Static power of each component, by name.")
          .position(&EnergyConfig::where);
  return kSchema;
}

}  // namespace orrery::hardware
