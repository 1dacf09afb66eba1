// SPDX-License-Identifier: Apache-2.0
#include "functional/executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "command/vector_kinds.h"
#include "functional/random_order.h"
#include "functional/table_product.h"
#include "functional/vector_functions.h"
#include "functional/view_reader.h"

namespace orrery::functional {
namespace {

using command::Command;
using command::Move;

// A row-stationary array is fed each input once, for all outputs and taps that meet there: of the
// products that the window puts at one position, all get the first one's element.
void share_inputs(const command::ComputeTile& tile, std::vector<double>& a) {
  const timing::ConvolutionWindow& w = tile.window;
  const std::int64_t taps = w.filter_rows * w.filter_columns;
  if (w.images * w.output_rows * w.output_columns != tile.m || tile.k % taps != 0) {
    throw MemoryFault("the window has not as many outputs or taps as the tile");
  }
  const std::int64_t channels = tile.k / taps;
  std::map<std::array<std::int64_t, 4>, double> fed;  // image, row, column, group and channel
  auto element = a.begin();
  for (std::int64_t m = 0; m < tile.m; ++m) {
    const std::int64_t image = m / (w.output_rows * w.output_columns);
    const std::int64_t row = m / w.output_columns % w.output_rows;
    const std::int64_t column = m % w.output_columns;
    for (std::int64_t k = 0; k < tile.groups * tile.k; ++k, ++element) {
      const std::int64_t tap = k % tile.k / channels;
      const std::array position{image, row * w.stride_h + tap / w.filter_columns * w.dilation_h,
                                column * w.stride_w + tap % w.filter_columns * w.dilation_w,
                                k / tile.k * channels + k % channels};
      *element = fed.emplace(position, *element).first->second;
    }
  }
}

}  // namespace

void Executor::run(command::Source& source) {
  Command command;
  while (source.next(command)) {
    execute(command, source.header());
  }
}

void Executor::run_in_random_order(const std::vector<command::Source*>& sources, std::uint64_t seed,
                                   int under_way) {
  std::vector<std::vector<Command>> streams;
  for (command::Source* source : sources) {
    Command command;
    streams.emplace_back();
    while (source->next(command)) {
      streams.back().push_back(command);
    }
  }
  RandomOrder order(streams, sources.front()->header().engines.size(), seed,
                    static_cast<std::size_t>(under_way));
  while (const auto next = order.next()) {
    execute(streams[next->stream][next->index], sources[next->stream]->header());
  }
}

void Executor::execute(const Command& command, const command::StreamHeader& header) {
  try {
    std::visit(
        [&](const auto& body) {
          if constexpr (std::is_same_v<decltype(body), const command::PimProgram&>) {
            pim_.execute(body, header);
          } else {
            execute(body);
          }
        },
        command.body);
  } catch (const MemoryFault& fault) {
    throw base::UserError(base::Diagnostic{
        {},
        "",
        fmt::format("command {} ({}, layer '{}'): {}", command.id,
                    header.engines.at(command.engine),
                    command.layer < header.layers.size() ? header.layers[command.layer].name : "",
                    fault.what()),
        "",
        ""});
  }
}

void Executor::execute(const Move& move) {
  AddressSpace& source = memory_.space(move.source.space);
  AddressSpace& destination = memory_.space(move.destination.space);
  const bool loads = move.source.space.kind == command::SpaceKind::kTier &&
                     move.destination.space.kind == command::SpaceKind::kScratchpad;
  for (std::int64_t i = 0; i < move.count[0]; ++i) {
    for (std::int64_t j = 0; j < move.count[1]; ++j) {
      for (std::int64_t k = 0; k < move.count[2]; ++k) {
        const auto row = [&](const Move::End& end) {
          return end.address + i * end.stride[0] + j * end.stride[1] + k * end.stride[2];
        };
        destination.copy_from(source, row(move.source), row(move.destination), move.row_bytes,
                              loads);
      }
    }
  }
}

void Executor::execute(const command::ComputeTile& tile) {
  if (numeric::is_table(tile.a.type)) {
    multiply_tables(memory_, tile);
    return;
  }
  const std::int64_t depth = tile.groups * tile.k;
  std::vector<double> a = ViewReader(memory_, tile.a, tile.m, depth).matrix();
  if (tile.dataflow.machine() == timing::Dataflow::Machine::kRowsStay) {
    share_inputs(tile, a);
  }
  const std::vector<double> b = ViewReader(memory_, tile.b, depth, tile.n).matrix();
  ViewReader c(memory_, tile.c, tile.m, tile.groups * tile.n);
  for (std::int64_t m = 0; m < tile.m; ++m) {
    for (std::int64_t n = 0; n < tile.groups * tile.n; ++n) {
      const std::int64_t first = n / tile.n * tile.k;  // of the column's group
      double sum = tile.accumulate ? c.read(m, n).value_or(0.0) : 0.0;
      for (std::int64_t k = first; k < first + tile.k; ++k) {
        sum += a[static_cast<std::size_t>(m * depth + k)] *
               b[static_cast<std::size_t>(k * tile.n + n % tile.n)];
      }
      c.write(m, n, sum);
    }
  }
}

void Executor::execute(const command::VectorCommand& command) {
  ViewReader source(memory_, command.source, command.rows, command.columns);
  std::vector<Row> rows(static_cast<std::size_t>(command.rows));
  for (std::int64_t r = 0; r < command.rows; ++r) {
    for (std::int64_t c = 0; c < command.columns; ++c) {
      rows[static_cast<std::size_t>(r)].push_back(source.read(r, c));
    }
  }
  std::int64_t columns = command.columns;
  for (const command::VectorStage& stage : command.stages) {
    std::vector<double> operand;
    if (command::takes_operand(stage.kind)) {
      operand = ViewReader(memory_, stage.operand, command.rows, columns).matrix();
    }
    for (std::int64_t r = 0; r < command.rows; ++r) {
      const std::span<const double> row_operand =
          operand.empty() ? std::span<const double>{}
                          : std::span(operand).subspan(static_cast<std::size_t>(r * columns),
                                                       static_cast<std::size_t>(columns));
      apply_stage(stage.kind, stage.parameters, r, row_operand, rows[static_cast<std::size_t>(r)]);
    }
    columns = command::is_reduction(stage.kind) ? 1 : columns;
  }
  ViewReader destination(memory_, command.destination, command.rows, columns);
  for (std::int64_t r = 0; r < command.rows; ++r) {
    std::vector<double> values;
    for (const std::optional<double>& value : rows[static_cast<std::size_t>(r)]) {
      values.push_back(value.value_or(0.0));
    }
    destination.write_row(r, values);
  }
}

}  // namespace orrery::functional
