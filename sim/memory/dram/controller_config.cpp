// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/controller_config.h"

#include <fmt/format.h>

#include <string>

#include "base/error.h"
#include "base/integer.h"
#include "memory/specification/spec.h"

namespace orrery::memory::dram {

void ControllerConfig::settle(const Spec& spec) {
  constexpr std::int64_t kPlacesOfABus = 32;
  buffer_size = request_buffer_size.value_or(kPlacesOfABus * spec.data_buses());
  request_buffer_size = buffer_size;
}

std::int64_t ControllerConfig::write_places(std::int64_t banks) const {
  return buffer == BufferKind::kBankwise ? buffer_size * banks : buffer_size;
}

std::int64_t ControllerConfig::write_high_or_default() const {
  return write_high.value_or(base::divide_up(buffer_size * 4, std::int64_t{5}));
}

std::int64_t ControllerConfig::write_low_or_default() const {
  return scheduler == SchedulerKind::kFrFcfsGrouped ? 0 : write_low.value_or(buffer_size / 5);
}

void ControllerConfig::check(const Spec& spec, base::Diagnostics& errors) const {
  const auto require = [&](bool holds, const std::string& message, const std::string& expected) {
    if (!holds) {
      errors.add({{}, "", message, expected, ""});
    }
  };
  const auto within = [&](std::int64_t value, std::int64_t low, std::int64_t high,
                          const char* what) {
    require(value >= low && value <= high, fmt::format("{} is {}", what, value),
            fmt::format("{} to {}", low, high));
  };
  constexpr std::int64_t kLargestBuffer = 4096;
  constexpr std::int64_t kMostCredits = 1 << 20;
  constexpr std::int64_t kLongestWait = 1LL << 40;
  within(buffer_size, 1, kLargestBuffer, "request_buffer_size");
  within(hit_cap, 0, kLongestWait, "hit_cap");
  within(page_timeout, 1, kLongestWait, "page_timeout");
  within(power_down_idle, 1, kLongestWait, "power_down_idle");
  within(refresh_max_postponed, 0, kLargestBuffer, "refresh_max_postponed");
  within(refresh_max_pulled_in, 0, kLargestBuffer, "refresh_max_pulled_in");
  within(max_active_transactions.value_or(1), 1, kMostCredits, "max_active_transactions");
  if (has_direction()) {
    const std::int64_t high = write_high_or_default();
    const std::int64_t low = write_low_or_default();
    require(low >= 0 && low < high && high <= write_places(spec.banks()),
            fmt::format("the write watermarks are {} and {}", high, low),
            "0 <= write_low < write_high <= places for writes");
  }
  const auto needs = [&](bool wanted, CommandKind kind, const char* policy) {
    require(
        !wanted || spec.command(kind) >= 0,
        fmt::format("{} needs a command that {} does not have", policy, spec.name),
        fmt::format("a command of kind {}", command_kind_names()[static_cast<std::size_t>(kind)]));
  };
  const bool automatic = page_policy == PagePolicyKind::kOpenAdaptive ||
                         page_policy == PagePolicyKind::kClosed ||
                         page_policy == PagePolicyKind::kClosedAdaptive;
  require(
      !spec.has_pim() ||
          (power_down == PowerDownKind::kNone && page_policy != PagePolicyKind::kTimeout),
      fmt::format("power_down or page_policy timeout in {}, which computes in memory", spec.name),
      "neither");
  require(pim_policy != PimPolicyKind::kConcurrent ||
              (spec.enter_pim.empty() && spec.leave_pim.empty()),
          fmt::format("pim_policy concurrent with {}, which changes modes", spec.name), "blocked");
  needs(automatic, CommandKind::kReadPrecharge, "this page_policy");
  needs(automatic, CommandKind::kWritePrecharge, "this page_policy");
  needs(refresh_policy == RefreshPolicyKind::kPerBank, CommandKind::kRefreshBanks,
        "refresh_policy per_bank");
  needs(power_down == PowerDownKind::kPowerDown, CommandKind::kPowerDown, "power_down");
  needs(power_down == PowerDownKind::kPowerDown, CommandKind::kPowerDownExit, "power_down");
  needs(power_down == PowerDownKind::kSelfRefresh, CommandKind::kSelfRefresh, "self_refresh");
  needs(power_down == PowerDownKind::kSelfRefresh, CommandKind::kSelfRefreshExit, "self_refresh");
}

}  // namespace orrery::memory::dram
