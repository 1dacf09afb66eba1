// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/mapping_config.h"

#include <string_view>

#include "timing/dataflow_codec.h"

namespace orrery::lowering {
namespace {

MappingConfig read_mapping(config::Node document, const std::vector<config::Override>& overrides) {
  constexpr std::string_view kPrefix = "mapping.";
  for (const config::Override& change : overrides) {
    if (change.path.starts_with(kPrefix)) {
      config::apply_override(document, {change.path.substr(kPrefix.size()), change.value});
    }
  }
  config::Reader reader("mapping");
  auto mapping = MappingConfig::schema().read(document, reader);
  if (mapping && !mapping->interleave && !mapping->second_placement.empty()) {
    reader.diagnostics().add({mapping->second_placement.front().where, "mapping.second_placement",
                              "there is no second sub-batch", "`interleave: true` with it", ""});
  }
  reader.diagnostics().throw_if_any();
  return *mapping;
}

}  // namespace

const config::Schema<MappingConfig>& MappingConfig::schema() {
  using Self = MappingConfig;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("mapping", "How a workload is laid on a platform.")
          .optional("dataflow", &Self::dataflow, config::maybe(timing::dataflow_codec()),
                    "Dataflow of all tiles; the first of the array's dataflows when left out.")
          .optional("tile_budget_percent", &Self::tile_budget_percent, config::integer(1, 100),
                    "Part of the scratchpad that the buffers of one layer may take.")
          .optional("fusion", &Self::fusion, config::boolean(),
                    "Element-wise operators ride on the write-out of the layer before them.")
          .optional("double_buffering", &Self::double_buffering, config::boolean(),
                    "Two buffers for each stream of tiles, so that one is filled while the other "
                    "is used.")
          .optional("packing", &Self::packing, config::boolean(),
                    "Small groups of a convolution or product lie side by side on the diagonal of "
                    "an array; false: one after the other.")
          .optional("operands_first_percent", &Self::operands_first_percent,
                    config::integer(0, 100),
                    "A product whose operands fit this part of the scratchpad whole, beside the "
                    "buffers of its results, begins when both are there, if each is used more than "
                    "once; 0: all products begin with their first tiles.")
          .optional("softmax", &Self::softmax, config::choice(softmax_form_names()),
                    "How softmax goes over rows that do not fit the scratchpad.")
          .optional("tables", &Self::tables, config::choice(table_form_names()),
                    "Where activations become look-up tables for arrays that want them: in the "
                    "write-out of the operator before (in a layer of their own where that cannot), "
                    "in a layer of their own, or anew for each tile.")
          .optional("attention", &Self::attention,
                    config::maybe(config::choice(attention_form_names())),
                    "Where logits go: to memory, whole rows in the scratchpad, or one pass with "
                    "running maximum and sum. Left out: row_tiled, one_pass where a row does not "
                    "fit.")
          .optional("interleave", &Self::interleave, config::boolean(),
                    "The requests of a batch run as two sub-batches, each with half of every "
                    "memory: while one is in attention, the other is outside it.")
          .optional("weights_ahead", &Self::weights_ahead, config::boolean(),
                    "The last of several load engines carries what the run itself does not write, "
                    "as weights, and nothing else: they come while what a layer before makes is "
                    "waited for.")
          .optional("placement", &Self::placement,
                    config::list(config::object(PlacementRule::schema())),
                    "Rules for the placement of tensors; the first that matches counts. Tensors "
                    "without a rule go to the tiers in the order of the platform.")
          .optional("second_placement", &Self::second_placement,
                    config::list(config::object(PlacementRule::schema())),
                    "With `interleave`: rules for tensors of the second sub-batch; they come "
                    "before those of `placement`.")
          .optional("layers", &Self::layers, config::list(config::object(LayerRule::schema())),
                    "Rules for single layers; of several that match and have the same key, the "
                    "last counts.")
          .optional("execution", &Self::execution,
                    config::maybe(config::object(ExecutionConfig::schema())),
                    "How the run finds out how long things take; left out: simulated.")
          .position(&Self::where);
  return kSchema;
}

MappingConfig load_mapping(const std::filesystem::path& path,
                           const std::vector<config::Override>& overrides) {
  return read_mapping(config::load_document(path), overrides);
}

MappingConfig default_mapping(const std::vector<config::Override>& overrides) {
  return read_mapping(config::Node::map(), overrides);
}

config::Node write_mapping(const MappingConfig& mapping) {
  return MappingConfig::schema().write(mapping);
}

}  // namespace orrery::lowering
