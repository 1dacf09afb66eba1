// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace orrery::sweep {

// Which points no other one beats: none is at least as small in every figure and smaller in one.
// `costs` has a list of figures, all as long, for each point. Equal points are all on the front.
[[nodiscard]] std::vector<bool> pareto_front(const std::vector<std::vector<double>>& costs);

}  // namespace orrery::sweep
