// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <queue>
#include <vector>

#include "base/clock.h"

namespace orrery::memory {

// What a block device does in what time. All times in femtoseconds.
struct StorageTiming {
  int queue_depth = 1;  // blocks under way
  base::Femtoseconds read_latency = 0;
  base::Femtoseconds write_latency = 0;
  base::Femtoseconds read_block_time = 1;  // on the data path that all blocks share
  base::Femtoseconds write_block_time = 1;
};

// A block device such as an SSD, in plain C++, exact by events; docs/components/tiers.md.
//
// A block of a request enters when one of `queue_depth` places is free, one initiator after the
// other. It is ready after the latency. Ready blocks go over the data path one at a time, in the
// order in which they became ready (then: entered). At the end of its time there a block is done
// and its place free.
class StorageDevice {
 public:
  // So many blocks of one transfer.
  struct Request {
    std::uint64_t ticket = 0;
    std::uint64_t blocks = 1;  // at least 1
    bool is_write = false;
    std::uint32_t initiator = 0;
    base::Femtoseconds arrival = 0;
  };
  // Called while the device is advanced, with times not before the one advanced from.
  class Listener {
   public:
    virtual ~Listener() = default;
    // A block went over the data path: under way since `entered`, done at `done`.
    virtual void block_done(std::uint64_t ticket, base::Femtoseconds entered,
                            base::Femtoseconds done) = 0;
    // The last block of the request did.
    virtual void request_done(std::uint64_t ticket, base::Femtoseconds done) = 0;
  };

  StorageDevice(const StorageTiming& timing, Listener& listener)
      : timing_(timing), listener_(listener) {}

  // The arrival must not lie before horizon().
  void submit(const Request& request);
  // Commits everything that happens before `until`.
  void advance(base::Femtoseconds until);
  [[nodiscard]] base::Femtoseconds horizon() const { return horizon_; }
  // Without further requests none is done before; kNever when there is none.
  [[nodiscard]] base::Femtoseconds completion_bound() const;

  static constexpr base::Femtoseconds kNever = INT64_MAX;

 private:
  struct Open {
    Request request;
    std::uint64_t outside = 0;  // blocks that have not entered
    std::uint64_t left = 0;     // blocks that have not gone over the data path
  };
  struct Block {
    base::Femtoseconds ready = 0;
    std::uint64_t number = 0;
    base::Femtoseconds entered = 0;
    std::size_t open = 0;
    [[nodiscard]] bool operator>(const Block& other) const {
      return ready != other.ready ? ready > other.ready : number > other.number;
    }
  };

  [[nodiscard]] base::Femtoseconds latency(bool is_write) const {
    return is_write ? timing_.write_latency : timing_.read_latency;
  }
  [[nodiscard]] base::Femtoseconds block_time(bool is_write) const {
    return is_write ? timing_.write_block_time : timing_.read_block_time;
  }
  [[nodiscard]] base::Femtoseconds next_entry() const;
  [[nodiscard]] base::Femtoseconds next_start() const;
  void enter(base::Femtoseconds time);
  void start(base::Femtoseconds time);

  const StorageTiming timing_;
  Listener& listener_;
  std::vector<Open> open_;
  std::vector<std::size_t> free_;               // of open_
  std::vector<std::deque<std::size_t>> lines_;  // by initiator: requests with blocks outside
  std::size_t last_line_ = ~std::size_t{0};     // the one that entered last; the next one is 0
  std::priority_queue<Block, std::vector<Block>, std::greater<>> queue_;  // have entered
  base::Femtoseconds path_free_ = 0;
  base::Femtoseconds horizon_ = 0;
  std::uint64_t entered_ = 0;
};

}  // namespace orrery::memory
