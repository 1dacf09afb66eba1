// SPDX-License-Identifier: Apache-2.0
#include "lowering/matrix/pim_product.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "lowering/matrix/pim_product_walk.h"
#include "workload/elementwise_kinds.h"

namespace orrery::lowering {

using base::divide_up;
using workload::kNoTensor;

PimProduct::PimProduct(const LayerRequest& request, const PimProductOrder& order)
    : machine_(request.machine),
      plan_(request.group.product),
      order_(order),
      operands_(operands_of(request)),
      output_type_(request.output().type),
      vectors_(request.group.workspace.empty() ? kNoTensor : request.group.workspace.front()) {
  if (operands_.bias != kNoTensor) {
    bias_type_ = request.tensor(operands_.bias).type;
  }
  for (const FusedStage& stage : operands_.stages) {
    if (stage.operand != kNoTensor) {
      fused_.push_back({stage.operand, request.tensor(stage.operand).type});
    }
  }
  base_ = request.scratchpad_base(scratchpad_bytes());
  const auto first_row = [&](workload::TensorId id) {
    return request.placements[static_cast<std::size_t>(id)].address / plan_->row_stride();
  };
  weight_row_ = first_row(operands_.b);
  vector_row_ = vectors_ == kNoTensor ? 0 : first_row(vectors_);
}

std::int64_t PimProduct::vector_bytes() const {
  const std::int64_t grain = plan_->commands.loads_rows() ? plan_->banks->column_bytes
                                                          : std::max(plan_->banks->column_bytes,
                                                                     plan_->commands.load_bytes());
  return divide_up(plan_->layout.k * plan_->element_bytes(), grain) * grain;
}

std::int64_t PimProduct::part_bytes(numeric::ElementType type) const {
  return aligned_buffer(order_.vectors * numeric::row_bytes(type, turn_outputs()));
}

std::int64_t PimProduct::results_bytes() const {
  return aligned_buffer(order_.vectors * plan_->layout.chunks() * plan_->layout.channels *
                        order_.tiles * plan_->tile_bytes());
}

std::int64_t PimProduct::turn_bytes() const {
  std::int64_t bytes = results_bytes() + part_bytes(output_type_);
  for (const FusedOperand& operand : fused_) {
    bytes += part_bytes(operand.type);
  }
  return bytes;
}

std::int64_t PimProduct::scratchpad_bytes() const {
  const std::int64_t bias = operands_.bias == kNoTensor
                                ? 0
                                : aligned_buffer(numeric::row_bytes(bias_type_, turn_outputs()));
  return order_.slots * (aligned_buffer(order_.vectors * vector_bytes()) + turn_bytes()) + bias;
}

// The vectors of the next block are brought while banks compute.
base::Generator<Step> PimProduct::steps(Emitter& emitter) const {
  Walk walk(*this, emitter);
  const std::int64_t chunks = plan_->layout.chunks();
  for (std::int64_t block = 0; block < blocks(); ++block) {
    if (block == 0 || order_.slots == 1) {
      walk.bring(block);
    }
    co_yield Step{};
    for (std::int64_t turn = 0; turn < turns(); ++turn) {
      walk.bring_operands(block, turn);
      if (turn == 0 && order_.slots > 1 && block + 1 < blocks()) {
        walk.bring(block + 1);
      }
      const std::int64_t first = walk.first_tile(turn);
      const std::int64_t last = walk.last_tile(turn);
      const std::int64_t vectors = walk.vectors_of(block);
      if (order_.rows_outer) {
        for (std::int64_t i = 0; i < chunks * (last - first) * vectors; ++i) {
          const std::int64_t tile = first + i / vectors % (last - first);
          walk.multiply(block, turn, i % vectors, i / vectors / (last - first), tile, tile + 1);
          co_yield Step{};
        }
      } else {
        for (std::int64_t i = 0; i < vectors * chunks; ++i) {
          walk.multiply(block, turn, i / chunks, i % chunks, first, last);
          co_yield Step{};
        }
      }
      walk.write_out(block, turn);
      co_yield Step{};
    }
  }
}

void PimProduct::describe(command::LayerInfo& info) const {
  const PimProductLayout& layout = plan_->layout;
  info.tiling = fmt::format(
      "pim, {} vectors of {} in {} rows, {} tiles of {} outputs in each of {} channels, {} vectors "
      "and {} tiles at a time, {} outside",
      plan_->m, layout.k, layout.chunks(), layout.tiles(), layout.banks, layout.channels,
      order_.vectors, order_.tiles, order_.rows_outer ? "tiles" : "vectors");
  info.limited_by = "pim";
}

config::Node PimProduct::chosen() const {
  config::Node node = config::Node::map();
  node.set("offload", config::choice(offload_policy_names()).write(OffloadPolicy::kAlways));
  return node;
}

std::string PimProduct::loop_nest() const {
  const PimProductLayout& layout = plan_->layout;
  const bool rows = plan_->commands.loads_rows();
  std::string text =
      fmt::format("for block in {} blocks of {} vectors\n", blocks(), order_.vectors);
  text += fmt::format("  load x[block]{}\n", rows ? "; store to vector rows of all channels" : "");
  text += fmt::format("  for turn in {} of {} tiles, {} outputs\n", turns(), order_.tiles,
                      turn_outputs());
  if (order_.rows_outer) {
    text += fmt::format("    for chunk in {} rows of {} products\n", layout.chunks(),
                        std::min(layout.k, layout.row_elements));
    text += "      for tile in the turn\n        for vector in the block\n";
  } else {
    text += "    for vector in the block\n";
    text += fmt::format("      for chunk in {} rows of {} products\n", layout.chunks(),
                        std::min(layout.k, layout.row_elements));
  }
  text += fmt::format("          load the chunk into the buffers of {} channels{}\n",
                      layout.channels, rows ? ", from its row" : "");
  text += fmt::format("          {}sums = chunk * weights in all banks, read results\n",
                      order_.rows_outer ? "" : "for tile in the turn: ");
  std::string stages = operands_.bias == kNoTensor ? "" : ", + bias";
  for (const FusedStage& stage : operands_.stages) {
    stages += ", " + workload::info(stage.function.kind).name;
  }
  text += fmt::format("    write out y = sum over chunks{}; store y\n", stages);
  return text;
}

namespace {

bool has_packed_elements(const LayerRequest& request) {
  std::vector<workload::TensorId> tensors = inputs_of(request.graph, request.group);
  tensors.push_back(request.group.output);
  return std::any_of(tensors.begin(), tensors.end(), [&](workload::TensorId id) {
    return !numeric::fills_bytes(request.tensor(id).type);
  });
}

// As many vectors as fit with all tiles; then fewer tiles.
std::vector<PimProductOrder> orders(const PimProductPlan& plan, std::int64_t slots) {
  std::vector<PimProductOrder> result;
  const std::int64_t tiles = plan.layout.tiles();
  for (std::int64_t vectors = plan.most_vectors();; vectors = divide_up(vectors, 2)) {
    result.push_back({vectors, tiles, slots, false});
    if (vectors == 1) {
      break;
    }
  }
  for (std::int64_t part = tiles; part > 1;) {
    part = divide_up(part, 2);
    result.push_back({1, part, slots, false});
  }
  return result;
}

}  // namespace

std::unique_ptr<Layer> plan_product_in_memory(const LayerRequest& request) {
  if (has_packed_elements(request)) {
    request.error("packed elements do not begin at whole bytes in results of banks",
                  "types of whole bytes");
    return nullptr;
  }
  const PimProductPlan& plan = *request.group.product;
  for (const LayerRequest::Budget& budget : request.budgets()) {
    for (PimProductOrder order : orders(plan, budget.buffers)) {
      order.rows_outer = prefers_rows_outer(plan, request.machine, order);
      auto layer = std::make_unique<PimProduct>(request, order);
      if (layer->scratchpad_bytes() <= budget.bytes) {
        return layer;
      }
    }
  }
  const PimProduct smallest(request, {1, 1, 1, false});
  request.error_too_small(smallest.scratchpad_bytes(), "smallest part, one vector and one tile,");
  return nullptr;
}

}  // namespace orrery::lowering
