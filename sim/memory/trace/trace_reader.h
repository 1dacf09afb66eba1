// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "memory/trace/line_source.h"
#include "memory/trace/pim_line.h"

namespace orrery::memory::trace {

using base::Cycle;

// When the requests of a trace are offered.
enum class Pacing : std::uint8_t {
  kByTrace,    // as kAtCycle if the first request has a cycle, else as kClosedLoop
  kAtCycle,    // in order, none before its cycle: every line must have one
  kClosedLoop  // in order, each as soon as it can enter; cycles may stand there and count nothing
};

// One line of a trace.
struct TraceRequest {
  bool is_pim = false;  // then channel, step and cycle count
  std::uint32_t channel = 0;
  dram::PimStep step;
  std::uint64_t address = 0;  // byte
  bool is_write = false;
  Cycle cycle = 0;  // not to be offered before it; 0 in closed loop
};

// What a request may touch.
struct TraceLimits {
  std::uint64_t capacity = 0;       // bytes of the memory
  std::uint64_t access_bytes = 64;  // of a burst: an address means the burst that it lies in
  std::uint64_t request_bytes = 64;
  const dram::Spec* spec = nullptr;  // for PIM commands; without it there are none
  std::int64_t channels = 1;
};

// Reads a trace: `address R|W [cycle]` a line, the address decimal or 0x hexadecimal, or a PIM
// command (pim_line.h), which counts neither as a request nor for the pacing of requests; blank
// lines and what follows a `#` say nothing; plain or gzip. One line at a time, in constant memory.
class TraceReader {
 public:
  static constexpr Cycle kLastCycle = 1'000'000'000'000;

  // Throws base::UserError where the file cannot be opened.
  TraceReader(const std::filesystem::path& path, const TraceLimits& limits, Pacing pacing);

  // The next request; false at the end. At the first mistake the rest of the file is looked through
  // and base::UserError is thrown with what was found, up to kMostMistakes. A trace without
  // requests is a mistake.
  [[nodiscard]] bool next(TraceRequest& request);

  static constexpr std::size_t kMostMistakes = 25;

  // Requests read so far.
  [[nodiscard]] std::uint64_t reads() const { return reads_; }
  [[nodiscard]] std::uint64_t writes() const { return writes_; }
  [[nodiscard]] std::uint64_t pim_commands() const { return pim_commands_; }
  // kAtCycle or kClosedLoop; the latter also before a request has been read.
  [[nodiscard]] Pacing pacing() const {
    return pacing_ == Pacing::kByTrace ? Pacing::kClosedLoop : pacing_;
  }

 private:
  struct Field {
    std::string_view text;
    std::size_t column = 1;
  };
  // A line has at most three; a fourth is a mistake.
  struct Fields {
    std::array<Field, 4> items;
    std::size_t count = 0;
    std::size_t end_column = 1;  // where a further field would stand
  };

  [[nodiscard]] static Fields split(std::string_view line);
  // Whether the line holds a request; mistakes go to mistakes_.
  [[nodiscard]] bool parse(std::string_view line, TraceRequest& request);
  void parse_pim(std::string_view line, TraceRequest& request);
  void parse_address(const Field& field, TraceRequest& request);
  void parse_direction(const Fields& fields, TraceRequest& request);
  void parse_cycle(const Fields& fields, TraceRequest& request);
  void mistake(std::size_t column, std::string message, std::string expected);
  // Looks through the rest, throws.
  [[noreturn]] void fail();

  std::string file_;
  LineSource lines_;
  TraceLimits limits_;
  Pacing pacing_;
  bool closed_by_trace_ = false;  // the first request has no cycle, so none may have one
  std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t pim_commands_ = 0;
  Cycle last_cycle_ = 0;
  base::Diagnostics mistakes_;
};

}  // namespace orrery::memory::trace
