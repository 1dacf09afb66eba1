// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "command/extents.h"
#include "command/range_checker.h"
#include "command/stream_checker.h"

namespace orrery::command {

// Sizes beyond these belong to no machine; within them no address computation can overflow.
inline constexpr std::int64_t kLargestSize = 1LL << 40;     // of one dimension
inline constexpr std::int64_t kLargestStep = 1LL << 20;     // strides and dilations of a window
inline constexpr std::int64_t kLargestProduct = 1LL << 48;  // bytes of a move, m * n * k
inline constexpr std::int64_t kLargestAddress = 1LL << 56;  // in bytes, either side of zero

// Checks the body of one command: sizes, shapes of views, which memories it may name, and with
// extents that it stays inside them.
class BodyChecker {
 public:
  // Of a command of that engine.
  BodyChecker(const StreamHeader& header, const std::optional<Extents>& extents, EngineIndex engine,
              Problems& problems)
      : header_(header),
        extents_(extents),
        problems_(problems),
        ranges_(header, extents, problems, engine) {}

  void check(const Move& move, EngineIndex engine);
  void check(const ComputeTile& tile, EngineIndex engine);
  void check(const VectorCommand& command, EngineIndex engine);
  void check(const Barrier& /*barrier*/, EngineIndex /*engine*/) {}
  void check(const Rendezvous& /*rendezvous*/, EngineIndex /*engine*/) {}
  void check(const PimProgram& program, EngineIndex engine);

 private:
  struct Shape {
    std::int64_t rows;
    std::int64_t columns;
  };

  void add(const std::string& field, std::string message, std::string expected);
  [[nodiscard]] bool check_size(const std::string& field, std::int64_t value, std::int64_t least,
                                std::int64_t most);
  [[nodiscard]] bool check_digits(const std::string& field, const View& view);
  [[nodiscard]] bool check_blocks(const std::string& field, const View& view);
  void check_window(const ComputeTile& tile);
  void check_end(const std::string& field, const Move::End& end, const Move& move);
  void check_view(const std::string& field, const View& view, const Shape* shape);
  void check_on_chip(const std::string& field, const View& view);
  void check_stage(const std::string& field, const VectorStage& stage, const Shape& shape);

  const StreamHeader& header_;
  const std::optional<Extents>& extents_;
  Problems& problems_;
  RangeChecker ranges_;
};

}  // namespace orrery::command
