// SPDX-License-Identifier: Apache-2.0
#include "tests/timing/reference/random_jobs.h"

#include <cstddef>
#include <sstream>

namespace orrery::timing::reference {

namespace {

std::int64_t random_size(base::Random& random, std::int64_t limit) {
  return random.integer(0, 3) == 0 ? 1 : random.integer(1, limit);
}

Matrix random_matrix(base::Random& random, std::int64_t rows, std::int64_t cols) {
  Matrix matrix(rows, cols);
  for (std::int64_t& value : matrix.values) {
    value = random.integer(-9, 9);
  }
  return matrix;
}

}  // namespace

const std::vector<Dataflow>& matrix_dataflows() {
  static const std::vector<Dataflow> kDataflows = [] {
    std::vector<Dataflow> dataflows;
    for (const char* sides :
         {"m by rows, n by columns, k", "n by rows, m by columns, k", "k by rows, n by columns, m",
          "k by rows, m by columns, n", "n by columns, m by rows, k", "m by columns, n by rows, k",
          "n by columns, k by rows, m", "m by columns, k by rows, n"}) {
      dataflows.push_back(parse_dataflow("own", sides).dataflow.value());
    }
    return dataflows;
  }();
  return kDataflows;
}

ArrayShape random_array(base::Random& random, const RandomLimits& limits) {
  const std::int64_t rows = random_size(random, limits.side);
  return {rows, random_size(random, limits.side)};
}

std::vector<TileJob> random_jobs(base::Random& random, const RandomLimits& limits,
                                 std::int64_t count) {
  std::vector<TileJob> jobs;
  Cycle earliest = 0;
  const auto dataflow = [&] {
    return matrix_dataflows()[static_cast<std::size_t>(random.integer(0, 7))];
  };
  const Dataflow common = dataflow();
  for (std::int64_t i = 0; i < count; ++i) {
    TileJob job;
    job.dataflow = limits.one_dataflow ? common : dataflow();
    job.shape.m = random_size(random, limits.size);
    job.shape.n = random_size(random, limits.size);
    job.shape.k = random_size(random, limits.size);
    job.shape.groups = random_size(random, limits.groups);
    job.intervals.left = random_size(random, limits.interval);
    job.intervals.top = random_size(random, limits.interval);
    job.intervals.accumulator = random_size(random, limits.interval);
    earliest += random.integer(0, limits.pause);
    job.earliest = earliest;
    job.a = random_matrix(random, job.shape.m, job.shape.groups * job.shape.k);
    job.b = random_matrix(random, job.shape.groups * job.shape.k, job.shape.n);
    jobs.push_back(job);
  }
  return jobs;
}

std::string describe(const ArrayShape& array, const std::vector<TileJob>& jobs) {
  std::ostringstream text;
  text << array.rows << "x" << array.cols;
  for (const TileJob& job : jobs) {
    text << " | " << job.dataflow.nest_text() << " m " << job.shape.m << " n " << job.shape.n
         << " k " << job.shape.k << " groups " << job.shape.groups << " left " << job.intervals.left
         << " top " << job.intervals.top << " accumulator " << job.intervals.accumulator
         << " earliest " << job.earliest;
  }
  return text.str();
}

}  // namespace orrery::timing::reference
