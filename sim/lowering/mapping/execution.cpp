// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/execution.h"

namespace orrery::lowering {
namespace {

constexpr std::int64_t kMostBytes = 1LL << 40;

const config::EnumTable<Fidelity>& fidelity_names() {
  static const config::EnumTable<Fidelity> kNames{{"simulated", Fidelity::kSimulated},
                                                  {"analytical", Fidelity::kAnalytical}};
  return kNames;
}

const config::EnumTable<Overlap>& overlap_names() {
  static const config::EnumTable<Overlap> kNames{{"compute_and_memory", Overlap::kComputeAndMemory},
                                                 {"none", Overlap::kNone}};
  return kNames;
}

const config::EnumTable<OtherOperators>& other_operators_names() {
  static const config::EnumTable<OtherOperators> kNames{
      {"memory_bound", OtherOperators::kMemoryBound}, {"free", OtherOperators::kFree}};
  return kNames;
}

const config::EnumTable<Rounding>& rounding_names() {
  static const config::EnumTable<Rounding> kNames{{"rounded_up", Rounding::kUp},
                                                  {"rounded_down", Rounding::kDown}};
  return kNames;
}

const config::EnumTable<ArrayEnergy>& array_energy_names() {
  static const config::EnumTable<ArrayEnergy> kNames{
      {"macs", ArrayEnergy::kMacs}, {"pe_cycles", ArrayEnergy::kProcessingElementCycles}};
  return kNames;
}

const config::Schema<ExecutionConfig::Refetch>& refetch_schema() {
  using Self = ExecutionConfig::Refetch;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("refetch", "Buffers that an operand may be too large for.")
          .required("weights", &Self::weights, config::bytes(1, kMostBytes),
                    "Capacity for weights.")
          .required("inputs", &Self::inputs, config::bytes(1, kMostBytes), "Capacity for inputs.");
  return kSchema;
}

const config::Schema<ExecutionConfig::LineBuffers>& line_buffers_schema() {
  using Self = ExecutionConfig::LineBuffers;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("line_buffers", "Buffers that are read in whole lines.")
          .optional("weight_bits_multiple", &Self::weight_bits_multiple, config::integer(1, 64),
                    "A weight takes a multiple of so many bits in a line.")
          .optional("lines_per_operand", &Self::lines_per_operand, config::integer(1, 64),
                    "Into how many lines an operand of a step is cut; one of them is charged.");
  return kSchema;
}

// The options of closed forms mean nothing where the run is simulated.
void check_kind(const ExecutionConfig& execution, const config::Node& node,
                config::Reader& reader) {
  if (execution.kind == Fidelity::kAnalytical) {
    return;
  }
  for (const config::Node::Entry& entry : node.entries()) {
    if (entry.key != "kind") {
      reader.error(entry.value.where(), "'" + entry.key + "' means nothing for kind simulated",
                   "`kind: analytical`");
    }
  }
}

}  // namespace

const config::Schema<ExecutionConfig>& ExecutionConfig::schema() {
  using Self = ExecutionConfig;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("execution", "How a run finds out how long things take.")
          .required("kind", &Self::kind, config::choice(fidelity_names()),
                    "Command by command, or closed forms for each operator.")
          .optional("overlap", &Self::overlap, config::choice(overlap_names()),
                    "What runs at the same time within an operator: it takes the longer of both, "
                    "or their sum.")
          .optional("fill_and_drain", &Self::fill_and_drain, config::boolean(),
                    "Whether arrays are filled and drained once for each product.")
          .optional("memory_cycles", &Self::memory_cycles, config::choice(rounding_names()),
                    "How the time of an operator's bytes becomes whole cycles.")
          .optional("refetch", &Self::refetch, config::maybe(config::object(refetch_schema())),
                    "Where weights and inputs are both larger than their buffers, one of them is "
                    "read again for each part of the other; left out: each byte crosses once.")
          .optional("other_operators", &Self::other_operators,
                    config::choice(other_operators_names()),
                    "What operators that are no products cost: the time of their bytes, or "
                    "nothing.")
          .optional("array_energy", &Self::array_energy, config::choice(array_energy_names()),
                    "What arrays are charged for: products that are needed (mac.TYPE), or every "
                    "processing element in every cycle of work (processing_element.cycle).")
          .optional("line_buffers", &Self::line_buffers,
                    config::maybe(config::object(line_buffers_schema())),
                    "Weights and inputs have buffers that are read in whole lines "
                    "(buffer.read_WIDTHb, buffer.write_word_WIDTHb); left out: bytes at the "
                    "scratchpad's ports.")
          .optional("tier", &Self::tier, config::maybe(config::text()),
                    "The memory that everything lies in; left out: the only one.")
          .position(&Self::where)
          .check(check_kind);
  return kSchema;
}

}  // namespace orrery::lowering
