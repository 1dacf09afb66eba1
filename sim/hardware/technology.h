// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema.h"

namespace orrery::hardware {

// A process node and its supply.
struct Technology {
  std::int64_t nanometres = 0;
  double volts = 0.0;

  [[nodiscard]] static const config::Schema<Technology>& schema();
};

// The nodes that factors are known of, largest first.
[[nodiscard]] const std::vector<std::int64_t>& known_nodes();

// "28 nm" as 28; nullopt where it is none of the known nodes.
[[nodiscard]] std::optional<std::int64_t> parse_node(std::string_view text);
[[nodiscard]] config::Codec<std::int64_t> node_codec();

// What the energy of one switching of static logic is multiplied by from one technology to another:
// the ratio of a V^2 + b V + c with the coefficients of Stillmaker and Baas (Integration 2017), 28
// nm halfway (in nm) between 32 and 20. InternalError for a node that is not known.
[[nodiscard]] double logic_energy_factor(const Technology& from, const Technology& to);

// The same for area, from their factors relative to 45 nm.
[[nodiscard]] double logic_area_factor(std::int64_t from_nanometres, std::int64_t to_nanometres);

}  // namespace orrery::hardware
