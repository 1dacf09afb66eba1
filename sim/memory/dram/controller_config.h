// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace orrery::base {
class Diagnostics;
}

namespace orrery::memory::dram {

struct Spec;

enum class PagePolicyKind : std::uint8_t {
  kOpen,
  kOpenAdaptive,
  kClosed,
  kClosedAdaptive,
  kTimeout
};
enum class SchedulerKind : std::uint8_t { kFrFcfs, kFrFcfsGrouped, kFifo };
enum class BufferKind : std::uint8_t { kReadWrite, kShared, kBankwise };
enum class ResponseQueueKind : std::uint8_t { kReorder, kFifo };
enum class RefreshPolicyKind : std::uint8_t { kAllBank, kPerBank, kNone };
enum class ArbiterKind : std::uint8_t { kRoundRobin, kArrivalOrder, kReadyFirst };
enum class PimPolicyKind : std::uint8_t { kBlocked, kConcurrent };
enum class PowerDownKind : std::uint8_t { kNone, kPowerDown, kSelfRefresh };

// The policies of a channel's controller; docs/components/memory_controller.md says what each one
// does. Times are in cycles of the command clock.
struct ControllerConfig {
  PagePolicyKind page_policy = PagePolicyKind::kOpen;
  std::int64_t page_timeout = 200;
  SchedulerKind scheduler = SchedulerKind::kFrFcfs;
  std::int64_t hit_cap = 0;  // 0: none
  BufferKind buffer = BufferKind::kReadWrite;
  std::optional<std::int64_t> request_buffer_size;  // unset: 32 for each data bus; see settle()
  std::int64_t buffer_size = 32;           // places: of each direction, at all, of each bank
  std::optional<std::int64_t> write_high;  // queued writes; see write_high_or_default()
  std::optional<std::int64_t> write_low;
  ResponseQueueKind response_queue = ResponseQueueKind::kReorder;
  RefreshPolicyKind refresh_policy = RefreshPolicyKind::kAllBank;
  std::int64_t refresh_max_postponed = 0;
  std::int64_t refresh_max_pulled_in = 0;
  ArbiterKind arbiter = ArbiterKind::kRoundRobin;
  std::optional<std::int64_t> max_active_transactions;  // of an initiator; unset: as it asks for
  PowerDownKind power_down = PowerDownKind::kNone;
  std::int64_t power_down_idle = 100;
  PimPolicyKind pim_policy = PimPolicyKind::kBlocked;
  // Of `concurrent`, in cycles of slack; see docs/components/pim.md.
  std::int64_t pim_slack_memory = 10;
  std::int64_t pim_slack_activate = 14;
  std::int64_t pim_slack_precharge = 28;
  std::int64_t pim_slack_cost = 14;

  // Takes over request_buffer_size, which depends on the standard where it is unset.
  void settle(const Spec& spec);

  // Places that writes can take in a channel of so many banks.
  [[nodiscard]] std::int64_t write_places(std::int64_t banks) const;
  // The watermarks: as given, or 80 % (rounded up) and 20 % (rounded down) of the places of one
  // list; `fr_fcfs_grouped` always drains to 0.
  [[nodiscard]] std::int64_t write_high_or_default() const;
  [[nodiscard]] std::int64_t write_low_or_default() const;
  // Whether only the requests of one direction compete.
  [[nodiscard]] bool has_direction() const {
    return buffer == BufferKind::kReadWrite || scheduler == SchedulerKind::kFrFcfsGrouped;
  }

  // Reports what does not hold, also against the standard: policies whose commands it lacks.
  void check(const Spec& spec, base::Diagnostics& errors) const;
};

}  // namespace orrery::memory::dram
