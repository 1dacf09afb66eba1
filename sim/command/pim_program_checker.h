// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "command/command.h"
#include "command/extents.h"
#include "command/pim_operations.h"
#include "command/range_checker.h"
#include "command/stream_checker.h"

namespace orrery::command {

// Checks a PIM program: operands of all steps in all repetitions, what it moves and where, and how
// much it multiplies. The header's PIM memories are sound.
class PimProgramChecker {
 public:
  PimProgramChecker(const StreamHeader& header, const std::optional<Extents>& extents,
                    Problems& problems)
      : header_(header),
        extents_(extents),
        problems_(problems),
        ranges_(header, extents, problems) {}

  void check(const PimProgram& program);

 private:
  void add(const std::string& field, std::string message, std::string expected);
  [[nodiscard]] bool check_size(const std::string& field, std::int64_t value, std::int64_t least,
                                std::int64_t most);
  [[nodiscard]] bool check_step(const PimProgram& program, std::size_t index);
  [[nodiscard]] bool check_steps(const PimProgram& program);
  [[nodiscard]] bool check_once(const PimProgram& program);
  void check_state(const PimProgram& program);
  [[nodiscard]] bool check_type(const PimProgram& program);
  void check_products(const PimProgram& program);
  void check_end(const std::string& field, const PimProgram& program, const PimProgram::End& end,
                 bool (*moves)(PimOperation));
  void check_rows(const PimProgram& program, std::size_t index);

  const StreamHeader& header_;
  const std::optional<Extents>& extents_;
  Problems& problems_;
  RangeChecker ranges_;
};

}  // namespace orrery::command
