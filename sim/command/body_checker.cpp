// SPDX-License-Identifier: Apache-2.0
#include "command/body_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "command/form_names.h"
#include "command/pim_program_checker.h"
#include "command/text_words.h"
#include "command/vector_kinds.h"
#include "command/view.h"

namespace orrery::command {
namespace {

using Wide = __int128;

// Addresses and coordinates within this leave room for sums of a few.
constexpr Wide kWidest = static_cast<Wide>(kLargestAddress) * 8;

Wide magnitude(std::int64_t value) {
  return value < 0 ? -static_cast<Wide>(value) : static_cast<Wide>(value);
}

}  // namespace

void BodyChecker::add(const std::string& field, std::string message, std::string expected) {
  problems_.push_back({field, std::move(message), std::move(expected), ""});
}

bool BodyChecker::check_size(const std::string& field, std::int64_t value, std::int64_t least,
                             std::int64_t most) {
  if (value >= least && value <= most) {
    return true;
  }
  add(field, fmt::format("{} is out of range", value), fmt::format("{} to {}", least, most));
  return false;
}

void BodyChecker::check_end(const std::string& field, const Move::End& end, const Move& move) {
  if (end.space.kind == SpaceKind::kAccumulator) {
    add(field, describe(end.space, header_), "a tier or the scratchpad");
  }
  Wide reach = magnitude(end.address) + move.row_bytes;
  for (std::size_t i = 0; i < move.count.size(); ++i) {
    reach += magnitude(end.stride[i]) * (move.count[i] - 1);
  }
  if (reach > kLargestAddress) {
    add(field, "reaches too far", fmt::format("addresses below {}", kLargestAddress));
  } else if (ranges_.known()) {
    const Interval touched = touched_bytes(end, move);
    ranges_.check(field, end.space, touched.begin, touched.end);
  }
}

void BodyChecker::check(const Move& move, EngineIndex /*engine*/) {
  bool sound = check_size("row_bytes", move.row_bytes, 1, kLargestSize);
  Wide bytes = move.row_bytes;
  for (const std::int64_t count : move.count) {
    sound = sound && check_size("count", count, 1, kLargestSize);
    bytes *= sound ? count : 1;
    if (sound && bytes > kLargestProduct) {
      add("count", "moves too much", fmt::format("at most {} bytes", kLargestProduct));
      sound = false;
    }
  }
  if (!sound) {
    return;
  }
  if (move.source.space.kind != SpaceKind::kTier &&
      move.destination.space.kind != SpaceKind::kTier) {
    add("source", "a move inside the chip", "a tier as source or destination");
  }
  check_end("source", move.source, move);
  check_end("destination", move.destination, move);
}

// The innermost digit of one side counts the elements of a block: its metadata lie behind the last.
bool BodyChecker::check_blocks(const std::string& field, const View& view) {
  const auto has_blocks = [&](const auto& digits) {
    return !digits.empty() && counts_block(view.type, digits.back());
  };
  if (!numeric::is_block(view.type) || has_blocks(view.row) != has_blocks(view.column)) {
    return true;
  }
  add(field, fmt::format("parts of blocks of {}", numeric::name(view.type)),
      fmt::format("{}:{} as the innermost digit of its rows or its columns",
                  numeric::block_elements(view.type), numeric::code_bits(view.type)));
  return false;
}

// Extents, strides, steps and bounds, before anything is computed with them.
bool BodyChecker::check_digits(const std::string& field, const View& view) {
  const int alignment = std::gcd(numeric::block_bits(view.type), 8);
  Wide reach = magnitude(view.base) * 8 + numeric::block_bits(view.type);
  std::array<Wide, 2> coordinate{magnitude(view.bounds[0].origin),
                                 magnitude(view.bounds[1].origin)};
  for (const auto* digits : {&view.row, &view.column}) {
    Wide count = 1;
    for (const Digit& digit : *digits) {
      if (!check_size(field, digit.extent, 1, kLargestSize)) {
        return false;
      }
      if (digit.stride_bits % alignment != 0 && !counts_block(view.type, digit)) {
        add(field, fmt::format("a stride of {} bits", digit.stride_bits),
            fmt::format("a multiple of {} bits for {}", alignment, numeric::name(view.type)));
        return false;
      }
      count *= digit.extent;
      if (count > kLargestSize) {
        add(field, "too many rows or columns", fmt::format("at most {}", kLargestSize));
        return false;
      }
      reach += magnitude(digit.stride_bits) * (digit.extent - 1);
      coordinate[0] += magnitude(digit.step[0]) * (digit.extent - 1);
      coordinate[1] += magnitude(digit.step[1]) * (digit.extent - 1);
    }
  }
  if (reach > kWidest || coordinate[0] > kWidest || coordinate[1] > kWidest) {
    add(field, "reaches too far", fmt::format("addresses below {}", kLargestAddress));
    return false;
  }
  for (const Bound& bound : view.bounds) {
    if (!check_size(field, bound.limit, 1, std::numeric_limits<std::int64_t>::max())) {
      return false;
    }
  }
  return true;
}

void BodyChecker::check_view(const std::string& field, const View& view, const Shape* shape) {
  if (!check_blocks(field, view) || !check_digits(field, view)) {
    return;
  }
  const std::int64_t rows = row_count(view);
  const std::int64_t columns = column_count(view);
  if (shape != nullptr && (rows != shape->rows || columns != shape->columns)) {
    add(field, fmt::format("a view of {} x {} elements", rows, columns),
        fmt::format("{} x {}", shape->rows, shape->columns));
  }
  if (ranges_.known()) {
    const Interval touched = touched_bytes(view);
    ranges_.check(field, view.space, touched.begin, touched.end);
  }
}

void BodyChecker::check_on_chip(const std::string& field, const View& view) {
  if (view.space.kind == SpaceKind::kTier) {
    add(field, describe(view.space, header_), "the scratchpad or accumulators");
  }
}

void BodyChecker::check_window(const ComputeTile& tile) {
  const timing::ConvolutionWindow& window = tile.window;
  bool sound = true;
  const auto check = [&](const char* field, std::int64_t size, std::int64_t most) {
    sound = check_size(field, size, 1, most) && sound;
  };
  for (const std::int64_t size : {window.images, window.output_rows, window.output_columns}) {
    check("outputs", size, kLargestSize);
  }
  for (const std::int64_t size : {window.filter_rows, window.filter_columns}) {
    check("filter", size, kLargestSize);
  }
  for (const std::int64_t size : {window.stride_h, window.stride_w}) {
    check("stride", size, kLargestStep);
  }
  for (const std::int64_t size : {window.dilation_h, window.dilation_w}) {
    check("dilation", size, kLargestStep);
  }
  if (!sound) {
    return;
  }
  const Wide rows = static_cast<Wide>(window.images) * window.output_rows;
  if (rows > tile.m || rows * window.output_columns != tile.m) {
    add("outputs",
        fmt::format("{} x {} x {} outputs", window.images, window.output_rows,
                    window.output_columns),
        fmt::format("m = {} of them", tile.m));
  }
  const Wide taps = static_cast<Wide>(window.filter_rows) * window.filter_columns;
  if (taps > tile.k || tile.k % static_cast<std::int64_t>(taps) != 0) {
    add("filter", fmt::format("{} x {} taps", window.filter_rows, window.filter_columns),
        fmt::format("a divisor of k = {}", tile.k));
  }
}

void BodyChecker::check(const ComputeTile& tile, EngineIndex engine) {
  bool sound = check_size("m", tile.m, 1, kLargestSize);
  sound = check_size("n", tile.n, 1, kLargestSize) && sound;
  sound = check_size("k", tile.k, 1, kLargestSize) && sound;
  sound = check_size("groups", tile.groups, 1, kLargestSize) && sound;
  if (!sound) {
    return;
  }
  const Wide outputs = static_cast<Wide>(tile.m) * tile.n;
  if (outputs > kLargestProduct || outputs * tile.k > kLargestProduct ||
      outputs * tile.k * tile.groups > kLargestProduct) {
    add("m", tile.groups == 1 ? "m * n * k is too large" : "groups * m * n * k is too large",
        fmt::format("at most {}", kLargestProduct));
    return;
  }
  (void)check_size("macs", tile.macs_useful, 0, full_macs(tile));
  if (has_window(tile)) {
    check_window(tile);
  }
  const Shape a{tile.m, tile.groups * tile.k};
  const Shape b{tile.groups * tile.k, tile.n};
  const Shape c{tile.m, tile.groups * tile.n};
  check_view("a", tile.a, &a);
  check_view("b", tile.b, &b);
  check_view("c", tile.c, &c);
  for (const auto& [field, view] : {std::pair{"a", &tile.a}, std::pair{"b", &tile.b}}) {
    if (view->space.kind != SpaceKind::kScratchpad) {
      add(field, describe(view->space, header_), "the scratchpad");
    }
  }
  const Space own{SpaceKind::kAccumulator, engine};
  if (tile.c.space != own) {
    add("c", describe(tile.c.space, header_), describe(own, header_));
  }
  if (numeric::info(tile.c.type).accumulator != tile.c.type) {
    add("c", numeric::name(tile.c.type), "int32 or fp32, the types of partial sums");
  }
}

void BodyChecker::check_stage(const std::string& field, const VectorStage& stage,
                              const Shape& shape) {
  const bool needed = takes_operand(stage.kind);
  if (needed || !is_default(stage.operand)) {
    check_view(field, stage.operand, needed ? &shape : nullptr);
    check_on_chip(field, stage.operand);
  }
  for (const double parameter : stage.parameters) {
    if (!std::isfinite(parameter)) {
      add(field, fmt::format("{} as a parameter", parameter), "a finite number");
    }
  }
  if (stage.kind == VectorKind::kRotary && shape.columns % 2 != 0) {
    add(field, fmt::format("rotary over {} columns", shape.columns), "an even number");
  }
}

void BodyChecker::check(const VectorCommand& command, EngineIndex /*engine*/) {
  bool sound = check_size("rows", command.rows, 1, kLargestSize);
  sound = check_size("columns", command.columns, 1, kLargestSize) && sound;
  if (!sound) {
    return;
  }
  if (static_cast<Wide>(command.rows) * command.columns > kLargestProduct) {
    add("rows", "rows * columns is too large", fmt::format("at most {}", kLargestProduct));
    return;
  }
  (void)check_size("macs", command.macs_useful, 0, command.rows * command.columns);
  Shape shape{command.rows, command.columns};
  check_view("source", command.source, &shape);
  check_on_chip("source", command.source);
  for (std::size_t i = 0; i < command.stages.size(); ++i) {
    check_stage(fmt::format("stage {}", i + 1), command.stages[i], shape);
    if (is_reduction(command.stages[i].kind)) {
      shape.columns = 1;
    }
  }
  check_view("destination", command.destination, &shape);
  check_on_chip("destination", command.destination);
}

void BodyChecker::check(const PimProgram& program, EngineIndex /*engine*/) {
  PimProgramChecker(header_, extents_, problems_).check(program);
}

}  // namespace orrery::command
