// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "memory/dram/channel_observer.h"

namespace orrery::memory::trace {

// Several observers of one channel, told in the order in which they were added.
class ObserverList : public dram::ChannelObserver {
 public:
  void add(std::unique_ptr<dram::ChannelObserver> observer) {
    observers_.push_back(std::move(observer));
  }

  void arrival(const dram::ArrivalRecord& record) override {
    for (const auto& observer : observers_) {
      observer->arrival(record);
    }
  }
  void direction(base::Cycle cycle, bool writing) override {
    for (const auto& observer : observers_) {
      observer->direction(cycle, writing);
    }
  }
  void blocked(base::Cycle cycle, std::uint64_t banks) override {
    for (const auto& observer : observers_) {
      observer->blocked(cycle, banks);
    }
  }
  void command(const dram::CommandRecord& record) override {
    for (const auto& observer : observers_) {
      observer->command(record);
    }
  }

 private:
  std::vector<std::unique_ptr<dram::ChannelObserver>> observers_;
};

}  // namespace orrery::memory::trace
