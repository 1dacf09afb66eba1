// SPDX-License-Identifier: Apache-2.0
#include "lowering/layer/block_layer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <utility>

#include "base/integer.h"
#include "lowering/layer/slot_ring.h"
#include "lowering/machine/vector_stages.h"

namespace orrery::lowering {
namespace {

using base::divide_up;

constexpr std::size_t kMostDigits = 4;  // of one side of a view

std::int64_t product(const BlockSizes& sizes, std::size_t begin, std::size_t end) {
  std::int64_t result = 1;
  for (std::size_t d = begin; d < end; ++d) {
    result *= sizes[d];
  }
  return result;
}

// One space with the sizes of its blocks.
class BlockWalk {
 public:
  BlockWalk(const LayerRequest& request, const BlockProblem& problem, const BlockSpace& space,
            int buffers)
      : machine_(request.machine),
        problem_(problem),
        whole_(space.sizes),
        kept_(space.kept),
        reduces_(space.reduces),
        output_(request, space.output.tensor, space.output.offset_bits, space.output.stride_bits),
        buffers_(buffers) {
    for (const BlockOperand& input : space.inputs) {
      inputs_.emplace_back(request, input.tensor, input.offset_bits, input.stride_bits);
    }
    sizes_.assign(whole_.size(), 1);
    for (std::size_t d = 0; d < sizes_.size(); ++d) {
      sizes_[d] = next_size(d, 0);
    }
  }

  [[nodiscard]] bool is_addressable() const {
    return output_.is_addressable() &&
           std::all_of(inputs_.begin(), inputs_.end(),
                       [](const StridedOperand& input) { return input.is_addressable(); });
  }

  // Grows the blocks while they fit. False where the smallest do not.
  [[nodiscard]] bool choose(std::int64_t budget) {
    if (scratchpad_bytes() > budget) {
      return false;
    }
    BlockSizes best = sizes_;
    std::int64_t least = estimate();
    for (;;) {
      const BlockSizes before = sizes_;
      std::optional<std::pair<std::int64_t, BlockSizes>> next;
      for (std::size_t d = whole_.size(); d-- > 0;) {
        sizes_ = before;
        sizes_[d] = next_size(d, before[d]);
        if (sizes_ == before || !has_digits() || scratchpad_bytes() > budget) {
          continue;
        }
        const std::int64_t cycles = estimate();
        if (!next || cycles < next->first) {
          next = {cycles, sizes_};
        }
      }
      if (!next) {
        break;
      }
      sizes_ = next->second;
      if (next->first <= least) {
        least = next->first;
        best = sizes_;
      }
    }
    sizes_ = best;
    return true;
  }

  [[nodiscard]] std::int64_t scratchpad_bytes() const {
    std::int64_t total = slots() * aligned_buffer(output_.buffer_bytes(sizes_)) + sums_bytes();
    for (const StridedOperand& input : inputs_) {
      total += slots() * aligned_buffer(input.buffer_bytes(sizes_));
    }
    return total;
  }

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter, std::int64_t base) const;

  [[nodiscard]] std::int64_t blocks() const { return product_of_blocks(0, whole_.size()); }
  // Of the busiest partition.
  [[nodiscard]] std::int64_t own_blocks() const {
    const std::int64_t results = product_of_blocks(0, kept_);
    return divide_up(results, machine_.partitions) * (blocks() / results);
  }
  [[nodiscard]] std::int64_t memory_cycles() const {
    std::int64_t cycles = operand_cycles(output_);
    for (const StridedOperand& input : inputs_) {
      cycles += operand_cycles(input);
    }
    return cycles;
  }
  [[nodiscard]] std::int64_t vector_cycles() const {
    return divide_up(own_blocks(), static_cast<std::int64_t>(machine_.vector_units.size())) *
           block_cycles();
  }
  [[nodiscard]] std::string text() const {
    return fmt::format("blocks of {} of {}", fmt::join(sizes_, " x "), fmt::join(whole_, " x "));
  }

 private:
  // Along dimensions [begin, end).
  [[nodiscard]] std::int64_t product_of_blocks(std::size_t begin, std::size_t end) const {
    std::int64_t count = 1;
    for (std::size_t d = begin; d < end; ++d) {
      count *= divide_up(whole_[d], sizes_[d]);
    }
    return count;
  }
  [[nodiscard]] bool reduces() const { return reduces_; }
  // Rows are the dimensions before this one.
  [[nodiscard]] std::size_t row_dimensions() const {
    return reduces() ? kept_ : (whole_.empty() ? 0 : whole_.size() - 1);
  }
  [[nodiscard]] bool has_digits() const {
    const auto longer = [this](std::size_t begin, std::size_t end) {
      return static_cast<std::size_t>(
          std::count_if(sizes_.begin() + static_cast<std::ptrdiff_t>(begin),
                        sizes_.begin() + static_cast<std::ptrdiff_t>(end),
                        [](std::int64_t size) { return size > 1; }));
    };
    return longer(0, row_dimensions()) <= kMostDigits &&
           longer(row_dimensions(), whole_.size()) <= kMostDigits;
  }

  // The size after `size` in dimension d: twice as much, whole bytes of packed elements.
  [[nodiscard]] std::int64_t next_size(std::size_t d, std::int64_t size) const {
    const auto granule = [d](const StridedOperand& operand) {
      return operand.run() == static_cast<int>(d) ? numeric::granule(operand.type()) : 1;
    };
    std::int64_t least = granule(output_);
    for (const StridedOperand& input : inputs_) {
      least = std::lcm(least, granule(input));
    }
    return std::min(whole_[d], size == 0 ? least : 2 * size);
  }

  [[nodiscard]] std::int64_t slots() const {
    return std::min<std::int64_t>(
        own_blocks(), buffers_ * static_cast<std::int64_t>(machine_.vector_units.size()));
  }
  [[nodiscard]] std::int64_t sums_bytes() const {
    return reduces() ? slots() * aligned_buffer(product(sizes_, 0, kept_) * kPartialSumBytes) : 0;
  }

  // Blocks that differ to the operand.
  [[nodiscard]] std::int64_t differing_blocks(const StridedOperand& operand) const {
    std::int64_t count = 1;
    for (std::size_t d = 0; d < whole_.size(); ++d) {
      count *= operand.uses(d) ? divide_up(whole_[d], sizes_[d]) : 1;
    }
    return count;
  }

  [[nodiscard]] std::int64_t operand_cycles(const StridedOperand& operand) const {
    const std::int64_t once = operand.tier().bytes_in_pieces(
        operand.runs(whole_), operand.run_bytes(whole_), operand.run_bytes(sizes_));
    const std::int64_t own = differing_blocks(operand);
    const bool stays = &operand == &output_ || own <= slots();
    return operand.tier().cycles(stays ? once : divide_up(once, own) * blocks());
  }

  [[nodiscard]] std::int64_t block_cycles() const {
    std::int64_t cycles = 0;
    Block block = block_at(sizes_, std::vector<std::int64_t>(inputs_.size(), 0), 0, 0);
    for (const command::VectorCommand& command : problem_.commands(block)) {
      cycles += lowering::vector_cycles(machine_.vector_units.front(), command);
    }
    return cycles;
  }

  [[nodiscard]] std::int64_t estimate() const {
    std::int64_t round = block_cycles();
    std::int64_t latency = kLoadedLatency * output_.tier().latency_cycles;
    round += output_.tier().cycles(machine_.partitions * output_.buffer_bytes(sizes_));
    for (const StridedOperand& input : inputs_) {
      round += input.tier().cycles(machine_.partitions * input.buffer_bytes(sizes_));
      latency = std::max(latency, kLoadedLatency * input.tier().latency_cycles);
    }
    round += latency;
    return std::max({memory_cycles(), vector_cycles(), own_blocks() * round / slots()}) + round;
  }

  [[nodiscard]] Block block_at(const BlockSizes& sizes, const std::vector<std::int64_t>& inputs,
                               std::int64_t result, std::int64_t sums) const {
    Block block;
    const std::size_t rows = row_dimensions();
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      block.inputs.push_back(inputs_[i].view(sizes, rows, whole_.size(), inputs[i]));
    }
    block.result = output_.view(sizes, rows, reduces() ? kept_ : whole_.size(), result);
    if (reduces()) {
      block.sums.space = Emitter::scratchpad();
      block.sums.type = problem_.sums_type;
      block.sums.base = sums;
      const std::int64_t count = product(sizes, 0, kept_);
      block.sums.row = {{count, count == 1 ? 0 : kPartialSumBytes * 8, {}}};
      block.sums.column = {{1, 0, {}}};
    }
    return block;
  }

  const Machine& machine_;
  const BlockProblem& problem_;
  BlockSizes whole_;
  BlockSizes sizes_;
  std::size_t kept_;
  bool reduces_;
  std::vector<StridedOperand> inputs_;
  StridedOperand output_;
  int buffers_;
};

base::Generator<Step> BlockWalk::steps(Emitter& emitter, std::int64_t base) const {
  std::vector<SlotRing> rings;
  std::int64_t address = base;
  for (const StridedOperand& input : inputs_) {
    const std::int64_t bytes = aligned_buffer(input.buffer_bytes(sizes_));
    rings.emplace_back(address, bytes, slots());
    address += slots() * bytes;
  }
  const SlotRing results(address, aligned_buffer(output_.buffer_bytes(sizes_)), slots());
  address += slots() * aligned_buffer(output_.buffer_bytes(sizes_));
  const SlotRing sums(address, sums_bytes() / slots(), slots());

  std::vector<std::int64_t> place(whole_.size(), 0);  // of the block, by dimension
  std::function<void()> deferred;                     // a store, given after the next block's loads
  std::int64_t result = 0;                            // blocks of the output so far
  std::int64_t own_number = 0;                        // blocks of the partition so far
  const std::int64_t blocks_of_result = blocks() / product_of_blocks(0, kept_);
  const auto advance = [&] {
    for (std::size_t d = whole_.size(); d-- > 0;) {
      if (++place[d] * sizes_[d] < whole_[d]) {
        break;
      }
      place[d] = 0;
    }
  };
  for (std::int64_t number = 0; number < blocks(); ++number, advance()) {
    if (!emitter.takes(number / blocks_of_result)) {
      continue;
    }
    BlockSizes begin;
    BlockSizes sizes;
    bool is_first = true;
    bool is_last = true;
    for (std::size_t d = 0; d < whole_.size(); ++d) {
      begin.push_back(place[d] * sizes_[d]);
      sizes.push_back(std::min(sizes_[d], whole_[d] - begin[d]));
      is_first = is_first && (d < kept_ || place[d] == 0);
      is_last = is_last && (d < kept_ || begin[d] + sizes[d] == whole_[d]);
    }
    std::vector<std::int64_t> buffers;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      std::int64_t own = 0;
      for (std::size_t d = 0; d < whole_.size(); ++d) {
        own = inputs_[i].uses(d) ? own * divide_up(whole_[d], sizes_[d]) + place[d] : own;
      }
      // Where partitions take every so manieth block, the numbers would leave buffers out.
      own = emitter.workers() > 1 && differing_blocks(inputs_[i]) > slots() ? own_number : own;
      buffers.push_back(rings[i].address(own));
      if (rings[i].claim(own)) {
        inputs_[i].load(emitter, begin, sizes, buffers.back());
      }
    }
    if (deferred) {
      deferred();
      deferred = nullptr;
    }
    Block block = block_at(sizes, buffers, results.address(result), sums.address(result));
    block.is_first = is_first;
    block.is_last = is_last;
    const auto unit = static_cast<std::size_t>(own_number++) % machine_.vector_units.size();
    for (const command::VectorCommand& command : problem_.commands(block)) {
      emitter.vector(unit, command);
    }
    if (is_last) {
      deferred = [this, &emitter, begin, sizes, buffer = results.address(result)] {
        output_.store(emitter, begin, sizes, buffer);
      };
      ++result;
    }
    co_yield Step{};
  }
  if (deferred) {
    deferred();
  }
  co_yield Step{};
}

class BlockLayer : public Layer {
 public:
  BlockLayer(const LayerRequest& request, BlockProblem problem, int buffers)
      : problem_(std::move(problem)) {
    for (const BlockSpace& space : problem_.spaces) {
      walks_.emplace_back(request, problem_, space, buffers);
    }
  }

  [[nodiscard]] bool is_addressable() const {
    return std::all_of(walks_.begin(), walks_.end(),
                       [](const BlockWalk& walk) { return walk.is_addressable(); });
  }

  [[nodiscard]] bool choose(const LayerRequest& request, std::int64_t budget) {
    for (BlockWalk& walk : walks_) {
      if (!walk.choose(budget)) {
        return false;
      }
    }
    base_ = request.scratchpad_base(scratchpad_bytes());
    return true;
  }

  [[nodiscard]] std::int64_t scratchpad_bytes() const {
    std::int64_t most = 0;
    for (const BlockWalk& walk : walks_) {
      most = std::max(most, walk.scratchpad_bytes());
    }
    return most;
  }

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override {
    for (const BlockWalk& walk : walks_) {
      base::Generator<Step> inner = walk.steps(emitter, base_);
      while (inner.next()) {
        co_yield Step{};
      }
    }
  }

  [[nodiscard]] bool is_shared() const override { return true; }

  void describe(command::LayerInfo& info) const override {
    std::int64_t memory = 0;
    std::int64_t vector = 0;
    for (const BlockWalk& walk : walks_) {
      memory += walk.memory_cycles();
      vector += walk.vector_cycles();
    }
    info.tiling = walks_.front().text();
    if (walks_.size() > 1) {
      info.tiling += fmt::format(" and {} more", walks_.size() - 1);
    }
    info.limited_by = vector >= memory ? "vector unit" : "memory";
  }

  [[nodiscard]] std::string loop_nest() const override {
    std::string text;
    for (const BlockWalk& walk : walks_) {
      text += fmt::format("for block in {} {}\n  load inputs\n  {}\n  store\n", walk.blocks(),
                          walk.text(), problem_.what);
    }
    return text;
  }

 private:
  BlockProblem problem_;
  std::vector<BlockWalk> walks_;
  std::int64_t base_ = 0;
};

// Whether dimension d runs on into d + 1 in the operand.
bool runs_on(const BlockOperand& operand, std::size_t d, std::int64_t inner_size) {
  return operand.stride_bits[d] == operand.stride_bits[d + 1] * inner_size;
}

}  // namespace

std::vector<std::int64_t> row_major_strides(const workload::Tensor& tensor) {
  std::vector<std::int64_t> strides(tensor.shape.size(), numeric::bits(tensor.type));
  if (strides.size() > 1) {
    strides[strides.size() - 2] = numeric::row_bytes(tensor.type, tensor.shape.back()) * 8;
  }
  for (std::size_t d = strides.size(); d-- > 2;) {
    strides[d - 2] = strides[d - 1] * tensor.shape[d - 1];
  }
  return strides;
}

std::vector<std::int64_t> broadcast_strides(const workload::Tensor& tensor,
                                            const std::vector<std::int64_t>& shape) {
  const std::vector<std::int64_t> own = row_major_strides(tensor);
  std::vector<std::int64_t> strides(shape.size(), 0);
  for (std::size_t i = 1; i <= own.size(); ++i) {
    const bool repeated = tensor.shape[own.size() - i] == 1;
    strides[shape.size() - i] = repeated ? 0 : own[own.size() - i];
  }
  return strides;
}

void collapse(BlockSpace& space) {
  std::vector<BlockOperand*> operands{&space.output};
  for (BlockOperand& input : space.inputs) {
    operands.push_back(&input);
  }
  const auto erase = [&](std::size_t d) {
    space.sizes.erase(space.sizes.begin() + static_cast<std::ptrdiff_t>(d));
    for (BlockOperand* operand : operands) {
      operand->stride_bits.erase(operand->stride_bits.begin() + static_cast<std::ptrdiff_t>(d));
    }
    space.kept -= d < space.kept ? 1 : 0;
  };
  for (std::size_t d = space.sizes.size(); d-- > 0;) {
    if (space.sizes[d] == 1) {
      erase(d);
    }
  }
  for (std::size_t d = space.sizes.size(); d-- > 1;) {
    const std::size_t outer = d - 1;
    const std::int64_t inner_size = space.sizes[d];
    const bool same_side = (outer < space.kept) == (d < space.kept);
    if (same_side &&
        std::all_of(operands.begin(), operands.end(), [&](const BlockOperand* operand) {
          return runs_on(*operand, outer, inner_size);
        })) {
      space.sizes[d] *= space.sizes[outer];
      erase(outer);
    }
  }
}

std::unique_ptr<Layer> plan_blocks(const LayerRequest& request, BlockProblem problem) {
  for (BlockSpace& space : problem.spaces) {
    collapse(space);
  }
  std::int64_t smallest = 0;
  for (const LayerRequest::Budget& budget : request.budgets()) {
    auto layer = std::make_unique<BlockLayer>(request, problem, budget.buffers);
    if (!layer->is_addressable()) {
      request.error("packed elements that do not begin at whole bytes",
                    "rows and pieces of rows that fill whole bytes, or a wider type");
      return nullptr;
    }
    smallest = layer->scratchpad_bytes();
    if (layer->choose(request, budget.bytes)) {
      return layer;
    }
  }
  request.error_too_small(smallest, "smallest block, one element,");
  return nullptr;
}

}  // namespace orrery::lowering
