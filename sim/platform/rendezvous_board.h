// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace orrery::platform {

// Where the sequencers of a run meet.
class RendezvousBoard {
 public:
  // The numbers that each stream declares, by stream.
  explicit RendezvousBoard(const std::vector<std::vector<std::uint64_t>>& numbers);

  // The stream stands at the rendezvous with nothing under way. True where all who declare it do;
  // else the waiter is woken once they do and must ask again. Each stream passes each once.
  [[nodiscard]] bool reach(std::uint64_t number, engine::StreamIndex stream,
                           engine::Waiter& waiter);

  // The streams that have not reached it yet.
  [[nodiscard]] std::vector<engine::StreamIndex> missing(std::uint64_t number) const;

 private:
  struct Place {
    std::map<engine::StreamIndex, engine::Waiter*> streams;  // null: not there yet
    std::size_t there = 0;
  };

  std::map<std::uint64_t, Place> places_;
};

}  // namespace orrery::platform
