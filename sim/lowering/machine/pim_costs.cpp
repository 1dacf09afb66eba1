// SPDX-License-Identifier: Apache-2.0
#include "lowering/machine/pim_costs.h"

#include <limits>
#include <string>

#include "lowering/machine/pim_command_set.h"

namespace orrery::lowering {
namespace {

using command::PimProgram;

constexpr std::int64_t kMore = 4;  // repetitions beyond the first

// Programs of one size.
class Parts {
 public:
  Parts(const command::PimMemory& memory, const PimCommandSet& commands, std::int64_t columns)
      : memory_(memory), commands_(commands), columns_(columns) {}

  // The vector of that number, which lies behind the rows that are multiplied, times tiles from a
  // row on.
  [[nodiscard]] PimProgram round(std::int64_t number, std::int64_t row, std::int64_t tiles) const {
    PimProgram program;
    program.repetitions = tiles;
    if (commands_.loads_rows()) {
      commands_.add_load_row(program.steps, number % memory_.banks(), memory_.rows() - 1);
    } else {
      commands_.add_loads(program.steps, columns_ * memory_.column_bytes);
    }
    commands_.add_header(program.steps, row, columns_, commands_.reads(), 1);
    commands_.add_product(program.steps, row, 0, columns_, 1);
    return program;
  }

 private:
  const command::PimMemory& memory_;
  const PimCommandSet& commands_;
  std::int64_t columns_;
};

}  // namespace

std::shared_ptr<const PimCosts> measure_pim_costs(const command::PimMemory& memory,
                                                  const base::Rational& cycle,
                                                  const PimMeasure& measure) {
  std::string lacking;
  const auto commands = PimCommandSet::of(memory, lacking);
  if (!commands || memory.rows() <= kMore + 1) {
    return nullptr;
  }
  PimCosts costs;
  const std::int64_t most = memory.row_bytes() / memory.column_bytes;
  for (const std::int64_t columns : {std::int64_t{1}, most}) {
    const Parts parts(memory, *commands, columns);
    const auto rounds = [&](std::int64_t count, std::int64_t row_step) {
      std::vector<PimProgram> programs;
      for (std::int64_t i = 0; i < count; ++i) {
        programs.push_back(parts.round(i, i * row_step, 1));
      }
      return measure(programs);
    };
    const std::int64_t one = rounds(1, 0);
    const std::int64_t apart = rounds(kMore + 1, 1);
    const std::int64_t open = rounds(kMore + 1, 0);
    const std::int64_t tiles = measure({parts.round(0, 0, kMore + 1)});
    if (std::max({one, apart, open, tiles}) > std::numeric_limits<std::int32_t>::max()) {
      return nullptr;
    }
    const auto each = [&](std::int64_t all) {
      return base::Rational(std::max<std::int64_t>(all - one, 0), kMore) * cycle;
    };
    base::Rational PimCosts::Cost::* const size =
        columns == most ? &PimCosts::Cost::all : &PimCosts::Cost::one;
    costs.tile.*size = each(tiles);
    costs.round.*size = each(apart);
    costs.round_open.*size = each(open);
  }
  if (most == 1) {
    costs.tile.one = costs.tile.all;
    costs.round.one = costs.round.all;
    costs.round_open.one = costs.round_open.all;
  }
  return std::make_shared<const PimCosts>(costs);
}

}  // namespace orrery::lowering
