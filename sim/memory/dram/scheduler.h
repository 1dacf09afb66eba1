// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "memory/dram/controller_config.h"
#include "memory/dram/request_queue.h"

namespace orrery::memory::dram {

// Which requests of a bank may have their column command, given the open row.
class Scheduler {
 public:
  // Of one bank: the oldest competing read and write, kNone where there is none.
  struct Competing {
    const RequestQueue& reads;
    const RequestQueue& writes;
    RequestQueue::Index read = RequestQueue::kNone;
    RequestQueue::Index write = RequestQueue::kNone;

    // Whether the oldest of both is the write.
    [[nodiscard]] bool write_is_oldest() const {
      return read == RequestQueue::kNone ||
             (write != RequestQueue::kNone && writes.at(write).age < reads.at(read).age);
    }
    [[nodiscard]] const Request& oldest() const {
      return write_is_oldest() ? writes.at(write) : reads.at(read);
    }
    [[nodiscard]] bool empty() const {
      return read == RequestQueue::kNone && write == RequestQueue::kNone;
    }
  };
  // At most one read and one write of the bank.
  struct Hits {
    RequestQueue::Index read = RequestQueue::kNone;
    RequestQueue::Index write = RequestQueue::kNone;
  };

  virtual ~Scheduler() = default;
  // Whether hits() is the oldest read and the oldest write to the row, whatever stands before them.
  [[nodiscard]] virtual bool takes_any_hit() const = 0;
  [[nodiscard]] virtual Hits hits(const Competing& competing, std::uint32_t row) const = 0;
};

[[nodiscard]] std::unique_ptr<const Scheduler> make_scheduler(const ControllerConfig& config);

}  // namespace orrery::memory::dram
