// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/random.h"
#include "command/command.h"

namespace orrery::functional {

// The order in which commands take effect where engines, and streams, run ahead of each other.
class RandomOrder {
 public:
  struct Place {
    std::size_t stream = 0;
    std::size_t index = 0;  // in the stream
  };

  // `engines` of the machine; each has up to `under_way` commands of a stream going at once. The
  // streams must outlive the order.
  RandomOrder(const std::vector<std::vector<command::Command>>& streams, std::size_t engines,
              std::uint64_t seed, std::size_t under_way);

  // The next command to take effect, nullopt when all have.
  [[nodiscard]] std::optional<Place> next();

 private:
  // Of one stream at one engine, by index in the stream.
  struct Queue {
    std::size_t stream = 0;
    std::deque<std::size_t> waiting;
    std::vector<std::size_t> started;  // and not yet taken effect
  };
  // A barrier, or the rendezvous of that number.
  struct Border {
    command::CommandId id = 0;
    std::optional<std::uint64_t> rendezvous;
  };
  // Where a stream meets others.
  struct Stop {
    std::size_t stream = 0;
    command::CommandId id = 0;
  };

  [[nodiscard]] const command::Command& command(const Queue& queue, std::size_t index) const {
    return streams_[queue.stream][index];
  }
  [[nodiscard]] bool done(std::size_t stream, const command::Dependency& dependency) const;
  [[nodiscard]] bool all_done(const Stop& stop) const;
  [[nodiscard]] bool passed(std::size_t stream, const Border& border) const;
  [[nodiscard]] bool may_start(std::size_t stream, const command::Command& command) const;
  void start();

  const std::vector<std::vector<command::Command>>& streams_;
  std::size_t engines_;
  base::Random random_;
  std::size_t under_way_;
  std::vector<Queue> queues_;                 // of the first stream, of the second, ...
  std::vector<std::vector<Border>> borders_;  // by stream
  std::map<std::uint64_t, std::vector<Stop>> meetings_;
};

}  // namespace orrery::functional
