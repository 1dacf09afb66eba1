// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/integer.h"
#include "command/view.h"
#include "lowering/operators/operators.h"

namespace orrery::lowering {
namespace {

using command::VectorCommand;
using command::VectorKind;
using command::View;
using numeric::ElementType;
using workload::CombineTerm;

constexpr std::int64_t kBlockRows = 16;

// For each block of tokens: loads the rows that experts made for them, wherever they lie, and adds
// them up, times their scores. Sources of a single row are loaded once and kept.
class ExpertCombineLayer : public Layer {
 public:
  ExpertCombineLayer(const LayerRequest& request, std::int64_t block_rows, int buffers)
      : machine_(request.machine),
        combine_(std::get<workload::ExpertCombine>(request.op().attributes)),
        output_(part(request, request.group.output)),
        columns_(request.output().shape.back()),
        rows_(request.output().elements() / columns_),
        block_rows_(block_rows) {
    for (const workload::TensorId input : request.op().inputs) {
      inputs_.push_back(part(request, input));
    }
    for (std::size_t i = first_source(); i < inputs_.size(); ++i) {
      widest_row_ = std::max(widest_row_, inputs_[i].row_bytes);
      if (is_kept(i)) {
        kept_bytes_ += aligned_buffer(inputs_[i].row_bytes);
      }
    }
    for (const auto& terms : *combine_.terms) {
      most_terms_ = std::max(most_terms_, static_cast<std::int64_t>(terms.size()));
    }
    slots_ =
        std::min<std::int64_t>(base::divide_up(rows_, block_rows_),
                               buffers * static_cast<std::int64_t>(machine_.vector_units.size()));
    base_ = request.scratchpad_base(scratchpad_bytes());
  }

  [[nodiscard]] std::int64_t scratchpad_bytes() const {
    return kept_bytes_ + slots_ * slot_bytes();
  }

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override {
    load_kept(emitter);
    std::optional<TensorMove> deferred;  // given after the next block's loads
    std::int64_t block = 0;
    for (std::int64_t first = 0; first < rows_; first += block_rows_, ++block) {
      const std::int64_t rows = std::min(block_rows_, rows_ - first);
      const std::int64_t slot = base_ + kept_bytes_ + block % slots_ * slot_bytes();
      load_scores(emitter, slot, first, rows);
      for (std::int64_t j = 0; j < most_terms_; ++j) {
        load_terms(emitter, slot, first, rows, j);
        co_yield Step{};
      }
      if (deferred) {
        emitter.store(*deferred);
      }
      const auto unit = static_cast<std::size_t>(block) % machine_.vector_units.size();
      for (std::int64_t begin = 0; begin < rows;) {
        const std::int64_t end = run_end(first, begin, rows);
        for (const VectorCommand& command : sums(slot, first, begin, end)) {
          emitter.vector(unit, command);
        }
        begin = end;
        co_yield Step{};
      }
      deferred = move(output_, first, rows, result_address(slot));
    }
    emitter.store(*deferred);
    co_yield Step{};
  }

  void describe(command::LayerInfo& info) const override {
    info.tiling = fmt::format("{} rows of {}, {} columns, up to {} terms", block_rows_, rows_,
                              columns_, most_terms_);
    info.limited_by = "memory";
  }

  [[nodiscard]] std::string loop_nest() const override {
    return fmt::format(
        "for block in {} blocks of {} rows\n  load scores\n  for term in up to {}: for row in "
        "block: load its row\n  for term: result += score * row on vector unit (block mod {})\n"
        "  store result\n",
        base::divide_up(rows_, block_rows_), block_rows_, most_terms_,
        machine_.vector_units.size());
  }

 private:
  // An input or the output, seen as rows.
  struct Part {
    workload::TensorId tensor;
    ElementType type;
    std::int64_t rows;
    std::int64_t row_bytes;
  };

  [[nodiscard]] static Part part(const LayerRequest& request, workload::TensorId id) {
    const workload::Tensor& tensor = request.tensor(id);
    return {id, tensor.type, tensor.elements() / tensor.shape.back(),
            numeric::row_bytes(tensor.type, tensor.shape.back())};
  }

  [[nodiscard]] std::size_t first_source() const {
    return static_cast<std::size_t>(combine_.score_inputs);
  }
  [[nodiscard]] bool is_kept(std::size_t input) const {
    return input >= first_source() && inputs_[input].rows == 1 && rows_ > 1;
  }
  [[nodiscard]] std::int64_t kept_address(std::size_t input) const {
    std::int64_t address = base_;
    for (std::size_t i = first_source(); i < input; ++i) {
      address += is_kept(i) ? aligned_buffer(inputs_[i].row_bytes) : 0;
    }
    return address;
  }

  // A slot holds the scores of a block, the rows of each term and the result.
  [[nodiscard]] std::int64_t score_address(std::int64_t slot, std::size_t input) const {
    for (std::size_t i = 0; i < input; ++i) {
      slot += aligned_buffer(block_rows_ * inputs_[i].row_bytes);
    }
    return slot;
  }
  [[nodiscard]] std::int64_t term_address(std::int64_t slot, std::int64_t term) const {
    return score_address(slot, first_source()) + term * aligned_buffer(block_rows_ * widest_row_);
  }
  [[nodiscard]] std::int64_t result_address(std::int64_t slot) const {
    return term_address(slot, most_terms_);
  }
  [[nodiscard]] std::int64_t slot_bytes() const {
    return result_address(0) + aligned_buffer(block_rows_ * output_.row_bytes);
  }

  [[nodiscard]] const std::vector<CombineTerm>& terms(std::int64_t row) const {
    return (*combine_.terms)[static_cast<std::size_t>(row)];
  }
  [[nodiscard]] const Part& source(const CombineTerm& term) const {
    return inputs_[static_cast<std::size_t>(term.source)];
  }

  [[nodiscard]] static TensorMove move(const Part& part, std::int64_t first, std::int64_t rows,
                                       std::int64_t buffer) {
    TensorMove result;
    result.tensor = part.tensor;
    result.tensor_offset = first * part.row_bytes;
    result.buffer = buffer;
    result.row_bytes = rows * part.row_bytes;
    return result;
  }

  void load_kept(Emitter& emitter) const {
    for (std::size_t i = first_source(); i < inputs_.size(); ++i) {
      if (is_kept(i) && is_read(i, 0, rows_)) {
        emitter.load(move(inputs_[i], 0, 1, kept_address(i)));
      }
    }
  }

  // Whether a term of these rows reads the input, as source or as scores.
  [[nodiscard]] bool is_read(std::size_t input, std::int64_t first, std::int64_t rows) const {
    for (std::int64_t row = first; row < first + rows; ++row) {
      for (const CombineTerm& term : terms(row)) {
        if (term.source == static_cast<std::int32_t>(input) ||
            term.scores == static_cast<std::int32_t>(input)) {
          return true;
        }
      }
    }
    return false;
  }

  void load_scores(Emitter& emitter, std::int64_t slot, std::int64_t first,
                   std::int64_t rows) const {
    for (std::size_t i = 0; i < first_source(); ++i) {
      if (is_read(i, first, rows)) {
        emitter.load(move(inputs_[i], first, rows, score_address(slot, i)));
      }
    }
  }

  // The rows of the j-th terms; those that follow each other in their source come in one move.
  void load_terms(Emitter& emitter, std::int64_t slot, std::int64_t first, std::int64_t rows,
                  std::int64_t j) const {
    const auto term = [&](std::int64_t row) -> const CombineTerm* {
      const auto& all = terms(first + row);
      return j < static_cast<std::int64_t>(all.size()) ? &all[static_cast<std::size_t>(j)]
                                                       : nullptr;
    };
    for (std::int64_t row = 0; row < rows;) {
      const CombineTerm* const begin = term(row);
      std::int64_t count = 1;
      if (begin != nullptr && !is_kept(static_cast<std::size_t>(begin->source))) {
        while (row + count < rows && term(row + count) != nullptr &&
               term(row + count)->source == begin->source &&
               term(row + count)->row == begin->row + count) {
          ++count;
        }
        const Part& from = source(*begin);
        emitter.load(move(from, begin->row, count, term_address(slot, j) + row * from.row_bytes));
      }
      row += count;
    }
  }

  // Rows can share commands where their terms lie alike in the buffers.
  [[nodiscard]] bool alike(const CombineTerm& a, const CombineTerm& b) const {
    const bool a_kept = is_kept(static_cast<std::size_t>(a.source));
    const bool b_kept = is_kept(static_cast<std::size_t>(b.source));
    return a.scores == b.scores && (a.scores == CombineTerm::kNoScores || a.column == b.column) &&
           a_kept == b_kept && (!a_kept || a.source == b.source) &&
           source(a).type == source(b).type;
  }

  [[nodiscard]] std::int64_t run_end(std::int64_t first, std::int64_t begin,
                                     std::int64_t rows) const {
    const auto& wanted = terms(first + begin);
    std::int64_t end = begin + 1;
    while (end < rows &&
           std::equal(
               wanted.begin(), wanted.end(), terms(first + end).begin(), terms(first + end).end(),
               [&](const CombineTerm& a, const CombineTerm& b) { return alike(a, b); })) {
      ++end;
    }
    return end;
  }

  // The commands that make rows [begin, end) of a block, whose terms are alike.
  [[nodiscard]] std::vector<VectorCommand> sums(std::int64_t slot, std::int64_t first,
                                                std::int64_t begin, std::int64_t end) const {
    const std::int64_t rows = end - begin;
    const auto view = [&](const Part& part, std::int64_t buffer, std::int64_t stride) {
      return command::matrix_view(Emitter::scratchpad(), part.type, buffer, rows, columns_, stride);
    };
    VectorCommand sum;
    sum.rows = rows;
    sum.columns = columns_;
    sum.destination =
        view(output_, result_address(slot) + begin * output_.row_bytes, output_.row_bytes);
    std::vector<VectorCommand> commands;
    const auto& all = terms(first + begin);
    for (std::size_t j = 0; j < all.size(); ++j) {
      const Part& from = source(all[j]);
      const auto input = static_cast<std::size_t>(all[j].source);
      sum.source =
          is_kept(input)
              ? view(from, kept_address(input), 0)
              : view(from,
                     term_address(slot, static_cast<std::int64_t>(j)) + begin * from.row_bytes,
                     from.row_bytes);
      sum.stages.clear();
      if (all[j].scores != CombineTerm::kNoScores) {
        sum.stages.push_back({VectorKind::kMultiply, score(slot, all[j], begin, rows), {}});
      }
      if (j > 0) {
        sum.stages.push_back({VectorKind::kAdd, sum.destination, {}});
      }
      if (sum.stages.empty()) {
        sum.stages.push_back({VectorKind::kCopy, {}, {}});
      }
      commands.push_back(sum);
    }
    if (all.empty()) {
      // A view that lies outside its bounds is zero and reads nothing.
      sum.source = sum.destination;
      sum.source.bounds[0] = {-1, 1};
      sum.stages.push_back({VectorKind::kCopy, {}, {}});
      commands.push_back(sum);
    }
    return commands;
  }

  // One score for each row, the same for all columns.
  [[nodiscard]] View score(std::int64_t slot, const CombineTerm& term, std::int64_t begin,
                           std::int64_t rows) const {
    const auto input = static_cast<std::size_t>(term.scores);
    const Part& scores = inputs_[input];
    View view = command::matrix_view(Emitter::scratchpad(), scores.type,
                                     score_address(slot, input) + begin * scores.row_bytes +
                                         term.column * numeric::bits(scores.type) / 8,
                                     rows, columns_, scores.row_bytes);
    view.column = {{columns_, 0, {0, 0}}};
    return view;
  }

  const Machine& machine_;
  workload::ExpertCombine combine_;
  std::vector<Part> inputs_;
  Part output_;
  std::int64_t columns_;
  std::int64_t rows_;
  std::int64_t block_rows_;
  std::int64_t widest_row_ = 0;
  std::int64_t kept_bytes_ = 0;
  std::int64_t most_terms_ = 0;
  std::int64_t slots_ = 1;
  std::int64_t base_ = 0;
};

}  // namespace

std::unique_ptr<Layer> plan_expert_combine(const LayerRequest& request) {
  const auto& combine = std::get<workload::ExpertCombine>(request.op().attributes);
  for (std::int64_t i = 0; i < combine.score_inputs; ++i) {
    const workload::Tensor& scores = request.input(static_cast<std::size_t>(i));
    if (!numeric::fills_bytes(scores.type)) {
      request.error(fmt::format("'{}' is {}", scores.name, numeric::name(scores.type)),
                    "scores of at least 8 bits");
      return nullptr;
    }
  }
  const std::int64_t rows = request.output().elements() / request.output().shape.back();
  for (const LayerRequest::Budget& budget : request.budgets()) {
    for (std::int64_t block = std::min(rows, kBlockRows); block > 0; block /= 2) {
      auto layer = std::make_unique<ExpertCombineLayer>(request, block, budget.buffers);
      if (layer->scratchpad_bytes() <= budget.bytes) {
        return layer;
      }
    }
  }
  request.error_too_small(ExpertCombineLayer(request, 1, 1).scratchpad_bytes(),
                          "smallest block, one row,");
  return nullptr;
}

}  // namespace orrery::lowering
