// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/attention_pim.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/integer.h"
#include "lowering/attention/pim_attention_turns.h"
#include "lowering/banks/pim_estimate.h"
#include "lowering/mapping/attention_form.h"

namespace orrery::lowering {

using base::divide_up;

namespace {

std::int64_t up_to(std::int64_t bytes, std::int64_t multiple) {
  return divide_up(bytes, multiple) * multiple;
}

constexpr std::int64_t kSumBytes = 4;  // fp32, int32

}  // namespace

PimAttentionBuffers::PimAttentionBuffers(const PimAttentionPlan& plan,
                                         numeric::ElementType output_type) {
  const PimKvLayout& layout = plan.layout;
  const PimKvShape& shape = layout.shape();
  const std::int64_t element = numeric::bits(plan.type) / 8;
  std::int64_t chunks = 1;
  std::int64_t tiles = 1;
  for (std::size_t i = 0; i < layout.requests().size(); ++i) {
    const auto request = static_cast<std::int64_t>(i);
    chunks = std::max(chunks, layout.value_chunks(request));
    tiles = std::max(tiles, plan.softmax_tiles(request));
  }
  const std::int64_t tile_bytes = plan.commands.reads() * plan.commands.read_bytes();
  // Loads from the scratchpad come in whole commands.
  const std::int64_t grain = plan.commands.loads_rows() ? 1 : plan.commands.load_bytes();
  query_row =
      up_to(std::min(layout.heads_per_row(), shape.kv_heads) * shape.head_size * element, grain);
  query = aligned_buffer(plan.query_vectors() * query_row);
  if (plan.converts()) {
    const std::int64_t given = numeric::bits(plan.input_type) / 8;
    given_query = aligned_buffer(plan.heads * shape.head_size * given);
    given_key = aligned_buffer(shape.kv_heads * shape.head_size * given);
    given_value = aligned_buffer(shape.kv_heads * shape.value_size * given);
  }
  key = aligned_buffer(shape.kv_heads * shape.head_size * element);
  value_row = shape.kv_heads * shape.value_size * element;
  value = aligned_buffer(shape.value_block * value_row);
  weights_row = up_to(std::max(tiles * shape.banks, chunks * shape.row_elements) * element, grain);
  logits = aligned_buffer(tiles * plan.heads * tile_bytes);
  weights = aligned_buffer(plan.heads * weights_row);
  if (plan.has_integer_weights()) {
    maxima = totals = aligned_buffer(plan.heads * kSumBytes);
  }
  if (plan.has_staging()) {
    columns = value;
    staged =
        aligned_buffer(plan.heads * shape.value_size *
                       std::max(numeric::bits(plan.result_type), numeric::bits(output_type)) / 8);
  }
  results = aligned_buffer(plan.heads * chunks * layout.rows_per_head() * tile_bytes);
  output = aligned_buffer(plan.heads * shape.value_size * numeric::bits(output_type) / 8);
}

PimAttention::PimAttention(const LayerRequest& request, std::int64_t lanes, std::int64_t depth)
    : machine_(request.machine),
      plan_(request.group.pim),
      scale_(std::get<workload::Attention>(request.op().attributes).scale),
      query_(request.op().inputs[0]),
      new_key_(request.op().inputs[1]),
      new_value_(request.op().inputs[2]),
      key_(request.op().inputs[3]),
      value_(request.op().inputs[4]),
      output_(request.group.output),
      vectors_(request.group.workspace.empty() ? workload::kNoTensor
                                               : request.group.workspace.front()),
      staging_(request.group.staging),
      output_type_(request.output().type),
      buffers_(*plan_, output_type_),
      lanes_(lanes),
      depth_(depth),
      base_(request.scratchpad_base(lanes * buffers_.lane(depth))) {
  const auto first_row = [&](workload::TensorId id) {
    const Placement& placement = request.placements[static_cast<std::size_t>(id)];
    return placement.address / plan_->row_stride();
  };
  key_row_ = first_row(key_);
  value_row_ = first_row(value_);
  vector_row_ = vectors_ == workload::kNoTensor ? 0 : first_row(vectors_);
}

base::Generator<Step> PimAttention::steps(Emitter& emitter) const {
  Turns turns(*this, emitter);
  for (const PimTurn& turn : pim_attention_order(*plan_, lanes_, depth_)) {
    turns.take(turn);
    co_yield Step{};
  }
}

void PimAttention::describe(command::LayerInfo& info) const {
  const PimKvLayout& layout = plan_->layout;
  info.tiling = fmt::format(
      "pim, {} requests in {} channels, {} heads a row of keys, {} rows a head of values, {} "
      "channels and {} requests of each at a time",
      layout.requests().size(), layout.shape().channels, layout.heads_per_row(),
      layout.rows_per_head(), lanes_, depth_);
  info.limited_by = "pim";
}

config::Node PimAttention::chosen() const {
  config::Node node = form_key(AttentionForm::kPim);
  plan_->add_keys(node);
  return node;
}

std::optional<std::int64_t> PimAttention::estimated_cycles() const {
  return estimate_attention(*plan_, machine_);
}

std::string PimAttention::loop_nest() const {
  const PimKvLayout& layout = plan_->layout;
  const bool rows = plan_->commands.loads_rows();
  std::string text = fmt::format(
      "for request in its channel ({} channels at a time, {} requests of each)\n", lanes_, depth_);
  text += fmt::format(
      "  load q, new k and v; {}store k to {} rows of its bank{}\n",
      plan_->converts() ? fmt::format("convert them to {}; ", numeric::name(plan_->type)) : "",
      layout.key_chunks(), rows ? ", q to vector rows" : "");
  text += fmt::format("  for vector in {} vectors of {} heads\n", plan_->query_vectors(),
                      std::min(layout.heads_per_row(), layout.shape().kv_heads));
  text += "    load the vector into the channel's buffer\n";
  text += fmt::format("    for tile of {} keys: logits = q * keys^T in all banks, read results\n",
                      layout.shape().banks);
  const std::int64_t value_rows = layout.shape().kv_heads * layout.rows_per_head();
  const std::int64_t block = layout.shape().value_block;
  if (plan_->has_staging()) {
    text += fmt::format("  load the values that wait; where {} are complete:\n", block);
    text += "    transpose them on a vector unit\n";
    text += fmt::format("    meanwhile store them to {} rows, {} elements in each bank at a time\n",
                        value_rows, block);
    text += "  else: store v where it waits\n";
  } else {
    text += fmt::format("  meanwhile store v to {} rows, one element in each bank at a time\n",
                        value_rows);
  }
  text += fmt::format("  weights = {} on a vector unit{}\n",
                      plan_->has_integer_weights()
                          ? "whole numbers in proportion to exp(logits * scale), and their sum,"
                          : "softmax(logits * scale)",
                      rows ? "; store to vector rows" : "");
  text += fmt::format("  for head in {}, chunk of {} tokens\n", plan_->heads,
                      layout.shape().row_elements);
  text += "    load the weights into the channel's buffer\n";
  text += fmt::format("    for tile in {} tiles of {} dimensions: sums = weights * values\n",
                      layout.rows_per_head(), layout.shape().banks);
  text += fmt::format("  add the sums of chunks{} on a vector unit{}; store\n",
                      plan_->has_staging() ? ", and of the values that wait," : "",
                      plan_->has_integer_weights() ? ", divide by the weights' sum" : "");
  return text;
}

std::unique_ptr<Layer> plan_attention_in_memory(const LayerRequest& request) {
  const PimAttentionPlan& plan = *request.group.pim;
  const PimAttentionBuffers buffers(plan, request.output().type);
  // Lanes are channels modulo their number: up to the last one in use.
  std::int64_t lanes = 1;
  for (const PimKvLayout::Request& one : plan.layout.requests()) {
    lanes = std::max(lanes, one.channel + 1);
  }
  for (;; lanes = divide_up(lanes, 2)) {
    for (const LayerRequest::Budget& budget : request.budgets()) {
      if (lanes * buffers.lane(budget.buffers) <= budget.bytes) {
        return std::make_unique<PimAttention>(request, lanes, budget.buffers);
      }
    }
    if (lanes == 1) {
      break;
    }
  }
  request.error_too_small(buffers.lane(1), "smallest part, one request at a time,");
  return nullptr;
}

}  // namespace orrery::lowering
