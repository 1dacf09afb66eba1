// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/document.h"
#include "config/schema.h"
#include "lowering/mapping/attention_form.h"
#include "lowering/mapping/execution.h"
#include "lowering/mapping/layer_rule.h"
#include "lowering/mapping/placement_rule.h"
#include "lowering/mapping/softmax_form.h"
#include "lowering/mapping/table_form.h"
#include "timing/dataflow.h"

namespace orrery::lowering {

// The user's wishes for how a workload is laid on a platform; docs/mapping.md.
struct MappingConfig {
  std::optional<timing::Dataflow> dataflow;  // absent: the first of the array's dataflows
  std::int64_t tile_budget_percent = 50;     // of the scratchpad, for the buffers of one layer
  bool fusion = true;                        // element-wise operators ride on write-outs
  bool double_buffering = true;              // two buffers for each stream of tiles
  bool packing = true;                       // groups side by side on an array
  // Of the scratchpad, for products that begin when their operands are there whole; 0: none do.
  std::int64_t operands_first_percent = 0;
  SoftmaxForm softmax = SoftmaxForm::kOnline;
  TableForm tables = TableForm::kFused;         // of activations, for arrays that look products up
  std::optional<AttentionForm> attention;       // absent: row-tiled, one-pass where rows do not fit
  bool interleave = false;                      // two sub-batches, a stage apart
  bool weights_ahead = false;                   // weights have a load engine of their own
  std::vector<PlacementRule> placement;         // none: tiers in the order of the platform
  std::vector<PlacementRule> second_placement;  // before these, for the second sub-batch
  std::vector<LayerRule> layers;                // the last one that has a key counts
  std::optional<ExecutionConfig> execution;     // absent: simulated
  base::SourcePosition where;

  [[nodiscard]] bool is_analytical() const {
    return execution && execution->kind == Fidelity::kAnalytical;
  }

  [[nodiscard]] static const config::Schema<MappingConfig>& schema();
};

// Reads a mapping file, lays the overrides whose path begins with "mapping." over it, and checks
// it. Throws base::UserError with every mistake.
[[nodiscard]] MappingConfig load_mapping(const std::filesystem::path& path,
                                         const std::vector<config::Override>& overrides = {});

// The same with nothing but overrides.
[[nodiscard]] MappingConfig default_mapping(const std::vector<config::Override>& overrides = {});

// The mapping as YAML with every default written out.
[[nodiscard]] config::Node write_mapping(const MappingConfig& mapping);

}  // namespace orrery::lowering
