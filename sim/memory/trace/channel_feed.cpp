// SPDX-License-Identifier: Apache-2.0
#include "memory/trace/channel_feed.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "memory/trace/column_command.h"

namespace orrery::memory::trace {

namespace {

dram::ChannelConfig config_of(const dram::ControllerConfig& controller) {
  dram::ChannelConfig config;
  config.controller = controller;
  config.credits =
      static_cast<int>(controller.max_active_transactions.value_or(ChannelFeed::kCredits));
  return config;
}

}  // namespace

ChannelFeed::ChannelFeed(const dram::Spec& spec, const dram::ControllerConfig& controller,
                         ObserverList& observers)
    : spec_(spec),
      observers_(observers),
      map_(1, spec.access_bytes),
      channel_(spec, config_of(controller), *this, this) {}

void ChannelFeed::offer(std::uint64_t local, bool is_write, Cycle cycle) {
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(bursts_.size());
    bursts_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  bursts_[index] = {cycle, -1, -1, is_write};
  line_.push_back(index);
  last_offered_ = cycle;
  Transfer transfer;
  transfer.address = local;
  transfer.row_bytes = spec_.access_bytes;
  transfer.is_write = is_write;
  dram::Slice slice;
  slice.cursor = SliceCursor(transfer, map_, 0, static_cast<int>(spec_.access_bytes));
  slice.is_write = is_write;
  slice.ticket = index;
  // While the line was not empty, drain_to() kept the horizon from a cycle in which this burst
  // could have entered.
  channel_.submit(std::move(slice), std::max(cycle, channel_.horizon()));
}

namespace {

// Marks the tickets of PIM programs.
constexpr std::uint64_t kProgram = std::uint64_t{1} << 63;

}  // namespace

void ChannelFeed::offer(const dram::PimStep& step, Cycle cycle) {
  headers_.push_back(step);
  if (spec_.commands[static_cast<std::size_t>(step.command)].kind ==
      dram::CommandKind::kPimHeader) {
    return;
  }
  dram::PimProgram program;
  program.steps.swap(headers_);
  program.ticket = kProgram;
  ++programs_;
  channel_.submit_pim(std::move(program), std::max(cycle, channel_.horizon()));
}

void ChannelFeed::drain_programs_to(std::size_t most) {
  while (programs_ > most) {
    channel_.advance(channel_.horizon() + static_cast<Cycle>(programs_ - most));
  }
}

// One burst enters a cycle, so a line of n at cycle t is not empty before t + n: a burst that is
// offered later finds its predecessors still there, or comes with a cycle of its own.
void ChannelFeed::drain_to(std::size_t most, Cycle offered) {
  while (line_.size() > most) {
    channel_.advance(std::max(channel_.horizon() + static_cast<Cycle>(line_.size()), offered));
  }
}

// The last of n bursts enters, and the last of n column commands issues, n - 1 cycles from now at
// the earliest: so far the channel may go without going beyond its end.
void ChannelFeed::finish() {
  while (!line_.empty() || queued_ > 0 || programs_ > 0) {
    const auto left =
        static_cast<Cycle>(std::max<std::uint64_t>({line_.size(), queued_, programs_}));
    const Cycle last = line_.empty() ? 0 : last_offered_;
    channel_.advance(std::max(channel_.horizon() + left, last));
  }
}

void ChannelFeed::close(Cycle end) {
  base::require_invariant(end >= end_ && end >= channel_.horizon(),
                          "an account is closed at its end");
  channel_.advance(end);
}

void ChannelFeed::slice_done(std::uint64_t ticket, std::uint32_t /*initiator*/, Cycle cycle) {
  if ((ticket & kProgram) != 0) {
    --programs_;
    end_ = std::max(end_, cycle);
    return;
  }
  const auto index = static_cast<std::uint32_t>(ticket);
  bursts_[index].done = cycle;
  settle(index);
}

void ChannelFeed::arrival(const dram::ArrivalRecord& record) {
  queued_ += record.forwarded ? 0 : 1;
  base::require_invariant(!line_.empty(), "what enters was offered");
  const std::uint32_t index = line_.front();
  line_.pop_front();
  bursts_[index].arrival = record.cycle;
  settle(index);
  observers_.arrival(record);
}

void ChannelFeed::settle(std::uint32_t index) {
  const Burst& burst = bursts_[index];
  if (burst.arrival < 0 || burst.done < 0) {
    return;
  }
  if (!burst.is_write) {
    latencies_.add(burst.done - burst.arrival);
    end_ = std::max(end_, burst.done);
  }
  free_.push_back(index);
}

void ChannelFeed::command(const dram::CommandRecord& record) {
  queued_ -= is_column_command(spec_, record.command) ? 1 : 0;
  if (is_write_command(spec_, record.command)) {
    const int cycles = spec_.commands[static_cast<std::size_t>(record.command)].cycles;
    end_ = std::max(end_, record.cycle + cycles);
  }
  observers_.command(record);
}

}  // namespace orrery::memory::trace
