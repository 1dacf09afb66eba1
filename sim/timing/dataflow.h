// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::timing {

// The loops of c[m, n] += a[m, k] b[k, n], and those of a convolution, of which m is (image, output
// row, output column), n a feature and k (filter row, filter column, channel).
enum class Dimension : std::uint8_t {
  kM,
  kN,
  kK,
  kImage,
  kFeature,
  kChannel,
  kOutputRow,
  kOutputColumn,
  kFilterRow,
  kFilterColumn
};

// Where the steps of a loop run: one after the other, side by side over the rows or the columns of
// the array, or over sets: rectangles of the array, stacked and side by side.
enum class LoopPlacement : std::uint8_t { kTime, kRows, kColumns, kSets };

struct Loop {
  Dimension dimension = Dimension::kM;
  LoopPlacement placement = LoopPlacement::kTime;
  auto operator<=>(const Loop&) const = default;
};

// A dataflow is a loop nest; docs/components/systolic_array.md has the notation.
class Dataflow {
 public:
  static constexpr std::size_t kMostLoops = 7;
  static constexpr std::size_t kLongestName = 23;

  // The way in which the array works: sums stay and the products of k stream (output stationary),
  // one operand stays and the sums move down the columns, or rows of a filter stay and convolve
  // rows of the input.
  enum class Machine : std::uint8_t { kSumsStay, kOperandStays, kRowsStay };

  // The nests of the files os, ws, is and rs in configs/dataflows, as defaults.
  static const Dataflow kOutputStationary;
  static const Dataflow kWeightStationary;
  static const Dataflow kInputStationary;
  static const Dataflow kRowStationary;

  // Output stationary.
  constexpr Dataflow() : Dataflow(kOutputStationaryParts) {}

  // "ws"
  [[nodiscard]] constexpr std::string_view name() const {
    return {name_.data(), std::string_view(name_.data()).size()};
  }
  [[nodiscard]] constexpr Machine machine() const { return machine_; }
  [[nodiscard]] constexpr std::size_t loops() const { return count_; }
  // Outermost first.
  [[nodiscard]] constexpr Loop loop(std::size_t i) const { return loops_[i]; }
  // The dimension that runs over the rows (columns) of the array.
  [[nodiscard]] constexpr Dimension rows() const { return spatial(LoopPlacement::kRows); }
  [[nodiscard]] constexpr Dimension columns() const { return spatial(LoopPlacement::kColumns); }
  // Whether a enters at the top edge and b at the left one, instead of the other way round.
  [[nodiscard]] constexpr bool a_on_top() const { return columns() == Dimension::kM; }

  // "n by columns, k by rows, m"
  [[nodiscard]] std::string nest_text() const;
  // Its loops: "n by columns"
  [[nodiscard]] std::vector<std::string> loop_texts() const;

  auto operator<=>(const Dataflow&) const = default;

 private:
  friend struct DataflowParser;

  struct Parts {
    std::string_view name;
    Machine machine;
    std::size_t count;
    std::array<Loop, kMostLoops> loops;  // those behind `count` as they are by default
  };
  static constexpr Parts kOutputStationaryParts{"os",
                                                Machine::kSumsStay,
                                                3,
                                                {{{Dimension::kM, LoopPlacement::kRows},
                                                  {Dimension::kN, LoopPlacement::kColumns},
                                                  {Dimension::kK, LoopPlacement::kTime}}}};

  constexpr explicit Dataflow(const Parts& parts)
      : machine_(parts.machine), count_(parts.count), loops_(parts.loops) {
    for (std::size_t i = 0; i < parts.name.size(); ++i) {
      name_[i] = parts.name[i];
    }
  }
  [[nodiscard]] constexpr Dimension spatial(LoopPlacement placement) const {
    for (std::size_t i = 0; i < count_; ++i) {
      if (loops_[i].placement == placement) {
        return loops_[i].dimension;
      }
    }
    return Dimension::kM;  // every nest has rows and columns
  }

  std::array<char, kLongestName + 1> name_{};
  Machine machine_ = Machine::kSumsStay;
  std::size_t count_ = 0;
  std::array<Loop, kMostLoops> loops_{};
};

inline constexpr Dataflow Dataflow::kOutputStationary{Dataflow::kOutputStationaryParts};
inline constexpr Dataflow Dataflow::kWeightStationary{{"ws",
                                                       Machine::kOperandStays,
                                                       3,
                                                       {{{Dimension::kN, LoopPlacement::kColumns},
                                                         {Dimension::kK, LoopPlacement::kRows},
                                                         {Dimension::kM, LoopPlacement::kTime}}}}};
inline constexpr Dataflow Dataflow::kInputStationary{{"is",
                                                      Machine::kOperandStays,
                                                      3,
                                                      {{{Dimension::kM, LoopPlacement::kColumns},
                                                        {Dimension::kK, LoopPlacement::kRows},
                                                        {Dimension::kN, LoopPlacement::kTime}}}}};
inline constexpr Dataflow Dataflow::kRowStationary{
    {"rs",
     Machine::kRowsStay,
     7,
     {{{Dimension::kImage, LoopPlacement::kSets},
       {Dimension::kFeature, LoopPlacement::kSets},
       {Dimension::kChannel, LoopPlacement::kSets},
       {Dimension::kOutputRow, LoopPlacement::kColumns},
       {Dimension::kFilterRow, LoopPlacement::kRows},
       {Dimension::kOutputColumn, LoopPlacement::kTime},
       {Dimension::kFilterColumn, LoopPlacement::kTime}}}}};
// Those that have names everywhere; command streams count them in this order.
inline constexpr std::array kStandardDataflows{
    Dataflow::kOutputStationary, Dataflow::kWeightStationary, Dataflow::kInputStationary,
    Dataflow::kRowStationary};

// What became of a nest: a dataflow, or what is wrong with it.
struct ParsedDataflow {
  std::optional<Dataflow> dataflow;
  std::string message;
  std::string expected;
};

// Reads loops as the files write them, outermost first: "n by columns", "k by rows", "m".
[[nodiscard]] ParsedDataflow parse_dataflow(std::string_view name,
                                            const std::vector<std::string>& loops);
// The same from one text, loops separated by commas.
[[nodiscard]] ParsedDataflow parse_dataflow(std::string_view name, std::string_view nest);

}  // namespace orrery::timing
