// SPDX-License-Identifier: Apache-2.0
#include "hardware/tier_config.h"

#include "memory/dram/controller_schema.h"
#include "memory/dram/spec_schema.h"

namespace orrery::hardware {
namespace {

using config::Node;
using config::Reader;

void check_controller(const TierConfig& tier, const Node& node, Reader& reader) {
  base::Diagnostics errors;
  tier.controller.check(tier.dram, errors);
  for (const base::Diagnostic& error : errors.items()) {
    reader.error(node.where(), error.message, error.expected);
  }
  if (tier.interleave.value % tier.dram.access_bytes != 0) {
    reader.error(node.where(),
                 "interleave is not a multiple of the burst of " +
                     std::to_string(tier.dram.access_bytes) + " bytes",
                 "whole bursts");
  }
}

}  // namespace

const config::EnumTable<MemoryModel>& memory_model_names() {
  static const config::EnumTable<MemoryModel> kNames{{"dram", MemoryModel::kDram},
                                                     {"bandwidth", MemoryModel::kBandwidth},
                                                     {"ideal", MemoryModel::kIdeal}};
  return kNames;
}

double TierConfig::peak_bandwidth() const {
  const double burst_seconds = static_cast<double>(dram.burst_cycles) * base::to_double(dram.tck) /
                               static_cast<double>(base::kFemtosecondsPerSecond);
  return static_cast<double>(channels * dram.data_buses() * dram.access_bytes) / burst_seconds;
}

const config::Schema<TierConfig>& TierConfig::schema() {
  using Self = TierConfig;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("memory_tier", "One memory: channels of one DRAM standard.")
          .required("dram", &Self::standard, memory::dram::spec_codec(),
                    "The standard; as a rule {extends: ../dram/NAME.yaml}.")
          .required("channels", &Self::channels, config::integer(1, 4096), "Channels.")
          .optional("model", &Self::model, config::choice(memory_model_names()),
                    "How closely it is simulated; anything but dram is named in the result.")
          .optional("interleave", &Self::interleave, config::bytes(16, 1LL << 30),
                    "Bytes on one channel before the next channel's turn.")
          .optional("controller", &Self::controller, memory::dram::controller_codec(),
                    "The policies of each channel's controller.")
          .optional("latency", &Self::latency, config::duration(),
                    "With model bandwidth: from a request to its first data.")
          .position(&Self::where)
          .derive([](Self& tier) { tier.dram = memory::dram::Spec::from(tier.standard); })
          .check([](const Self& tier, const Node& node, Reader& reader) {
            check_controller(tier, node, reader);
          });
  return kSchema;
}

}  // namespace orrery::hardware
