// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "memory/address/address_map.h"
#include "memory/dram/channel.h"
#include "memory/trace/latency_counts.h"
#include "memory/trace/observer_list.h"

namespace orrery::memory::trace {

// One channel and its part of a trace: bursts that are offered in order, each no earlier than its
// cycle, at most one a cycle, and wait until they enter.
class ChannelFeed : private dram::CompletionSink, private dram::ChannelObserver {
 public:
  // Bursts that one channel can have outstanding when the controller does not say.
  static constexpr int kCredits = 1 << 16;

  // The spec and the observers must outlive the feed. Throws base::UserError for a controller that
  // does not suit the standard.
  ChannelFeed(const dram::Spec& spec, const dram::ControllerConfig& controller,
              ObserverList& observers);

  // Puts a burst at the end of the line. local: its first byte within the channel. Cycles must not
  // go backwards.
  void offer(std::uint64_t local, bool is_write, Cycle cycle);

  // Puts a PIM command at the end of the programs: a program of its own with the headers before it.
  void offer(const dram::PimStep& step, Cycle cycle);
  // PIM programs that are not complete.
  [[nodiscard]] std::size_t programs() const { return programs_; }
  void drain_programs_to(std::size_t most);

  // Bursts in line that have not entered.
  [[nodiscard]] std::size_t waiting() const { return line_.size(); }

  // Goes on until at most `most` bursts wait. What is offered later, with cycles of at least
  // `offered`, is served as if it had been known from the start. Throws base::UserError when the
  // channel makes no progress.
  void drain_to(std::size_t most, Cycle offered);

  // Performs everything offered. Nothing may be offered afterwards.
  void finish();

  // The first cycle after everything performed so far: the data of the reads have ended and the
  // column commands of the writes have been issued. Final after finish().
  [[nodiscard]] Cycle end() const { return end_; }

  // Closes the account: the channel goes on, idle, up to `end`, not before end().
  void close(Cycle end);

  // From arrival to done, of the reads that are done.
  [[nodiscard]] const LatencyCounts& latencies() const { return latencies_; }
  [[nodiscard]] dram::ChannelStatistics statistics() const { return channel_.statistics(); }

 private:
  // A burst on its way, from offer() until it is done and has entered.
  struct Burst {
    Cycle offered = 0;
    Cycle arrival = -1;
    Cycle done = -1;
    bool is_write = false;
  };

  void slice_done(std::uint64_t ticket, std::uint32_t initiator, Cycle cycle) override;
  void arrival(const dram::ArrivalRecord& record) override;
  void direction(Cycle cycle, bool writing) override { observers_.direction(cycle, writing); }
  void blocked(Cycle cycle, std::uint64_t banks) override { observers_.blocked(cycle, banks); }
  void command(const dram::CommandRecord& record) override;

  // A burst has entered, or is done, or both.
  void settle(std::uint32_t index);

  const dram::Spec& spec_;
  ObserverList& observers_;
  const AddressMap map_;  // of this channel alone
  dram::Channel channel_;
  std::vector<Burst> bursts_;
  std::vector<std::uint32_t> free_;     // in bursts_
  std::deque<std::uint32_t> line_;      // in bursts_: those that have not entered
  std::uint64_t queued_ = 0;            // column commands that those that entered still need
  std::vector<dram::PimStep> headers_;  // that have to be followed by a command
  std::size_t programs_ = 0;
  Cycle last_offered_ = 0;
  Cycle end_ = 0;
  LatencyCounts latencies_;
};

}  // namespace orrery::memory::trace
