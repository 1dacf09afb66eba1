// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/memory/reference/clocked_controller.h"

namespace orrery::memory::dram::test {

// Single bursts, given by their place, on a clocked controller; and what it did, in short lines.
class Bench {
 public:
  explicit Bench(Spec spec, const ChannelConfig& config = {})
      : spec_(std::move(spec)), controller_(spec_, config) {}
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  struct Access {
    int bank = 0;
    std::int64_t row = 0;
    std::int64_t column = 0;
    Cycle arrival = 0;
    bool is_write = false;
    std::uint32_t initiator = 0;
  };
  void submit(const Access& access) { submit(std::vector<Access>{access}); }
  // One slice of several bursts; arrival, direction and initiator are those of the first.
  void submit(const std::vector<Access>& accesses);
  void run(Cycle until) { controller_.run(until); }

  // "CYCLE NAME BANK" of each command, or of those with these names.
  [[nodiscard]] std::vector<std::string> commands(const std::vector<std::string>& names = {}) const;
  // The numbers of the bursts whose data moved, in that order.
  [[nodiscard]] std::vector<std::uint64_t> served() const;
  // The lines of the log that contain the word, without the channel number.
  [[nodiscard]] std::vector<std::string> lines(const std::string& word) const;
  // The cycle in which the slice was done, -1 when it is not.
  [[nodiscard]] Cycle done(std::uint64_t slice) const;
  [[nodiscard]] ChannelStatistics statistics() const { return controller_.statistics(); }
  [[nodiscard]] const Spec& spec() const { return spec_; }

 private:
  [[nodiscard]] std::uint64_t burst(const Access& access) const;

  Spec spec_;
  ClockedController controller_;
  std::uint64_t slices_ = 0;
};

// DDR4-2400 of one rank with every command, without refresh.
[[nodiscard]] Bench ddr4_bench(ControllerConfig controller);
// Likewise with the refresh of the configuration, every `interval` cycles.
[[nodiscard]] Bench refreshed_ddr4_bench(ControllerConfig controller, Cycle interval,
                                         const std::string& across = {});

}  // namespace orrery::memory::dram::test
