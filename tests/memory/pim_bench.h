// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "memory/dram/channel.h"
#include "memory/specification/spec_schema.h"
#include "tests/memory/reference/event_log.h"

namespace orrery::memory::dram::test {

// A shipped PIM specification by name.
inline SpecDescription describe_pim(const std::string& name) {
  return load_description(std::string(ORRERY_SOURCE_DIR) + "/configs/pim/" + name + ".yaml");
}

// A channel that runs PIM programs and single bursts, and what it did in short lines.
class PimBench : public CompletionSink {
 public:
  explicit PimBench(Spec spec, const ChannelConfig& config = {});
  PimBench(const PimBench&) = delete;
  PimBench& operator=(const PimBench&) = delete;

  // A step by the name of its command.
  [[nodiscard]] PimStep step(const std::string& command, std::uint32_t bank = 0,
                             std::uint32_t row = 0, std::uint32_t column = 0,
                             std::uint32_t count = 1, std::uint32_t results = 0) const;
  // Returns the ticket.
  std::uint64_t submit(std::vector<PimStep> steps, std::uint32_t repetitions = 1, Cycle arrival = 0,
                       std::uint32_t initiator = 0);
  struct Access {
    unsigned bank = 0;
    std::uint32_t row = 0;
    std::uint32_t column = 0;
    Cycle arrival = 0;
    bool is_write = false;
  };
  std::uint64_t submit(const Access& access);
  void run(Cycle until) { channel_.advance(until); }

  // "CYCLE NAME BANK" of each command, or of those with these names.
  [[nodiscard]] std::vector<std::string> commands(const std::vector<std::string>& names = {}) const;
  // The cycles of all commands of a name, in order.
  [[nodiscard]] std::vector<Cycle> cycles(const std::string& name) const;
  // When the program or burst was done, -1 when it is not.
  [[nodiscard]] Cycle done(std::uint64_t ticket) const;
  [[nodiscard]] const Channel& channel() const { return channel_; }
  [[nodiscard]] const Spec& spec() const { return spec_; }
  [[nodiscard]] const EventLog& log() const { return log_; }

  void slice_done(std::uint64_t ticket, std::uint32_t initiator, Cycle cycle) override;

 private:
  Spec spec_;
  EventLog log_;
  Channel channel_;
  std::uint64_t tickets_ = 0;
  std::map<std::uint64_t, Cycle> done_;
};

}  // namespace orrery::memory::dram::test
