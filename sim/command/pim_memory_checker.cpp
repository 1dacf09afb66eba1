// SPDX-License-Identifier: Apache-2.0
#include "command/pim_memory_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "command/body_checker.h"
#include "command/form_names.h"
#include "command/pim_operations.h"

namespace orrery::command {
namespace {

constexpr std::int64_t kMostBanks = 1 << 16;  // and channels

}  // namespace

void PimMemoryChecker::add(const std::string& suffix, std::string message, std::string expected) {
  problems_.push_back({field_ + suffix, std::move(message), std::move(expected), ""});
}

void PimMemoryChecker::check() {
  std::set<std::uint16_t> seen;
  for (const PimMemory& memory : header_.pim_memories) {
    field_ = fmt::format("pim_memory {}", &memory - header_.pim_memories.data() + 1);
    if (seen.insert(memory.tier).second) {
      check(memory);
    } else {
      add("", fmt::format("a second PIM memory of tier {}", header_.tiers[memory.tier]),
          "one of a tier");
    }
  }
}

void PimMemoryChecker::check(const PimMemory& memory) {
  if (!check_digits(memory)) {
    return;
  }
  check_sizes(memory);
  std::set<std::string> names;
  for (std::size_t i = 0; i < memory.commands.size(); ++i) {
    if (names.insert(memory.commands[i].name).second) {
      check_command(memory, i);
    } else {
      add(fmt::format(" command {}", i + 1),
          fmt::format("a second PIM command '{}'", memory.commands[i].name), "names that differ");
    }
  }
}

// In the order of their strides each digit must step over all that those before it reach: then no
// two indices share a byte, and no product of extents is larger than the last address.
bool PimMemoryChecker::check_digits(const PimMemory& memory) {
  struct Named {
    const char* name;
    PimMemory::Digit digit;
  };
  std::vector<Named> digits;
  for (const auto& [name, list] :
       {std::pair{"channel", &memory.channel}, std::pair{"bank", &memory.bank},
        std::pair{"row", &memory.row}, std::pair{"byte", &memory.byte}}) {
    for (const PimMemory::Digit& digit : *list) {
      if (digit.extent < 1 || digit.extent > kLargestSize) {
        add("", fmt::format("a digit of {} of extent {}", name, digit.extent),
            fmt::format("1 to {}", kLargestSize));
        return false;
      }
      if (digit.stride < 0 || digit.stride > kLargestAddress) {
        add("", fmt::format("a digit of {} of stride {}", name, digit.stride),
            fmt::format("0 to {}", kLargestAddress));
        return false;
      }
      if (digit.extent > 1) {
        digits.push_back({name, digit});
      }
    }
  }
  std::sort(digits.begin(), digits.end(), [](const Named& left, const Named& right) {
    return left.digit.stride < right.digit.stride;
  });
  std::int64_t last = 0;  // byte that the digits so far reach
  for (const Named& one : digits) {
    if (one.digit.stride <= last) {
      add("",
          fmt::format("digit {}:{} of {} begins within the {} bytes of smaller digits",
                      one.digit.extent, one.digit.stride, one.name, last + 1),
          fmt::format("a stride of at least {}", last + 1));
      return false;
    }
    if (one.digit.extent - 1 > (kLargestAddress - 1 - last) / one.digit.stride) {
      add("",
          fmt::format("digit {}:{} of {} reaches too far", one.digit.extent, one.digit.stride,
                      one.name),
          fmt::format("addresses below {}", kLargestAddress));
      return false;
    }
    last += (one.digit.extent - 1) * one.digit.stride;
  }
  const Space tier{SpaceKind::kTier, memory.tier};
  if (extents_ && last >= extents_->size_of(tier, header_)) {
    add("", fmt::format("bytes up to {} of {}", last, describe(tier, header_)),
        fmt::format("bytes 0 to {}", extents_->size_of(tier, header_) - 1));
    return false;
  }
  return true;
}

void PimMemoryChecker::check_sizes(const PimMemory& memory) {
  for (const auto& [name, count] :
       {std::pair{"channels", memory.channels()}, std::pair{"banks", memory.banks()}}) {
    if (count > kMostBanks) {
      add("", fmt::format("{} {}", count, name), fmt::format("at most {}", kMostBanks));
    }
  }
  if (memory.column_bytes < 1 || memory.row_bytes() % memory.column_bytes != 0) {
    add("",
        fmt::format("columns of {} bytes in rows of {}", memory.column_bytes, memory.row_bytes()),
        "a divisor");
  }
}

void PimMemoryChecker::check_command(const PimMemory& memory, std::size_t index) {
  const PimCommand& command = memory.commands[index];
  const auto check = [&](const char* key, std::int64_t value, std::int64_t least,
                         std::int64_t most) {
    const bool sound = value >= least && value <= most;
    if (!sound) {
      add(fmt::format(" command {}", index + 1),
          fmt::format("{}: {} {} is out of range", command.name, key, value),
          fmt::format("{} to {}", least, most));
    }
    return sound;
  };
  const bool moves = loads(command.operation) || reads(command.operation);
  (void)check("bytes", command.bytes, moves ? 1 : 0,
              loads(command.operation) ? memory.row_bytes() : kLargestSize);
  (void)check("most_count", command.most_count, 1, kLargestSize);
  if (command.announces && command.operation != PimOperation::kNone) {
    add(fmt::format(" command {}", index + 1),
        fmt::format("{}: announces and does something", command.name), "operation none");
  }
  if (check("banks", command.banks, 1, memory.banks()) && command.banks > 1) {
    (void)check("bank_step", command.bank_step, 1, (memory.banks() - 1) / (command.banks - 1));
  } else if (command.banks == 1) {
    (void)check("bank_step", command.bank_step, 1, kLargestSize);
  }
}

}  // namespace orrery::command
