// SPDX-License-Identifier: Apache-2.0
#include "hardware/tier_config.h"

#include "memory/dram/spec_schema.h"

namespace orrery::hardware {
namespace {

using config::Node;
using config::Reader;

void check_controller(const TierConfig& tier, const Node& node, Reader& reader) {
  if (tier.write_high > tier.write_window || tier.write_low >= tier.write_high) {
    reader.error(node.where(), "the write drain's watermarks do not fit",
                 "write_low < write_high <= write_window");
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
          .optional("read_window", &Self::read_window, config::integer(1, 1024),
                    "Read requests the controller of a channel chooses among.")
          .optional("write_window", &Self::write_window, config::integer(1, 1024),
                    "Write requests the controller of a channel holds.")
          .optional("write_high", &Self::write_high, config::integer(1, 1024),
                    "Held writes at which the controller turns to writing.")
          .optional("write_low", &Self::write_low, config::integer(0, 1024),
                    "Held writes at which it turns back to waiting reads.")
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
