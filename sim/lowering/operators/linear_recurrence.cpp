// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/integer.h"
#include "command/view.h"
#include "lowering/operators/operators.h"

namespace orrery::lowering {
namespace {

using base::divide_up;
using command::Digit;
using command::VectorCommand;
using command::VectorKind;
using command::View;

enum Operand : std::size_t { kQuery, kKey, kValue, kDecay, kState, kOutput, kOperands };

// What is worked on at a time: heads of one sequence, or columns of one head's state.
struct RecurrenceTiling {
  std::int64_t heads = 1;
  std::int64_t columns = 1;  // of the state
  std::int64_t tokens = 1;   // loaded at a time
  int buffers = 1;
};

// The state of some heads stays in the scratchpad while all tokens go by.
class LinearRecurrenceLayer : public Layer {
 public:
  LinearRecurrenceLayer(const LayerRequest& request, const RecurrenceTiling& tiling)
      : attributes_(std::get<workload::LinearRecurrence>(request.op().attributes)),
        tiling_(tiling),
        batch_(request.input(0).shape[0]),
        gates_keys_(request.input(3).shape.back() != attributes_.heads),
        units_(static_cast<std::int64_t>(request.machine.vector_units.size())) {
    for (std::size_t i = 0; i < kOutput; ++i) {
      tensors_[i] = request.op().inputs[i];
      types_[i] = request.input(i).type;
    }
    tensors_[kOutput] = request.group.output;
    types_[kOutput] = request.output().type;
    base_ = request.scratchpad_base(bytes());
  }

  [[nodiscard]] std::int64_t bytes() const {
    std::int64_t total = 0;
    for (std::size_t i = 0; i < kOperands; ++i) {
      total += slots() * slot_bytes(static_cast<Operand>(i));
    }
    return total;
  }

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override {
    std::int64_t block = 0;
    std::int64_t streamed = 0;  // blocks of tokens
    for (std::int64_t b = 0; b < batch_; ++b) {
      for (std::int64_t head = 0; head < attributes_.heads; head += tiling_.heads) {
        for (std::int64_t column = 0; column < attributes_.value_size;
             column += tiling_.columns, ++block) {
          const Part part{b, head, std::min(tiling_.heads, attributes_.heads - head), column,
                          std::min(tiling_.columns, attributes_.value_size - column)};
          const std::int64_t state = address(kState, block);
          if (!attributes_.from_zero) {
            emitter.load(state_move(part, state));
          }
          for (std::int64_t first = 0; first < attributes_.length;
               first += tiling_.tokens, ++streamed) {
            const std::int64_t tokens = std::min(tiling_.tokens, attributes_.length - first);
            for (const Operand operand : {kQuery, kKey, kValue}) {
              emitter.load(token_move(operand, part, first, tokens, address(operand, streamed)));
            }
            // Nothing decays at the first token of a state that begins as zero.
            const std::int64_t unused = attributes_.from_zero && first == 0 ? 1 : 0;
            if (unused < tokens) {
              emitter.load(token_move(
                  kDecay, part, first + unused, tokens - unused,
                  address(kDecay, streamed) + unused * token_bytes(kDecay, part.heads, 1)));
            }
            for (std::int64_t t = 0; t < tokens; ++t) {
              for (const VectorCommand& command : token(part, first + t, t, state, streamed)) {
                emitter.vector(static_cast<std::size_t>(block % units_), command);
              }
              co_yield Step{};
            }
            emitter.store(token_move(kOutput, part, first, tokens, address(kOutput, streamed)));
          }
          emitter.store(state_move(part, state));
          co_yield Step{};
        }
      }
    }
  }

  void describe(command::LayerInfo& info) const override {
    info.tiling = fmt::format("{} heads of {}, {} columns of {}, {} tokens of {}", tiling_.heads,
                              attributes_.heads, tiling_.columns, attributes_.value_size,
                              tiling_.tokens, attributes_.length);
    info.limited_by = attributes_.length > 1 ? "vector unit" : "memory";
  }

  [[nodiscard]] std::string loop_nest() const override {
    return fmt::format(
        "for sequence in {}\n  for heads in blocks of {}, columns in blocks of {}\n{}"
        "    for token in {}\n      state = decay * state + key * value; y = query * state\n"
        "    store state\n",
        batch_, tiling_.heads, tiling_.columns, attributes_.from_zero ? "" : "    load state\n",
        attributes_.length);
  }

 private:
  struct Part {
    std::int64_t batch, head, heads, column, columns;
  };

  [[nodiscard]] std::int64_t bits(Operand operand) const { return numeric::bits(types_[operand]); }
  [[nodiscard]] std::int64_t slots() const { return tiling_.buffers * units_; }
  // Elements of one head.
  [[nodiscard]] std::int64_t head_size(Operand operand, std::int64_t columns) const {
    switch (operand) {
      case kQuery:
      case kKey:
        return attributes_.key_size;
      case kDecay:
        return gates_keys_ ? attributes_.key_size : 1;
      default:
        return columns;
    }
  }
  // Of one token of `heads` heads in a buffer.
  [[nodiscard]] std::int64_t token_bytes(Operand operand, std::int64_t heads,
                                         std::int64_t columns) const {
    return heads * head_size(operand, columns) * bits(operand) / 8;
  }
  [[nodiscard]] std::int64_t slot_bytes(Operand operand) const {
    const std::int64_t rows = operand == kState ? attributes_.key_size : tiling_.tokens;
    return aligned_buffer(rows * token_bytes(operand, tiling_.heads, tiling_.columns));
  }
  [[nodiscard]] std::int64_t address(Operand operand, std::int64_t number) const {
    std::int64_t address = base_;
    for (std::size_t i = 0; i < operand; ++i) {
      address += slots() * slot_bytes(static_cast<Operand>(i));
    }
    return address + number % slots() * slot_bytes(operand);
  }

  [[nodiscard]] TensorMove token_move(Operand operand, const Part& part, std::int64_t first,
                                      std::int64_t tokens, std::int64_t buffer) const {
    const std::int64_t whole = head_size(operand, attributes_.value_size);
    const std::int64_t row = attributes_.heads * whole * bits(operand) / 8;
    const bool has_columns = operand == kValue || operand == kOutput;
    TensorMove move;
    move.tensor = tensors_[operand];
    move.tensor_offset = (part.batch * attributes_.length + first) * row +
                         (part.head * whole + (has_columns ? part.column : 0)) * bits(operand) / 8;
    move.buffer = buffer;
    move.row_bytes = token_bytes(operand, part.heads, part.columns);
    move.count = {1, 1, tokens};
    move.tensor_stride = {0, 0, row};
    move.buffer_stride = {0, 0, move.row_bytes};
    return move;
  }

  [[nodiscard]] TensorMove state_move(const Part& part, std::int64_t buffer) const {
    const std::int64_t row = attributes_.value_size * bits(kState) / 8;
    TensorMove move;
    move.tensor = tensors_[kState];
    move.tensor_offset = (part.batch * attributes_.heads + part.head) * attributes_.key_size * row +
                         part.column * bits(kState) / 8;
    move.buffer = buffer;
    move.row_bytes = part.columns * bits(kState) / 8;
    move.count = {1, 1, part.heads * attributes_.key_size};
    move.tensor_stride = {0, 0, row};
    move.buffer_stride = {0, 0, move.row_bytes};
    return move;
  }

  using Digits = boost::container::static_vector<Digit, 4>;
  [[nodiscard]] View view(Operand operand, std::int64_t base, const Digits& row,
                          const Digits& column) const {
    View result;
    result.space = Emitter::scratchpad();
    result.type = types_[operand];
    result.base = base;
    result.row = row;
    result.column = column;
    command::simplify(result);
    return result;
  }
  static Digit digit(std::int64_t extent, std::int64_t stride_bits) {
    return {extent, extent == 1 ? 0 : stride_bits, {}};
  }

  // decay * state; + key * value; y. `t` counts within the buffers of the block of tokens.
  [[nodiscard]] std::vector<VectorCommand> token(const Part& part, std::int64_t number,
                                                 std::int64_t t, std::int64_t state,
                                                 std::int64_t streamed) const {
    const std::int64_t heads = part.heads;
    const std::int64_t keys = attributes_.key_size;
    const std::int64_t columns = part.columns;
    const std::int64_t state_row = columns * bits(kState);
    const auto base = [&](Operand operand) {
      return address(operand, streamed) + t * token_bytes(operand, heads, columns);
    };
    const View whole =
        view(kState, state, {digit(heads * keys, state_row)}, {digit(columns, bits(kState))});
    std::vector<VectorCommand> commands;
    const bool has_state = number > 0 || !attributes_.from_zero;
    VectorCommand update;
    update.rows = heads * keys;
    update.columns = columns;
    update.destination = whole;
    if (has_state) {
      const std::int64_t gate = head_size(kDecay, columns) * bits(kDecay);
      update.source = whole;
      update.stages.push_back(
          {VectorKind::kMultiply,
           view(kDecay, base(kDecay),
                {digit(heads, gate), digit(keys, gates_keys_ ? bits(kDecay) : 0)},
                {digit(columns, 0)}),
           {}});
      commands.push_back(update);
      update.stages.clear();
    }
    update.source =
        view(kValue, base(kValue), {digit(heads, columns * bits(kValue)), digit(keys, 0)},
             {digit(columns, bits(kValue))});
    update.stages.push_back(
        {VectorKind::kMultiply,
         view(kKey, base(kKey), {digit(heads * keys, bits(kKey))}, {digit(columns, 0)}),
         {}});
    if (has_state) {
      update.stages.push_back({VectorKind::kAdd, whole, {}});
    }
    commands.push_back(update);
    VectorCommand result;
    result.rows = heads * columns;
    result.columns = keys;
    result.source =
        view(kState, state, {digit(heads, keys * state_row), digit(columns, bits(kState))},
             {digit(keys, state_row)});
    result.stages.push_back(
        {VectorKind::kMultiply,
         view(kQuery, base(kQuery), {digit(heads, keys * bits(kQuery)), digit(columns, 0)},
              {digit(keys, bits(kQuery))}),
         {}});
    result.stages.push_back({VectorKind::kReduceSum, {}, {}});
    result.destination =
        view(kOutput, base(kOutput), {digit(heads * columns, bits(kOutput))}, {digit(1, 0)});
    commands.push_back(result);
    return commands;
  }

  workload::LinearRecurrence attributes_;
  RecurrenceTiling tiling_;
  std::int64_t batch_;
  bool gates_keys_;
  std::int64_t units_;
  std::array<workload::TensorId, kOperands> tensors_{};
  std::array<numeric::ElementType, kOperands> types_{};
  std::int64_t base_ = 0;
};

// Largest first: the state of all heads that a unit gets, then fewer heads, then parts of one.
std::vector<RecurrenceTiling> candidates(const workload::LinearRecurrence& attributes,
                                         std::int64_t units, int buffers) {
  constexpr std::int64_t kMostTokens = 64;
  std::vector<RecurrenceTiling> result;
  const auto add = [&](std::int64_t heads, std::int64_t columns) {
    for (std::int64_t tokens = std::min(attributes.length, kMostTokens); tokens > 0; tokens /= 2) {
      result.push_back({heads, columns, tokens, buffers});
    }
  };
  for (std::int64_t heads = divide_up(attributes.heads, units); heads > 0; heads /= 2) {
    add(heads, attributes.value_size);
  }
  for (std::int64_t columns = attributes.value_size / 2; columns > 0; columns /= 2) {
    add(1, columns);
  }
  return result;
}

}  // namespace

std::unique_ptr<Layer> plan_linear_recurrence(const LayerRequest& request) {
  const auto& attributes = std::get<workload::LinearRecurrence>(request.op().attributes);
  std::vector<const workload::Tensor*> tensors{&request.output()};
  for (std::size_t i = 0; i < request.op().inputs.size(); ++i) {
    tensors.push_back(&request.input(i));
  }
  for (const workload::Tensor* tensor : tensors) {
    if (!numeric::fills_bytes(tensor->type)) {
      request.error(fmt::format("'{}' has elements of parts of bytes", tensor->name),
                    "a wider type");
      return nullptr;
    }
  }
  const auto units = static_cast<std::int64_t>(request.machine.vector_units.size());
  std::int64_t smallest = 0;
  for (const LayerRequest::Budget& budget : request.budgets()) {
    for (const RecurrenceTiling& tiling : candidates(attributes, units, budget.buffers)) {
      auto layer = std::make_unique<LinearRecurrenceLayer>(request, tiling);
      smallest = layer->bytes();
      if (smallest <= budget.bytes) {
        return layer;
      }
    }
  }
  request.error_too_small(smallest, "state of one column of one head");
  return nullptr;
}

}  // namespace orrery::lowering
