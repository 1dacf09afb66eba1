// SPDX-License-Identifier: Apache-2.0
#include "sweep/pareto.h"

#include <algorithm>
#include <numeric>

namespace orrery::sweep {
namespace {

using Costs = std::vector<double>;

bool beats(const Costs& left, const Costs& right) {
  return left != right && std::equal(left.begin(), left.end(), right.begin(),
                                     [](double a, double b) { return a <= b; });
}

}  // namespace

std::vector<bool> pareto_front(const std::vector<Costs>& costs) {
  // In lexicographic order only an earlier point beats a later one, and if any does, one of the
  // front does.
  std::vector<std::size_t> order(costs.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return std::pair(costs[left], left) < std::pair(costs[right], right);
  });
  std::vector<std::size_t> front;
  std::vector<bool> result(costs.size(), false);
  for (const std::size_t point : order) {
    result[point] = std::none_of(front.begin(), front.end(), [&](std::size_t other) {
      return beats(costs[other], costs[point]);
    });
    if (result[point]) {
      front.push_back(point);
    }
  }
  return result;
}

}  // namespace orrery::sweep
