// SPDX-License-Identifier: Apache-2.0
#include "hardware/systolic_array_config.h"

#include <fmt/format.h>

#include "timing/dataflow_codec.h"

namespace orrery::hardware {

const config::Schema<SystolicArrayConfig>& SystolicArrayConfig::schema() {
  using Self = SystolicArrayConfig;
  static const config::EnumTable<timing::FoldConvention> kConventions{
      {"pipelined", timing::FoldConvention::kPipelined},
      {"scale_sim", timing::FoldConvention::kScaleSim}};
  static const config::Schema<Self> kSchema =
      engine_schema<Self>("systolic_array",
                          "A grid of processing elements, one multiply-accumulate each a cycle.")
          .required("rows", &Self::rows, config::integer(1, 4096), "Rows of the grid.")
          .required("columns", &Self::columns, config::integer(1, 4096), "Columns of the grid.")
          .optional("dataflows", &Self::dataflows, config::list(timing::dataflow_codec(), 1),
                    "Dataflows the array can run; the first is the default.")
          .optional("accumulator_capacity", &Self::accumulator_capacity,
                    config::bytes(4, 1LL << 32), "Accumulator memory of each array.")
          .optional("stream_port_bytes", &Self::stream_port_bytes, config::integer(1, 65536),
                    "Bytes a cycle of the scratchpad port that feeds the left edge.")
          .optional("stationary_port_bytes", &Self::stationary_port_bytes,
                    config::integer(1, 65536),
                    "Bytes a cycle of the scratchpad port that feeds the top edge.")
          .optional("input_registers", &Self::input_registers, config::integer(1, 65536),
                    "Row stationary: inputs that a processing element holds at a time; as many "
                    "more arrive meanwhile.")
          .optional("filter_registers", &Self::filter_registers, config::integer(1, 65536),
                    "Row stationary: weights that a processing element holds at a time; as many "
                    "more arrive meanwhile.")
          .optional("partial_sum_registers", &Self::partial_sum_registers,
                    config::integer(1, 65536),
                    "Row stationary: sums that a processing element adds to at a time; as many "
                    "more leave meanwhile.")
          .optional("convention", &Self::convention, config::choice(kConventions),
                    "How the cycles of a tile are counted. scale_sim favours os: it counts the "
                    "preload of ws and is but no drain of os.")
          .check([](const Self& array, const config::Node& node, config::Reader& reader) {
            for (const timing::Dataflow& dataflow : array.dataflows) {
              if (dataflow.machine() == timing::Dataflow::Machine::kRowsStay &&
                  array.convention == timing::FoldConvention::kScaleSim) {
                const config::Node* const convention = node.find("convention");
                reader.error(convention != nullptr ? convention->where() : node.where(),
                             fmt::format("dataflow '{}' with convention scale_sim, which has no "
                                         "cycles for it",
                                         dataflow.name()),
                             "convention pipelined, or dataflows without it");
              }
            }
          });
  return kSchema;
}

}  // namespace orrery::hardware
