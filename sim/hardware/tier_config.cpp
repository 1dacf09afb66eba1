// SPDX-License-Identifier: Apache-2.0
#include "hardware/tier_config.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "memory/address/address_map_schema.h"
#include "memory/dram/channel_map.h"
#include "memory/dram/controller_schema.h"
#include "memory/specification/spec_schema.h"

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

bool places_channels(const TierConfig& tier) {
  return tier.fields && (tier.fields->has("channel") || tier.fields->has("stack"));
}

// Bits of a burst number that take part in selecting a channel.
std::uint64_t selecting_bits(const TierConfig& tier) {
  std::uint64_t selecting = 0;
  for (const char* field : {"channel", "stack"}) {
    for (const std::uint64_t mask : tier.fields->masks(field)) {
      selecting |= mask;
    }
  }
  return selecting;
}

// Bytes on one channel before the next one's turn where the map places the channels: up to the
// lowest bit that takes part in selecting one.
base::Bytes interleave_of_map(const TierConfig& tier) {
  const std::uint64_t selecting = selecting_bits(tier);
  const int run =
      selecting == 0 ? static_cast<int>(tier.fields->bits()) : std::countr_zero(selecting);
  return {tier.dram.access_bytes << run};
}

void compile(TierConfig& tier) {
  if (tier.storage) {
    tier.model = MemoryModel::kStorage;
  }
  if (!tier.standard || tier.storage) {
    return;
  }
  tier.dram = memory::dram::Spec::from(*tier.standard);
  tier.controller.settle(tier.dram);
  if (!tier.address_map) {
    return;
  }
  tier.fields = memory::FieldMap::from(
      *tier.address_map, memory::dram::address_fields(tier.dram, tier.channels, tier.stacks));
  if (places_channels(tier)) {
    tier.interleave = interleave_of_map(tier);
  }
}

const config::Schema<TransferEnergy>& transfer_energy_schema() {
  using Self = TransferEnergy;
  const config::Codec<double> energy = config::quantity("J", "pJ");
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("transfer_energy", "What each bit that a memory moves costs.")
          .required("read_bit", &Self::read_picojoules_per_bit, energy, "For each bit read.")
          .required("write_bit", &Self::write_picojoules_per_bit, energy, "For each bit written.")
          .required("source", &Self::source, config::text(), "Where the figures come from.");
  return kSchema;
}

// The keys that speak of DRAM channels, and have no meaning for a block device.
const std::vector<std::string>& channel_keys() {
  static const std::vector<std::string> kKeys = {"dram",       "channels",    "stacks",
                                                 "interleave", "address_map", "controller",
                                                 "latency",    "cache",       "transfer_energy"};
  return kKeys;
}

// Either kind, with all that it needs and nothing of the other one.
void check_kind(const TierConfig& tier, const Node& node, Reader& reader) {
  if (!tier.storage) {
    for (const std::string key : {"dram", "channels"}) {
      if (node.find(key) == nullptr) {
        reader.error(node.where(), "missing key '" + key + "'",
                     "`dram` and `channels`, or `storage`");
      }
    }
    if (tier.model == MemoryModel::kStorage) {
      reader.error(node.where(), "model storage without a `storage`", "`storage`");
    }
    return;
  }
  for (const std::string& key : channel_keys()) {
    if (const Node* found = node.find(key); found != nullptr) {
      reader.error(found->where(), "'" + key + "' means nothing for a storage device",
                   "`storage` or `dram`, not both");
    }
  }
  const Node* model = node.find("model");
  if (model != nullptr && model->text() != "storage") {
    reader.error(model->where(), "a storage device has one model", "storage, or no `model`");
  }
}

void check_address_map(const TierConfig& tier, const Node& node, Reader& reader) {
  if (!places_channels(tier)) {
    return;
  }
  const config::Reader::Scope scope(reader, "address_map");
  for (const auto& [field, count] : {std::pair{"channel", tier.channels}, {"stack", tier.stacks}}) {
    if (count > 1 && !tier.fields->has(field)) {
      reader.error(tier.address_map->fields.where,
                   std::string("the map leaves out '") + field + "'",
                   "`channel` and `stack`, or neither of them");
    }
  }
  const Node* interleave = node.find("interleave");
  if (interleave != nullptr && base::parse_bytes(interleave->text()) != tier.interleave) {
    reader.error(interleave->where(),
                 "the map places the channels, " + base::to_string(tier.interleave) +
                     " at a time, and `interleave` says otherwise",
                 "no `interleave`");
  }
}

void check_cache(const TierConfig& tier, Reader& reader) {
  if (!tier.cache) {
    return;
  }
  const config::Reader::Scope scope(reader, "cache");
  if (tier.dram.has_pim()) {
    reader.error(tier.cache->where, "a cache in front of a memory that computes",
                 "a `dram` without PIM commands, or no `cache`");
  }
  if (tier.cache->line.value % tier.dram.access_bytes != 0) {
    reader.error(tier.cache->where,
                 "a line of " + base::to_string(tier.cache->line) + " is no whole number of bursts",
                 "a multiple of " + base::to_string(base::Bytes{tier.dram.access_bytes}));
  } else if (tier.cache->hashed && tier.interleave.value % tier.cache->line.value != 0) {
    reader.error(tier.cache->where,
                 "lines of " + base::to_string(tier.cache->line) + " are hashed with pieces of " +
                     base::to_string(tier.interleave),
                 "an interleave of whole lines");
  } else if (tier.capacity() % tier.cache->line.value != 0) {
    reader.error(tier.cache->where, "the memory has no whole number of lines",
                 "a line that divides " + base::to_string(base::Bytes{tier.capacity()}));
  }
}

}  // namespace

const config::EnumTable<MemoryModel>& memory_model_names() {
  static const config::EnumTable<MemoryModel> kNames{{"dram", MemoryModel::kDram},
                                                     {"bandwidth", MemoryModel::kBandwidth},
                                                     {"ideal", MemoryModel::kIdeal},
                                                     {"storage", MemoryModel::kStorage}};
  return kNames;
}

std::int64_t TierConfig::capacity() const {
  return storage ? storage->capacity.value : total_channels() * dram.capacity_bytes();
}

double TierConfig::peak_bandwidth() const {
  if (storage) {
    return static_cast<double>(std::max(storage->read_rate.value, storage->write_rate.value));
  }
  return static_cast<double>(total_channels()) * dram.peak_bytes_per_second();
}

std::int64_t TierConfig::access_bytes() const {
  return storage ? storage->block.value : dram.access_bytes;
}

std::int64_t TierConfig::page_bytes() const {
  return storage ? storage->block.value
                 : total_channels() * dram.data_buses() * dram.columns * dram.access_bytes;
}

bool TierConfig::hashes_channels() const {
  return places_channels(*this) &&
         std::int64_t{1} << std::popcount(selecting_bits(*this)) > total_channels();
}

base::Rational TierConfig::read_latency() const {
  switch (model) {
    case MemoryModel::kDram:
      return dram.tck * base::Rational(2 * dram.read_latency + dram.burst_cycles);
    case MemoryModel::kBandwidth:
      return latency.femtoseconds;
    case MemoryModel::kIdeal:
      return 0;
    case MemoryModel::kStorage:
      return storage->read_latency.femtoseconds;
  }
  throw base::InternalError("every memory model has a latency", "tier");
}

std::optional<TransferEnergy> TierConfig::transfer_energy_per_bit() const {
  return storage ? std::optional<TransferEnergy>(storage->energy) : transfer_energy;
}

std::int64_t TierConfig::posted_bytes() const {
  return storage ? 0 : total_channels() * controller.write_places(dram.banks()) * dram.access_bytes;
}

const config::Schema<TierConfig>& TierConfig::schema() {
  using Self = TierConfig;
  static const config::Schema<Self> kSchema =
      config::Schema<Self>("memory_tier",
                           "One memory: channels of one DRAM standard, or a block device.")
          .optional("dram", &Self::standard, config::maybe(memory::dram::spec_codec()),
                    "The standard; as a rule {extends: ../dram/NAME.yaml}.")
          .optional("channels", &Self::channels, config::integer(1, 4096),
                    "Channels of each stack; must be given with `dram`.")
          .optional("storage", &Self::storage,
                    config::maybe(config::object(StorageConfig::schema())),
                    "A block device, instead of `dram`.")
          .optional("model", &Self::model, config::choice(memory_model_names()),
                    "How closely it is simulated; anything but dram is named in the result.")
          .optional("stacks", &Self::stacks, config::integer(1, 256), "Stacks of so many channels.")
          .optional("interleave", &Self::interleave, config::bytes(16, 1LL << 62),
                    "Bytes on one channel before the next channel's turn; follows from the address "
                    "map where that places the channels.")
          .optional("address_map", &Self::address_map, config::maybe(memory::field_map_codec()),
                    "Which bits of an address select row, bank, column and, if named, channel and "
                    "stack; unset: the standard's address_order.")
          .optional("controller", &Self::controller, memory::dram::controller_codec(),
                    "The policies of each channel's controller.")
          .optional("latency", &Self::latency, config::duration(),
                    "With model bandwidth: from a request to its first data.")
          .optional("cache", &Self::cache, config::maybe(config::object(CacheConfig::schema())),
                    "A cache in front of it; not of a block device.")
          .optional("transfer_energy", &Self::transfer_energy,
                    config::maybe(config::object(transfer_energy_schema())),
                    "With model bandwidth: what each bit costs, which no current tells; left out: "
                    "none is counted, and the result says so.")
          .position(&Self::where)
          .derive(compile)
          .check([](const Self& tier, const Node& node, Reader& reader) {
            check_kind(tier, node, reader);
            if (tier.standard && !tier.storage) {
              check_controller(tier, node, reader);
              check_address_map(tier, node, reader);
              check_cache(tier, reader);
            }
          });
  return kSchema;
}

config::Codec<TierConfig> tier_codec() {
  config::Codec<TierConfig> codec = config::object(TierConfig::schema());
  codec.write = [](const TierConfig& tier) {
    Node node = TierConfig::schema().write(tier);
    if (tier.storage) {
      for (const std::string& key : channel_keys()) {
        node.erase(key);
      }
    }
    return node;
  };
  return codec;
}

}  // namespace orrery::hardware
