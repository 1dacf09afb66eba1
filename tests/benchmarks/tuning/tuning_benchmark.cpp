// SPDX-License-Identifier: Apache-2.0
// Usage: tuning_benchmark [SHAPES [EVALUATIONS [FIRST]]]
//
// How far the search for tilings stays behind exhaustive search over the same candidates, all of
// them simulated, for random small products and convolutions. Prints a line for each shape and the
// distribution.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include "tests/tuning/small_shapes.h"

namespace {

std::uint64_t argument(int argc, char** argv, int index, std::uint64_t fallback) {
  return argc > index ? std::strtoull(argv[index], nullptr, 10) : fallback;
}

void print_distribution(const char* name, std::vector<double> excess) {
  std::sort(excess.begin(), excess.end());
  const auto at = [&](double part) {
    return 100.0 * excess[static_cast<std::size_t>(part * static_cast<double>(excess.size() - 1))];
  };
  const auto within = std::upper_bound(excess.begin(), excess.end(), 0.01) - excess.begin();
  const auto equal = std::upper_bound(excess.begin(), excess.end(), 0.0) - excess.begin();
  std::printf(
      "%-8s behind exhaustive: median %.2f %%, 90 %% of shapes %.2f %%, 99 %% %.2f %%, most %.2f "
      "%%; %td of %zu equal, %td within 1 %%\n",
      name, at(0.5), at(0.9), at(0.99), at(1.0), equal, excess.size(), within);
}

int run(int argc, char** argv) {
  const std::uint64_t shapes = argument(argc, argv, 1, 500);
  const auto evaluations = static_cast<std::int64_t>(argument(argc, argv, 2, 200));
  const std::uint64_t first = argument(argc, argv, 3, 0);
  std::vector<double> tuned;
  std::vector<double> by_default;
  std::size_t candidates = 0;
  std::int64_t done = 0;
  int proven = 0;
  for (std::uint64_t seed = first; seed < first + shapes; ++seed) {
    const orrery::tuning::Gap gap = orrery::tuning::measure_gap(seed, evaluations);
    tuned.push_back(gap.excess());
    by_default.push_back(gap.default_excess());
    candidates += gap.candidates;
    done += gap.evaluations;
    proven += gap.is_proven ? 1 : 0;
    std::printf(
        "%llu %zu candidates: default %lld, tuned %lld, exhaustive %lld cycles"
        ", %lld evaluations%s%s\n",
        static_cast<unsigned long long>(seed), gap.candidates,
        static_cast<long long>(gap.by_default), static_cast<long long>(gap.tuned),
        static_cast<long long>(gap.exhaustive), static_cast<long long>(gap.evaluations),
        gap.is_proven ? ", proven" : "", gap.bounds_hold ? "" : ", A BOUND IS WRONG");
    std::fflush(stdout);
  }
  std::printf(
      "%llu shapes, %zu candidates, all simulated; %lld evaluations of "
      "at "
      "most %lld each, %d shapes proven\n",
      static_cast<unsigned long long>(shapes), candidates, static_cast<long long>(done),
      static_cast<long long>(evaluations), proven);
  print_distribution("default", by_default);
  print_distribution("tuned", tuned);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
