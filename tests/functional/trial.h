// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command/command.h"
#include "functional/memory.h"
#include "lowering/lowering.h"
#include "tests/functional/reference/naive_operators.h"
#include "workload/graph.h"

namespace orrery::testing {

// Describes a small machine by numbers; engines are called array0, vector0, load0, store0, ...
struct SmallMachine {
  std::int64_t rows = 4;
  std::int64_t columns = 4;
  int arrays = 1;
  int vector_units = 1;
  int loads = 1;
  int stores = 1;
  bool shared_dma = false;  // one DMA engine for both directions
  std::int64_t scratchpad = 8192;
  std::int64_t accumulators = 1024;  // bytes, of each array
  std::int64_t access_bytes = 64;    // of a burst, in all tiers
  std::vector<std::int64_t> tiers{1 << 20};
  bool link = false;                                 // the last tier is a link to other devices
  std::optional<command::PimMemory> pim = {};        // of the tier that it names
  std::optional<lowering::PimCosts> pim_costs = {};  // of its channels, where they are known
  int pim_engines = 0;
  std::optional<timing::StepArrayModel> steps = {};  // arrays that work in steps
  // Of the scratchpad; its size, and the numbers of engines, are those of each.
  int partitions = 1;

  [[nodiscard]] lowering::Machine machine() const;
};

// Reads commands from a list, for streams that a test has changed.
class ListSource : public command::Source {
 public:
  ListSource(command::StreamHeader header, std::vector<command::Command> commands)
      : header_(std::move(header)), commands_(std::move(commands)) {}
  [[nodiscard]] const command::StreamHeader& header() const override { return header_; }
  [[nodiscard]] bool next(command::Command& command) override {
    if (next_ == commands_.size()) {
      return false;
    }
    command = commands_[next_++];
    return true;
  }

 private:
  command::StreamHeader header_;
  std::vector<command::Command> commands_;
  std::size_t next_ = 0;
};

[[nodiscard]] std::vector<command::Command> drain(command::Source& source);

// A graph on a machine with random integer data (with rounding: with values that their types hold)
// and what the naive operators make of it.
class Trial {
 public:
  Trial(workload::Graph graph, const SmallMachine& machine, lowering::MappingConfig mapping,
        std::uint64_t seed, functional::Rounding rounding = functional::Rounding::kNone);

  [[nodiscard]] const lowering::Plan& plan() const { return *plan_; }
  [[nodiscard]] const workload::Graph& graph() const { return graph_; }
  // Inputs, weights and the past of caches: the elements of a tensor that is given.
  [[nodiscard]] const Values& given(workload::TensorId id) const {
    return given_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] std::vector<command::Command> commands() const;

  // Executes the commands, in stream order where `order` is 0 and else in a random one, and
  // compares outputs and caches with the naive operators. "" or what is wrong.
  [[nodiscard]] std::string check(const std::vector<command::Command>& commands,
                                  std::uint64_t order) const;

  // Writes inputs, weights and caches to where they lie, each tier's addresses moved by so many
  // bytes where they are given; compares outputs and caches there. "" or the first difference.
  void fill(functional::Memory& memory, const std::vector<std::int64_t>& tier_offsets) const;
  [[nodiscard]] std::string compare(functional::Memory& memory,
                                    const std::vector<std::int64_t>& tier_offsets) const;

  // All of it: stream order and three random ones, multiply-accumulates of each layer against the
  // operator's definition, every loaded byte used. "" or what is wrong.
  [[nodiscard]] std::string check() const;

 private:
  void fill_weight(functional::Memory& memory, std::size_t weight,
                   const std::vector<std::int64_t>& tier_offsets) const;
  [[nodiscard]] bool is_transposed(std::size_t weight) const;
  void fill_cache(functional::Memory& memory, std::size_t cache,
                  const std::vector<std::int64_t>& tier_offsets) const;
  struct Spot {
    command::Space space;
    std::int64_t bit = -1;  // from the first of the memory; -1: not there
  };
  // Where each element, in the order of the tensor, of a cache in rows of banks lies before the
  // step (where only the past is there) or after it: in the banks, or of values whose block is not
  // whole in those of the staging tensor.
  [[nodiscard]] std::vector<Spot> bank_spots(std::size_t cache, bool is_before,
                                             const std::vector<std::int64_t>& tier_offsets) const;
  // Of the values of an attention layer that waits for whole blocks; null: none.
  [[nodiscard]] const lowering::Placement* staging_of(std::size_t cache) const;
  [[nodiscard]] Values found(functional::Memory& memory, std::size_t tensor,
                             const std::vector<std::int64_t>& tier_offsets) const;
  [[nodiscard]] std::string check_partitions(const std::vector<command::Command>& commands) const;
  [[nodiscard]] std::string check_macs(const std::vector<command::Command>& commands) const;

  workload::Graph graph_;
  SmallMachine machine_;
  std::uint64_t seed_;
  std::shared_ptr<const lowering::Plan> plan_;
  functional::Rounding rounding_;
  std::vector<Values> given_;     // by tensor: inputs, weights, past of caches
  std::vector<Values> expected_;  // by tensor
};

}  // namespace orrery::testing
