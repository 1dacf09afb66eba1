// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/units.h"
#include "command/vector_passes.h"
#include "config/yaml.h"
#include "lowering/machine/vector_stages.h"
#include "lowering/matrix/matrix_layer.h"
#include "lowering/matrix/wish_reader.h"
#include "workload/elementwise_kinds.h"

namespace orrery::lowering {
namespace {

using workload::kNoTensor;
using workload::TensorId;

StreamedTensor streamed(const LayerRequest& request, TensorId id) {
  return {request.tensor(id).type, request.placements[static_cast<std::size_t>(id)].tier};
}

// Of an array that wants tables and does not find them in memory; not for weights that it does not
// look up. False after a diagnostic.
bool set_tables(const LayerRequest& request, MatrixProblem& problem) {
  const Machine::Array& array = request.machine.arrays.front();
  const auto table = array.table();
  if (!table || !array.takes(*table, problem.b.type)) {
    return true;
  }
  if (!numeric::is_block(problem.a.type)) {
    problem.table = table;
  }
  const std::int64_t whole = numeric::granule(*table);
  if (problem.transposed_a || problem.channels % whole != 0) {
    request.error(problem.transposed_a
                      ? std::string("tables are made of rows of activations, it has columns")
                      : fmt::format("rows of {} activations are no whole tables of {}",
                                    problem.channels, numeric::name(*table)),
                  fmt::format("rows of a multiple of {}", whole));
    return false;
  }
  return true;
}

// The write-out is one element-wise pass.
void set_write_out_work(MatrixProblem& problem, const MatrixOperands& operands) {
  command::VectorCommand command;
  command.rows = command.columns = 1;
  command.destination.type = problem.c.type;
  command.stages = scale_stages(operands);
  for (const FusedStage& stage : operands.stages) {
    for (const command::VectorStage& one : stages_of(stage.function, stage.operand_first)) {
      command.stages.push_back(one);
    }
  }
  const timing::PassWork pass = command::vector_passes(command).back();
  problem.simple = pass.simple;
  problem.exponentials = pass.exponentials;
  problem.divides = pass.divides;
}

// One product whose operands may lie whole in the scratchpad: what is used once gains nothing
// there.
bool uses_operands_again(const Machine& machine, const MatrixProblem& problem) {
  return machine.partitions == 1 && is_product(problem) && problem.batch_count() == 1 &&
         problem.groups == 1 && problem.m() > 1 && problem.features > 1;
}

std::string axis_text(const char* name, std::int64_t tile, std::int64_t whole) {
  return tile == whole ? fmt::format("{} {}", name, whole)
                       : fmt::format("{} {} of {}", name, tile, whole);
}

std::string limit_text(const MatrixTiling& tiling, const Machine& machine) {
  const std::int64_t most =
      std::max({tiling.array_cycles, tiling.memory_cycles, tiling.vector_cycles});
  if (most == tiling.array_cycles) {
    return "array";
  }
  return most == tiling.memory_cycles ? "memory " + machine.tiers[tiling.slowest_tier].name
                                      : "vector unit";
}

struct Choice {
  MatrixWishes wishes;
  MatrixTiling tiling;
};

// Of several wishes those of the least estimate, of equal ones the first.
std::optional<Choice> choose_within(const LayerRequest& request, const MatrixProblem& problem,
                                    const std::vector<MatrixWishes>& wishes, std::int64_t bytes,
                                    int buffers) {
  const Machine::Array& array = request.machine.arrays.front();
  std::optional<Choice> best;
  for (const MatrixWishes& one : wishes) {
    const auto& tiling = request.tilings.choose({problem, one, bytes, buffers}, request.machine);
    if (tiling && (!best || tiling->deciding_cycles(array) < best->tiling.deciding_cycles(array))) {
      best = {one, *tiling};
    }
  }
  return best;
}

// In the first budget in which a tile fits.
std::optional<Choice> choose_streaming(const LayerRequest& request, const MatrixProblem& problem,
                                       const std::vector<MatrixWishes>& wishes) {
  for (const LayerRequest::Budget& budget : request.budgets()) {
    if (auto choice = choose_within(request, problem, wishes, budget.bytes, budget.buffers)) {
      return choice;
    }
  }
  return std::nullopt;
}

// With the operands first, where it can be.
std::optional<Choice> choose_operands_first(const LayerRequest& request,
                                            const MatrixProblem& problem,
                                            std::vector<MatrixWishes> wishes) {
  const std::int64_t bytes = request.part_of_scratchpad(request.mapping.operands_first_percent);
  if (bytes == 0 || !uses_operands_again(request.machine, problem)) {
    return std::nullopt;
  }
  for (MatrixWishes& one : wishes) {
    one.operands_first = true;
  }
  return choose_within(request, problem, wishes, bytes, 2);
}

std::optional<Choice> choose(const LayerRequest& request, const MatrixProblem& problem,
                             const std::vector<MatrixWishes>& wishes) {
  const auto first = choose_operands_first(request, problem, wishes);
  auto streaming = choose_streaming(request, problem, wishes);
  // Operands that leave results no room but for slivers are better off streaming.
  const bool slivers = first && streaming &&
                       first->tiling.array_cycles >
                           streaming->tiling.deciding_cycles(request.machine.arrays.front());
  return first && !slivers ? first : streaming;
}

// Says what the smallest tile would need.
void report_too_small(const LayerRequest& request, const MatrixProblem& problem,
                      const MatrixWishes& wishes) {
  const MatrixTiling smallest = smallest_tiling(problem, wishes);
  const Machine& machine = request.machine;
  const MatrixTiles tiles(problem, smallest, machine.arrays.size(),
                          machine.arrays.front().edges().n);
  const auto text = [](std::int64_t bytes) { return base::to_string(base::Bytes{bytes}); };
  const auto& tile_wish = request.mapping.tiles;
  const auto& buffer_wish = request.mapping.buffers;
  if (request.mapping.kernels) {
    request.error_at(*request.mapping.kernels, "no tile of its kernels fits",
                     fmt::format("one of at most {} of scratchpad and {} of accumulators",
                                 text(machine.scratchpad_bytes),
                                 text(machine.arrays.front().accumulator_bytes)));
    return;
  }
  if (!tile_wish && !buffer_wish) {
    request.error_too_small(tiles.scratchpad_bytes(), "smallest tile");
    return;
  }
  const std::string message =
      fmt::format("a tile does not fit: it needs {} of scratchpad and {} of accumulators",
                  text(tiles.scratchpad_bytes()), text(tiles.accumulator_bytes()));
  const std::string expected =
      fmt::format("tiles and buffers of at most {} and {}", text(machine.scratchpad_bytes),
                  text(machine.arrays.front().accumulator_bytes));
  if (tile_wish) {
    request.error_at(*tile_wish, message, expected);
  } else {
    request.error_at(*buffer_wish, message, expected);
  }
}

// Matrix layers that make one output together.
class MatrixSequence : public Layer {
 public:
  explicit MatrixSequence(std::vector<std::unique_ptr<Layer>> parts) : parts_(std::move(parts)) {}

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override {
    for (const auto& part : parts_) {
      auto steps = part->steps(emitter);
      while (steps.next()) {
        co_yield Step{};
      }
    }
  }
  void describe(command::LayerInfo& info) const override {
    parts_.front()->describe(info);
    info.tiling = fmt::format("{} phases, the first: {}", parts_.size(), info.tiling);
  }
  [[nodiscard]] std::string loop_nest() const override {
    std::string text;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      text += fmt::format("phase {}\n{}", i, parts_[i]->loop_nest());
    }
    return text;
  }
  // Phases that do different things have no keys that ask for all of it.
  [[nodiscard]] config::Node chosen() const override {
    const config::Node first = parts_.front()->chosen();
    const auto is_alike = [text = config::write_flow(first)](const auto& part) {
      return config::write_flow(part->chosen()) == text;
    };
    return std::all_of(parts_.begin(), parts_.end(), is_alike) ? first : config::Node::map();
  }
  [[nodiscard]] bool is_shared() const override {
    return std::all_of(parts_.begin(), parts_.end(),
                       [](const auto& part) { return part->is_shared(); });
  }
  [[nodiscard]] std::optional<std::int64_t> estimated_cycles() const override {
    std::int64_t cycles = 0;
    for (const auto& part : parts_) {
      cycles += part->estimated_cycles().value_or(0);
    }
    return cycles;
  }

 private:
  std::vector<std::unique_ptr<Layer>> parts_;
};

}  // namespace

MatrixOperands operands_of(const LayerRequest& request) {
  const auto& inputs = request.op().inputs;
  MatrixOperands operands;
  operands.a = inputs[0];
  operands.b = inputs[1];
  operands.bias = inputs.size() > 2 ? inputs[2] : kNoTensor;
  operands.c = request.group.output;
  operands.stages = request.group.stages;
  if (const auto* product = std::get_if<workload::MatrixMultiplication>(&request.op().attributes)) {
    operands.alpha = product->alpha;
    operands.beta = product->beta;
  }
  return operands;
}

std::unique_ptr<Layer> plan_matrix_sequence(const LayerRequest& request,
                                            const std::vector<MatrixProblem>& problems) {
  std::vector<std::unique_ptr<Layer>> parts;
  for (const MatrixProblem& problem : problems) {
    parts.push_back(plan_matrix(request, problem));
    if (!parts.back()) {
      return nullptr;
    }
  }
  if (parts.size() == 1) {
    return std::move(parts.front());
  }
  return std::make_unique<MatrixSequence>(std::move(parts));
}

std::unique_ptr<Layer> plan_matrix(const LayerRequest& request, MatrixProblem problem) {
  const auto dataflow = request.dataflow();
  if (!dataflow) {
    return nullptr;
  }
  MatrixOperands operands = operands_of(request);
  problem.dataflow = *dataflow;
  problem.packing = request.mapping.packing;
  problem.a = streamed(request, operands.a);
  problem.b = streamed(request, operands.b);
  problem.c = streamed(request, operands.c);
  if (!set_tables(request, problem) || !request.takes(problem.array_a_type(), problem.b.type)) {
    return nullptr;
  }
  if (operands.bias != kNoTensor) {
    problem.bias.push_back(streamed(request, operands.bias));
  }
  for (const FusedStage& stage : operands.stages) {
    if (stage.operand != kNoTensor) {
      problem.operands.push_back(streamed(request, stage.operand));
    }
  }
  set_write_out_work(problem, operands);
  const std::vector<MatrixWishes> wishes = matrix_wishes(request, problem);
  if (wishes.empty()) {
    return nullptr;
  }
  const std::optional<Choice> choice = choose(request, problem, wishes);
  if (!choice) {
    report_too_small(request, problem, wishes.front());
    return nullptr;
  }
  return std::make_unique<MatrixLayer>(request, std::move(problem), std::move(operands),
                                       choice->wishes, choice->tiling);
}

void MatrixLayer::describe(command::LayerInfo& info) const {
  info.dataflow = problem_.dataflow.name();
  info.limited_by = limit_text(tiling_, machine_);
  const bool product = is_product(problem_);
  std::string text;
  if (problem_.batch_count() > 1) {
    text += fmt::format("batch 1 of {} ", problem_.batch_count());
  }
  if (problem_.groups > 1) {
    text += axis_text("groups", tiling_.groups, problem_.groups) + " ";
  }
  if (product) {
    text += axis_text("m", tiling_.columns, problem_.width.output);
  } else {
    text += axis_text("images", tiling_.images, problem_.images) + " " +
            axis_text("rows", tiling_.rows, problem_.height.output) + " " +
            axis_text("columns", tiling_.columns, problem_.width.output);
  }
  text += " " + axis_text("n", tiling_.features, problem_.features) + " ";
  if (product) {
    text += axis_text("k", tiling_.channels, problem_.channels);
  } else {
    text += fmt::format("taps {} ", tiling_.all_taps ? "all" : "one");
    text += axis_text("channels", tiling_.channels, problem_.channels);
  }
  info.tiling = text + (tiling_.m_outer ? ", loops m n k" : ", loops n m k") +
                (tiling_.cluster > 1 ? fmt::format(", clusters of {}", tiling_.cluster) : "") +
                (tiling_.operands_first ? ", operands first" : "");
}

std::string MatrixLayer::loop_nest() const {
  const std::string m_loop =
      fmt::format("for m in {} tiles of {} output positions", tiles_.m_tiles(),
                  tiling_.images * tiling_.rows * tiling_.columns);
  const std::string n_loop =
      fmt::format("for n in {} tiles of {} features", tiles_.n_tiles(), tiling_.features);
  const ReductionBlock reduction = tiles_.reduction(0);
  std::string text;
  if (tiles_.group_tiles() > 1) {
    text += fmt::format("for g in {} blocks of {} groups\n", tiles_.group_tiles(), tiling_.groups);
  }
  if (tiling_.operands_first) {
    text += "load all of a, b; wait for them\n";
  }
  text += (tiling_.m_outer ? m_loop : n_loop) + "\n";
  text += "  " + (tiling_.m_outer ? n_loop : m_loop) + "\n";
  text +=
      fmt::format("    for k in {} tiles of {} products\n", tiles_.k_tiles(), reduction.products());
  text += fmt::format("      load a[m, k] ({} buffers of {} bytes), b[k, n] ({} of {})\n",
                      tiling_.a_slots, tiles_.a_bytes(), tiling_.b_slots, tiles_.b_bytes());
  if (problem_.table) {
    text += fmt::format("      make {} of a[m, k] ({} buffers of {} bytes)\n",
                        numeric::name(*problem_.table), tiling_.buffers, tiles_.table_bytes());
  }
  text += fmt::format("      sums += a[m, k] * b[k, n], {} on {} {}\n", problem_.dataflow.name(),
                      tiles_.parts(),
                      tiles_.parts() == 1  ? "array"
                      : tiling_.split_rows ? "arrays that share m"
                                           : "arrays that share n");
  text += fmt::format("        {}\n", problem_.dataflow.nest_text());
  std::string stages = problem_.bias.empty() ? "" : ", + bias";
  for (const FusedStage& stage : operands_.stages) {
    stages += ", " + workload::info(stage.function.kind).name;
  }
  text += fmt::format("    write out c[m, n] = sums{}; store c[m, n]\n", stages);
  return text;
}

}  // namespace orrery::lowering
