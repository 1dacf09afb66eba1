// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/integer.h"
#include "lowering/machine/buffers.h"
#include "lowering/tiling/matrix_tiling.h"

namespace orrery::lowering {
namespace {

using base::divide_up;

AxisRange block(std::int64_t index, std::int64_t size, std::int64_t whole) {
  const std::int64_t begin = index * size;
  return {begin, std::min(size, whole - begin)};
}

// The part of `range` that is the index-th piece of `size`.
std::optional<AxisRange> piece(const AxisRange& range, std::int64_t size, std::size_t index) {
  const std::int64_t offset = static_cast<std::int64_t>(index) * size;
  if (offset >= range.count) {
    return std::nullopt;
  }
  return AxisRange{range.begin + offset, std::min(size, range.count - offset)};
}

// A part, of at most `whole`, that a multiple of the granule fills.
std::int64_t round_up(std::int64_t part, std::int64_t granule, std::int64_t whole) {
  return std::min(whole, divide_up(part, granule) * granule);
}

std::int64_t share(std::int64_t whole, std::int64_t count, std::int64_t granule) {
  return round_up(divide_up(whole, count), granule, whole);
}

// Arrays share even numbers of features, whatever the types, so that types do not change the
// shares.
std::int64_t even(std::int64_t granule) {
  return std::max<std::int64_t>(granule, 2);
}

// Whether features come one after the other, so that any number of them is as good as a multiple of
// the array's columns.
bool streams_features(const timing::Dataflow& dataflow) {
  return dataflow.machine() != timing::Dataflow::Machine::kRowsStay &&
         dataflow.loop(dataflow.loops() - 1).dimension == timing::Dimension::kN;
}

}  // namespace

std::int64_t band_of(std::int64_t partitions) {
  std::int64_t band = 1;
  while ((band + 1) * (band + 1) <= partitions) {
    ++band;
  }
  return band;
}

std::int64_t MatrixTiling::estimate() const {
  if (operands_first) {
    return std::max(array_cycles, vector_cycles) + memory_cycles + edge_cycles;
  }
  // Overlap is never perfect: an eighth of the memory's time is taken to show.
  return std::max({array_cycles, memory_cycles, vector_cycles, wave_cycles, buffer_cycles}) +
         memory_cycles / 8 + edge_cycles;
}

MatrixTiles::MatrixTiles(const MatrixProblem& problem, const MatrixTiling& tiling,
                         std::size_t arrays, std::int64_t array_columns)
    : problem_(problem),
      tiling_(tiling),
      arrays_(arrays),
      group_blocks_(divide_up(problem.groups, tiling.groups)),
      image_tiles_(divide_up(problem.images, tiling.images)),
      row_tiles_(divide_up(problem.height.output, tiling.rows)),
      column_tiles_(divide_up(problem.width.output, tiling.columns)),
      n_tiles_(divide_up(problem.features, tiling.features)),
      tap_tiles_(tiling.all_taps ? 1 : problem.height.taps * problem.width.taps),
      channel_tiles_(divide_up(problem.channels, tiling.channels)),
      part_groups_(tiling.groups),
      part_images_(tiling.images),
      part_rows_(tiling.rows),
      part_columns_(tiling.columns),
      part_features_(tiling.features) {
  const auto count = static_cast<std::int64_t>(arrays);
  if (!tiling.split_rows && tiling.groups > 1) {
    part_groups_ = share(tiling.groups, count, problem.group_granule());
    parts_ = divide_up(tiling.groups, part_groups_);
  } else if (!tiling.split_rows) {
    const std::int64_t unit = streams_features(problem.dataflow) ? 1 : array_columns;
    const std::int64_t units = divide_up(tiling.features, unit);
    part_features_ = round_up(std::min(tiling.features, divide_up(units, count) * unit),
                              even(feature_granule(problem)), tiling.features);
    parts_ = divide_up(tiling.features, part_features_);
  } else {
    // The outermost dimension that has anything to share.
    std::int64_t& shared = tiling.images > 1 ? part_images_
                           : tiling.rows > 1 ? part_rows_
                                             : part_columns_;
    const std::int64_t whole = shared;
    shared = share(whole, count, problem.transposed_a ? even(column_granule(problem)) : 1);
    parts_ = divide_up(whole, shared);
  }
  part_positions_ = part_images_ * part_rows_ * part_columns_;
}

GroupBlock MatrixTiles::groups(std::int64_t group_tile) const {
  return {group_tile / group_blocks_,
          block(group_tile % group_blocks_, tiling_.groups, problem_.groups)};
}

OutputBlock MatrixTiles::output(std::int64_t m_tile) const {
  OutputBlock result;
  result.columns = block(m_tile % column_tiles_, tiling_.columns, problem_.width.output);
  m_tile /= column_tiles_;
  result.rows = block(m_tile % row_tiles_, tiling_.rows, problem_.height.output);
  result.images = block(m_tile / row_tiles_, tiling_.images, problem_.images);
  return result;
}

AxisRange MatrixTiles::features(std::int64_t n_tile) const {
  return block(n_tile, tiling_.features, problem_.features);
}

ReductionBlock MatrixTiles::reduction(std::int64_t k_tile) const {
  ReductionBlock result;
  result.channels = block(k_tile % channel_tiles_, tiling_.channels, problem_.channels);
  if (tiling_.all_taps) {
    result.taps_h = {0, problem_.height.taps};
    result.taps_w = {0, problem_.width.taps};
  } else {
    const std::int64_t tap = k_tile / channel_tiles_;
    result.taps_h = {tap / problem_.width.taps, 1};
    result.taps_w = {tap % problem_.width.taps, 1};
  }
  return result;
}

std::optional<MatrixTiles::Part> MatrixTiles::part(const AxisRange& groups,
                                                   const OutputBlock& outputs,
                                                   const AxisRange& features,
                                                   std::size_t array) const {
  Part result{outputs, 0, features, groups, array};
  std::optional<AxisRange> range;
  if (!tiling_.split_rows && tiling_.groups > 1) {
    range = piece(groups, part_groups_, array);
    if (range) {
      result.groups = *range;
    }
  } else if (!tiling_.split_rows) {
    range = piece(features, part_features_, array);
    if (range) {
      result.features = *range;
    }
  } else if (tiling_.images > 1) {
    range = piece(outputs.images, part_images_, array);
    if (range) {
      result.outputs.images = *range;
      result.first_position =
          (range->begin - outputs.images.begin) * outputs.rows.count * outputs.columns.count;
    }
  } else if (tiling_.rows > 1) {
    range = piece(outputs.rows, part_rows_, array);
    if (range) {
      result.outputs.rows = *range;
      result.first_position = (range->begin - outputs.rows.begin) * outputs.columns.count;
    }
  } else {
    range = piece(outputs.columns, part_columns_, array);
    if (range) {
      result.outputs.columns = *range;
      result.first_position = range->begin - outputs.columns.begin;
    }
  }
  return range ? std::optional(result) : std::nullopt;
}

std::int64_t MatrixTiles::a_bytes() const {
  const std::int64_t matrices = problem_.shared_a ? 1 : tiling_.groups;
  if (problem_.transposed_a) {
    return matrices * tiling_.channels * numeric::row_bytes(problem_.a.type, tiling_.columns);
  }
  const std::int64_t taps_h = tiling_.all_taps ? problem_.height.taps : 1;
  const std::int64_t taps_w = tiling_.all_taps ? problem_.width.taps : 1;
  return tiling_.images * slice_length(problem_.height, tiling_.rows, taps_h) *
         slice_length(problem_.width, tiling_.columns, taps_w) *
         problem_.packed_row_bytes(problem_.a.type, matrices, tiling_.channels);
}

std::int64_t MatrixTiles::table_bytes() const {
  if (!problem_.table) {
    return 0;
  }
  return tiling_.images * tiling_.rows * tiling_.columns *
         numeric::row_bytes(*problem_.table, reduction(0).products());
}

std::int64_t MatrixTiles::b_bytes() const {
  const std::int64_t matrices = problem_.shared_b ? 1 : tiling_.groups;
  if (problem_.transposed_b) {
    return matrices * tiling_.features * numeric::row_bytes(problem_.b.type, tiling_.channels);
  }
  const std::int64_t taps = tiling_.all_taps ? problem_.height.taps * problem_.width.taps : 1;
  return taps * tiling_.channels *
         problem_.packed_row_bytes(problem_.b.type, matrices, tiling_.features);
}

std::int64_t MatrixTiles::part_bytes(ElementType type) const {
  return part_positions_ * problem_.packed_row_bytes(type, part_groups_, part_features_);
}

std::int64_t MatrixTiles::bias_bytes() const {
  if (problem_.bias.empty()) {
    return 0;
  }
  const std::int64_t groups = problem_.interleaved() ? tiling_.groups : 1;
  return numeric::row_bytes(problem_.bias.front().type, groups * tiling_.features);
}

std::int64_t MatrixTiles::scratchpad_bytes() const {
  std::int64_t operands = 0;
  for (const StreamedTensor& operand : problem_.operands) {
    operands += aligned_buffer(part_bytes(operand.type));
  }
  return tiling_.a_slots * aligned_buffer(a_bytes()) + tiling_.b_slots * aligned_buffer(b_bytes()) +
         tiling_.c_slots * parts_ * aligned_buffer(part_bytes(problem_.c.type)) +
         tiling_.buffers *
             (parts_ * operands + aligned_buffer(bias_bytes()) + aligned_buffer(table_bytes()));
}

std::int64_t MatrixTiles::accumulator_bytes() const {
  return tiling_.accumulator_slots * part_positions_ * part_groups_ * part_features_ *
         kPartialSumBytes;
}

}  // namespace orrery::lowering
