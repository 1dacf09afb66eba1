// SPDX-License-Identifier: Apache-2.0
#include "memory/storage_tier.h"

#include <algorithm>

#include "base/error.h"
#include "memory/bandwidth_tier.h"

namespace orrery::memory {

namespace {

// The unit of latencies in the statistics.
constexpr Femtoseconds kNanosecond = 1'000'000;

const StorageTierConfig& checked(const StorageTierConfig& config) {
  base::Diagnostics errors;
  const auto require = [&](bool holds, const std::string& message, const std::string& expected) {
    if (!holds) {
      errors.add({{}, "", message, expected, ""});
    }
  };
  require(config.queue_depth >= 1, "a storage device without a queue", "a depth of 1 or more");
  require(config.block_bytes >= 1 && config.block_bytes <= 1 << 30, "the block size",
          "1 byte to 1 GiB");
  require(config.capacity >= config.block_bytes, "the capacity", "one block or more");
  require(config.read_bytes_per_second >= 1 && config.write_bytes_per_second >= 1, "the bandwidth",
          "1 byte a second or more");
  require(config.read_latency >= 0 && config.write_latency >= 0, "the latency", "0 or more");
  require(config.request_latency >= 1 && config.response_latency >= 1,
          "the latency between engines and storage", "1 fs or more each way");
  errors.throw_if_any();
  return config;
}

Femtoseconds block_time(std::int64_t bytes, std::int64_t bytes_per_second) {
  const auto scaled = static_cast<__int128>(bytes) * base::kFemtosecondsPerSecond;
  return static_cast<Femtoseconds>((scaled + bytes_per_second - 1) / bytes_per_second);
}

}  // namespace

StorageTier::StorageTier(const sc_core::sc_module_name& name, const StorageTierConfig& config)
    : Tier(name, checked(config).capacity),
      config_(config),
      device_({config.queue_depth, config.read_latency, config.write_latency,
               block_time(config.block_bytes, config.read_bytes_per_second),
               block_time(config.block_bytes, config.write_bytes_per_second)},
              *this) {
  statistics_.model = "storage";
  statistics_.standard = config.name;
  statistics_.access_bytes = static_cast<std::uint64_t>(config.block_bytes);
  statistics_.cycle = kNanosecond;
  statistics_.peak_bytes_per_second =
      static_cast<double>(std::max(config.read_bytes_per_second, config.write_bytes_per_second));
  SC_METHOD(wake);
  sensitive << wake_event_;
  dont_initialize();
}

void StorageTier::accept(const Transfer& transfer, const Request& request) {
  const std::uint64_t blocks = count_bursts(transfer, config_.block_bytes);
  count_access(statistics_, transfer, blocks);
  open_[next_key_] = {request, transfer.is_write, transfer.layer};
  device_.submit({next_key_++, blocks, transfer.is_write, transfer.initiator,
                  now() + config_.request_latency});
  schedule(device_.completion_bound());
}

void StorageTier::wake() {
  ++wake_ups_;
  wake_at_ = StorageDevice::kNever;
  device_.advance(now() + config_.request_latency);
  const Femtoseconds bound = device_.completion_bound();
  if (bound != StorageDevice::kNever) {
    schedule(bound);
  }
}

void StorageTier::schedule(Femtoseconds done) {
  const Femtoseconds time = done + config_.response_latency - 1;
  if (time < wake_at_) {
    wake_at_ = time;
    wake_event_.notify(sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(time - now())));
  }
}

void StorageTier::block_done(std::uint64_t ticket, Femtoseconds entered, Femtoseconds done) {
  const Open& open = open_.at(ticket);
  const Femtoseconds time =
      block_time(config_.block_bytes,
                 open.is_write ? config_.write_bytes_per_second : config_.read_bytes_per_second);
  path_busy_ += time;
  bytes_.add(std::max<Femtoseconds>(done - time, 0), done, config_.block_bytes);
  if (open.is_write) {
    return;
  }
  const base::Cycle latency = (done - entered) / kNanosecond;
  for (dram::AccessStatistics* account : {&statistics_.total, &statistics_.layers[open.layer]}) {
    account->read_latency_sum += static_cast<std::uint64_t>(latency);
    account->read_latency.add(latency);
  }
}

void StorageTier::request_done(std::uint64_t ticket, Femtoseconds done) {
  const auto found = open_.find(ticket);
  answer_at(done + config_.response_latency, found->second.request);
  open_.erase(found);
}

void StorageTier::finish(Femtoseconds end) {
  constexpr double kBitsPerByte = 8;
  constexpr double kPicojoulesPerJoule = 1e12;
  statistics_.data_bus_busy = path_busy_ / kNanosecond;
  statistics_.data_bus_possible = end / kNanosecond;
  dram::Energy& energy = statistics_.energy;
  energy.read = static_cast<double>(statistics_.bytes_read()) * kBitsPerByte *
                config_.read_picojoules_per_bit;
  energy.write = static_cast<double>(statistics_.bytes_written()) * kBitsPerByte *
                 config_.write_picojoules_per_bit;
  energy.constant = config_.idle_watts * kPicojoulesPerJoule * static_cast<double>(end) /
                    static_cast<double>(base::kFemtosecondsPerSecond);
  energy.family = "energy per bit";
  energy.source = config_.energy_source;
}

TierStatistics StorageTier::statistics() const {
  return statistics_;
}

}  // namespace orrery::memory
