// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "numeric/element_type.h"
#include "numeric/pim_operation.h"
#include "timing/convolution_window.h"
#include "timing/dataflow.h"

namespace orrery::command {

using numeric::ElementType;
using numeric::PimOperation;

// Commands are numbered from 1 in the order of the stream.
using CommandId = std::uint64_t;
// Index into StreamHeader::engines.
using EngineIndex = std::uint16_t;
// Index into StreamHeader::layers.
using LayerIndex = std::uint32_t;

enum class SpaceKind : std::uint8_t { kTier, kScratchpad, kAccumulator };

// A memory that commands address by byte: a tier (index into StreamHeader::tiers), the scratchpad,
// or the accumulators of one engine (index = engine).
struct Space {
  SpaceKind kind = SpaceKind::kScratchpad;
  std::uint16_t index = 0;
  bool operator==(const Space&) const = default;
};

// Copies count[0] x count[1] x count[2] rows of row_bytes contiguous bytes; stride[i] bytes lie
// between successive rows of dimension i (0 outermost). Unused dimensions have count 1.
struct Move {
  struct End {
    Space space;
    std::int64_t address = 0;
    std::array<std::int64_t, 3> stride{};
  };
  End source;
  End destination;
  std::array<std::int64_t, 3> count{1, 1, 1};
  std::int64_t row_bytes = 0;

  [[nodiscard]] std::int64_t bytes() const { return count[0] * count[1] * count[2] * row_bytes; }
};

// One digit of a mixed-radix index: the index of a row (or column) is split into digits, outermost
// first, and each digit moves the address by `stride_bits` and the two checked coordinates by
// `step`. A plain matrix has one digit a side; an im2col view has (n, oh, ow) and (kh, kw, c).
// Strides are bits because two elements of four bits share a byte.
struct Digit {
  std::int64_t extent = 1;
  std::int64_t stride_bits = 0;
  std::array<std::int64_t, 2> step{};
  bool operator==(const Digit&) const = default;
};

// A coordinate (of an image: its row, its column) that must lie in [0, limit); elements outside
// are zero (or left out of a pooling window) and are not read.
struct Bound {
  std::int64_t origin = 0;
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();
};

// A matrix seen in a memory: element (r, c) lies at base + sum of digit * stride.
struct View {
  Space space;
  ElementType type = ElementType::kFp16;
  std::int64_t base = 0;  // bytes; may point before the buffer where bounds exclude those elements
  boost::container::static_vector<Digit, 4> row;
  boost::container::static_vector<Digit, 4> column;
  std::array<Bound, 2> bounds{};
};

// c[m, n] (+)= sum over k of a[m, k] * b[k, n], on one array. a and b lie in the scratchpad, c in
// the accumulators of the engine that executes the command. Of several groups each is a product of
// its own: a has `groups` times k columns, b `groups` times k rows, c `groups` times n columns, and
// group g has the g-th part of each.
struct ComputeTile {
  timing::Dataflow dataflow = timing::Dataflow::kWeightStationary;
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t groups = 1;
  // What m and k are of a convolution, where the dataflow is row stationary; else as by default.
  timing::ConvolutionWindow window;
  View a;
  View b;
  View c;
  bool accumulate = false;
  // Products that the operator's definition needs: groups * m * n * k, less what a mask leaves out.
  std::int64_t macs_useful = 0;
};

enum class VectorKind : std::uint8_t {
  kCopy,      // x, converted to the destination's type
  kAdd,       // x + operand
  kMultiply,  // x * operand
  kScale,     // x * parameters[0]
  kRelu,
  kGelu,           // tanh form
  kSilu,           // x / (1 + exp(-x))
  kSoftmax,        // over each row; of row r the columns below parameters[0] + r * parameters[1],
                   // parameters[2] > 0: the last so many of these; the others become 0
  kLayerNorm,      // (x - mean) / sqrt(variance + parameters[0]); gamma, beta by kMultiply and kAdd
  kRmsNorm,        // x / sqrt(mean of squares + parameters[0])
  kReduceMaximum,  // each row to one column
  kReduceMean,     // each row to one column, over the elements inside the bounds
  kRotary,         // pairs (i, i + columns / 2), position parameters[0] + r * parameters[1], base
                   // parameters[2]
  kSubtract,       // x - operand
  kDivide,         // x / operand
  kMaximum,        // max(x, operand)
  kMinimum,        // min(x, operand)
  kExp,
  kTanh,
  kErf,
  kSigmoid,  // 1 / (1 + exp(-x))
  kSqrt,
  kReciprocal,
  kReciprocalSqrt,
  kLog,  // natural
  kAbs,
  kNegate,
  kClip,         // min(max(x, parameters[0]), parameters[1])
  kLeakyRelu,    // x where x >= 0, else x * parameters[0]
  kHardSigmoid,  // min(max(x * parameters[0] + parameters[1], 0), 1)
  kHardSwish,    // x * min(max(x / 6 + 1 / 2, 0), 1)
  kPower,        // x ^ parameters[0]
  kAffine,       // x * parameters[0] + parameters[1]
  kSin,
  kCos,
  kReduceSum,      // each row to one column, over the elements inside the bounds
  kReduceMinimum,  // each row to one column
};

// One step on the elements on their way from source to destination. The operand, where the kind
// takes one, is a view of the same shape (stride 0 broadcasts).
struct VectorStage {
  VectorKind kind = VectorKind::kCopy;
  View operand;
  std::array<double, 3> parameters{};
};

// Reads rows x columns elements, sends them through the stages in order, writes the result (rows x
// 1 after a reduction). Executed as one pass over the data for each stage that must see a whole row
// before it can give its first element, element-wise stages ride along.
struct VectorCommand {
  std::int64_t rows = 0, columns = 0;
  View source;
  boost::container::small_vector<VectorStage, 3> stages;
  View destination;
  // Products that the operator's definition needs, as those of arrays and banks: where one operator
  // is divided among them. Of an operator that has vector commands alone, 0.
  std::int64_t macs_useful = 0;
};

// A command of the memory's PIM command set, as the stream uses it.
struct PimCommand {
  std::string name;
  PimOperation operation = PimOperation::kNone;
  bool announces = false;       // says to the controller what work in a row follows
  std::int64_t most_count = 1;  // repetitions of one issue at most
  std::int64_t bytes = 0;  // kLoad: each repetition from the source; reads: each to the destination
  std::int64_t banks = 1;  // that take part: bank, bank + bank_step, ...
  std::int64_t bank_step = 1;
  bool operator==(const PimCommand&) const = default;
};

// A tier with processing in memory: its commands, and where in the tier a byte of a bank lies. An
// index of a channel, bank, row, or of a byte within the row is split into digits, outermost first,
// and the byte lies at the sum of digit * stride.
struct PimMemory {
  struct Digit {
    std::int64_t extent = 1;
    std::int64_t stride = 0;  // bytes
    bool operator==(const Digit&) const = default;
  };
  using Digits = std::vector<Digit>;

  std::uint16_t tier = 0;  // index into StreamHeader::tiers
  Digits channel, bank, row, byte;
  std::int64_t column_bytes = 0;  // of one column, as PIM commands count them
  std::vector<PimCommand> commands;

  // Of a byte; see above.
  [[nodiscard]] std::int64_t address(std::int64_t channel_index, std::int64_t bank_index,
                                     std::int64_t row_index, std::int64_t byte_index) const;
  [[nodiscard]] std::int64_t channels() const { return extent(channel); }
  [[nodiscard]] std::int64_t banks() const { return extent(bank); }  // of a channel
  [[nodiscard]] std::int64_t rows() const { return extent(row); }    // of a bank
  [[nodiscard]] std::int64_t row_bytes() const { return extent(byte); }
  [[nodiscard]] static std::int64_t extent(const Digits& digits);
  bool operator==(const PimMemory&) const = default;
};

// One command of a program with its operands and what each repetition of the program adds to them.
struct PimStep {
  std::uint16_t command = 0;  // index into PimMemory::commands
  std::int64_t bank = 0;      // the first of those that take part
  std::int64_t row = 0;
  std::int64_t column = 0;
  std::int64_t count = 1;    // repetitions of a composite command
  std::int64_t results = 0;  // of a header: result reads that it announces
  std::int64_t row_step = 0;
  std::int64_t column_step = 0;
  bool once = false;  // in the first repetition only; stands before the steps that are repeated
  bool operator==(const PimStep&) const = default;
};

// Runs the steps in the banks of one channel, one after the other, all but those of `once`
// `repetitions` times. The memory itself opens and closes the rows that they need, and runs a
// program to its end before the next one of the channel: the program itself loads every vector that
// it multiplies by, and reads all that it adds up. Bytes that step s (counted among those of the
// list that move bytes the same way) moves in repetition r come from, or go to, the scratchpad at
// address + r * stride[0] + s * stride[1]; those of `count` repetitions of one command follow each
// other.
struct PimProgram {
  struct End {
    std::int64_t address = 0;
    std::array<std::int64_t, 2> stride{};
    bool operator==(const End&) const = default;
  };
  std::uint16_t memory = 0;  // index into StreamHeader::pim_memories
  std::int64_t channel = 0;
  std::int64_t repetitions = 1;
  boost::container::small_vector<PimStep, 6> steps;
  ElementType type = ElementType::kFp16;         // of vectors and rows
  ElementType result_type = ElementType::kFp16;  // of what is read
  End source;                                    // where a step loads
  End destination;                               // where a step reads
  std::int64_t macs_useful = 0;                  // products that the operator's definition needs

  // How often a step is executed.
  [[nodiscard]] std::int64_t repetitions_of(const PimStep& step) const {
    return step.once ? 1 : repetitions;
  }
};

// What a whole program moves and does.
struct PimTraffic {
  std::int64_t bytes_in = 0;   // from the scratchpad
  std::int64_t bytes_out = 0;  // to it
  std::int64_t macs = 0;       // products, useful or not
};
[[nodiscard]] PimTraffic pim_traffic(const PimProgram& program, const PimMemory& memory);

// Done when everything before it in the stream is done; everything after it waits for it.
struct Barrier {};

// A place where streams of one run meet: done when every stream that declares this number has
// reached it and all before it in these streams is done; everything after it waits for it. In each
// stream the numbers increase.
struct Rendezvous {
  std::uint64_t number = 0;
};

// "engine's command `id` is done". Engines finish their commands in the order of the stream.
struct Dependency {
  EngineIndex engine = 0;
  CommandId id = 0;
  bool operator==(const Dependency&) const = default;
};

struct Command {
  CommandId id = 0;
  EngineIndex engine = 0;
  LayerIndex layer = 0;
  boost::container::small_vector<Dependency, 6> after;
  std::variant<Move, ComputeTile, VectorCommand, Barrier, Rendezvous, PimProgram> body;
};

// Whether the sequencer itself executes the command, not an engine: nobody can wait for it.
[[nodiscard]] inline bool is_for_sequencer(const Command& command) {
  return std::holds_alternative<Barrier>(command.body) ||
         std::holds_alternative<Rendezvous>(command.body);
}

// A named stretch of the stream: an operator with what was fused into it.
struct LayerInfo {
  std::string name;
  std::string kind;              // "convolution"
  std::int64_t macs_useful = 0;  // by the operator's definition
  std::string dataflow;          // "" where no array works
  std::string tiling;            // "m 512 n 256 k 1024, loops n m k": what the heuristic picked
  std::string limited_by;        // the estimate that decided
};

// Bytes [begin, end) of a memory that a stream keeps to, so that others may have the rest.
struct UsedRange {
  Space space;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool operator==(const UsedRange&) const = default;
};

// What a stream needs to know of the world outside: names behind its indices.
struct StreamHeader {
  std::string workload;
  std::string platform;
  std::uint64_t seed = 0;
  std::vector<std::string> engines;
  std::vector<std::string> tiers;
  std::vector<LayerInfo> layers;
  std::vector<UsedRange> uses = {};            // at most one a memory; none: all of it
  std::vector<std::uint64_t> rendezvous = {};  // those it takes part in, in their order
  std::vector<PimMemory> pim_memories = {};    // at most one a tier
};

// A stream that is made as it is read.
class Source {
 public:
  virtual ~Source() = default;
  // Complete before the first command is taken.
  [[nodiscard]] virtual const StreamHeader& header() const = 0;
  // False at the end.
  [[nodiscard]] virtual bool next(Command& command) = 0;
};

}  // namespace orrery::command
