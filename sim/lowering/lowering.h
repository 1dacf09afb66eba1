// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/generator.h"
#include "command/command.h"
#include "lowering/layer/emitter.h"
#include "lowering/layer/layer.h"
#include "lowering/layer/placement.h"
#include "lowering/machine/machine.h"
#include "lowering/mapping/fusion.h"
#include "lowering/mapping/mapping_config.h"
#include "workload/graph.h"

namespace orrery::lowering {

// Everything that is decided before the first command: where tensors lie, what is fused, the tiles
// of each layer. Its size depends on the graph, never on the length of the stream.
struct Plan {
  struct PlannedLayer {
    LayerGroup group;
    LayerMapping wishes;
    std::unique_ptr<const Machine> machine;  // with the layer's engines; null: the whole machine
    std::unique_ptr<const Layer> body;
  };

  Machine machine;
  std::vector<Placement> placements;  // by TensorId
  std::vector<PlannedLayer> layers;
  command::StreamHeader header;  // layers in the same order
};

// Plans a graph on a machine. The same arguments give the same plan everywhere. Throws
// base::UserError with every mistake: tensors that do not fit, layers whose smallest tile does not
// fit, engines that are missing, dataflows that the array does not have.
[[nodiscard]] std::shared_ptr<const Plan> make_plan(const workload::Graph& graph,
                                                    const Machine& machine,
                                                    const MappingConfig& mapping,
                                                    std::uint64_t seed);

// The commands of a plan, made as they are read. Several streams may read one plan.
class LoweredStream : public command::Source {
 public:
  explicit LoweredStream(std::shared_ptr<const Plan> plan);

  [[nodiscard]] const command::StreamHeader& header() const override { return plan_->header; }
  [[nodiscard]] bool next(command::Command& command) override;

 private:
  // A partition's way through the layer.
  struct Worker {
    base::Generator<Step> steps;
    bool waits = false;  // for the others
    bool done = false;
  };
  void begin_layer();
  // A step of the next partition in turn; false where all are through.
  [[nodiscard]] bool step();

  std::shared_ptr<const Plan> plan_;
  Emitter emitter_;
  std::size_t next_layer_ = 0;
  std::vector<Worker> workers_;  // of the layer at hand, by partition
  std::size_t next_worker_ = 0;
};

// The loop nest of one layer as text, the same notation as in docs/lowering.md.
[[nodiscard]] std::string loop_nest_text(const Plan& plan, std::size_t layer);

}  // namespace orrery::lowering
