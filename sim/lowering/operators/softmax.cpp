// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/integer.h"
#include "command/view.h"
#include "lowering/layer/row_layer.h"
#include "lowering/operators/operators.h"

namespace orrery::lowering {
namespace {

using base::divide_up;
using command::VectorCommand;
using command::VectorKind;
using command::VectorStage;
using command::View;

constexpr auto kStatisticType = numeric::ElementType::kFp32;
constexpr std::int64_t kStatisticBytes = 4;

// Rows that do not fit the scratchpad, one at a time, in chunks of columns.
class LongSoftmaxLayer : public Layer {
 public:
  LongSoftmaxLayer(const LayerRequest& request, std::int64_t chunk, int buffers)
      : form_(request.mapping.softmax),
        x_(request.op().inputs[0]),
        y_(request.group.output),
        x_type_(request.input(0).type),
        y_type_(request.output().type),
        columns_(request.input(0).shape.back()),
        rows_(request.input(0).elements() / columns_),
        chunk_(chunk),
        buffers_(buffers),
        units_(static_cast<std::int64_t>(request.machine.vector_units.size())) {
    base_ = request.scratchpad_base(bytes());
  }

  [[nodiscard]] std::int64_t bytes() const {
    return slots() * (x_bytes() + y_bytes()) + units_ * statistics_bytes();
  }

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override {
    std::int64_t loads = 0;
    std::int64_t stores = 0;
    const int passes = form_ == SoftmaxForm::kThreePass ? 3 : 2;
    for (std::int64_t row = 0; row < rows_; ++row) {
      const auto unit = static_cast<std::size_t>(row % units_);
      const std::int64_t statistics =
          base_ + slots() * (x_bytes() + y_bytes()) + row % units_ * statistics_bytes();
      for (int pass = 0; pass < passes; ++pass) {
        for (std::int64_t j = 0; j < chunks(); ++j) {
          const std::int64_t buffer = base_ + loads++ % slots() * x_bytes();
          emitter.load(move(x_, x_type_, row, j, buffer));
          const View x = chunk_view(x_type_, buffer, j);
          if (pass + 1 < passes) {
            for (const VectorCommand& command : gather_statistics(pass, j, x, statistics)) {
              emitter.vector(unit, command);
            }
          } else {
            const std::int64_t result =
                base_ + slots() * x_bytes() + stores++ % slots() * y_bytes();
            emitter.vector(unit, normalize(x, chunk_view(y_type_, result, j), statistics));
            emitter.store(move(y_, y_type_, row, j, result));
          }
          co_yield Step{};
        }
      }
    }
  }

  void describe(command::LayerInfo& info) const override {
    info.tiling = fmt::format("{} columns of {}, {} rows", chunk_, columns_, rows_);
    info.limited_by = "memory";
  }

  [[nodiscard]] std::string loop_nest() const override {
    const int passes = form_ == SoftmaxForm::kThreePass ? 3 : 2;
    return fmt::format(
        "for row in {}\n  for pass in {}\n    for chunk in {} of {} columns\n"
        "      load; statistics, or normalize and store\n",
        rows_, passes, chunks(), chunk_);
  }

 private:
  [[nodiscard]] std::int64_t chunks() const { return divide_up(columns_, chunk_); }
  [[nodiscard]] std::int64_t slots() const { return buffers_ * units_; }
  [[nodiscard]] std::int64_t x_bytes() const {
    return aligned_buffer(numeric::row_bytes(x_type_, chunk_));
  }
  [[nodiscard]] std::int64_t y_bytes() const {
    return aligned_buffer(numeric::row_bytes(y_type_, chunk_));
  }
  // Two maxima in turn, a sum; two_pass keeps both of every chunk besides.
  [[nodiscard]] std::int64_t statistics_bytes() const {
    const std::int64_t kept = form_ == SoftmaxForm::kTwoPass ? 2 * chunks() : 0;
    return aligned_buffer((3 + kept) * kStatisticBytes);
  }

  [[nodiscard]] std::int64_t width(std::int64_t j) const {
    return std::min(chunk_, columns_ - j * chunk_);
  }
  [[nodiscard]] View chunk_view(numeric::ElementType type, std::int64_t buffer,
                                std::int64_t j) const {
    return command::matrix_view(Emitter::scratchpad(), type, buffer, 1, width(j), 0);
  }
  [[nodiscard]] TensorMove move(workload::TensorId tensor, numeric::ElementType type,
                                std::int64_t row, std::int64_t j, std::int64_t buffer) const {
    TensorMove result;
    result.tensor = tensor;
    result.tensor_offset =
        row * numeric::row_bytes(type, columns_) + numeric::row_bytes(type, j * chunk_);
    result.buffer = buffer;
    result.row_bytes = numeric::row_bytes(type, width(j));
    return result;
  }

  // Number `index` of the statistics, shown as many times as there are columns.
  [[nodiscard]] static View statistic(std::int64_t base, std::int64_t index,
                                      std::int64_t columns = 1) {
    View view = command::matrix_view(Emitter::scratchpad(), kStatisticType,
                                     base + index * kStatisticBytes, 1, 1, 0);
    view.column = {{columns, 0, {}}};
    return view;
  }
  [[nodiscard]] static VectorCommand one_row(const View& source, std::vector<VectorStage> stages,
                                             const View& destination) {
    VectorCommand command;
    command.rows = 1;
    command.columns = command::column_count(source);
    command.source = source;
    command.stages.assign(stages.begin(), stages.end());
    command.destination = destination;
    return command;
  }

  static constexpr std::int64_t kSum = 2;  // place among the statistics; 0 and 1 are maxima
  static constexpr std::int64_t kKept = 3;

  // Where the maximum of the whole row lies.
  [[nodiscard]] std::int64_t last_maximum() const {
    return form_ == SoftmaxForm::kOnline ? (chunks() - 1) % 2 : 0;
  }

  [[nodiscard]] std::vector<VectorCommand> gather_statistics(int pass, std::int64_t j,
                                                             const View& x,
                                                             std::int64_t base) const {
    switch (form_) {
      case SoftmaxForm::kThreePass:
        return {pass == 0 ? maximum(j, x, statistic(base, 0), statistic(base, 0))
                          : exponentials(j, x, base, 0, j + 1 == chunks())};
      case SoftmaxForm::kOnline:
        return online(j, x, base);
      case SoftmaxForm::kTwoPass:
        return pairs(j, x, base);
    }
    throw base::InternalError("known form of softmax", "lowering");
  }

  // The maximum of the chunk and of those before it.
  [[nodiscard]] static VectorCommand maximum(std::int64_t j, const View& x, const View& before,
                                             const View& after) {
    std::vector<VectorStage> stages{{VectorKind::kReduceMaximum, {}, {}}};
    if (j > 0) {
      stages.push_back({VectorKind::kMaximum, before, {}});
    }
    return one_row(x, stages, after);
  }

  // sum += exp(x - maximum); its reciprocal behind the last chunk.
  [[nodiscard]] static VectorCommand exponentials(std::int64_t j, const View& x, std::int64_t base,
                                                  std::int64_t place, bool is_last) {
    std::vector<VectorStage> stages{
        {VectorKind::kSubtract, statistic(base, place, command::column_count(x)), {}},
        {VectorKind::kExp, {}, {}},
        {VectorKind::kReduceSum, {}, {}}};
    if (j > 0) {
      stages.push_back({VectorKind::kAdd, statistic(base, kSum), {}});
    }
    if (is_last) {
      stages.push_back({VectorKind::kReciprocal, {}, {}});
    }
    return one_row(x, stages, statistic(base, kSum));
  }

  // The running sum is brought to each new maximum.
  [[nodiscard]] std::vector<VectorCommand> online(std::int64_t j, const View& x,
                                                  std::int64_t base) const {
    const std::int64_t now = j % 2;
    const View before = statistic(base, 1 - now);
    const View after = statistic(base, now);
    std::vector<VectorCommand> commands{maximum(j, x, before, after)};
    if (j > 0) {
      commands.push_back(one_row(before,
                                 {{VectorKind::kSubtract, after, {}},
                                  {VectorKind::kExp, {}, {}},
                                  {VectorKind::kMultiply, statistic(base, kSum), {}}},
                                 statistic(base, kSum)));
    }
    commands.push_back(exponentials(j, x, base, now, j + 1 == chunks()));
    return commands;
  }

  // A maximum and a sum for each chunk by itself, joined behind the last.
  [[nodiscard]] std::vector<VectorCommand> pairs(std::int64_t j, const View& x,
                                                 std::int64_t base) const {
    const View most = statistic(base, kKept + j);
    const View sum = statistic(base, kKept + chunks() + j);
    std::vector<VectorCommand> commands{
        one_row(x, {{VectorKind::kReduceMaximum, {}, {}}}, most),
        one_row(x,
                {{VectorKind::kSubtract, statistic(base, kKept + j, command::column_count(x)), {}},
                 {VectorKind::kExp, {}, {}},
                 {VectorKind::kReduceSum, {}, {}}},
                sum)};
    if (j + 1 == chunks()) {
      const auto all = [&](std::int64_t place) {
        return command::matrix_view(Emitter::scratchpad(), kStatisticType,
                                    base + place * kStatisticBytes, 1, chunks(), 0);
      };
      commands.push_back(
          one_row(all(kKept), {{VectorKind::kReduceMaximum, {}, {}}}, statistic(base, 0)));
      commands.push_back(one_row(all(kKept),
                                 {{VectorKind::kSubtract, statistic(base, 0, chunks()), {}},
                                  {VectorKind::kExp, {}, {}},
                                  {VectorKind::kMultiply, all(kKept + chunks()), {}},
                                  {VectorKind::kReduceSum, {}, {}},
                                  {VectorKind::kReciprocal, {}, {}}},
                                 statistic(base, kSum)));
    }
    return commands;
  }

  [[nodiscard]] VectorCommand normalize(const View& x, const View& y, std::int64_t base) const {
    const std::int64_t columns = command::column_count(x);
    return one_row(x,
                   {{VectorKind::kSubtract, statistic(base, last_maximum(), columns), {}},
                    {VectorKind::kExp, {}, {}},
                    {VectorKind::kMultiply, statistic(base, kSum, columns), {}}},
                   y);
  }

  SoftmaxForm form_;
  workload::TensorId x_;
  workload::TensorId y_;
  numeric::ElementType x_type_;
  numeric::ElementType y_type_;
  std::int64_t columns_;
  std::int64_t rows_;
  std::int64_t chunk_;
  int buffers_;
  std::int64_t units_;
  std::int64_t base_ = 0;
};

// The largest power of two of columns that fits, at least as many as fill whole bytes.
std::unique_ptr<Layer> plan_long_softmax(const LayerRequest& request) {
  const std::int64_t least = std::max({std::int64_t{2}, numeric::granule(request.input(0).type),
                                       numeric::granule(request.output().type)});
  std::int64_t smallest = 0;
  for (const LayerRequest::Budget& budget : request.budgets()) {
    std::unique_ptr<LongSoftmaxLayer> best;
    for (std::int64_t chunk = least; chunk < 2 * request.input(0).shape.back(); chunk *= 2) {
      auto layer = std::make_unique<LongSoftmaxLayer>(request, chunk, budget.buffers);
      smallest = chunk == least ? layer->bytes() : std::min(smallest, layer->bytes());
      if (layer->bytes() <= budget.bytes) {
        best = std::move(layer);
      }
    }
    if (best) {
      return best;
    }
  }
  request.error_too_small(smallest, "smallest chunk of a row");
  return nullptr;
}

}  // namespace

std::unique_ptr<Layer> plan_softmax(const LayerRequest& request) {
  const workload::Tensor& x = request.input(0);
  RowProblem problem;
  problem.columns = x.shape.back();
  problem.rows = x.elements() / problem.columns;
  problem.group = problem.rows;
  problem.inputs = {request.op().inputs[0]};
  problem.output = request.group.output;
  problem.what = "softmax";
  problem.commands = [](const RowBlock& block) {
    VectorCommand command;
    command.rows = command::row_count(block.result);
    command.columns = command::column_count(block.result);
    command.source = block.inputs.front();
    command.destination = block.result;
    command.stages.push_back(
        {VectorKind::kSoftmax, {}, {static_cast<double>(command.columns), 0.0}});
    return std::vector<VectorCommand>{command};
  };
  auto layer = find_rows(request, problem);
  return layer ? std::move(layer) : plan_long_softmax(request);
}

}  // namespace orrery::lowering
