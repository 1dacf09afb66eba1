// SPDX-License-Identifier: Apache-2.0
#include "hardware/storage_config.h"

namespace orrery::hardware {
namespace {

constexpr std::int64_t kMost = 1LL << 56;

const config::Schema<StorageConfig::Energy>& energy_schema() {
  using Self = StorageConfig::Energy;
  const config::Codec<double> energy = config::quantity("J", "pJ");
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("storage_energy", "What a storage device draws.")
          .required("read_bit", static_cast<double Self::*>(&Self::read_picojoules_per_bit), energy,
                    "For each bit read.")
          .required("write_bit", static_cast<double Self::*>(&Self::write_picojoules_per_bit),
                    energy, "For each bit written.")
          .required("idle", &Self::idle_watts, config::quantity("W", "W"), "Drawn always.")
          .required("source", static_cast<std::string Self::*>(&Self::source), config::text(),
                    "Where the figures come from.");
  return kSchema;
}

}  // namespace

const config::Schema<StorageConfig>& StorageConfig::schema() {
  using Self = StorageConfig;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("storage", "A block device, such as an SSD, as a memory tier.")
          .required("name", &Self::name, config::text(), "Name in results.")
          .required("capacity", &Self::capacity, config::bytes(1, kMost), "Its size.")
          .optional("block", &Self::block, config::bytes(1, 1LL << 30),
                    "What a request is rounded out to.")
          .optional("queue_depth", &Self::queue_depth, config::integer(1, 1 << 20),
                    "Blocks under way.")
          .optional("link", &Self::link, config::boolean(),
                    "Whether this is a link to other devices, which holds what all-reduces "
                    "exchange and nothing else.")
          .required("read_latency", &Self::read_latency, config::duration(),
                    "From the entry of a block to its data.")
          .required("write_latency", &Self::write_latency, config::duration(),
                    "From the entry of a block to where its data can be taken.")
          .required("read_rate", &Self::read_rate, config::bytes(1, kMost), "Bytes a second.")
          .required("write_rate", &Self::write_rate, config::bytes(1, kMost), "Bytes a second.")
          .required("energy", &Self::energy, config::object(energy_schema()),
                    "Energy of a bit, and its source.")
          .check([](const Self& storage, const config::Node& node, config::Reader& reader) {
            if (storage.capacity.value < storage.block.value) {
              reader.error(node.where(), "the capacity is less than a block", "one block or more");
            }
          });
  return kSchema;
}

}  // namespace orrery::hardware
