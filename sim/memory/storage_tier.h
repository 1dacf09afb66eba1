// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "memory/storage_device.h"
#include "memory/tier.h"

namespace orrery::memory {

// A block device as a tier.
struct StorageTierConfig {
  std::string name;  // of the device, in results
  std::int64_t capacity = 0;
  std::int64_t block_bytes = 4096;  // what a request is rounded out to
  int queue_depth = 1;
  base::Femtoseconds read_latency = 0;
  base::Femtoseconds write_latency = 0;
  std::int64_t read_bytes_per_second = 1;
  std::int64_t write_bytes_per_second = 1;
  base::Femtoseconds request_latency = 1;   // from submit() to the device, at least 1
  base::Femtoseconds response_latency = 1;  // and back, at least 1
  double read_picojoules_per_bit = 0;
  double write_picojoules_per_bit = 0;
  double idle_watts = 0;  // drawn always
  std::string energy_source;
};

// A storage device behind the fabric: whole blocks through a queue of limited depth, a latency and
// a shared data path; see StorageDevice. A block takes ceil(block / bandwidth) femtoseconds there.
class StorageTier : public Tier, private StorageDevice::Listener {
 public:
  SC_HAS_PROCESS(StorageTier);
  // Throws base::UserError when the configuration is not sound.
  StorageTier(const sc_core::sc_module_name& name, const StorageTierConfig& config);

  void finish(Femtoseconds end) override;
  [[nodiscard]] TierStatistics statistics() const override;
  [[nodiscard]] base::IntervalSums bytes_over_time() const override { return bytes_; }
  // Kernel activations so far, without those that deliver answers.
  [[nodiscard]] std::uint64_t wake_ups() const { return wake_ups_; }

 protected:
  void accept(const Transfer& transfer, const Request& request) override;

 private:
  struct Open {
    Request request;
    bool is_write = false;
    std::uint32_t layer = 0;
  };

  void block_done(std::uint64_t ticket, Femtoseconds entered, Femtoseconds done) override;
  void request_done(std::uint64_t ticket, Femtoseconds done) override;
  void wake();
  // Sees to it that the device is advanced before an answer to what is done at `done` is back.
  void schedule(Femtoseconds done);

  const StorageTierConfig config_;
  StorageDevice device_;
  std::map<std::uint64_t, Open> open_;
  std::uint64_t next_key_ = 0;
  sc_core::sc_event wake_event_;
  Femtoseconds wake_at_ = StorageDevice::kNever;
  std::uint64_t wake_ups_ = 0;
  Femtoseconds path_busy_ = 0;
  TierStatistics statistics_;
  base::IntervalSums bytes_;
};

}  // namespace orrery::memory
